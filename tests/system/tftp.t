#!/usr/bin/env python3
"""TFTP of the running server: other people's clients, lost packets, and what
firmware sends."""

import hashlib
import os
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from lab import SERVER, Lab, unavailable, user, wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

RRQ, WRQ, DATA, ACK, ERROR, OACK = range(1, 7)
SIZES = {"small.bin": 700, "full.bin": 512 * 8, "loader.efi": 256 << 10,
         "undionly.kpxe": 100000, "large.bin": 34 << 20}
CANARY = b"nobody may read this 5be0c1a7"

tap = Tap()


def make_loaders(lab):
    """A state folder with loaders, as `hobnail loaders import` leaves it."""
    folder = os.path.join(lab.work, "state/loaders")
    os.makedirs(folder)
    os.chmod(os.path.dirname(folder), 0o755)
    with open(folder + "/SOURCES", "w", encoding="utf-8") as out:
        for name, size in SIZES.items():
            data = os.urandom(size)
            with open(os.path.join(folder, name), "wb") as loader:
                loader.write(data)
            out.write(f"{name}\t{hashlib.sha256(data).hexdigest()}\t"
                      "imported\t-\t2026-01-01\t-\n")
    with open(os.path.join(lab.work, "secret"), "wb") as out:
        out.write(CANARY)
    subprocess.run(["chown", "-R", user(), os.path.dirname(folder)],
                   check=True)
    return folder


def request(name, *options, opcode=RRQ, mode=b"octet"):
    data = name if isinstance(name, bytes) else name.encode()
    data = struct.pack("!H", opcode) + data + b"\0" + mode + b"\0"
    for option in options:
        data += str(option).encode() + b"\0"
    return data


class Client:
    """A socket in the client's namespace that speaks TFTP by hand."""

    def __init__(self, lab, seconds=3):
        with lab.inside("client"):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("10.77.0.9", 0))
        self.socket.settimeout(seconds)
        self.peer = (SERVER, 69)

    def ask(self, name, *options, **more):
        self.socket.sendto(request(name, *options, **more), (SERVER, 69))
        return self.receive()

    def receive(self):
        """(opcode, block or code, payload), or None where nothing comes."""
        try:
            data, self.peer = self.socket.recvfrom(70000)
        except TimeoutError:
            return None
        opcode = struct.unpack("!H", data[:2])[0]
        if opcode == OACK:
            return opcode, 0, data[2:]
        return opcode, struct.unpack("!H", data[2:4])[0], data[4:]

    def ack(self, block):
        self.socket.sendto(struct.pack("!HH", ACK, block), self.peer)


def fetched(lab, folder, name, *command, seconds=90):
    """Seconds that a client took, or None where the file is not the same."""
    got = os.path.join(lab.work, "got")
    if os.path.exists(got):
        os.unlink(got)
    begin = time.monotonic()
    try:
        ran = lab.run("client", *command, seconds=seconds)
    except subprocess.TimeoutExpired:
        return None
    took = time.monotonic() - begin
    try:
        with open(got, "rb") as one, \
                open(os.path.join(folder, name), "rb") as other:
            if one.read() == other.read():
                return took
    except FileNotFoundError:
        pass
    tap.note(ran.stdout + ran.stderr)
    return None


def atftp(lab, folder, name, *options):
    command = ["atftp"]
    for option in options:
        command += ["--option", option]
    return fetched(lab, folder, name, *command, "-g", "-r", name, "-l",
                   lab.work + "/got", SERVER)


def clients(lab, folder):
    for name in SIZES:
        tap.ok(atftp(lab, folder, name) is not None, f"atftp gets {name}")
    for options in (("blksize 1468",), ("blksize 8",), ("blksize 1024",
                    "windowsize 4"), ("blksize 1468", "windowsize 16"),
                    ("windowsize 64",), ("blksize 65464",)):
        tap.ok(atftp(lab, folder, "undionly.kpxe", *options) is not None,
               f"atftp gets a file with {', '.join(options)}")
    got = lab.work + "/got"
    for name in ("loader.efi", "full.bin"):
        tap.ok(fetched(lab, folder, name, "curl", "-sS", "--tftp-blksize",
                       "1468", "-o", got, f"tftp://{SERVER}/{name}")
               is not None, f"curl gets {name}")
        tap.ok(fetched(lab, folder, name, "tftp", "-m", "binary", SERVER,
                       "-c", "get", name, got) is not None,
               f"tftp-hpa gets {name}")


def lose(lab, percent):
    """Both ways, where packets arrive: a sender is not told.  0: no more."""
    for namespace in ("client", "server"):
        lab.run(namespace, "nft", "delete table ip loss")
        rules = ("add table ip loss\n"
                 "add chain ip loss in "
                 "{ type filter hook input priority 0; }\n"
                 "add rule ip loss in udp dport 0-65535 "
                 f"numgen random mod 100 < {percent} drop\n")
        made = percent and lab.run(namespace, "nft", rules)
        if made and made.returncode:
            raise SystemExit("nft: " + made.stderr)


