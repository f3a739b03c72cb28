#!/usr/bin/env python3
"""What is wrong is said, with what mends it, and all that can work goes on.

One check per kind of bad input, and one for what must still work beside it.
"""

import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from lab import CLIENT, SERVER, TOP, Lab, hobnail, unavailable, user, \
    wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

MENU = "/m/52-54-00-00-00-01/pcbios/i386/-/menu.ipxe"
SPACE = 512  # KiB of the disk that is filled up
RETRY = 10  # seconds until the server tries a disk again
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
NOBODY = 65534
FILE_SIZE = 2000000  # bytes of the file in an image

tap = Tap()


def run(*arguments, **options):
    return subprocess.run([hobnail(), *arguments], capture_output=True,
                          text=True, timeout=20, check=False,
                          stdin=subprocess.DEVNULL, **options)


def asked(server, *arguments):
    return run(*arguments, "--control", server.control)


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def make_iso(lab, path, volume):
    tree = os.path.join(lab.work, "tree")
    os.makedirs(tree, exist_ok=True)
    with open(os.path.join(tree, "file"), "wb") as handle:
        handle.write(os.urandom(FILE_SIZE))
    subprocess.run(["genisoimage", "-quiet", "-V", volume, "-o", path, tree],
                   check=True, capture_output=True)
    os.utime(path, (1e9, 1e9))  # complete: nobody wrote to it of late
    return path


def state_of(server, image):
    return server.images().get(image, {}).get("state")


def becomes(server, image, state, seconds=5):
    return bool(wait_until(lambda: state_of(server, image) == state, seconds))


def fetched(lab, server, path):
    return lab.run("client", "curl", "-s", "-m", "5",
                   server.url(path)).stdout


def menu_works(lab, server):
    return bool(wait_until(
        lambda: fetched(lab, server, MENU).startswith("#!ipxe"), 5))


# The configuration.


WRONG = (
    ("unknown key", "http_prot: 80\n",
     r":1: unknown key 'http_prot' \(did you mean 'http_port'\?\)"),
    ("unknown key in a group", "dhcp:\n  mode: off\n  rang: x\n",
     r":3: unknown key 'rang' \(did you mean 'range'\?\)"),
    ("unknown key in a list", "hosts:\n  - mac: 52:54:00:12:34:56\n"
     "    adress: 192.0.2.1\n", r":3: unknown key 'adress' \(allowed here: "
     r"mac, ip, name, loader, image\)"),
    ("missing key", "hosts:\n  - ip: 192.0.2.1\n",
     r":2: an entry of 'hosts' needs the key 'mac'"),
    ("key that stands there twice", "threads: 1\nrescan: 1\nthreads: 2\n",
     r":3: key 'threads' stands there twice"),
    ("wrong value", "rescan: 1\nhttp_port: 70000\n",
     r":2: http_port: '70000' is not allowed; it must be .*65535"),
    ("value in place of a group", "rescan: 1\ndhcp: proxy\n",
     r":2: 'dhcp' must be a group of keys"),
    ("group in place of a value", "rescan: 1\naddress:\n  ip: 192.0.2.1\n",
     r":[23]: 'address' must be a single value"),
    ("list in place of the whole", "- images\n",
     r":1: .* must be a group of keys"),
    ("tab", "dhcp:\n\tmode: off\n", r":2: .*tab"),
    ("file that is no YAML", "dhcp: [\n", r":\d: "),
)


