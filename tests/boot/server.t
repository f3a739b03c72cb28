#!/usr/bin/env python3
"""We are the DHCP server: a PC with BIOS and one with UEFI start Debian's
installer, which asks for its preseed file, and a live system, which reports
home; kernel, initrd and root file system come out of untouched ISO files."""

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
"""


def host(mac, image):
    return f"  - mac: {mac}\n    image: {image}\n"


def installer(lab, server, kind, mac):
    guest = Guest(lab, kind, memory=1024, mac=mac,
                  name=f"{kind}-installer").start()
    boot.asked(tap, server, guest, 300,
               f"{kind}: the installer asks for its preseed file",
               file="preseed.cfg", image="installer-amd64")
    tap.ok(boot.events_of(server, guest, kind="lease"),
           f"{kind}: the address is ours", server.events())
    guest.stop()


def live(lab, server, kind, mac):
    guest = Guest(lab, kind, memory=1024, mac=mac,
                  name=f"{kind}-live").start()
    boot.asked(tap, server, guest, 300,
               f"{kind}: the live system reports home", note="live",
               kind="report")
    guest.stop()


def main():
    boot.need(["bios", "uefi"], ["installer-amd64", "live"], ["tesseract"])
    guests = [(installer, "bios", "52:54:00:00:01:01"),
              (live, "bios", "52:54:00:00:01:02"),
              (installer, "uefi", "52:54:00:00:01:03"),
              (live, "uefi", "52:54:00:00:01:04")]
    hosts = "".join(
        host(mac, "live" if run is live else "installer-amd64")
        for run, _, mac in guests)
    with Lab(880) as lab:
        server = boot.serve(lab, ["installer-amd64", "live"], *boot.RANGE,
                            config=CONFIG + hosts + "menu:\n  timeout: 2\n")
        for run, kind, mac in guests:
            run(lab, server, kind, mac)


main()
sys.exit(tap.done())
