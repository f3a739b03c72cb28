#!/usr/bin/env python3
"""A PC with BIOS beside a foreign DHCP server: the iPXE of its network card
is too old and gets our loader; the menu is used by keys as a person does; an
ISO boots as network disk, another from memory."""

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
    boot.need(["bios"], ["grub-rescue", "memtest"])
    with Lab(420) as lab:
        lab.dnsmasq()
        server = boot.serve(lab, ["grub-rescue", "memtest"])
        guest = Guest(lab, "bios").start()
        boot.shows(tap, server, guest, r"grub-rescue \(4\.\d MiB\)", 90,
                   "the menu lists the image with its size")
        tap.ok(boot.events_of(server, guest, file="undionly"),
               "an old iPXE gets our loader", server.events())
        guest.keys("ret")
        boot.shows(tap, server, guest, "GNU GRUB|grub>|GRUB +version", 90,
                   "GRUB's rescue ISO boots as network disk", ocr=True)
        guest.stop()

        guest = Guest(lab, "bios", mac="52:54:00:00:0b:06",
                      name="bios-memtest").start()
        boot.shows(tap, server, guest, r"Memtest86\+ \(5\.\d MiB\)", 90,
                   "the menu comes again")
        guest.keys("down", "ret")
        boot.shows(tap, server, guest, r"(?i)CLK/Temp|L[123] Cache:", 90,
                   "memtest86+ runs from memory")
        guest.stop()


main()
sys.exit(tap.done())