def configuration(lab):
    for what, text, want in WRONG:
        path = write(os.path.join(lab.work, "wrong.yaml"), text)
        ran = run("check", path)
        tap.ok(ran.returncode == 1 and
               re.search(re.escape(path) + want, ran.stderr) and
               "Expecting" not in ran.stderr,
               f"check: {what}: file, line and what was meant", ran)
    path = write(os.path.join(lab.work, "wrong.yaml"), WRONG[0][1])
    ran = run("serve", "--config", path, lab.folder)
    tap.ok(ran.returncode == 2 and f"{path}:1: unknown key" in ran.stderr,
           "serve does not start with a wrong configuration", ran)
    ran = run("check", lab.work)
    tap.ok(ran.returncode == 1 and "Is a directory" in ran.stderr,
           "check: a folder is no configuration", ran)
    ran = run("check", os.path.join(lab.work, "missing"))
    tap.ok(ran.returncode == 1 and "No such file" in ran.stderr,
           "check: a missing file is told", ran)


def documented_keys(text):
    """The keys in the tables of the page, with the group they are in."""
    group = ""
    for line in text.splitlines():
        head = re.match(r"### `(\w+)`", line)
        if head:
            group = head[1]
        row = re.match(r"\| (`[\w.]+`(?:, `[\w.]+`)*) \|", line)
        for key in re.findall(r"`([\w.]+)`", row[1]) if row else ():
            yield group, key


VALUES = {
    "images": "/srv/iso", "interfaces": "[eth0]", "address": "192.0.2.1",
    "dhcp.mode": "proxy", "dhcp.range": "192.0.2.100-192.0.2.200",
    "dhcp.router": "192.0.2.254", "dhcp.dns": "[192.0.2.53]",
    "dhcp.domain": "example.net", "loader": "ipxe", "menu.default": "disk",
    "tftp_blksize_max": "1024", "mac": "52:54:00:12:34:56",
    "id": "my-linux", "ip": "192.0.2.10", "dhcp.lease": "3600"}


def samples(lab):
    """What the documentation says is what the program takes."""
    with open(os.path.join(TOP, "docs/configuration.md"),
              encoding="utf-8") as handle:
        page = handle.read()
    keys = list(documented_keys(page))
    wrong = []
    for group, key in keys:
        value = VALUES.get(key, "7")
        text = f"{key}: {value}\n"
        if "." in key:
            text = "{}:\n  {}: {}\n".format(*key.split("."), value)
        if group:
            needed = {"hosts": "mac", "image_overrides": "id"}[group]
            text = f"{group}:\n  - {needed}: {VALUES[needed]}\n"
            if key != needed:
                text += f"    {key}: {value}\n"
        ran = run("check", write(os.path.join(lab.work, "key.yaml"), text))
        if ran.returncode != 0:
            wrong.append((text, ran.stderr))
    tap.ok(len(keys) > 25 and not wrong,
           f"each of the {len(keys)} documented keys is taken", wrong)
    with open(os.path.join(TOP, "dist/hobnail.yaml"),
              encoding="utf-8") as handle:
        sample = re.sub(r"(?m)^#(?! )|^#(?=  )", "", handle.read())
    for name, text in (
            ("sample", sample),
            ("example of the page",
             re.search(r"```yaml\n(.*?)```", page, re.S)[1])):
        path = write(os.path.join(lab.work, "sample.yaml"), text)
        ran = run("check", path)
        tap.ok(ran.returncode == 0 and "\nmenu:" in text,
               f"check takes the {name}, with all its lines", ran)


# The surroundings.


HOLD = """
import socket, sys, time
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
s = socket.socket(socket.AF_INET, kind)
s.bind(("", int(sys.argv[2])))
if sys.argv[1] == "tcp":
    s.listen()
time.sleep(120)
"""


