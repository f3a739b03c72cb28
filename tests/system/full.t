#!/usr/bin/env python3
"""A full disk below the state folder, and a damaged database.

What needs the disk says so and is made up for when there is room again; all
else goes on.
"""

import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from lab import Lab, unavailable, user, wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

MENU = "/m/52-54-00-00-00-01/efi/x86_64/cpu64/menu.ipxe"

tap = Tap()


def make_iso(lab, name, files):
    """Many files, so that the table of files is not small."""
    tree = os.path.join(lab.work, "tree")
    os.makedirs(tree)
    for number in range(files):
        with open(os.path.join(tree, f"file-with-a-name-{number}"), "w",
                  encoding="ascii") as out:
            out.write("x")
    out = os.path.join(lab.work, name)
    subprocess.run(["genisoimage", "-quiet", "-R", "-o", out, tree],
                   check=True, capture_output=True)
    shutil.rmtree(tree)
    return out


def small_state(lab):
    """A state folder on a file system of its own."""
    path = os.path.join(lab.work, "state")
    os.mkdir(path)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=755",
                              "none", path], capture_output=True, check=False)
    if mounted.returncode != 0:
        skip_all("a file system cannot be mounted here")
    lab.closing.callback(subprocess.run, ["umount", "-l", path], check=False)
    shutil.chown(path, user())
    return path


def image(server, name):
    return server.images().get(name, {})


def fill(path):
    with open(path, "wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(4096))
        except OSError:
            pass


def check_full(lab, server, state, iso):
    filler = os.path.join(state, "filler")
    fill(filler)
    shutil.copy(iso, os.path.join(lab.folder, "new.iso"))
    tap.ok(wait_until(lambda: "No space left" in
                      (image(server, "new").get("why") or ""), 5),
           "an image whose table cannot be stored is listed with the reason",
           server.images())
    got = lab.run("client", "curl", "-s", server.url(MENU))
    tap.ok("item old" in got.stdout, "the menu goes on", got.stdout)
    for _ in range(50):
        lab.run("client", "curl", "-s", server.url(MENU))
    tap.ok(wait_until(lambda: "event=store" in server.output(), 5),
           "that events cannot be kept is logged", server.output()[-1500:])
    tap.ok(server.output().count("event=store") < 10, "but not each time",
           server.output()[-3000:])

    os.remove(filler)
    tap.ok(wait_until(lambda: image(server, "new").get("state") == "ready",
                      15),
           "when there is room again the image is offered",
           server.output()[-1500:])
    last = wait_until(lambda: server.events(), 5)
    tap.ok(last and len([event for event in last
                         if event["kind"] == "menu"]) >= 51,
           "and the events of the meantime are there", last and len(last))
    tap.ok("name=state" not in server.output().split("event=ready")[1],
           "the state role did not end", server.output()[-1500:])


def check_damaged(lab, server, state):
    server.stop()
    with open(os.path.join(state, "state.db"), "r+b") as handle:
        handle.seek(4096)
        handle.write(os.urandom(8192))
    server = lab.serve()
    tap.ok(wait_until(lambda: image(server, "old").get("state") == "ready",
                      10),
           "a server with a damaged database starts and offers its images",
           server.output())
    tap.ok([name for name in os.listdir(state)
            if name.startswith("state.db.damaged-")],
           "the damaged file is kept", os.listdir(state))
    tap.ok("what=damaged" in server.output(), "and that is logged",
           server.output())


def main():
    why = unavailable("curl", "genisoimage", "mount")
    if why:
        skip_all(why)
    with Lab(limit=120) as lab:
        state = small_state(lab)
        iso = make_iso(lab, "iso", 500)
        shutil.copy(iso, os.path.join(lab.folder, "old.iso"))
        server = lab.serve()
        tap.ok(wait_until(lambda: image(server, "old").get("state") ==
                          "ready", 5), "the server runs", server.output())
        check_full(lab, server, state, iso)
        check_damaged(lab, server, state)
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
