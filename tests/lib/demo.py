"""Boot virtual machines from a server in a network of its own.

usage: demo.py [DIR]		(as root; ./run --demo calls it)

A server with the ISO files in DIR (Memtest86+ without one) is the only one
in a network namespace.  A BIOS and then a UEFI machine boot from it and start
the first image of the menu.  A picture of what each shows is left in the
working directory, and a line says how long each step took.  The machines run
under emulation; real ones are faster.
"""

import os
import sys
import time

import images
from guest import Guest, missing
from lab import Lab, wait_until

KINDS = ["bios", "uefi"]
MENU_SECONDS = 120
IMAGE_SECONDS = 45  # for the image to show itself, under emulation


def place_images(lab, folder):
    """Links in the lab's folder; its server opens what they lead to."""
    names = sorted(n for n in os.listdir(folder) if n.endswith(".iso"))
    for name in names:
        os.symlink(os.path.join(os.path.abspath(folder), name),
                   os.path.join(lab.folder, name))
    return len(names)


def steps(server, guest):
    """When this machine was first seen at each step, seconds after the
    first of them."""
    seen = {}
    mine = [e for e in server.events() if e["mac"] == guest.mac]
    for event in mine:
        clock = event["time"].rstrip("Z").split("T")[1].split(":")
        moment = int(clock[0]) * 3600 + int(clock[1]) * 60 + float(clock[2])
        seen.setdefault(event["kind"], moment)
    first = min(seen.values(), default=0)
    return [f"{kind} {moment - first:.1f} s" for kind, moment in seen.items()]


def boot(lab, server, kind):
    guest = Guest(lab, kind, memory=1024, name=f"demo-{kind}").start()
    menu = guest.wait_for(r"Images", MENU_SECONDS)
    if not menu:
        print(f"{kind}: no menu after {MENU_SECONDS} s\n{guest.describe()}")
        return False
    shown = guest.seconds()
    picture = os.path.abspath(f"hobnail-demo-{kind}")
    guest.screenshot(f"{picture}-menu.png")
    guest.keys("ret")
    wait_until(lambda: any(e["kind"] in ("image", "kernel", "file")
                           for e in server.events()
                           if e["mac"] == guest.mac), 30)
    time.sleep(IMAGE_SECONDS)
    guest.screenshot(f"{picture}.png")
    print(f"{kind}: menu {shown:.1f} s after power-on; "
          f"after the first answer: {', '.join(steps(server, guest))}")
    print(f"{kind}: see {picture}-menu.png and {picture}.png")
    guest.stop()
    return True


def main():
    why = missing(*KINDS)
    if why:
        sys.exit(f"demo: {why}")
    with Lab(limit=900) as lab:
        if not lab.loaders():
            sys.exit("demo: no boot loader could be fetched")
        if len(sys.argv) > 1:
            if not place_images(lab, sys.argv[1]):
                sys.exit(f"demo: no ISO file in {sys.argv[1]}")
        else:
            images.place(lab, "memtest")
        server = lab.serve("--dhcp", "server", "--range",
                           "10.77.0.100-10.77.0.150")
        if not wait_until(lambda: any(i["state"] == "ready" for i in
                                      server.images().values()), 20):
            sys.exit("demo: no image can be offered\n" + server.output())
        done = [boot(lab, server, kind) for kind in KINDS]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