def losing(lab, folder):
    """A request that is lost is the client's to repeat, after seconds of its
    own; the time of the transfer is what counts."""
    for percent, limit in ((10, 3), (30, 20)):
        lose(lab, percent)
        took = [hand_fetch(lab, folder, "loader.efi") for _ in range(3)]
        # Not atftp: a second OACK, as a lost answer to the first brings,
        # makes it give up.
        # A client that has lost five answers in a row gives up by itself, and
        # is started again, as a person or a firmware would.
        whole = [in_some_tries(lab, folder, "undionly.kpxe", command)
                 for command in (
                     ("curl", "-sS", "--retry", "5", "--tftp-blksize", "1468",
                      "-o", lab.work + "/got",
                      f"tftp://{SERVER}/undionly.kpxe"),
                     ("tftp", "-m", "binary", SERVER, "-c", "get",
                      "undionly.kpxe", lab.work + "/got"))]
        lose(lab, 0)
        tap.ok(all(t is not None and t <= limit for t in took),
               f"256 KiB at {percent} % loss take at most {limit} s", took)
        tap.ok(None not in whole,
               f"curl and tftp-hpa get a file at {percent} % loss", whole)
        tap.note(f"seconds at {percent} %: {took} {whole}")


def in_some_tries(lab, folder, name, command):
    for _ in range(4):
        took = fetched(lab, folder, name, *command, seconds=45)
        if took is not None:
            return took
    return None


def hand_fetch(lab, folder, name):
    """Seconds from the first answer to the file's last block, in lock-step
    with blocks of 1468.  As a firmware does, the client acknowledges again
    after a silence of its own, and after two starts anew; that time counts.
    None after 60 s, or where the file is not the same."""
    begin, data = None, None
    while data is None:
        client = Client(lab, 1)
        answer = client.ask(name, "blksize", 1468)
        while answer is None or answer[0] != OACK:
            answer = client.ask(name, "blksize", 1468)
        begin = begin or time.monotonic()
        data = hand_blocks(client, begin + 60)
        if time.monotonic() > begin + 60:
            return None
    with open(os.path.join(folder, name), "rb") as handle:
        return time.monotonic() - begin if handle.read() == data else None


def hand_blocks(client, end):
    """The blocks behind the OACK, or None where they stop coming."""
    client.socket.settimeout(3.5)
    want, data, silences = 1, b"", 0
    client.ack(0)
    while time.monotonic() < end and silences < 2:
        answer = client.receive()
        if answer and answer[0] == DATA and answer[1] == want & 0xffff:
            data += answer[2]
            want += 1
            if len(answer[2]) < 1468:
                client.ack(answer[1])
                return data
        silences = 0 if answer else silences + 1
        client.ack((want - 1) & 0xffff)
    return None


def firmware(lab, folder):
    """What EDK2 and old ROMs do."""
    client = Client(lab)
    first = client.ask("loader.efi", "tsize", 0, "blksize", 1468,
                       "windowsize", 4)
    tap.ok(first and first[0] == OACK and b"tsize\x00262144\0" in first[2] and
           b"blksize\x001468\0" in first[2] and b"windowsize\x004\0" in
           first[2], "EDK2's first request is told the size", first)
    tap.ok(client.peer[0] == SERVER and client.peer[1] != 69,
           "a transfer has a port of its own", client.peer)
    client.socket.sendto(struct.pack("!HH", ERROR, 8) +
                         b"User aborted the transfer\0", client.peer)
    again = client.ask("loader.efi", "blksize", 1468, "windowsize", 4)
    tap.ok(again and again[0] == OACK, "its second request is answered", again)
    client = Client(lab)
    answer = client.ask("small.bin")
    client.ack(1)
    last = client.receive()
    tap.ok(answer[:2] == (DATA, 1) and last[:2] == (DATA, 2) and
           len(last[2]) == 188, "no option: blocks of 512", (answer, last))
    for name in ("\\undionly.kpxe", "//undionly.kpxe", "undionly.kpxe.0",
                 b"undionly.kpxe\xff", b"undionly.kpxe\r\n",
                 "b/52-54-00-12-34-56/undionly.kpxe"):
        answer = Client(lab).ask(name)
        with open(folder + "/undionly.kpxe", "rb") as handle:
            tap.ok(answer and answer[:2] == (DATA, 1) and
                   answer[2] == handle.read(512),
                   f"{name!r} is the loader", answer)


def after_five_acks(lab):
    """The blocks that come before the server's timer can have run out."""
    client = Client(lab, 2)
    client.ask("undionly.kpxe")
    for _ in range(5):
        client.ack(1)
    seen = [(client.receive() or (0, 0))[1]]
    client.socket.settimeout(0.004)
    while len(seen) < 10:
        answer = client.receive()
        if answer is None:
            break
        seen.append(answer[1])
    return seen


