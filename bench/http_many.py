#!/usr/bin/env python3
"""1,000 files of 1 MiB out of an image, 32 clients at once: against nginx.

nginx serves the same files from a folder; we serve them from the ISO.
"""
import re

from common import SERVER, Row, main, median, os, place_image


def rate(bench, base):
    """MiB a second, by h2load over HTTP/1.1."""
    urls = os.path.join(bench.lab.work, "urls")
    with open(urls, "w", encoding="utf-8") as out:
        out.writelines(f"{base}/f{i:03}\n" for i in range(1000))
    said = bench.run("client", *bench.peers.command(
        "h2load", "--h1", "-n", "1000", "-c", "32", "-t", "1", "-i", urls))
    counts = re.search(r"(\d+) succeeded, (\d+) failed", said)
    if not counts or int(counts[1]) != 1000:
        raise RuntimeError(f"h2load: {said[-400:]}")
    seconds = re.search(r"finished in ([0-9.]+)(m?s)", said)
    return 1000 / (float(seconds[1]) / (1000 if seconds[2] == "ms" else 1))


def benchmark(bench):
    _, folder = place_image(bench)
    ours = None
    with bench.ours() as server:
        if server:
            ours = median(lambda: rate(bench, server.url("/iso/bench")))
    with bench.nginx(folder):
        theirs = median(lambda: rate(bench, f"http://{SERVER}"))
    yield Row("HTTP, 1,000 x 1 MiB, 32 clients", "MiB/s", ours, "nginx",
              theirs)


if __name__ == "__main__":
    main(benchmark)
