#!/usr/bin/env python3
"""One image of 1 GiB by HTTP, whole, with curl: against nginx."""
from common import SERVER, Row, main, median, os, place_image


def rate(bench, url):
    """MiB a second."""
    said = bench.run("client", "curl", "-sf", "-o", "/dev/null", "-w",
                     "%{speed_download}", url)
    return float(said) / (1 << 20)


def benchmark(bench):
    image, _ = place_image(bench)
    ours = None
    with bench.ours() as server:
        if server:
            ours = median(lambda: rate(bench, server.url("/raw/bench.iso")))
    with bench.nginx(os.path.dirname(image)):
        theirs = median(lambda: rate(bench, f"http://{SERVER}/bench.iso"))
    yield Row("HTTP, 1 GiB, one client", "MiB/s", ours, "nginx", theirs)


if __name__ == "__main__":
    main(benchmark)