def ports(lab):
    """Each port in turn is somebody else's."""
    for kind, port, what, key, works in (
            ("tcp", 80, "HTTP", "http_port", "tftp"),
            ("udp", 69, "TFTP", "tftp_port", "http"),
            ("udp", 67, "DHCP", r"dhcp\.port", "http"),
            ("udp", 4011, "PXE", r"dhcp\.pxe_port", "http")):
        holder = lab.start(f"holder-{port}", "server", sys.executable, "-c",
                           HOLD, kind, str(port))
        wait_until(lambda port=port: f":{port} " in lab.run(
            "server", "ss", "-Hlntu").stdout, 5)
        server = lab.serve()
        tap.ok(re.search(
            rf"error: .* is off: {kind.upper()} port {port} is taken by "
            rf"python3\S* \(process {holder.pid}\).*'{key}'",
            server.output()),
            f"{kind.upper()} port {port} taken: who has it, what changes it",
            server.output())
        ran = asked(server, "status")
        tap.ok(re.search(rf"(?m)^Off +{what}: the port", ran.stdout),
               f"hobnail status: {what} is off", ran)
        url = server.url("/boot.ipxe") if works == "http" else \
            f"tftp://{SERVER}/autoexec.ipxe"
        got = lab.run("client", "curl", "-s", "-m", "5", url).stdout
        tap.ok(got.startswith("#!ipxe"), f"and {works} goes on", got[:200])
        server.stop()
        holder.stop()


def no_root(lab):
    home = os.path.join(lab.work, "ordinary")
    os.mkdir(home)
    os.chown(home, NOBODY, NOBODY)
    server = lab.start(
        "ordinary", "server", "setpriv", f"--reuid={NOBODY}",
        f"--regid={NOBODY}", "--clear-groups", hobnail(), "serve", lab.folder,
        "--interface", "lan0", env={"HOME": home, "PATH": os.environ["PATH"]})
    got = wait_until(lambda: lab.run(
        "client", "curl", "-s", "-m", "5",
        f"http://{SERVER}:8080/boot.ipxe").stdout.startswith("#!ipxe"), 10)
    tap.ok(got and re.search(
        r"without root there is no DHCP: HTTP on port 8080, TFTP on port "
        r"6969; firmware asks port 69", server.output()),
        "no root: what does not work is said, and the rest works",
        server.output())
    server.stop()


def missing_folder(lab):
    path = os.path.join(lab.work, "nowhere")
    ran = run("serve", path, "--user", user())
    tap.ok(ran.returncode == 1 and f"mkdir -p '{path}'" in ran.stderr,
           "folder missing: the line that makes it", ran)
    path = write(os.path.join(lab.work, "plain.iso"), "x")
    ran = run("serve", path, "--user", user())
    tap.ok(ran.returncode == 1 and "is not a folder" in ran.stderr,
           "a file in place of the folder is told", ran)


def closed_folder(lab):
    closed = os.path.join(lab.work, "closed")
    os.mkdir(closed, 0o700)
    server = lab.serve(folder=closed)
    tap.ok(re.search(
        rf"no image can be served: user {user()} may not list '{closed}' "
        rf"\(owner root, mode 0700\); to allow it: chmod o\+rx '{closed}'",
        server.output()),
        "folder unreadable: owner, mode and the chmod line", server.output())
    tap.ok(menu_works(lab, server), "and the menu is there all the same")
    server.stop()


def below_home(lab):
    """A 0700 home is no matter for a server that root started; for one that
    systemd starts as an ordinary user it is."""
    home = os.path.join(lab.work, "home")
    isos = os.path.join(home, "isos")
    os.mkdir(home, 0o700)
    os.mkdir(isos)
    make_iso(lab, os.path.join(isos, "private.iso"), "PRIVATE")
    server = lab.serve(folder=isos)
    tap.ok(becomes(server, "private", "ready"),
           "a folder below a 0700 home is served when root starts",
           server.output())
    server.stop()
    ran = subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
         "--clear-groups", hobnail(), "serve", isos, "--state",
         os.path.join(lab.work, "state-home")], capture_output=True,
        text=True, check=False, timeout=20)
    tap.ok(ran.returncode == 1 and re.search(
        rf"may not enter '{home}' \(owner root, mode 0700\); to allow it: "
        rf"chmod o\+x '{home}'", ran.stderr),
        "else: which folder is closed, owner, mode and the chmod line", ran)