def duplicates(lab):
    """The Sorcerer's Apprentice stays out."""
    # On a busy machine a repetition by the timer may come in between; one
    # that is an answer to each acknowledgement comes every time.
    seen = [after_five_acks(lab) for _ in range(4)]
    tap.ok([2] in seen, "five acknowledgements of a block bring the next one "
           "once", seen)
    client = Client(lab, 0.5)
    first = client.ask("undionly.kpxe", "blksize", 1468)
    port = client.peer
    client.socket.sendto(request("undionly.kpxe", "blksize", 1468),
                         (SERVER, 69))
    second = client.receive()
    tap.ok(first == second and client.peer == port,
           "a request that comes twice is one transfer", (first, second))


def silent(lab):
    """A forged address gets little."""
    client = Client(lab, 2.5)
    answers = [client.ask("loader.efi", "blksize", 1468)]
    while answers[-1]:
        answers.append(client.receive())
    tap.ok(2 <= len(answers) - 1 <= 5,
           "who never answers gets at most five datagrams", len(answers) - 1)


def refusals(lab):
    for name, datagram, code in (
            ("a file that is not there", request("nothing.bin"), 1),
            ("a write", request("loader.efi", opcode=WRQ), 2),
            ("netascii", request("small.bin", mode=b"netascii"), 4),
            ("a request without an end", b"\0\1small.bin", 4),
            ("an empty name", request(""), 2)):
        client = Client(lab)
        client.socket.sendto(datagram, (SERVER, 69))
        answer = client.receive()
        tap.ok(answer and answer[:2] == (ERROR, code),
               f"{name} is refused with code {code}", answer)
    for name, datagram in (("an acknowledgement", b"\0\4\0\1"),
                           ("an error", b"\0\5\0\1x\0"), ("nothing", b""),
                           ("one byte", b"\1"), ("an unknown opcode",
                                                 b"\0\11x\0octet\0")):
        client = Client(lab, 0.3)
        client.socket.sendto(datagram, (SERVER, 69))
        tap.ok(client.receive() is None, f"{name} is not answered")


def traversal(lab):
    leaks, answers, asked = [], 0, 0
    client = Client(lab, 2)
    for target in ("secret", "etc/passwd", "state/state.db", "SOURCES"):
        for climb in ("../", "..\\", "/../", "\\..\\", "..//", "./../",
                      "....//", "%2e%2e/", "..%2f", "a/../../",
                      "b/52-54-00-12-34-56/../../"):
            for depth in (1, 3, 8):
                asked += 1
                answer = client.ask(climb * depth + target)
                answers += answer is not None
                if not answer or answer[0] != ERROR:
                    leaks.append((climb, depth, target, answer))
    for target in ("/etc/passwd", "SOURCES", "secret", "C:\\secret"):
        asked += 1
        answer = client.ask(target)
        answers += answer is not None
        if not answer or answer[0] != ERROR:
            leaks.append((target, answer))
    tap.ok(not leaks, "no name leads out of the folder", leaks[:5])
    tap.same(answers, asked, "each of them was answered")


def limits(lab):
    """One client cannot take all transfers, and others do not notice."""
    greedy = [Client(lab, 1) for _ in range(200)]
    answers = [c.ask("large.bin", "blksize", 1468) for c in greedy]
    refused = [a for a in answers if a and a[0] == ERROR]
    tap.ok(0 < len(refused) < 200, "a client has a limit of transfers",
           len(refused))
    lab.add_host("other", "10.77.0.10")
    got = lab.run("other", "curl", "-sS", "-m", "10", "-o", "/dev/null",
                  "-w", "%{size_download}", f"tftp://{SERVER}/small.bin")
    tap.same(got.stdout, "700", "others are served meanwhile")


def timeline(lab, server, folder):
    # A transfer that ended; the probe above left nothing of its own.
    tap.ok(atftp(lab, folder, "loader.efi", "blksize 1468") is not None,
           "a last file is fetched")
    found = wait_until(lambda: [
        e for e in server.events() if e.get("kind") == "loader" and
        e.get("phase") == "end" and "loader.efi" in str(e)], 5)
    tap.ok(found, "the timeline has it", server.events()[-5:])


def main():
    why = unavailable("atftp", "tftp", "curl", "nft")
    if why:
        skip_all(why)
    with Lab() as lab:
        folder = make_loaders(lab)
        server = lab.serve("--dhcp", "off")
        wait_until(lambda: Client(lab, 1).ask("small.bin")[0] == DATA, 10)
        clients(lab, folder)
        firmware(lab, folder)
        duplicates(lab)
        silent(lab)
        refusals(lab)
        traversal(lab)
        losing(lab, folder)
        timeline(lab, server, folder)
        limits(lab)
    sys.exit(tap.done())


main()
