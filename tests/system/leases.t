#!/usr/bin/env python3
"""A lease that was acknowledged is never lost.

A relay asks for hundreds of clients at once while the state role, the dhcp
role and at last the whole server are killed.  Every address that a client was
promised must be known to the next server as that client's, and no address may
have been promised to two.
"""

import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from lab import CLIENT, SERVER, Lab, hobnail, unavailable, \
    wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

CONFIG = """\
dhcp:
  mode: server
  range: 10.77.16.0-10.77.100.255
  lease: 3600
"""
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
WINDOW = 64  # clients that wait for an answer
RETRY = 0.5  # seconds
COOKIE = b"\x63\x82\x53\x63"

tap = Tap()


def packet(kind, number, offered=None):
    """From client `number`, as a relay passes it on."""
    mac = b"\x02\0" + struct.pack(">I", number)
    head = struct.pack(">BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, 1, number, 0, 0,
                       b"", b"", b"", socket.inet_aton(CLIENT), mac, b"", b"")
    options = bytes([53, 1, kind])
    if offered:
        options += b"\x32\x04" + socket.inet_aton(offered)
        options += b"\x36\x04" + socket.inet_aton(SERVER)
    return head + COOKIE + options + b"\xff"


def parse(data):
    """(number of the client, kind, address), or None."""
    if len(data) < 243 or data[236:240] != COOKIE:
        return None
    at = 240
    while at + 2 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        if data[at] == 53:
            return (struct.unpack(">I", data[4:8])[0], data[at + 2],
                    socket.inet_ntoa(data[16:20]))
        at += 2 + data[at + 1]
    return None


class Fleet:
    """Clients behind a relay."""

    def __init__(self, lab):
        with lab.inside("client"):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((CLIENT, 67))
        self.next = 1
        self.waiting = {}  # number: (packet, when to send it again)
        self.promised = {}  # number: address

    def send(self, number, data):
        self.waiting[number] = (data, time.monotonic() + RETRY)
        try:
            self.socket.sendto(data, (SERVER, 67))
        except OSError:
            pass  # nobody listens just now

    def answer(self, got):
        number, kind, address = got
        if number not in self.waiting:
            return
        if kind == OFFER:
            self.send(number, packet(REQUEST, number, address))
        elif kind == ACK:
            self.promised[number] = address
            del self.waiting[number]
        else:
            self.send(number, packet(DISCOVER, number))

    def turn(self):
        """Keep the window full for a moment; take what comes."""
        while len(self.waiting) < WINDOW:
            self.send(self.next, packet(DISCOVER, self.next))
            self.next += 1
        if select.select([self.socket], [], [], 0.02)[0]:
            got = parse(self.socket.recv(2048))
            if got:
                self.answer(got)
        now = time.monotonic()
        for number, (data, when) in list(self.waiting.items()):
            if when < now:
                self.send(number, data)

    def go_on(self, until, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            self.turn()
        return until()

    def more(self, count, seconds=20):
        """Until `count` more addresses were promised."""
        goal = len(self.promised) + count
        return self.go_on(lambda: len(self.promised) >= goal, seconds)


def role_of(keeper, role):
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(keeper)],
                            capture_output=True, text=True, check=False)
    match = re.search(rf"^ *(\d+) hobnail role {role}\b", listed.stdout, re.M)
    return match and int(match[1])


def kept(server):
    """Address by client, as the server's own list has it."""
    def ask():
        ran = subprocess.run([hobnail(), "leases", "--json", "--control",
                              server.control], capture_output=True, text=True,
                             check=False, timeout=30)
        return ran if ran.returncode == 0 else None

    ran = wait_until(ask, 10, 0.2)
    if not ran:
        raise SystemExit("the server does not list its leases")
    return {int(lease["mac"].replace(":", "")[4:], 16): lease["ip"]
            for lease in json.loads(ran.stdout) if lease["state"] == "bound"}


def check_kept(server, fleet, when):
    there = kept(server)
    lost = {number: address for number, address in fleet.promised.items()
            if there.get(number) != address}
    tap.ok(fleet.promised and not lost,
           f"{len(fleet.promised)} promised addresses are kept {when}",
           list(lost.items())[:10])
    twice = len(fleet.promised) - len(set(fleet.promised.values()))
    tap.same(twice, 0, f"no address was promised twice {when}")


def widen(lab):
    """Room for thousands of clients."""
    for name, device, address in (("server", "lan0", SERVER),
                                  ("client", "eth0", CLIENT)):
        lab.run(name, "ip", "address", "flush", "dev", device)
        lab.run(name, "ip", "address", "add", f"{address}/16", "brd", "+",
                "dev", device)


def kill_roles(server, fleet):
    for role in ("state", "state", "dhcp", "state"):
        if not tap.ok(fleet.more(150), f"addresses are promised ({role} next)",
                      server.output()[-1500:]):
            return
        pid = role_of(server.pid, role)
        os.kill(pid, signal.SIGKILL)
        start = time.monotonic()
        fleet.more(1)
        tap.ok(fleet.more(20, 5) and time.monotonic() - start < 3,
               f"they go on after {role} was killed",
               server.output()[-1500:])


def main():
    why = unavailable("ps")
    if why:
        skip_all(why)
    with Lab(limit=200) as lab:
        widen(lab)
        server = lab.serve(config=CONFIG)
        fleet = Fleet(lab)
        start = time.monotonic()
        tap.ok(fleet.more(2000, 30), "two thousand clients get addresses",
               server.output()[-1500:])
        tap.note(f"{len(fleet.promised) / (time.monotonic() - start):.0f} "
                 "leases a second with one client program")
        kill_roles(server, fleet)
        check_kept(server, fleet, "after kills of roles")

        fleet.more(100)
        roles = [role_of(server.pid, role)
                 for role in ("state", "dhcp", "boot", "admin")]
        os.kill(server.pid, signal.SIGKILL)
        tap.ok(wait_until(lambda: not server.alive() and not any(
            pid and os.path.exists(f"/proc/{pid}") for pid in roles), 5),
            "the whole server was killed, and no role outlives it")
        server = lab.serve(config=CONFIG)
        check_kept(server, fleet, "after a kill of the server")
        tap.ok(fleet.more(100), "and the next server goes on",
               server.output()[-1500:])
        check_kept(server, fleet, "by the next server")
        server.stop()
        server = lab.serve(config=CONFIG)
        check_kept(server, fleet, "after a restart in good order")
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