def closed_image(lab, server):
    path = os.path.join(lab.folder, "secret.iso")
    made = make_iso(lab, os.path.join(lab.work, "secret.iso"), "SECRET")
    os.chmod(made, 0o640)
    os.rename(made, path)
    tap.ok(becomes(server, "secret", "unreadable"),
           "an image that may not be read is listed", server.images())
    said = " ".join(asked(server, "images").stdout.split())
    tap.ok(re.search(rf"user {user()} may not read '{path}' \(owner root, "
                     rf"mode 0640\); to allow it: chmod o\+r '{path}'", said),
           "hobnail images: owner, mode and the whole chmod line", said)
    tap.ok(state_of(server, "good") == "ready" and
           "item good " in fetched(lab, server, MENU),
           "and the other image is in the menu")
    os.remove(path)


def no_image(lab, server):
    tap.ok("no ISO file in it yet; copy one there" in server.output(),
           "no ISO: serve says what to do", server.output())
    ran = asked(server, "images")
    tap.ok(ran.returncode == 0 and "no image in the folder yet" in ran.stdout,
           "no ISO: images says so", ran)
    tap.ok(re.search(r"item --gap -- none: copy an ISO file",
                     fetched(lab, server, MENU)),
           "no ISO: the menu says so", fetched(lab, server, MENU))


def cut_image(lab, server):
    whole = make_iso(lab, os.path.join(lab.work, "cut.iso"), "CUT")
    os.truncate(whole, os.path.getsize(whole) // 2)
    os.utime(whole, (1e9, 1e9))
    os.rename(whole, os.path.join(lab.folder, "cut.iso"))
    tap.ok(becomes(server, "cut", "incomplete"),
           "a truncated image is listed", server.images())
    said = " ".join(asked(server, "images").stdout.split())
    tap.ok(re.search(r"cut incomplete .*the file has \d+ bytes, but the image "
                     r"in it takes \d+", said),
           "hobnail images: how much of it is there", said)
    shown = fetched(lab, server, MENU)
    tap.ok("item cut " not in shown and "item good " in shown,
           "the menu cannot start it, but the others", shown)
    os.remove(os.path.join(lab.folder, "cut.iso"))


# A full disk.


def fill_up(folder):
    """Not a byte is left in the file system."""
    with open(os.path.join(folder, "filler"), "ab", buffering=0) as out:
        try:
            while True:
                out.write(bytes(1024))
        except OSError:
            pass


def make_room(folder):
    os.remove(os.path.join(folder, "filler"))


class Client:
    """A DHCP client behind a relay at CLIENT."""

    def __init__(self, lab, number):
        self.mac = b"\x02\0\0\0\0" + bytes([number])
        with lab.inside("client"):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((CLIENT, 67))
        self.socket.settimeout(1)

    def ask(self, kind, offered=None):
        """(kind, address) of the answer, or None."""
        options = bytes([53, 1, kind])
        if offered:
            options += b"\x32\x04" + socket.inet_aton(offered)
            options += b"\x36\x04" + socket.inet_aton(SERVER)
        self.socket.sendto(
            struct.pack(">BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, 1, 7, 0, 0,
                        b"", b"", b"", socket.inet_aton(CLIENT), self.mac,
                        b"", b"") + b"\x63\x82\x53\x63" + options + b"\xff",
            (SERVER, 67))
        try:
            got = self.socket.recv(2048)
        except OSError:
            return None
        return (got[242] if got[240] == 53 else None,
                socket.inet_ntoa(got[16:20]))

    def lease(self):
        """The address that was acknowledged, or None."""
        offer = self.ask(DISCOVER)
        if not offer or offer[0] != OFFER:
            return None
        answer = self.ask(REQUEST, offer[1])
        return answer[1] if answer and answer[0] == ACK else None

    def close(self):
        self.socket.close()


def leased(lab, number, tries=1):
    client = Client(lab, number)
    try:
        for _ in range(tries):
            got = client.lease()
            if got:
                return got
        return None
    finally:
        client.close()


def small_disk(lab):
    """The state folder is a file system of its own."""
    state = os.path.join(lab.work, "state")
    shutil.rmtree(state, ignore_errors=True)
    os.mkdir(state)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o",
         f"size={SPACE}k,mode=750,uid={NOBODY},gid={NOBODY}", "none", state],
        check=True)
    lab.closing.callback(subprocess.run, ["umount", "-l", state], check=False)
    # The server's user may have another number.
    shutil.chown(state, user())
    return state


