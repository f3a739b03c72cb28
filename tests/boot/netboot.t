#!/usr/bin/env python3
"""A PC with BIOS starts Debian's installer out of a netboot.tar.gz: kernel and
initrd come from what the server unpacked, and the installer asks for the
preseed file in the same archive."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

import boot  # noqa: E402
import images  # noqa: E402
from guest import Guest  # noqa: E402
from lab import ROUTER, Lab, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

TREE = "debian-installer/amd64"
FILES = {"/install.amd/vmlinuz": f"{TREE}/linux",
         "/install.amd/initrd.gz": f"{TREE}/initrd.gz",
         "/preseed.cfg": "preseed.cfg"}

# The installer asks a question where it hears of no gateway.
CONFIG = f"""\
dhcp:
  dns: [{ROUTER}]
  router: {ROUTER}
"""

tap = Tap()


def place(lab):
    """netboot.tar.gz, laid out like Debian's, in the folder."""
    tree = os.path.join(lab.work, "tree")
    os.makedirs(os.path.join(tree, TREE))
    for inside, name in FILES.items():
        subprocess.run(
            ["xorriso", "-osirrox", "on", "-indev",
             images.image("installer-amd64"), "-extract", inside,
             os.path.join(tree, name)], check=True, capture_output=True)
    packed = os.path.join(lab.work, "netboot.tar.gz")
    subprocess.run(["tar", "-C", tree, "-czf", packed, "."], check=True)
    os.chmod(packed, 0o644)
    os.rename(packed, os.path.join(lab.folder, "netboot.tar.gz"))


def main():
    boot.need(["bios"], ["installer-amd64"], ["tesseract", "xorriso"])
    with Lab(420) as lab:
        place(lab)
        server = boot.serve(lab, [], *boot.RANGE,
                            config=CONFIG + boot.chosen("netboot"))
        tap.ok(wait_until(lambda: boot.ready(server) == 1, 30),
               "the archive is offered", server.output())
        guest = Guest(lab, "bios", memory=1024).start()
        boot.shows(tap, server, guest, "Debian installer netboot amd64", 90,
                   "the menu has it")
        boot.asked(tap, server, guest, 300,
                   "the installer asks for the preseed file in the archive",
                   file="preseed.cfg", image="netboot")
        guest.stop()


main()
sys.exit(tap.done())
