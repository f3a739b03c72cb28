#!/usr/bin/env python3
"""A role that dies is back within a second, and the others never notice.

Also: how the server starts and stops, and what it says when it cannot.
"""

import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from lab import (SERVER, Lab, hobnail, unavailable, user,  # noqa: E402
                 wait_until)
from tap import Tap, skip_all  # noqa: E402

ROLES = ("state", "dhcp", "boot", "admin")
BACK = 1.0  # seconds


def roles_of(keeper):
    """The processes of the roles, by name."""
    found = {}
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(keeper)],
                            capture_output=True, text=True, check=False)
    for line in listed.stdout.splitlines():
        match = re.match(r" *(\d+) hobnail role (\w+)", line)
        if match:
            found[match[2]] = int(match[1])
    return found


def status_line(pid, key):
    with open(f"/proc/{pid}/status", encoding="ascii") as handle:
        return re.search(rf"^{key}:[ \t]*(.*)$", handle.read(), re.M)[1]


def answers(lab, server):
    """What a client sees: the first script by HTTP."""
    got = lab.run("client", "curl", "-s", "-m", "3", server.url("/boot.ipxe"))
    return got.stdout.startswith("#!ipxe")


def confined(tap, server, whose="of the server"):
    """No process has any right of root, and each has its filter."""
    root = whose == "of the server"  # who started it
    processes = dict(roles_of(server.pid), keeper=server.pid)
    for name, pid in sorted(processes.items()):
        ids = status_line(pid, "Uid").split() + status_line(pid, "Gid").split()
        tap.ok("0" not in ids, f"{name} {whose} is not root", ids)
        tap.same(status_line(pid, "Groups").strip(), "",
                 f"{name} {whose} is in no other group")
        caps = [int(status_line(pid, key), 16)
                for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]
        if not root:
            caps[3] = 0  # an ordinary user cannot empty the bounding set
        tap.same(caps, [0] * 5, f"{name} {whose} has no capability")
        tap.same(status_line(pid, "NoNewPrivs"), "1",
                 f"{name} {whose} can gain no rights")
        tap.same(status_line(pid, "Seccomp"), "2",
                 f"{name} {whose} has a filter")


def kill_one(tap, lab, server, role):
    before = roles_of(server.pid)
    start = time.monotonic()
    os.kill(before[role], signal.SIGKILL)

    def back():
        # Up is not enough: its level of confinement is said when it is ready.
        now = roles_of(server.pid)
        return role in now and now[role] != before[role] and \
            f"name={role} pid={now[role]} level" in server.output()

    tap.ok(wait_until(back, 5, 0.01), f"{role} is back", server.output())
    took = time.monotonic() - start
    tap.ok(took <= BACK, f"{role} is back within {BACK} s", f"{took:.3f} s")
    after = roles_of(server.pid)
    tap.same({k: v for k, v in after.items() if k not in (role, "image")},
             {k: v for k, v in before.items() if k not in (role, "image")},
             f"no other role is replaced when {role} dies")
    tap.ok(wait_until(lambda: answers(lab, server), BACK, 0.02),
           f"clients are served after {role} died", server.output())
    tap.ok(wait_until(lambda: server.api("/api/v1/status"), BACK, 0.02),
           f"the API answers after {role} died", server.output())


def kill_all(tap, lab, server):
    before = roles_of(server.pid)
    for role in ROLES:
        os.kill(before[role], signal.SIGKILL)
    tap.ok(wait_until(lambda: set(ROLES) <= set(roles_of(server.pid)) and
                      answers(lab, server), 3, 0.02),
           "all roles at once come back", server.output())


def addresses(tap, lab, server):
    """The server follows the addresses of its interface."""
    before = roles_of(server.pid)
    for step, line in (("del", r'event=interface text="none has'),
                       ("add", r"event=interface name=lan0 ip=10\.77\.0\.1")):
        seen = len(re.findall(line, server.output()))
        lab.run("server", "ip", "address", step, f"{SERVER}/24", "brd", "+",
                "dev", "lan0")
        tap.ok(wait_until(
            lambda: len(re.findall(line, server.output())) > seen, 5),
            f"the server sees 'ip address {step}'", server.output())
    wait_until(lambda: "dhcp" in roles_of(server.pid), 2)
    after = roles_of(server.pid)
    tap.ok(after["dhcp"] != before["dhcp"], "dhcp starts anew for it")
    tap.same({k: v for k, v in after.items() if k != "dhcp"},
             {k: v for k, v in before.items() if k != "dhcp"},
             "and no other role does")


def end(tap, server):
    roles = roles_of(server.pid)
    start = time.monotonic()
    tap.same(server.stop(), 0, "SIGTERM ends the server in good order")
    tap.ok(time.monotonic() - start < 3, "within the patience for the roles")
    tap.ok(not any(os.path.exists(f"/proc/{pid}") for pid in roles.values()),
           "no role is left behind")


