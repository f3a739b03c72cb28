#!/usr/bin/env python3
"""A PC with BIOS beside a foreign DHCP server starts Linux systems."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

import boot  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
boot.grid(tap, "bios", ["installer-amd64", "live"], [], "", True)
sys.exit(tap.done())