DHCP = ("--dhcp", "server", "--range", "10.77.0.50-10.77.0.60")


def full_disk(lab):
    """It fills up while the server runs."""
    state = small_disk(lab)
    server = lab.serve(*DHCP)
    becomes(server, "good", "ready")
    tap.ok(leased(lab, 1, 3), "a lease is given while there is room",
           server.output())
    fill_up(state)
    make_iso(lab, os.path.join(lab.folder, "late.iso"), "LATE")
    tap.ok(becomes(server, "late", "unreadable"),
           "full disk: a new image is listed", server.images())
    said = " ".join(asked(server, "images").stdout.split())
    tap.ok(re.search(r"late unreadable .*cannot be stored in the state "
                     r"folder: No space left on device", said),
           "with the reason", said)
    lines = server.output().count("file=\"late.iso\"")
    time.sleep(1.5)
    tap.ok(server.output().count("file=\"late.iso\"") == lines,
           "it is not tried again all the time", server.output()[-2000:])
    refused = all(leased(lab, number) is None for number in range(2, 6))
    tap.ok(refused, "no lease is given that cannot be kept")
    tap.ok(re.search(r"event=store what=commit why=\S.*help=\"make room",
                     server.output()), "and that is said",
           server.output()[-2000:])
    shown = fetched(lab, server, MENU)
    got = lab.run("client", "curl", "-s", "-m", "5",
                  server.url("/iso/good/file"), text=False).stdout
    tap.ok("item good " in shown and len(got) == FILE_SIZE,
           "the menu and its images go on", (shown, len(got)))
    os.truncate(state + "/filler", os.path.getsize(state + "/filler") - 16384)
    ran = asked(server, "loaders", "import", "/bin/ls")
    fill_up(state)
    tap.ok(ran.returncode == 1 and "No space left" in ran.stderr and
           os.listdir(state + "/loaders") == [],
           "an import that finds no room is refused and leaves nothing", ran)
    make_room(state)
    tap.ok(becomes(server, "late", "ready", RETRY + 5),
           "when there is room again the image is offered",
           server.output()[-2000:])
    tap.ok(leased(lab, 2, 3), "and leases are given", server.output()[-2000:])
    tap.ok("role=state" not in "".join(
        re.findall(r"event=ended .*", server.output())), "no role died")
    return server, state


def full_at_start(lab, server, state):
    server.stop()
    fill_up(state)
    server = lab.serve(*DHCP)
    tap.ok(becomes(server, "good", "ready"),
           "full disk at the start: known images are offered",
           server.output()[-3000:])
    server.stop()
    make_room(state)
    os.remove(os.path.join(lab.folder, "late.iso"))


def unusable_state(lab, state):
    """There is no state.db, and none can be made."""
    for name in os.listdir(state):
        if name.startswith("state.db"):
            os.remove(os.path.join(state, name))
    fill_up(state)
    seen = len(lab.processes[-1].output())
    server = lab.serve(*DHCP)
    tap.ok(becomes(server, "good", "ready") and menu_works(lab, server),
           "no room for a database: images are served without",
           server.output()[seen:])
    tap.ok(re.search(r"event=store what=open why=.*No space left.*"
                     r"help=\"make room", server.output()[seen:]) and
           leased(lab, 7) is None,
           "it is said, and no lease is given", server.output()[seen:])
    ran = asked(server, "leases")
    tap.ok(ran.returncode == 1 and "No space left" in ran.stderr,
           "hobnail leases says it, too", ran)
    make_room(state)
    tap.ok(wait_until(lambda: leased(lab, 7), RETRY + 5),
           "with room the server goes on as it should",
           server.output()[seen:])
    tap.ok(os.path.getsize(os.path.join(state, "state.db")),
           "and keeps its state again")
    server.stop()


