#!/usr/bin/env python3
"""A 64-bit PC with UEFI and the loader that has drivers of its own."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

import boot  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
boot.grid(tap, "uefi", ["memtest", "installer-amd64", "live"], [],
          "loader: ipxe\n", True)
sys.exit(tap.done())
