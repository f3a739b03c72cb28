"""A network of its own for a test: namespaces, our server, other servers.

    from lab import Lab
    from tap import Tap

    tap = Tap()
    with Lab() as lab:
        lab.images("memtest.iso")             # folder lab.folder, see images.py
        server = lab.serve()                  # hobnail serve, ready
        with lab.inside("client"):            # sockets made here: another host
            ...
        lab.run("client", "curl", "-s", server.url("/boot.ipxe"))
    sys.exit(tap.done())

One bridge in the namespace `server` (10.77.0.1, interface lan0); the
namespaces `client` (10.77.0.9) and `router` (10.77.0.2) hang on it, and one
tap per guest (guest.py).  A namespace is named after this process, so tests
may run side by side; leaving the `with` ends every process that was started
and takes the namespaces away, also after an exception, SIGTERM or SIGALRM.
Those of a process that was killed go when the next lab starts.
"""

import contextlib
import ctypes
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000
PREFIX = "hobt"

SERVER = "10.77.0.1"
ROUTER = "10.77.0.2"
CLIENT = "10.77.0.9"


def hobnail():
    """The program under test."""
    return os.environ.get("HOBNAIL", os.path.join(TOP, "build/src/hobnail"))


def user():
    """Whom the server becomes: its own user where there is one."""
    try:
        return pwd.getpwnam("hobnail").pw_name
    except KeyError:
        return "nobody"


def cache():
    """Where what was downloaded or made is kept."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or
                        os.path.expanduser("~/.cache"), "hobnail")


def unavailable(*programs):
    """Why no lab can be made here, or None."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces"
    for program in ("ip",) + programs:
        if not shutil.which(program):
            return f"{program} is not installed"
    name = f"{PREFIX}-{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True,
                          text=True)
    if made.returncode != 0:
        return f"cannot make network namespaces: {made.stderr.strip()}"
    used = subprocess.run(["ip", "-n", name, "link", "show"],
                          capture_output=True, text=True)
    subprocess.run(["ip", "netns", "del", name], check=False)
    if used.returncode != 0:  # in a chroot that is no mount point
        return f"cannot enter network namespaces: {used.stderr.strip()}"
    return None


