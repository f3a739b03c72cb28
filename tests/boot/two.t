#!/usr/bin/env python3
"""Two machines of different architectures boot at once, each its own image,
from one server that is also the DHCP server."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

import boot  # noqa: E402
from guest import Guest  # noqa: E402
from lab import ROUTER, Lab  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()

CONFIG = f"""dhcp:
  dns: [{ROUTER}]
  router: {ROUTER}
hosts:
  - mac: 52:54:00:00:02:01
    image: memtest
  - mac: 52:54:00:00:02:02
    image: installer-arm64
menu:
  timeout: 2
"""


def main():
    boot.need(["uefi", "arm64"], ["memtest", "installer-arm64"],
              ["tesseract"])
    with Lab(700) as lab:
        server = boot.serve(lab, ["memtest", "installer-arm64"], *boot.RANGE,
                            config=CONFIG)
        arm = Guest(lab, "arm64", memory=1024,
                    mac="52:54:00:00:02:02").start()
        pc = Guest(lab, "uefi", mac="52:54:00:00:02:01").start()
        boot.shows(tap, server, pc, r"(?i)CLK/Temp|L[123] Cache:", 240,
                   "the 64-bit PC runs memtest86+", ocr=True)
        tap.ok(arm.process.alive(), "the 64-bit ARM machine still boots",
               arm.describe())
        pc.stop()
        boot.asked(tap, server, arm, 400,
                   "the 64-bit ARM machine's installer asks for its preseed "
                   "file", file="preseed.cfg", image="installer-arm64")


main()
sys.exit(tap.done())
