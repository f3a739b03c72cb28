#!/usr/bin/env python3
"""A 64-bit PC with UEFI, by PXE, beside a foreign DHCP server that knows
nothing of booting: our proxy answer gives it the loader and the menu."""

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
    boot.need(["uefi"], ["memtest"])
    with Lab(300) as lab:
        foreign = lab.dnsmasq()
        server = boot.serve(lab, ["memtest"], config=boot.chosen("memtest"))
        guest = Guest(lab, "uefi").start()
        boot.asked(tap, server, guest, 90, "the firmware gets our loader",
                   file="snponly.efi")
        boot.shows(tap, server, guest, r"(?i)CLK/Temp|L[123] Cache:", 150,
                   "memtest86+ runs", ocr=True)
        tap.ok(boot.events_of(server, guest, kind="menu",
                              note="efi.*x86_64"),
               "the timeline has the menu of this machine", server.events())
        tap.ok("DHCPACK(eth0)" in foreign.output(),
               "the address came from the foreign server", foreign.output())


main()
sys.exit(tap.done())
