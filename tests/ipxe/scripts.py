"""Real iPXE runs the scripts of boot/menu.c, and stays in them.

usage: scripts.py RENDER   (tests/ipxe/render.c)

Three iPXEs under QEMU: Debian 13's for BIOS and for UEFI, and the one of 2019
in Debian 12's network cards.  QEMU's own network leads to a small server here,
on the loopback interface of a network namespace of its own.
"""

import ctypes
import glob
import http.server
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from images import Unavailable, old_rom  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

FETCH = os.path.join(HERE, "..", "..", "dist", "fetch-debs")
CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"
SERVER = "10.0.2.2"  # this machine, as QEMU's network shows it
ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
DOWN = "\x1b[B"
CLONE_NEWNET = 0x40000000
MENU = "Hobnail [0-9.]+ at 10.0.2.2.*Reboot"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with what the product would, as render.c says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        path = urllib.parse.unquote(self.path)
        self.server.asked.append(f"{self.command} {path}")
        if path.startswith("/script/"):
            status, body = 200, b"#!ipxe\necho the script ran\nexit 1\n"
        elif "/failed/" in path:
            status, body = 200, b"#!ipxe\n"
        else:
            status, body = self.server.render(path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Server(http.server.ThreadingHTTPServer):
    """On a port of its own; `asked` is what was asked of it."""

    daemon_threads = True

    def __init__(self, program, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.program = program
        self.asked = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def render(self, path):
        ran = subprocess.run([self.program, SERVER, str(self.port), path],
                             capture_output=True, check=False)
        return (200 if ran.returncode == 0 else 404), ran.stdout

    def stop(self):
        self.shutdown()
        self.server_close()


class Client:
    """A machine whose console is its serial port."""

    def __init__(self, tap, arguments):
        self.tap = tap
        self.seen = b""
        self.mark = 0
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-display", "none",
             "-monitor", "none", "-serial", "stdio", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)

    def read(self, seconds):
        select.select([self.process.stdout], [], [], seconds)
        self.seen += self.process.stdout.read() or b""

    def text(self):
        """What came since the last step, without colours, positions and
        space: lines are broken anywhere."""
        text = ESCAPE.sub(b" ", self.seen[self.mark:]).decode("latin-1")
        return re.sub(r"\s+", "", text)

    def wait(self, pattern, seconds=60):
        """Wait for text that was not seen in an earlier step."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if re.search(pattern.replace(" ", ""), self.text()):
                self.read(1)  # the rest of the screen
                return True
            self.read(0.3)
        return False

    def step(self, name, pattern, keys, seconds=60):
        """Wait for `pattern`, then type; a check of its own.  Spaces in the
        pattern mean nothing."""
        found = self.wait(pattern, seconds)
        self.tap.ok(found, name, f"{pattern}\nin {self.text()[-1500:]}")
        self.mark = len(self.seen)
        self.type(keys)
        return found

    def type(self, keys):
        for key in re.findall(r"\x1b\[.|.", keys, re.DOTALL):
            self.process.stdin.write(key.encode())
            self.process.stdin.flush()
            time.sleep(0.2)

    def stop(self):
        self.process.kill()
        self.process.wait()


def own_network():
    """Go on in a network namespace of our own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def ipxe_of_trixie(work):
    ran = subprocess.run([FETCH, "trixie", work, "ipxe"], check=False,
                         capture_output=True, text=True, timeout=600)
    if ran.returncode != 0:
        raise Unavailable(ran.stderr.strip().splitlines()[-1])
    deb = glob.glob(os.path.join(work, "ipxe_*.deb"))[0]
    subprocess.run(["dpkg-deb", "-x", deb, work], check=True)
    return os.path.join(work, "usr/lib/ipxe")


def first_script(server, path):
    with open(path, "wb") as handle:
        handle.write(server.render("/boot.ipxe")[1])
    return path


def bios_arguments(server, work, ipxe):
    return ["-m", "256", "-machine", "pc,graphics=off",
            "-kernel", os.path.join(ipxe, "ipxe.lkrn"), "-initrd",
            first_script(server, os.path.join(work, "first.ipxe")),
            "-netdev", "user,id=n", "-device", "e1000,netdev=n,romfile="]


def uefi_arguments(server, work, ipxe):
    tftp = os.path.join(work, "tftp")
    os.makedirs(tftp, exist_ok=True)
    shutil.copy(os.path.join(ipxe, "snponly.efi"), tftp)
    first_script(server, os.path.join(tftp, "autoexec.ipxe"))
    shutil.copy(VARIABLES, os.path.join(work, "vars.fd"))
    return ["-m", "512", "-machine", "q35", "-cpu", "max",
            "-drive", f"if=pflash,format=raw,readonly=on,file={CODE}",
            "-drive", f"if=pflash,format=raw,file={work}/vars.fd",
            "-netdev", f"user,id=n,tftp={tftp},bootfile=snponly.efi",
            "-device", "virtio-net-pci,netdev=n,romfile=",
            "-device", "virtio-rng-pci"]


def old_arguments(server):
    url = f"http://{SERVER}:{server.port}/boot.ipxe"
    return ["-m", "256", "-machine", "pc,graphics=off", "-boot", "n",
            "-netdev", f"user,id=n,bootfile={url}", "-device",
            f"e1000,netdev=n,romfile={old_rom('pxe-e1000.rom')}"]


def walk(client, name):
    """Through the menu: an entry that fails, a script, the tools."""
    client.step(f"{name}: the menu shows, and a hostile title in it is text",
                r"Hobnail [0-9.]+ at 10\.0\.2\.2 .*\| shell , \* \$\(errno} & "
                r"reboot shell \\ \(1\.0 MiB\).*Reboot", DOWN + "\r", 150)
    client.step(f"{name}: an entry that fails says so and why",
                r"Debian 13 \$\(net0/ip} amd64 did not start as Linux kernel "
                r"from the image \(error 0x[0-9a-f]+\).*Press any key", "x")
    client.step(f"{name}: and returns to the menu", MENU, DOWN * 2 + "\r")
    client.step(f"{name}: a script runs, and its end returns to the menu",
                "the script ran.*Press any key", "x")
    client.step(f"{name}: network diagnostics are reached by a key", MENU, "n")
    client.step(f"{name}: they say that the server answers",
                r"Address: 10\.0\.2\.15 mask 255\.255\.255\.0 Gateway: "
                r"10\.0\.2\.2 .*The server answers.*Press any key", "x")
    client.step(f"{name}: and return to the menu", MENU, "o")
    client.step(f"{name}: other ways list the images",
                "Other ways to start an image", DOWN + "\r")
    client.step(f"{name}: and each image its methods, with reasons",
                "As Linux kernel from the image.*"
                "Not as network disk .HTTP.: ",
                "\x1b")
    client.step(f"{name}: escape returns to the menu", MENU, "s")
    client.step(f"{name}: the rescue shell opens", r"iPXE>", "exit\r")
    client.step(f"{name}: and returns to the menu", MENU, "")


def asked_for(server, name, tap, platform):
    """What the server was asked for, beside the menu."""
    asked = server.asked
    tap.ok(any(re.search(rf"GET /m/52-54-00-12-34-56/{platform}/[^/]+cpu64"
                         r"/menu\.ipxe", a) for a in asked),
           f"{name}: the menu's URL says what the client is", asked)
    tap.ok(any(a == "GET /iso/debian/a b/linux" for a in asked),
           f"{name}: a path with a space comes as it is", asked)
    tap.ok(any(re.search(r"/failed/debian/linux/0x[0-9a-f]+$", a)
               for a in asked), f"{name}: the failure is reported", asked)


def try_one(tap, name, arguments, server, platform, leave=None):
    client = Client(tap, arguments)
    try:
        walk(client, name)
        asked_for(server, name, tap, platform)
        if leave:
            leave(client)
    finally:
        client.stop()


def disk_bios(client):
    client.type("d")
    client.step("bios: without a disk it says so",
                "does not boot from its first disk.*Press any key", "x")
    client.step("bios: and returns to the menu", MENU, "")


def disk_uefi(client):
    client.type("d")
    client.step("uefi: the firmware goes on with its next boot entry",
                "BdsDxe: failed to start Boot", "")


def lost_server(tap, arguments, server, program):
    """The server is away when the machine starts, and comes back."""
    port = server.port
    server.stop()
    client = Client(tap, arguments)
    try:
        client.step("lost: a server that does not answer is named, with why",
                    r"no menu from http://10\.0\.2\.2:\d+ \(error "
                    r"0x[0-9a-f]+\).*Trying again in 5 seconds", "")
        client.step("lost: it is tried again", "no menu from", "")
        Server(program, port)
        client.step("lost: the menu shows when it is back", MENU, "")
    finally:
        client.stop()


def main():
    program = os.path.abspath(sys.argv[1])
    for need in ("qemu-system-x86_64", "ip", "dpkg-deb"):
        if not shutil.which(need):
            skip_all(f"{need} is not installed")
    if os.geteuid() != 0:
        skip_all("a network namespace needs root")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="hobnail-ipxe-") as work:
        try:  # while there is a network
            ipxe = ipxe_of_trixie(work)
            old_rom("pxe-e1000.rom")
        except Unavailable as why:
            skip_all(str(why))
        own_network()
        server = Server(program)
        arguments = bios_arguments(server, work, ipxe)
        try_one(tap, "bios", arguments, server, "pcbios/i386", disk_bios)
        del server.asked[:]
        try_one(tap, "2019", old_arguments(server), server, "pcbios/i386")
        del server.asked[:]
        if os.path.exists(CODE):
            try_one(tap, "uefi", uefi_arguments(server, work, ipxe), server,
                    "efi/x86_64", disk_uefi)
        else:
            tap.skip("uefi", f"{CODE} is not there")
        lost_server(tap, arguments, server, program)
    return tap.done()


sys.exit(main())
