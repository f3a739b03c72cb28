"""Each role, confined as in the product, tries everything it should not do.

usage: rights.py PROGRAM   (tests/rights/main.c)
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from lab import Lab, unavailable  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

ROLES = ("state", "dhcp", "boot", "admin", "image")
ATTEMPTS = 60  # at least so many must be denied to each role
# What each role does need, and must be able to do: otherwise a role that can
# do nothing at all would pass.
ALLOWED = {"state": 8, "dhcp": 1, "boot": 5, "admin": 2, "image": 2}


def prepare(lab):
    """An image, and in the state folder a file that is for state alone."""
    with open(os.path.join(lab.folder, "image.iso"), "wb") as handle:
        handle.write(b"an image")
    os.chmod(os.path.join(lab.folder, "image.iso"), 0o644)
    state = os.path.join(lab.work, "state")
    os.mkdir(state)
    with open(os.path.join(state, "secret"), "w", encoding="ascii") as handle:
        handle.write("leases")
    os.chmod(os.path.join(state, "secret"), 0o644)
    os.chown(state, 65534, 65534)
    return state


def main():
    tap = Tap()
    why = unavailable()
    if why:
        skip_all(why)
    with Lab(limit=60) as lab:
        state = prepare(lab)
        server = lab.start(
            "rights", "server", sys.argv[1], "serve", lab.folder,
            "--state", state, "--user", "nobody", "--interface", "lan0",
            "--control", os.path.join(lab.work, "control.sock"))
        for role in ROLES:
            line = server.wait_for(
                rf"{role}: (\d+) denied, (\d+) allowed, (\d+) surprises", 10)
            output = server.output()
            said = "\n".join(re.findall(rf"{role}: SURPRISE.*", output))
            if not tap.ok(line, f"{role} tries everything", output):
                continue
            denied, allowed, surprises = (int(n) for n in line.groups())
            tap.same(surprises, 0, f"{role} can do what it needs and no more")
            tap.note(said)
            tap.ok(denied >= ATTEMPTS, f"{role} is denied {denied} things")
            tap.same(allowed, ALLOWED[role], f"{role} can do {allowed} things")
            tap.ok(f"name={role} " in output or role == "image",
                   f"{role} said how far it is confined")
        tap.ok("seccomp=on" in server.output(), "keeper is confined as well")
        tap.same(server.stop(), 0, "the server ends in good order")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
