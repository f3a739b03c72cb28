#!/usr/bin/env python3
"""A disk read over HTTP as iPXE does it: one range after the other.

san_client.c asks for 20,000 ranges of 2 to 64 KiB on one connection and
checks each answer's length: against nginx.
"""
import re
import subprocess

from common import SERVER, TOP, Row, main, median, os, place_image


def client(bench):
    """The client program, compiled for this run."""
    program = os.path.join(bench.lab.work, "san_client")
    if not os.path.exists(program):
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", program,
                        os.path.join(TOP, "bench/san_client.c")], check=True)
    return program


def rate(bench, path):
    """Ranges a second."""
    size = os.path.getsize(os.path.join(bench.lab.folder, "bench.iso"))
    said = bench.run("client", client(bench), SERVER, path, str(size), "20000")
    return float(re.search(r"([0-9.]+) requests/s", said)[1])


def benchmark(bench):
    image, _ = place_image(bench)
    ours = None
    with bench.ours() as server:
        if server:
            ours = median(lambda: rate(bench, "/raw/bench.iso"))
    with bench.nginx(os.path.dirname(image)):
        theirs = median(lambda: rate(bench, "/bench.iso"))
    yield Row("HTTP, disk of 2-64 KiB ranges", "reads/s", ours, "nginx",
              theirs)


if __name__ == "__main__":
    main(benchmark)
