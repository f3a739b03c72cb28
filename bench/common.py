"""What the benchmarks share: one table, a lab, and our server in it.

A benchmark is a function of a Bench that yields rows.  Figures of different
machines, or of one machine at different times, say little; so each row holds
our figure and a peer's from the same run, and their ratio.
"""
import contextlib
import os
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TOP, "tests/lib"))

# pylint: disable=wrong-import-position
from lab import SERVER, Lab, hobnail, unavailable  # noqa: E402
from peers import CACHE, Peers, Unavailable  # noqa: E402

RUNS = int(os.environ.get("RUNS", "3"))


@dataclass
class Row:
    """One line of the table.  `ours` or `theirs` is None where there is no
    figure, and `note` then says why."""
    what: str
    unit: str
    ours: float
    peer: str
    theirs: float
    less_is_better: bool = False
    note: str = ""

    def ratio(self):
        """How many times better we are; below 1 the peer is."""
        if not self.ours or not self.theirs:
            return None
        return (self.theirs / self.ours if self.less_is_better
                else self.ours / self.theirs)


def _figure(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def show(rows, out=sys.stdout):
    """The table: text in columns; `ratio` is in our favour above 1."""
    lines = [("benchmark", "unit", "hobnail", "peer", "figure", "ratio", "")]
    for row in rows:
        ratio = row.ratio()
        lines.append((row.what, row.unit, _figure(row.ours), row.peer,
                      _figure(row.theirs),
                      f"{ratio:.2f}" if ratio else "-", row.note))
    widths = [max(len(line[i]) for line in lines) for i in range(6)]
    for line in lines:
        cells = [line[0].ljust(widths[0]), line[1].ljust(widths[1]),
                 line[2].rjust(widths[2]), line[3].ljust(widths[3]),
                 line[4].rjust(widths[4]), line[5].rjust(widths[5]), line[6]]
        print("  ".join(cells).rstrip(), file=out, flush=True)


def server_user():
    """Whom our server becomes: its own user, if the machine has it."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("hobnail").pw_name
    return "nobody"


def cached(name, make):
    """The path of a file or folder that `make(path)` makes once."""
    path = os.path.join(CACHE, "data", name)
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        fresh = tempfile.mkdtemp(dir=os.path.dirname(path)) + "/x"
        make(fresh)
        os.rename(fresh, path)
        os.rmdir(os.path.dirname(fresh))
    return path


def random_file(path, size):
    with open(path, "wb") as out:
        for _ in range(size >> 20):
            out.write(os.urandom(1 << 20))


def median(measure, runs=RUNS):
    return statistics.median(measure() for _ in range(runs))


class Bench:
    """The lab of one benchmark, its peers, and servers by turns."""

    def __init__(self, lab):
        self.lab = lab
        self.peers = Peers()

    def run(self, namespace, *command, seconds=120):
        done = self.lab.run(namespace, *command, seconds=seconds)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-300:]}")
        return done.stdout

    @contextlib.contextmanager
    def ours(self, *options, config=None):
        """Our server, or None where it has not been built."""
        if not os.path.exists(hobnail()):
            yield None
            return
        self.give_state()
        server = self.lab.serve(*options, "--user", server_user(),
                                config=config)
        try:
            self.await_image(server)
            yield server
        finally:
            server.stop()

    def give_state(self):
        """What a benchmark put into the state belongs to the server."""
        state = os.path.join(self.lab.work, "state")
        for folder, _, names in os.walk(state):
            for path in (folder, *(os.path.join(folder, n) for n in names)):
                shutil.chown(path, server_user())

    def await_image(self, server):
        """Until the image that place_image() put there is offered."""
        if not os.path.exists(os.path.join(self.lab.folder, "bench.iso")):
            return
        for _ in range(100):
            if self.lab.run("client", "curl", "-sfI", "-m", "1",
                            server.url("/raw/bench.iso")).returncode == 0:
                return
            time.sleep(0.2)
        raise RuntimeError("the image is not offered: " +
                           server.output()[-600:])

    @contextlib.contextmanager
    def peer(self, program, *arguments, ready=None, namespace="server"):
        """A peer that runs meanwhile; `ready` says when it answers."""
        process = self.lab.start(program, namespace,
                                 *self.peers.command(program, *arguments))
        try:
            for _ in range(100):
                time.sleep(0.05)
                if not process.alive():
                    raise RuntimeError(f"{program}: {process.output()[-300:]}")
                if ready is None or ready():
                    break
            yield process
        finally:
            process.stop()

    def answers(self, url):
        """Whether there is an HTTP server at `url`."""
        return self.lab.run("client", "curl", "-s", "-o", "/dev/null",
                            "-m", "1", url).returncode == 0

    def nginx(self, folder):
        """nginx on port 80 with `folder`, as its documentation tunes it."""
        work = os.path.join(self.lab.work, "nginx")
        os.makedirs(work, exist_ok=True)
        conf = os.path.join(work, "nginx.conf")
        temp = "".join(f"{kind}_temp_path {work}/{kind}; " for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(conf, "w", encoding="utf-8") as out:
            out.write(
                f"daemon off; user root; pid {work}/pid; error_log stderr;"
                f"worker_processes auto; events {{ worker_connections 4096; }}"
                f"http {{ {temp} access_log off; sendfile on; tcp_nopush on;"
                f" keepalive_requests 10000000; server {{ listen 80;"
                f" root {folder}; }} }}\n")
        return self.peer("nginx", "-c", conf, "-p", work, ready=lambda:
                         self.answers(f"http://{SERVER}/"))


def image_of_files():
    """An ISO with 1,000 files of 1 MiB, and the folder they come from."""
    def files(path):
        os.mkdir(path)
        for i in range(1000):
            random_file(os.path.join(path, f"f{i:03}"), 1 << 20)

    def image(path):
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V",
                        "BENCH", "-o", path, folder], check=True,
                       stderr=subprocess.DEVNULL)

    folder = cached("files", files)
    return cached("bench.iso", image), folder


def place_image(bench, name="bench"):
    """The image among those our server offers, under the ID `name`."""
    image, folder = image_of_files()
    target = os.path.join(bench.lab.folder, f"{name}.iso")
    if not os.path.exists(target):
        shutil.copyfile(image, target)
    return target, folder


def main(benchmark):
    """Run one benchmark alone and print its table."""
    why = unavailable("curl", "xorriso")
    if why:
        sys.exit(f"cannot measure: {why}")
    try:
        with Lab(limit=1800) as lab:
            show(list(benchmark(Bench(lab))))
    except Unavailable as why:
        sys.exit(f"cannot measure: {why}")
