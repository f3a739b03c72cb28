#!/usr/bin/env python3
"""The server works with the rights that its systemd unit gives it.

usage: unit_rights.py UNIT

It is started as systemd would: as an ordinary user with one capability, under
the unit's system call filter.
"""
import os
import pathlib
import shutil
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))

# pylint: disable=wrong-import-position
from lab import Lab, hobnail, unavailable, wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

NOBODY = 65534
CAPABILITY = "-all,+net_bind_service"
PYTHON = "/usr/bin/python3"  # one that everybody may execute
AS_UNIT = os.path.join(os.path.dirname(HERE), "lib/as_unit.py")


def listen(lab):
    """Where systemd would hear that the server is ready."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.settimeout(15)
    channel.bind(os.path.join(lab.work, "notify"))
    os.chmod(os.path.join(lab.work, "notify"), 0o666)
    return channel


def said(channel):
    try:
        return channel.recv(4096)
    except TimeoutError:
        return b"nothing"


def start(lab, unit):
    """The server under the unit's rights, and its folder of state.

    What it needs is copied: this user cannot enter a checkout in somebody's
    home.
    """
    state = os.path.join(lab.work, "state")
    os.mkdir(state)
    as_unit, unit, program = (shutil.copy(path, lab.work)
                              for path in (AS_UNIT, unit, hobnail()))
    for path in (lab.work, state, as_unit, unit, program):
        os.chown(path, NOBODY, NOBODY)
    return lab.start(
        "server", "server", "setpriv", f"--reuid={NOBODY}",
        f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={CAPABILITY}",
        f"--ambient-caps={CAPABILITY}", f"--bounding-set={CAPABILITY}",
        "--no-new-privs", "env",
        "NOTIFY_SOCKET=" + os.path.join(lab.work, "notify"),
        PYTHON, as_unit, unit, program, "serve",
        lab.folder, "--interface", "lan0", "--state", state, "--control",
        os.path.join(lab.work, "control.sock"))


def status(pid, field):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(line.split()[1] for line in text.splitlines()
                if line.startswith(field + ":"))


def children(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return path.read_text(encoding="ascii").split()


def check(tap, lab, server):
    up = wait_until(lambda: not server.alive() or lab.run(
        "client", "curl", "-sf", "http://10.77.0.1/boot.ipxe"
    ).stdout.startswith("#!ipxe"), 15, 0.2)
    tap.ok(up and server.alive(), "the server answers", server.output())
    if not server.alive():
        return
    roles = children(server.pid)
    tap.ok(len(roles) >= 3, "every role runs", f"{len(roles)} processes")
    tap.ok(roles and all(int(status(role, "CapPrm"), 16) == 0
                         for role in roles),
           "no role holds a capability")
    tap.ok(all(status(pid, "Seccomp") == "2" and
               status(pid, "NoNewPrivs") == "1"
               for pid in [server.pid, *roles]),
           "keeper and roles are confined")
    tap.ok(os.path.exists(os.path.join(lab.work, "state/state.db")),
           "the state is kept")
    asked = lab.run("client", "curl", "-s", "-o", os.devnull, "-m", "3",
                    "tftp://10.77.0.1/no-such-file")
    tap.same(asked.returncode, 68, "TFTP answers that there is no such file")


def main():
    why = unavailable("setpriv", "systemd-analyze", "curl")
    if why:
        skip_all(why)
    tap = Tap()
    with Lab(limit=120) as lab:
        channel = listen(lab)
        server = start(lab, sys.argv[1])
        tap.same(said(channel), b"READY=1", "systemd hears that it is ready")
        check(tap, lab, server)
        print("\n".join("# " + line
                        for line in server.output().splitlines()[-25:]))
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
