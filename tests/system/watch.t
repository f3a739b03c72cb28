#!/usr/bin/env python3
"""The menu follows the image folder.

A file is offered within a second of its last byte and not before; a removed
or renamed one goes; what cannot be offered is listed with the reason.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from lab import Lab, unavailable, wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

MENU = "/m/52-54-00-00-00-01/efi/x86_64/cpu64/menu.ipxe"
PROMPT = 1.0  # seconds from the last byte to the menu
SETTLE = 2.0  # a file that nobody was seen to close must be this old

tap = Tap()


def make_iso(lab, name, volume):
    """A small image with a file that is not compressible."""
    tree = os.path.join(lab.work, "tree")
    os.makedirs(tree, exist_ok=True)
    with open(os.path.join(tree, "file"), "wb") as handle:
        handle.write(os.urandom(3 << 20))
    out = os.path.join(lab.work, name)
    subprocess.run(["genisoimage", "-quiet", "-V", volume, "-o", out, tree],
                   check=True, capture_output=True)
    shutil.rmtree(tree)
    return out


def menu(lab, server):
    """The IDs that a machine can choose, in its menu or below it."""
    got = lab.run("client", "curl", "-s", "-m", "5", server.url(MENU))
    return re.findall(r"^item (\S+) ", got.stdout, re.M)


def state_of(server, image):
    return server.images().get(image, {}).get("state")


def becomes(server, image, state, seconds=PROMPT):
    """How long it took, or None."""
    start = time.monotonic()
    if wait_until(lambda: state_of(server, image) == state, seconds, 0.02):
        return time.monotonic() - start
    return None


def at_the_start(lab, iso):
    """What lies there before the server starts."""
    shutil.copy(iso, os.path.join(lab.folder, "old.iso"))
    os.utime(os.path.join(lab.folder, "old.iso"), (1e9, 1e9))
    server = lab.serve()
    tap.ok(becomes(server, "old", "ready"),
           "a file that is old at the start is offered at once",
           server.output())
    return server


def slow_copy(lab, server, iso):
    """Writes for more than two seconds, in two bursts with a pause."""
    target = os.path.join(lab.folder, "slow.iso")
    seen = []
    with open(iso, "rb") as source, open(target, "wb") as out:
        data = source.read()
        for part in (data[:1 << 20], data[1 << 20:-2048]):
            out.write(part)
            out.flush()
            for _ in range(6):
                time.sleep(SETTLE / 5)
                seen.append(state_of(server, "slow"))
        out.write(data[-2048:])
    took = becomes(server, "slow", "ready")
    tap.ok(not set(seen) - {None, "probing"},
           "a file that is being written is not offered", seen)
    tap.ok(took is not None, "it is offered within 1 s of its last byte",
           server.output())
    tap.ok("slow" in menu(lab, server), "it is in the menu then",
           menu(lab, server))


def remove_and_rename(lab, server):
    os.remove(os.path.join(lab.folder, "slow.iso"))
    tap.ok(wait_until(lambda: "slow" not in server.images(), PROMPT, 0.02),
           "a removed file goes", server.images())
    tap.ok("slow" not in menu(lab, server), "it is not in the menu any more")
    os.rename(os.path.join(lab.folder, "old.iso"),
              os.path.join(lab.folder, "new.iso"))
    tap.ok(becomes(server, "new", "ready") is not None and
           "old" not in server.images(),
           "a renamed file has its new name", server.images())
    os.rename(os.path.join(lab.folder, "new.iso"),
              os.path.join(lab.folder, "old.iso"))
    tap.ok(becomes(server, "old", "ready") is not None,
           "and its old one again")


def replaced(server, lab, other):
    """cp over an image that is offered."""
    shutil.copy(other, os.path.join(lab.folder, "old.iso"))
    tap.ok(wait_until(lambda: server.images()["old"]["title"] == "OTHER" and
                      state_of(server, "old") == "ready", PROMPT, 0.02),
           "a file that is overwritten is looked at again", server.images())


def sub_folders(lab, server, iso):
    deep = os.path.join(lab.folder, "a/b")
    os.makedirs(deep)
    os.symlink("..", os.path.join(deep, "loop"))
    time.sleep(0.2)
    shutil.copy(iso, os.path.join(deep, "deep.iso"))
    tap.ok(becomes(server, "deep", "ready") is not None,
           "a file in a folder that came later is offered", server.output())
    os.symlink(iso, os.path.join(deep, "link.iso"))
    tap.ok(becomes(server, "link", "ready", SETTLE + PROMPT) is not None and
           server.images()["link"]["outside"],
           "a link to a file outside is offered", server.images())
    shutil.copy(iso, os.path.join(lab.folder, "deep.iso"))
    tap.ok(becomes(server, "deep-2", "ready") is not None and
           server.images()["deep"]["file"] == "a/b/deep.iso",
           "a second file of that name has an ID of its own",
           server.images())
    os.rename(os.path.join(lab.folder, "a"), os.path.join(lab.work, "a"))
    tap.ok(wait_until(lambda: "deep" not in server.images() and
                      "link" not in server.images(), PROMPT, 0.02),
           "what was in a folder goes with it", server.images())


def bad_ones(lab, server, iso):
    with open(iso, "rb") as source:
        data = source.read()
    short = os.path.join(lab.folder, "short.iso")
    with open(short, "wb") as out:
        out.write(data[:len(data) // 2])
    tap.ok(becomes(server, "short", "incomplete") is not None,
           "a truncated image is listed as incomplete", server.images())
    tap.ok(str(len(data) // 2) in (server.images()["short"]["why"] or ""),
           "with how much of it is there", server.images()["short"])
    listed = menu(lab, server)
    tap.ok("short" not in listed and "old" in listed,
           "and the menu cannot start it", listed)
    with open(short, "ab") as out:
        out.write(data[len(data) // 2:])
    tap.ok(becomes(server, "short", "ready") is not None,
           "when the rest comes it is offered")

    with open(os.path.join(lab.folder, "junk.iso"), "wb") as out:
        out.write(os.urandom(1 << 20))
    tap.ok(becomes(server, "junk", "broken") is not None and
           server.images()["junk"]["why"],
           "what is no image is listed as broken, with the reason",
           server.images())


def unreadable(lab, server, iso):
    path = os.path.join(lab.folder, "secret.iso")
    shutil.copy(iso, lab.work + "/secret.iso")
    os.chmod(lab.work + "/secret.iso", 0o600)
    os.rename(lab.work + "/secret.iso", path)
    tap.ok(becomes(server, "secret", "unreadable") is not None,
           "an image that the server may not read is listed",
           server.images())
    why = server.images()["secret"]["why"] or ""
    tap.ok("0600" in why and "root" in why and "chmod o+r" in why,
           "with its owner, its mode and the chmod line", why)
    subprocess.run(["chmod", "o+r", path], check=True)
    tap.ok(becomes(server, "secret", "ready") is not None,
           "after that line it is offered", server.output())


def scripts(lab, server):
    with open(os.path.join(lab.folder, "own.ipxe"), "w",
              encoding="ascii") as out:
        out.write("#!ipxe\nshell\n")
    tap.ok(becomes(server, "own", "ready") is not None,
           "a script is offered", server.images())
    got = lab.run("client", "curl", "-s", server.url("/script/own.ipxe"))
    tap.same(got.stdout, "#!ipxe\nshell\n", "as it is")


def many(lab, server, iso):
    """500 links at once, while somebody reads the list all the time."""
    stop = threading.Event()
    failures = []

    def read():
        while not stop.is_set():
            if server.api("/api/v1/images") is None:
                failures.append(time.monotonic())

    reader = threading.Thread(target=read)
    reader.start()
    os.utime(iso, (1e9, 1e9))
    for number in range(500):
        os.link(iso, os.path.join(lab.folder, f"many-{number}.iso"))
    done = wait_until(
        lambda: sum(1 for key, image in server.images().items()
                    if key.startswith("many-") and
                    image["state"] == "ready") == 500, 90, 0.5)
    stop.set()
    reader.join()
    tap.ok(done, "500 files that come at once are all offered",
           server.output()[-2000:])
    tap.same(failures, [], "and the server answers meanwhile")


def main():
    why = unavailable("curl", "genisoimage")
    if why:
        skip_all(why)
    with Lab(limit=300) as lab:
        iso = make_iso(lab, "iso", "FIRST")
        other = make_iso(lab, "other", "OTHER")
        server = at_the_start(lab, iso)
        slow_copy(lab, server, iso)
        remove_and_rename(lab, server)
        replaced(server, lab, other)
        sub_folders(lab, server, iso)
        bad_ones(lab, server, iso)
        unreadable(lab, server, iso)
        scripts(lab, server)
        many(lab, server, iso)
        tap.ok("signal=" not in server.output().replace("signal=0", ""),
               "no role died", server.output()[-2000:])
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
