#!/usr/bin/env python3
"""From power-on to the menu, in QEMU: against dnsmasq and nginx.

A BIOS machine whose network card brings no iPXE that is new enough.  Both
servers give it the same undionly.kpxe; the time is that of its request for
the menu, as a packet capture beside the machine saw it.
"""
import shutil
import struct
import subprocess
import time

from common import (SERVER, TOP, Row, Unavailable, cached, main, os,
                    place_image)

# The start of iPXE's option 175: a bus ID, the version, and VLAN as the first
# feature, which the older ROM of the machine does not have.
IPXE = "b1:05:*:*:*:*:*:eb:03:01:00:00:26"
LIMIT = 120  # seconds
MENU = b"menu.ipxe HTTP/1."


def packets(path):
    """(seconds, bytes) of each packet of a capture so far."""
    with open(path, "rb") as file:
        file.read(24)
        while len(head := file.read(16)) == 16:
            seconds, micro, size, _ = struct.unpack("<IIII", head)
            yield seconds + micro / 1e6, file.read(size)


def menu_time(path):
    """When the menu was asked for, or None."""
    if not os.path.exists(path):
        return None
    for when, data in packets(path):
        if b"GET /" in data and MENU in data:
            return when
    return None


def boot(bench, name):
    """Seconds from power-on to the request for the menu, or None."""
    from guest import Guest  # needs QEMU only here

    capture = os.path.join(bench.lab.work, f"{name}.pcap")
    guest = Guest(bench.lab, "bios", name=name, extra=[
        "-object", f"filter-dump,id=dump,netdev=net,file={capture}"])
    begin = time.time()
    guest.start()
    try:
        while time.time() - begin < LIMIT:
            seen = menu_time(capture)
            if seen:
                return seen - begin
            time.sleep(0.5)
        return None
    finally:
        guest.stop()


def loaders(bench):
    """The loaders, where our server keeps them; the folder."""
    def fetch(path):
        done = subprocess.run([os.path.join(TOP, "dist/fetch-loaders"), path],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable(done.stderr.strip())

    folder = os.path.join(bench.lab.work, "state/loaders")
    shutil.copytree(cached("loaders", fetch), folder)
    return folder


def peer_files(bench, undionly):
    """A folder with the same loader, and a first script that chains."""
    folder = os.path.join(bench.lab.work, "peer")
    os.makedirs(folder, exist_ok=True)
    shutil.copyfile(undionly, os.path.join(folder, "undionly.kpxe"))
    for name, text in (("boot.ipxe", "#!ipxe\nchain menu.ipxe\n"),
                       ("menu.ipxe", "#!ipxe\nshell\n")):
        with open(os.path.join(folder, name), "w", encoding="ascii") as out:
            out.write(text)
    return folder


def dnsmasq(bench, folder):
    script = f"http://{SERVER}/boot.ipxe"
    return bench.peer(
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
        "--port=0", "--user=root", "--pid-file=", "--interface=lan0",
        "--dhcp-range=10.77.0.100,10.77.0.150,10m", "--no-ping",
        f"--dhcp-leasefile={bench.lab.work}/leases", "--enable-tftp",
        f"--tftp-root={folder}", f"--dhcp-match=set:new,175,{IPXE}",
        "--dhcp-boot=undionly.kpxe",
        f"--dhcp-boot=tag:new,{script}")


CONFIG = """\
dhcp:
  mode: server
  range: 10.77.0.100-10.77.0.150
"""


def benchmark(bench):
    place_image(bench)
    undionly = os.path.join(loaders(bench), "undionly.kpxe")
    ours = None
    with bench.ours(config=CONFIG) as server:
        if server:
            ours = boot(bench, "ours")
    folder = peer_files(bench, undionly)
    with bench.nginx(folder), dnsmasq(bench, folder):
        theirs = boot(bench, "theirs")
    yield Row("power-on to menu, BIOS, QEMU", "s", ours, "dnsmasq+nginx",
              theirs, less_is_better=True)


if __name__ == "__main__":
    main(benchmark)