def start_and_fail(lab, *arguments):
    """A call of `hobnail serve` that must not succeed."""
    return lab.run("server", hobnail(), "serve", *arguments, seconds=10)


def refusals(tap, lab):
    got = start_and_fail(lab, os.path.join(lab.work, "nowhere"), "--user",
                         user())
    tap.ok(got.returncode == 1 and "mkdir -p" in got.stderr,
           "a folder that is not there is said, and how to make it",
           got.stderr)
    got = start_and_fail(lab, lab.folder, "--user", "no-such-user")
    tap.ok(got.returncode == 1 and "useradd" in got.stderr,
           "a user that is not there is said, and how to make it", got.stderr)
    got = start_and_fail(lab, lab.folder, "--dhcp", "proxi")
    tap.ok(got.returncode == 2 and "proxy" in got.stderr,
           "a wrong value is said, and what is allowed", got.stderr)


PORTS = {"tcp:80", "udp:67", "udp:69", "udp:4011"}


def ports(tap, lab):
    listed = lab.run("server", "ss", "-Hlntu").stdout
    found = {f"{line.split()[0]}:{line.split()[4].rpartition(':')[2]}"
             for line in listed.splitlines()}
    tap.same(found, PORTS, "the server listens on its ports and no others")


def folders(tap, lab):
    """What the server's user may not use is said, and what would help."""
    closed = os.path.join(lab.work, "closed")
    os.mkdir(closed)
    os.chmod(closed, 0o700)
    server = lab.serve(folder=closed)
    tap.ok(re.search(rf"no image can be served: user {user()} may not list "
                     rf"'{closed}' \(owner root, mode 0700\).*chmod o\+rx",
                     server.output()),
           "a folder that may not be listed is said", server.output())
    tap.ok(answers(lab, server), "and the menu is served all the same")
    server.stop()


def ordinary_user(tap, lab):
    """Without root: high ports, no DHCP, and it says so."""
    home = os.path.join(lab.work, "home")
    os.mkdir(home)
    os.chown(home, 65534, 65534)
    server = lab.start(
        "ordinary", "server", "setpriv", "--reuid", "65534", "--regid",
        "65534", "--clear-groups", hobnail(), "serve", lab.folder,
        "--interface", "lan0", env={"HOME": home, "PATH": os.environ["PATH"]})
    server.url = lambda path: f"http://{SERVER}:8080{path}"
    tap.ok(wait_until(lambda: answers(lab, server), 5),
           "an ordinary user can serve on port 8080", server.output())
    tap.ok("without root there is no DHCP" in server.output(),
           "and is told what does not work", server.output())
    tap.ok(os.path.exists(f"{home}/.local/state/hobnail/state.db"),
           "its state is below its home")
    confined(tap, server, "of an ordinary user")
    tap.same(server.stop(), 0, "and it ends in good order")


def second_server(tap, lab, server):
    got = start_and_fail(lab, lab.folder, "--state", server.state, "--user",
                         user(), "--control", server.control + "2")
    tap.ok(got.returncode == 1 and "another hobnail uses" in got.stderr,
           "a second server on the same state is refused", got.stderr)
    got = start_and_fail(lab, lab.folder, "--state", server.state + "2",
                         "--user", user(), "--control", server.control)
    tap.ok(got.returncode == 1 and "another hobnail answers" in got.stderr,
           "a second server on the same control socket is refused", got.stderr)


def taken_ports(tap, lab):
    """What holds a port is named, and the rest goes on working."""
    lab.start("holder", "server", "python3", "-c",
              "import socket, time; s = socket.socket(socket.AF_INET, "
              "socket.SOCK_DGRAM); s.bind(('', 67)); time.sleep(60)")
    wait_until(lambda: ":67" in lab.run("server", "ss", "-lun").stdout, 5)
    server = lab.serve()
    tap.ok(re.search(r"UDP port 67 is taken by python3\S* \(process \d+\).*"
                     r"dhcp\.port", server.output()),
           "a port that is taken is said: by whom, and what changes it",
           server.output())
    tap.ok(answers(lab, server), "HTTP goes on working without DHCP")
    return server


def main():
    tap = Tap()
    why = unavailable("curl", "ss", "setpriv")
    if why:
        skip_all(why)
    with Lab(limit=120) as lab:
        refusals(tap, lab)
        server = lab.serve()
        tap.same(set(roles_of(server.pid)) - {"image"}, set(ROLES),
                 "every role runs")
        confined(tap, server)
        ports(tap, lab)
        second_server(tap, lab, server)
        for role in ROLES:
            kill_one(tap, lab, server, role)
        kill_all(tap, lab, server)
        addresses(tap, lab, server)
        end(tap, server)
        folders(tap, lab)
        ordinary_user(tap, lab)
        server = taken_ports(tap, lab)
        roles = roles_of(server.pid).values()
        server.popen.kill()
        tap.ok(wait_until(lambda: not any(
            os.path.exists(f"/proc/{pid}") for pid in roles), 2),
               "the roles end when keeper is killed")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