def foreign_state(lab):
    """The state folder belongs to somebody else."""
    state = os.path.join(lab.work, "foreign")
    os.mkdir(state, 0o755)
    server = lab.serve("--state", state)
    tap.ok(re.search(rf"nothing can be kept in the state folder '{state}': "
                     rf"user {user()} may not write.*chown -R {user()} "
                     rf"'{state}'", server.output()),
           "a state folder of somebody else: the chown line",
           server.output())
    tap.ok(becomes(server, "good", "ready") and menu_works(lab, server),
           "images are served all the same", server.output()[-3000:])
    server.stop()


# No loader.


def no_mirror(lab):
    lab.add_host("offline")
    folder = os.path.join(lab.work, "fetched")
    ran = lab.run("offline", os.path.join(TOP, "dist/fetch-loaders"), folder,
                  seconds=120, env={
                      **os.environ, "XDG_CACHE_HOME": lab.work + "/cache"})
    tap.ok(ran.returncode == 1 and "cannot read suite" in ran.stderr and
           re.search(r"fetch-loaders: no loaders .*mirror.*hobnail loaders import",
                     ran.stderr),
           "offline: fetch-loaders says what it could not read, and what "
           "else can be done", ran)


def discover_pxe(lab):
    """A BIOS machine asks; anything that comes back within 1 s."""
    client = Client(lab, 9)
    options = b"\x35\x01\x01\x5d\x02\0\0\x5e\x03\x01\x02\x01\x3c\x20" \
        b"PXEClient:Arch:00000:UNDI:002001\xff"
    client.socket.sendto(
        struct.pack(">BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, 1, 7, 0, 0x8000,
                    b"", b"", b"", socket.inet_aton(CLIENT), client.mac, b"",
                    b"") + b"\x63\x82\x53\x63" + options, (SERVER, 67))
    try:
        return client.socket.recv(2048)
    except OSError:
        return None
    finally:
        client.close()


def no_loader(lab, server):
    tap.ok(re.search(r"event=loaders count=0 why=\"no boot loader is there; "
                     r"machines cannot boot\".*hobnail loaders import",
                     server.output()),
           "no loader: the log says what to do", server.output())
    for command in ("loaders", "status"):
        ran = asked(server, command)
        tap.ok(ran.returncode == 0 and
               re.search(r"no machine can (boot|start)", ran.stdout) and
               "hobnail loaders import" in ran.stdout,
               f"no loader: hobnail {command} says so", ran)
    tap.ok(discover_pxe(lab) is None and wait_until(
        lambda: "event=no-loader" in server.output(), 2),
        "a machine that asks is offered nothing, and that is said",
        server.output())
    tap.ok(menu_works(lab, server), "the menu is there for other loaders")
    loader = write(os.path.join(lab.work, "undionly.kpxe"), "loader" * 1000)
    ran = asked(server, "loaders", "import", loader)
    tap.ok(ran.returncode == 0 and wait_until(
        lambda: discover_pxe(lab), 5), "after an import it is offered", ran)


