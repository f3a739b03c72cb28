#!/usr/bin/env python3
"""DHCP leases, as perfdhcp asks for them: against Kea with its memfile.

Both servers write each lease to disk.  The rate is that of whole exchanges of
four messages when perfdhcp asks for 5,000 a second; the avalanche is the time
until 2,000 machines that are switched on at once all have an address.
"""
import json
import re
import subprocess
import time

from common import SERVER, Row, main, os

RATE = 5000
SECONDS = 10
MACHINES = 2000
CONFIG = """\
dhcp:
  mode: server
  range: 10.77.1.0-10.77.250.255
  lease: 3600
"""


def widen(bench):
    """The lab's network with room for thousands of machines."""
    for name, device, address in (("server", "lan0", SERVER),
                                  ("client", "eth0", "10.77.0.9")):
        bench.run(name, "ip", "address", "flush", "dev", device)
        bench.run(name, "ip", "address", "add", f"{address}/16", "brd", "+",
                  "dev", device)


def perfdhcp(bench, *arguments):
    """perfdhcp's report; its status only says that a packet was lost."""
    try:
        return bench.lab.run("client", *bench.peers.command(
            "perfdhcp", "-4", "-l", "eth0", *arguments), seconds=120).stdout
    except subprocess.TimeoutExpired:
        return ""


def figures(bench):
    """(exchanges a second, lost packets in 100, seconds of the avalanche)."""
    said = perfdhcp(bench, "-r", str(RATE), "-R", "30000",
                    "-p", str(SECONDS))
    rate = re.search(r"(?m)^Rate: ([0-9.]+) 4-way", said)
    lost = re.findall(r"(?m)^drops ratio: ([0-9.]+) %", said)
    said = perfdhcp(bench, "--scenario", "avalanche", "-R", str(MACHINES))
    took = re.search(r"It took (\d+):(\d+):([0-9.]+) to provision", said)
    return (float(rate[1]) if rate else None,
            max(map(float, lost)) if lost else None,
            int(took[1]) * 3600 + int(took[2]) * 60 + float(took[3])
            if took else None)


def percent(value):
    return "-" if value is None else f"{value:.1f} %"


def kea(bench):
    """Kea on the lab's network, its leases in a file."""
    conf = os.path.join(bench.lab.work, "kea.json")
    with open(conf, "w", encoding="utf-8") as out:
        json.dump({"Dhcp4": {
            "interfaces-config": {"interfaces": ["lan0"]},
            "lease-database": {"type": "memfile", "persist": True,
                               "name": f"{bench.lab.work}/leases.csv"},
            "valid-lifetime": 3600,
            "subnet4": [{"subnet": "10.77.0.0/16", "pools": [
                {"pool": "10.77.1.0-10.77.250.255"}]}],
            "loggers": [{"name": "kea-dhcp4", "severity": "ERROR"}]}}, out)
    environment = ["env", f"KEA_PIDFILE_DIR={bench.lab.work}",
                   f"KEA_LOCKFILE_DIR={bench.lab.work}"]
    command = environment + bench.peers.command("kea-dhcp4", "-c", conf)
    return bench.lab.start("kea", "server", *command)


def benchmark(bench):
    widen(bench)
    mine = (None, None, None)
    with bench.ours(config=CONFIG) as server:
        if server:
            mine = figures(bench)
    process = kea(bench)
    time.sleep(3)
    if not process.alive():
        raise RuntimeError(f"kea: {process.output()[-300:]}")
    theirs = figures(bench)
    process.stop()
    yield Row(f"DHCP, asked for {RATE} leases/s", "leases/s", mine[0], "Kea",
              theirs[0], note=f"lost: {percent(mine[1])}, {percent(theirs[1])}")
    yield Row(f"DHCP, {MACHINES} machines at once", "s", mine[2], "Kea",
              theirs[2], less_is_better=True)


if __name__ == "__main__":
    main(benchmark)
