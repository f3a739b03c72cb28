#!/usr/bin/env python3
"""A 64-bit PC by UEFI HTTP Boot, and we are the DHCP server."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

import boot  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
boot.grid(tap, "http", ["memtest", "installer-amd64", "live"], boot.RANGE,
          boot.NETWORK, False)
sys.exit(tap.done())