def wait_until(condition, seconds, step=0.05):
    """Ask `condition` until it yields something true; that, or None."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            return None
        time.sleep(step)


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def _die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _setns(handle):
    if LIBC.setns(handle.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _sweep():
    """Take away what a killed test left behind."""
    if not os.path.isdir("/run/netns"):
        return
    for name in os.listdir("/run/netns"):
        match = re.fullmatch(PREFIX + r"-(\d+)-\w+", name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            subprocess.run(["ip", "netns", "del", name], check=False)


def _interrupted(number, _frame):
    raise SystemExit(f"ended by {signal.Signals(number).name}")


class Process:
    """A program in a namespace; its output is a file.  It is killed when the
    thread that started it ends, so start it from the main thread."""

    def __init__(self, lab, name, namespace, command, **options):
        self.name = name
        self.log = os.path.join(lab.work, f"{name}.log")
        self.command = command
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(
                lab.command(namespace, command), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent, **options)

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as handle:
            return handle.read()

    def wait_for(self, pattern, seconds):
        """A match of `pattern` in the output, or None."""
        return wait_until(
            lambda: re.search(pattern, self.output(), re.M), seconds)

    def stop(self, number=signal.SIGTERM, seconds=10):
        """End it; returns its exit status."""
        if self.alive():
            self.popen.send_signal(number)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()


class Server(Process):
    """`hobnail serve`."""

    def __init__(self, lab, folder, options, config):
        self.state = os.path.join(lab.work, "state")
        self.control = os.path.join(lab.work, "control.sock")
        command = [hobnail(), "serve", folder, "--interface", "lan0",
                   "--state", self.state, "--control", self.control,
                   "--user", user()]
        if config is not None:
            path = os.path.join(lab.work, "hobnail.yaml")
            with open(path, "w", encoding="utf-8") as handle:
                handle.write(config)
            command += ["--config", path]
        super().__init__(lab, "server", "server", command + list(options))

    def url(self, path="/"):
        return f"http://{SERVER}{path}"

    def api(self, path):
        """GET on the control socket; JSON, JSON lines as a list, or None
        where the server does not answer."""
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(5)
            try:
                channel.connect(self.control)
                channel.sendall(f"GET {path} HTTP/1.1\r\nHost: hobnail\r\n"
                                "Connection: close\r\n\r\n".encode())
                answer = b"".join(iter(lambda: channel.recv(65536), b""))
            except OSError:
                return None
        head, _, body = answer.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" in head.lower():
            body = _unchunk(body)
        if not re.match(rb"HTTP/1\.1 200 ", head):
            return None
        if b"json-lines" in head or b"jsonl" in head or b"ndjson" in head or \
                path.startswith("/api/v1/events"):
            return [json.loads(line) for line in body.splitlines() if line]
        return json.loads(body)

    def images(self):
        """The images as the API lists them, by ID."""
        listed = self.api("/api/v1/images") or []
        if isinstance(listed, dict):
            listed = listed.get("images", [])
        return {image["id"]: image for image in listed}

    def events(self):
        return self.api("/api/v1/events") or []

    def wait_ready(self, seconds=10):
        """True once the control socket answers."""
        return bool(wait_until(
            lambda: not self.alive() or self.api("/api/v1/status"),
            seconds)) and self.alive()


def _unchunk(body):
    out = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            break
        out += body[:length]
        body = body[length + 2:]
    return out


class Lab:
    """See the head of this file."""

    def __init__(self, limit=600):
        """`limit`: seconds after which the whole test gives up."""
        self.limit = limit
        self.work = None
        self.folder = None
        self.closing = contextlib.ExitStack()
        self.processes = []
        self.taps = 0

    def __enter__(self):
        _sweep()
        for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGHUP):
            signal.signal(number, _interrupted)
        signal.alarm(self.limit)
        self.work = tempfile.mkdtemp(prefix="hobnail-test-")
        os.chmod(self.work, 0o755)
        self.folder = os.path.join(self.work, "images")
        os.mkdir(self.folder)
        try:
            self._network()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        signal.alarm(0)
        for process in reversed(self.processes):
            process.stop()
        self.closing.close()
        if os.environ.get("KEEP"):
            print(f"# kept {self.work}")
        else:
            shutil.rmtree(self.work, ignore_errors=True)

    def namespace(self, name):
        return f"{PREFIX}-{os.getpid()}-{name}"

    def _add_namespace(self, name):
        full = self.namespace(name)
        _ip("netns", "add", full)
        self.closing.callback(subprocess.run, ["ip", "netns", "del", full],
                              check=False)
        _ip("-n", full, "link", "set", "lo", "up")

    def _network(self):
        self._add_namespace("server")
        server = self.namespace("server")
        _ip("-n", server, "link", "add", "lan0", "type", "bridge",
            "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0")
        _ip("-n", server, "link", "set", "lan0", "up")
        for name, address in (("client", CLIENT), ("router", ROUTER)):
            self.add_host(name, address)
        # Last, so that the bridge has its carrier by now.
        _ip("-n", server, "address", "add", f"{SERVER}/24", "brd", "+",
            "dev", "lan0")

    def add_host(self, name, address=None):
        """Another machine on the bridge: namespace `name`, interface eth0."""
        self._add_namespace(name)
        full, server = self.namespace(name), self.namespace("server")
        _ip("-n", server, "link", "add", f"v-{name}", "type", "veth", "peer",
            "name", "eth0", "netns", full)
        _ip("-n", server, "link", "set", f"v-{name}", "master", "lan0", "up")
        _ip("-n", full, "link", "set", "eth0", "up")
        if address:
            _ip("-n", full, "address", "add", f"{address}/24", "brd", "+",
                "dev", "eth0")

    def add_tap(self):
        """A tap on the bridge, for a guest; returns its name."""
        name = f"tap{self.taps}"
        self.taps += 1
        server = self.namespace("server")
        _ip("-n", server, "tuntap", "add", name, "mode", "tap")
        _ip("-n", server, "link", "set", name, "master", "lan0", "up")
        return name

    def command(self, namespace, command):
        return ["ip", "netns", "exec", self.namespace(namespace), *command]

    def run(self, namespace, *command, seconds=60, **options):
        """Run to its end in a namespace; a CompletedProcess with texts."""
        options.setdefault("text", True)
        return subprocess.run(
            self.command(namespace, command), capture_output=True,
            timeout=seconds, stdin=subprocess.DEVNULL, check=False, **options)

    def start(self, name, namespace, *command, **options):
        """Start a program that the lab ends: a Process."""
        process = Process(self, name, namespace, list(command), **options)
        self.processes.append(process)
        return process

    @contextlib.contextmanager
    def inside(self, namespace):
        """Sockets that this thread makes meanwhile belong to `namespace`."""
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open(f"/run/netns/{self.namespace(namespace)}", "rb") as there:
            _setns(there)
            try:
                yield
            finally:
                _setns(home)

    def loaders(self):
        """Give the server that is started next the packaged loaders.  False
        where there are none to be had."""
        kept = os.path.join(cache(), "loaders")
        made = subprocess.run([os.path.join(TOP, "dist/fetch-loaders"), kept],
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            print("# " + made.stderr.strip().replace("\n", "\n# "))
            return False
        state = os.path.join(self.work, "state")
        shutil.copytree(kept, os.path.join(state, "loaders"))
        owner = pwd.getpwnam(user()).pw_uid
        for folder, _, names in os.walk(state):
            for path in [folder] + [os.path.join(folder, n) for n in names]:
                os.chown(path, owner, -1)
        return True

    def serve(self, *options, config=None, folder=None, ready=True):
        """Start our server on the bridge: a Server.  `config` is the text of
        a configuration file.  With `ready` it answers by now; a server that
        does not start ends the test with its own words."""
        server = Server(self, folder or self.folder, options, config)
        self.processes.append(server)
        if ready and not server.wait_ready():
            raise SystemExit("server does not start:\n" + server.output())
        return server

    def dnsmasq(self, *options):
        """A foreign DHCP server on the router that knows nothing of PXE,
        unless `options` say so."""
        return self.start(
            "dnsmasq", "router", "dnsmasq", "--keep-in-foreground",
            "--conf-file=/dev/null", "--port=0", "--interface=eth0",
            "--bind-interfaces", "--user=root", "--pid-file=",
            "--log-dhcp", "--log-facility=-",
            f"--dhcp-leasefile={self.work}/dnsmasq.leases",
            "--dhcp-range=10.77.0.100,10.77.0.150,255.255.255.0,10m",
            f"--dhcp-option=option:dns-server,{ROUTER}", "--no-ping",
            *options)
