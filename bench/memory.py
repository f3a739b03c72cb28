#!/usr/bin/env python3
"""Memory: of the idle server, and of each HTTP connection: against nginx.

PSS of all processes of a server, from smaps_rollup: memory that processes
share is counted once.  The connections have each fetched something and then
stay open.
"""
import contextlib
import http.client
import time

from common import SERVER, Row, main, os, place_image

CONNECTIONS = 1000


def family(pid):
    """A process and all that it started."""
    found = [pid]
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children",
                      encoding="ascii") as children:
                for child in children.read().split():
                    found += family(int(child))
    return found


def pss(pid):
    """KiB of a process and all that it started."""
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError), \
                open(f"/proc/{member}/smaps_rollup", encoding="ascii") as file:
            total += sum(int(line.split()[1]) for line in file
                         if line.startswith("Pss:"))
    return total


def connect(path):
    connection = http.client.HTTPConnection(SERVER, 80, timeout=10)
    connection.request("GET", path, headers={"Range": "bytes=0-2047"})
    answer = connection.getresponse()
    if answer.status != 206 or len(answer.read()) != 2048:
        raise RuntimeError(f"{path}: status {answer.status}")
    return connection


def figures(bench, process, path):
    """(MiB idle, KiB a connection)."""
    with bench.lab.inside("client"):
        connect(path).close()
        time.sleep(1)
        idle = pss(process.pid)
        held = [connect(path) for _ in range(CONNECTIONS)]
    busy = pss(process.pid)
    for connection in held:
        connection.close()
    return idle / 1024, (busy - idle) / CONNECTIONS


def benchmark(bench):
    image, _ = place_image(bench)
    mine = (None, None)
    with bench.ours() as server:
        if server:
            mine = figures(bench, server, "/raw/bench.iso")
    with bench.nginx(os.path.dirname(image)) as nginx:
        theirs = figures(bench, nginx, "/bench.iso")
    yield Row("memory, idle, all processes", "MiB", mine[0], "nginx",
              theirs[0], less_is_better=True,
              note="ours also does DHCP, TFTP and the state")
    yield Row(f"memory, each of {CONNECTIONS} connections", "KiB", mine[1],
              "nginx", theirs[1], less_is_better=True)


if __name__ == "__main__":
    main(benchmark)
