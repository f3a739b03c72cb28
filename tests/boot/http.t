#!/usr/bin/env python3
"""A 64-bit PC with UEFI, by UEFI HTTP Boot: our iPXE by HTTP as the proxy
offers it, and an ISO that the firmware itself loads, as another DHCP server
names it."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

import boot  # noqa: E402
from guest import Guest  # noqa: E402
from lab import SERVER, Lab  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()

MEMTEST = r"(?i)CLK/Temp|L[123] Cache:"


def loader_by_http():
    with Lab(300) as lab:
        lab.dnsmasq()
        server = boot.serve(lab, ["memtest"], config=boot.chosen("memtest"))
        guest = Guest(lab, "http").start()
        boot.asked(tap, server, guest, 90, "the firmware gets our loader",
                   file="snponly.efi")
        boot.shows(tap, server, guest, MEMTEST, 150,
                   "memtest86+ runs from our menu", ocr=True)
        tap.ok(boot.events_of(server, guest, kind="offer", note="^http://"),
               "the offer was an HTTP address", server.events())


def image_by_http():
    with Lab(300) as lab:
        lab.dnsmasq("--dhcp-match=set:http,option:client-arch,16",
                    "--dhcp-option-force=tag:http,60,HTTPClient",
                    "--dhcp-boot=tag:http,"
                    f"http://{SERVER}/raw/memtest.iso")
        server = boot.serve(lab, ["memtest"], "--dhcp", "off")
        guest = Guest(lab, "http").start()
        boot.shows(tap, server, guest, MEMTEST, 150,
                   "memtest86+ runs from an ISO that the firmware fetched",
                   ocr=True)


boot.need(["http"], ["memtest"])
loader_by_http()
image_by_http()
sys.exit(tap.done())