def replaced(lab, server, packaged):
    """Upstream's 64-bit BIOS loader in place of Debian's."""
    folder = os.path.join(lab.work, "upstream")
    os.mkdir(folder)
    content = "64-bit" * 1000
    path = write(os.path.join(folder, "undionly.kpxe"), content)
    ran = asked(server, "loaders", "import", path)
    got = lab.run("client", "curl", "-s", "-m", "5",
                  f"tftp://{SERVER}/undionly.kpxe").stdout
    tap.ok(ran.returncode == 0 and got == content,
           "an imported undionly.kpxe replaces the packaged one", ran)
    said = asked(server, "loaders").stdout
    tap.ok(re.search(r"(?m)^undionly\.kpxe .* imported +no +"
                     r"\d{4}-\d\d-\d\d, today", said),
           "it is listed as imported and unknown, with date and age", said)
    write(os.path.join(server.state, "loaders/undionly.kpxe"), packaged)
    tap.ok(wait_until(lambda: re.search(
        r"(?m)^undionly\.kpxe .* unknown +no ",
        asked(server, "loaders").stdout), 5),
        "one that was changed behind our back is of unknown source",
        asked(server, "loaders").stdout)


def imports(lab, server):
    """What cannot be a loader is refused, and the rest is taken."""
    long = "x" * 300
    for name, size, why in (
            (".hidden", 10, "starts with a dot"),
            ("SOURCES", 10, "not a loader"),
            ("a b", 10, "letters, digits"),
            (long[:200], 10, "too long"),
            ("empty", 0, "empty"),
            ("huge.efi", (64 << 20) + 1, "64 MiB")):
        path = os.path.join(lab.work, name)
        with open(path, "wb") as out:
            out.truncate(size)
        ran = asked(server, "loaders", "import", path)
        tap.ok(ran.returncode == 1 and why in ran.stderr,
               f"import of '{name[:20]}' is refused with the reason", ran)
        os.remove(path)
    got = lab.run(
        "server", "curl", "-s", "--path-as-is", "--unix-socket",
        server.control, "-T", "/bin/ls",
        "http://localhost/api/v1/loaders/..%2f..%2fevil").stdout
    tap.ok("dot segment in the path" in got and
           not os.path.exists(os.path.join(lab.work, "evil")),
           "a name that climbs out is refused", got)
    folder = os.path.join(lab.work, "many")
    os.mkdir(folder)
    for name in ("a b", "one.efi", "two.efi", "z z"):
        write(os.path.join(folder, name), "MZ" + name * 100)
    ran = asked(server, "loaders", "import", folder)
    tap.ok(ran.returncode == 1 and "one.efi" in ran.stdout and
           "two.efi" in ran.stdout and ran.stderr.count("z z") and
           ran.stderr.count("a b"),
           "of a folder the good ones are imported and the others named", ran)
    ran = asked(server, "loaders", "import", folder + "/one.efi", "/nowhere",
                folder + "/two.efi")
    tap.ok(ran.returncode == 1 and "two.efi" in ran.stdout and
           "/nowhere" in ran.stderr,
           "a missing file does not keep the next from being imported", ran)
    empty = os.path.join(lab.work, "nothing")
    os.mkdir(empty)
    ran = asked(server, "loaders", "import", empty)
    tap.ok(ran.returncode == 1 and "no file" in ran.stderr,
           "an empty folder is told", ran)


def main():
    why = unavailable("curl", "genisoimage", "setpriv", "ss", "mount")
    if why:
        skip_all(why)
    with Lab(limit=400) as lab:
        configuration(lab)
        samples(lab)
        missing_folder(lab)
        closed_folder(lab)
        below_home(lab)
        ports(lab)
        no_root(lab)
        server = lab.serve()
        no_image(lab, server)
        no_loader(lab, server)
        replaced(lab, server, "loader" * 1000)
        imports(lab, server)
        make_iso(lab, os.path.join(lab.folder, "good.iso"), "GOOD")
        becomes(server, "good", "ready")
        closed_image(lab, server)
        cut_image(lab, server)
        server.stop()
        foreign_state(lab)
        server, state = full_disk(lab)
        full_at_start(lab, server, state)
        unusable_state(lab, state)
        no_mirror(lab)
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
