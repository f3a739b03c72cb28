#!/usr/bin/env python3
"""TFTP: against tftpd-hpa, dnsmasq and atftpd.

32 MiB at a block size of 1468 and a window of 16 blocks, where the server
knows windows (RFC 7440), with atftp; then 256 KiB block by block, as iPXE asks
for it, over a network that loses one packet in ten, and three in ten, each
way, with curl.
"""
import contextlib
import hashlib
import subprocess
import time

from common import SERVER, Row, main, median, os, random_file

LARGE, SMALL = "large.bin", "small.bin"
SIZES = {LARGE: 32 << 20, SMALL: 1 << 20}
GIVE_UP = 90  # seconds


def files(bench):
    """Both files, in a folder as our state keeps its loaders."""
    folder = os.path.join(bench.lab.work, "state/loaders")
    os.makedirs(folder, exist_ok=True)
    os.chmod(os.path.dirname(folder), 0o755)
    with open(os.path.join(folder, "SOURCES"), "w", encoding="utf-8") as out:
        for name, size in SIZES.items():
            path = os.path.join(folder, name)
            random_file(path, size)
            if name == SMALL:
                os.truncate(path, 256 << 10)
            with open(path, "rb") as data:
                digest = hashlib.sha256(data.read()).hexdigest()
            out.write(f"{name}\t{digest}\timported\t-\t2026-01-01\t-\n")
    return folder


def seconds_of(bench, name, *command):
    """Seconds until a client has fetched a file into `got`; None after
    GIVE_UP or when it is wrong."""
    got = os.path.join(bench.lab.work, "got")
    sent = os.path.join(bench.lab.work, "state/loaders", name)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(got)
    begin = time.monotonic()
    try:
        bench.lab.run("client", *command, seconds=GIVE_UP)
    except subprocess.TimeoutExpired:
        return None
    seconds = time.monotonic() - begin
    same = os.path.exists(got) and subprocess.run(
        ["cmp", "-s", got, sent], check=False).returncode == 0
    return seconds if same else None


def fetch_large(bench):
    got = os.path.join(bench.lab.work, "got")
    return seconds_of(bench, LARGE, *bench.peers.command(
        "atftp", "-g", "-r", LARGE, "-l", got, "--option", "blksize 1468",
        "--option", "windowsize 16", SERVER))


def fetch_small(bench):
    got = os.path.join(bench.lab.work, "got")
    return seconds_of(bench, SMALL, "curl", "-s", "-o", got,
                      "--tftp-blksize", "1468", f"tftp://{SERVER}/{SMALL}")


@contextlib.contextmanager
def losing(bench, percent):
    """`percent` of the packets are lost, each way.  They go where they
    arrive: a sender would be told of those that are dropped as they leave."""
    rule = ("add table ip loss\n"
            "add chain ip loss arriving "
            "{ type filter hook input priority 0; }\n"
            f"add rule ip loss arriving meta l4proto udp "
            f"numgen random mod 100 < {percent} drop\n")
    for namespace in ("client", "server"):
        bench.run(namespace, "nft", rule)
    try:
        yield
    finally:
        for namespace in ("client", "server"):
            bench.run(namespace, "nft", "delete table ip loss")


def figures(bench):
    """(MiB/s, seconds at 10 %, seconds at 30 %) of whoever runs now."""
    speed = (SIZES[LARGE] >> 20) / median(
        lambda: fetch_large(bench) or GIVE_UP)
    lossy = []
    for percent in (10, 30):
        with losing(bench, percent):
            lossy.append(fetch_small(bench))
    return speed, *lossy


def servers(bench, folder):
    """(name, context that runs it) of each peer."""
    yield "tftpd-hpa", bench.peer("in.tftpd", "--foreground", "--listen",
                                  "--ipv4", "--user", "root", "--secure",
                                  folder)
    yield "dnsmasq", bench.peer(
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
        "--port=0", "--user=root", "--pid-file=", "--enable-tftp",
        f"--tftp-root={folder}")
    yield "atftpd", bench.peer("atftpd", "--daemon", "--no-fork", "--user",
                               "root.root", folder)


def loss_row(percent, ours, peer, theirs):
    """A peer that gives up counts as GIVE_UP, which flatters it."""
    note = "" if theirs else f"peer: failed, or not done in {GIVE_UP} s"
    return Row(f"TFTP, 256 KiB, {percent} % loss", "s", ours, peer,
               theirs or GIVE_UP, less_is_better=True, note=note)


def benchmark(bench):
    folder = files(bench)
    mine = (None, None, None)
    with bench.ours() as server:
        if server:
            time.sleep(2)  # until the files have been found
            mine = figures(bench)
    for name, running in servers(bench, folder):
        with running:
            time.sleep(0.5)
            theirs = figures(bench)
        yield Row("TFTP, 32 MiB, window 16", "MiB/s", mine[0], name,
                  theirs[0])
        yield loss_row(10, mine[1], name, theirs[1])
        yield loss_row(30, mine[2], name, theirs[2])


if __name__ == "__main__":
    main(benchmark)
