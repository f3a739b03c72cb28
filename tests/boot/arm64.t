#!/usr/bin/env python3
"""A 64-bit ARM machine with UEFI, by PXE: Debian's installer starts with
kernel and initrd out of an ISO and asks for the preseed file in that ISO."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

import boot  # noqa: E402
from guest import Guest  # noqa: E402
from lab import Lab  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()


def main():
    boot.need(["arm64"], ["installer-arm64"])
    with Lab(600) as lab:
        lab.dnsmasq()
        server = boot.serve(lab, ["installer-arm64"],
                            config=boot.chosen("installer-arm64"))
        guest = Guest(lab, "arm64", memory=1024).start()
        boot.asked(tap, server, guest, 120, "the firmware gets our loader",
                   file="ipxe-arm64.efi")
        boot.asked(tap, server, guest, 90, "the kernel is fetched whole",
                   kind="kernel", phase="end")
        boot.asked(tap, server, guest, 300,
                   "the installer asks for the preseed file in its ISO",
                   file="preseed.cfg", image="installer-arm64")


main()
sys.exit(tap.done())
