#!/usr/bin/env python3
"""HTTP of the running server: what clients send, and what nobody should."""

import hashlib
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from lab import SERVER, Lab, unavailable, wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

GIB = 1 << 30
CANARY = b"nobody may read this 5be0c1a7"
SCRIPT = b"#!ipxe\necho hello\n"

# Ways to name a file outside of the folder.
CLIMBS = (
    "../", "..%2f", "%2e%2e/", "%2e%2e%2f", ".%2e/", "%2E%2E/", "..\\",
    "..%5c", "%5c..%5c", "..;/", "....//", "..//", ".././", "./../",
    "%252e%252e%252f", "%c0%ae%c0%ae/", "%c0%ae%c0%ae%c0%af", "..%c0%af",
    "..%u2215", "%uff0e%uff0e/", "..%00/", "..%0d%0a/", "/../", "//../",
    "/./../", "/%2e/%2e%2e/")
PREFIXES = ("", "iso/x/", "iso/big/", "iso/big/[efi]/", "raw/", "script/",
            "b/52-54-00-12-34-56/", "m/52-54-00-12-34-56/", "report/")

HOST = "Host: 10.77.0.1\r\n"
REFUSED = (
    ("two Hosts", "GET / HTTP/1.1\r\n" + HOST + HOST + "\r\n", 400),
    ("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
    ("a folded field", "GET / HTTP/1.1\r\n" + HOST + "A: b\r\n c\r\n\r\n", 400),
    ("a space before the colon",
     "GET / HTTP/1.1\r\n" + HOST + "A : b\r\n\r\n", 400),
    ("a bare CR in a value", "GET / HTTP/1.1\r\n" + HOST + "A: b\rc\r\n\r\n",
     400),
    ("bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400),
    ("a length and a coding",
     "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 4\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("a coding", "GET / HTTP/1.1\r\n" + HOST +
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    ("two lengths", "GET / HTTP/1.1\r\n" + HOST +
     "Content-Length: 0\r\nContent-Length: 1\r\n\r\n", 400),
    ("a body for GET",
     "GET / HTTP/1.1\r\n" + HOST + "Content-Length: 1\r\n\r\nx", 400),
    ("POST", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n", 405),
    ("PUT", "PUT /x HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n", 405),
    ("DELETE", "DELETE /raw/big.iso HTTP/1.1\r\n" + HOST + "\r\n", 405),
    ("CONNECT", "CONNECT a:1 HTTP/1.1\r\n" + HOST + "\r\n", 501),
    ("TRACE", "TRACE / HTTP/1.1\r\n" + HOST + "\r\n", 501),
    ("a method of no standard", "BREW / HTTP/1.1\r\n" + HOST + "\r\n", 501),
    ("HTTP/2", "GET / HTTP/2.0\r\n" + HOST + "\r\n", 505),
    ("HTTP/0.9", "GET /\r\n\r\n", 505),
    ("a fragment", "GET /a#b HTTP/1.1\r\n" + HOST + "\r\n", 400),
    ("a NUL", "GET /a%00b HTTP/1.1\r\n" + HOST + "\r\n", 400),
    ("a broken escape", "GET /a%zz HTTP/1.1\r\n" + HOST + "\r\n", 400),
    ("a control byte", "GET /a\x01b HTTP/1.1\r\n" + HOST + "\r\n", 400),
    ("a path of 2000 bytes",
     "GET /" + "a" * 2000 + " HTTP/1.1\r\n" + HOST + "\r\n", 414),
    ("a head of 9000 bytes",
     "GET / HTTP/1.1\r\n" + HOST + "A: " + "b" * 9000 + "\r\n\r\n", 431),
    ("100 fields",
     "GET / HTTP/1.1\r\n" + HOST + "A: b\r\n" * 100 + "\r\n", 431),
    ("the start of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
)

tap = Tap()


class Client:
    """One connection from the client's namespace."""

    def __init__(self, lab, seconds=10):
        with lab.inside("client"):
            self.socket = socket.create_connection((SERVER, 80), seconds)
        self.socket.settimeout(seconds)
        self.rest = b""

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode("latin-1")
        self.socket.sendall(data)

    def more(self):
        try:
            data = self.socket.recv(1 << 20)
        except OSError:
            data = b""
        self.rest += data
        return data

    def answer(self, head=False):
        """(status, fields, body); status 0 where the server closed."""
        while b"\r\n\r\n" not in self.rest:
            if not self.more():
                return 0, {}, self.rest
        top, _, self.rest = self.rest.partition(b"\r\n\r\n")
        lines = top.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        status = int(lines[0].split()[1])
        length = 0 if head else int(fields.get("content-length", 0))
        while len(self.rest) < length:
            if not self.more():
                break
        body, self.rest = self.rest[:length], self.rest[length:]
        return status, fields, body

    def get(self, path, *fields, method="GET"):
        self.send(f"{method} {path} HTTP/1.1\r\n" + HOST +
                  "".join(f + "\r\n" for f in fields) + "\r\n")
        return self.answer(method == "HEAD")

    def closed(self):
        """Whether the server has closed, and said nothing more."""
        return self.rest == b"" and self.more() == b""


def make_files(lab):
    """A sparse 5 GiB image whose places can be told apart, a script, and a
    file beside the folder that nobody may see."""
    with open(os.path.join(lab.work, "secret"), "wb") as out:
        out.write(CANARY)
    tree = os.path.join(lab.work, "tree")
    os.makedirs(tree + "/dir")
    with open(tree + "/dir/file.txt", "wb") as out:
        out.write(os.urandom(300000))
    lab.run("server", "genisoimage", "-quiet", "-R", "-o",
            lab.folder + "/.part", tree)
    with open(lab.folder + "/.part", "r+b") as out:
        for place in (GIB, 2 * GIB, 3 * GIB, 4 * GIB, 5 * GIB - 4096):
            out.seek(place)
            out.write(f"at {place} ".encode() * 100)
        out.truncate(5 * GIB)
    os.rename(lab.folder + "/.part", lab.folder + "/big.iso")
    with open(lab.folder + "/hello.ipxe", "wb") as out:
        out.write(SCRIPT)
    os.symlink(lab.work + "/secret", lab.folder + "/secret.iso")
    return tree + "/dir/file.txt"


def image_bytes(lab, first, last):
    with open(lab.folder + "/big.iso", "rb") as image:
        image.seek(first)
        return image.read(last - first + 1)


def ranges(lab):
    client = Client(lab)
    status, fields, _ = client.get("/raw/big.iso", method="HEAD")
    etag = fields.get("etag")
    tap.ok(status == 200 and fields["content-length"] == str(5 * GIB) and
           fields["accept-ranges"] == "bytes" and etag,
           "HEAD tells size and tag of an image of 5 GiB", fields)
    for first, last in ((0, 0), (32768, 34815), (GIB, GIB + 65535),
                        (2 * GIB - 10, 2 * GIB + 10),
                        (4 * GIB - 1000, 4 * GIB + 1000),
                        (5 * GIB - 4096, 5 * GIB - 1)):
        status, fields, body = client.get(
            "/raw/big.iso", f"Range: bytes={first}-{last}")
        tap.ok(status == 206 and body == image_bytes(lab, first, last) and
               fields["content-range"] == f"bytes {first}-{last}/{5 * GIB}",
               f"bytes {first} to {last} are those of the image",
               (status, fields, len(body)))
    for sent, first, last in (
            ("-1879048192--1879046145", 2415919104, 2415921151),
            ("2147481600--2147481601", 2147481600, 2147485695),
            ("-4096", 5 * GIB - 4096, 5 * GIB - 1),
            (f"{5 * GIB - 5}-{6 * GIB}", 5 * GIB - 5, 5 * GIB - 1)):
        status, _, body = client.get("/raw/big.iso", f"Range: bytes={sent}")
        tap.ok(status == 206 and body == image_bytes(lab, first, last),
               f"bytes={sent} is understood", (status, len(body)))
    status, fields, _ = client.get(
        "/raw/big.iso", f"Range: bytes={5 * GIB}-")
    tap.ok(status == 416 and fields["content-range"] == f"bytes */{5 * GIB}",
           "a range beyond the end is 416", fields)
    conditions(client, etag)


def conditions(client, etag):
    part = "Range: bytes=0-9"
    for name, fields, want in (
            ("If-Range with the tag", (part, "If-Range: " + etag), 206),
            ("If-Match with the tag", (part, "If-Match: " + etag), 206),
            ("If-Match with another", (part, 'If-Match: "x"'), 412),
            ("If-None-Match with the tag", ("If-None-Match: " + etag,), 304)):
        status, _, _ = client.get("/raw/big.iso", *fields)
        tap.same(status, want, f"{name} is {want}")
    status, fields, _ = client.get(
        "/raw/big.iso", part, 'If-Range: "x"', method="HEAD")
    tap.same(status, 200, "If-Range with another tag asks for the whole")


def files(lab, path):
    with open(path, "rb") as handle:
        want = handle.read()
    client = Client(lab)
    status, fields, body = client.get("/iso/big/dir/file.txt")
    tap.ok(status == 200 and body == want, "a file in an image is served",
           (status, fields, len(body)))
    status, _, body = client.get("/script/hello.ipxe")
    tap.ok(status == 200 and body == SCRIPT, "a script is served as it is")
    got = lab.run("client", "curl", "-sS", "--fail", "-o", lab.work + "/got",
                  "-C", "-", f"http://{SERVER}/iso/big/dir/file.txt")
    with open(lab.work + "/got", "rb") as handle:
        tap.ok(got.returncode == 0 and handle.read() == want, "curl gets it")
    with open(lab.work + "/got", "wb") as out:
        out.write(want[:100000])
    got = lab.run("client", "curl", "-sS", "--fail", "-o", lab.work + "/got",
                  "-C", "-", f"http://{SERVER}/iso/big/dir/file.txt")
    with open(lab.work + "/got", "rb") as handle:
        tap.ok(got.returncode == 0 and handle.read() == want,
               "curl goes on where it was cut off", got.stderr)


def connections(lab):
    client = Client(lab)
    client.send(("GET /script/hello.ipxe HTTP/1.1\r\n" + HOST + "\r\n") * 20)
    tap.ok(all(client.answer()[2] == SCRIPT for _ in range(20)),
           "twenty requests at once are answered in a row")
    client = Client(lab)
    for byte in ("GET /script/hello.ipxe HTTP/1.1\r\n" + HOST + "\r\n"):
        client.send(byte)
    tap.ok(client.answer()[2] == SCRIPT, "a request may come byte by byte")
    client = Client(lab)
    client.send("GET /script/hello.ipxe HTTP/1.0\r\n\r\n")
    status, fields, body = client.answer()
    tap.ok(status == 200 and body == SCRIPT and client.closed(),
           "HTTP/1.0 is answered, and the connection closed")
    client = Client(lab)
    client.send("GET http://elsewhere/script/hello.ipxe HTTP/1.1\r\n" + HOST +
                "\r\n")
    tap.ok(client.answer()[2] == SCRIPT, "a target may be a whole URL")
    client = Client(lab)
    first = client.get("/raw/big.iso", "Range: bytes=0-2047")[0]
    time.sleep(16)
    tap.same((first, client.get("/raw/big.iso", "Range: bytes=0-2047")[0]),
             (206, 206), "a connection idle for 16 s is still there")


def one_segment(lab):
    """Head and body of a small range come with one read: with two segments
    a client's delayed acknowledgement would cost 40 ms."""
    client = Client(lab)
    whole = 0
    for i in range(50):
        client.send("GET /raw/big.iso HTTP/1.1\r\n" + HOST +
                    f"Range: bytes={i * 1024}-{i * 1024 + 1023}\r\n\r\n")
        data = client.socket.recv(1 << 20)
        whole += len(data.partition(b"\r\n\r\n")[2]) == 1024
    tap.ok(whole >= 49, "head and first data come together", whole)


def refusals(lab):
    for name, request, want in REFUSED:
        client = Client(lab)
        client.send(request)
        status, fields, _ = client.answer()
        tap.ok(status == want and fields.get("connection") == "close",
               f"{name} is refused with {want}", (status, fields))
    client = Client(lab)
    client.send("GET /none HTTP/1.1\r\n" + HOST + "\r\n")
    tap.same(client.answer()[0], 404, "what is not there is 404")


def traversal(lab):
    """Nothing from outside of the folder, however it is asked for."""
    leaks, answers = [], 0
    for target in ("secret", "etc/passwd", "state/state.db"):
        for prefix in PREFIXES:
            for climb in CLIMBS:
                for depth in (1, 3, 8):
                    client = Client(lab)
                    client.send(f"GET /{prefix}{climb * depth}{target} "
                                f"HTTP/1.0\r\n\r\n")
                    status, _, body = client.answer()
                    answers += status != 0
                    client.socket.close()
                    if status == 200 or CANARY in body or b"root:" in body \
                            or b"SQLite" in body:
                        leaks.append((status, prefix, climb, depth, target))
    tap.ok(not leaks, "no path leads out of the folder", leaks[:10])
    tap.same(answers, 3 * len(PREFIXES) * len(CLIMBS) * 3,
             "each of them was answered")


def slow(lab):
    """A head must come within 10 s, however it trickles."""
    client = Client(lab, 20)
    begin = time.monotonic()
    client.send("GET / HTTP/1.1\r\n")
    took = None
    client.socket.settimeout(1)
    while time.monotonic() - begin < 15:
        try:
            if client.socket.recv(100) == b"":
                took = time.monotonic() - begin
                break
            client.send("A: b\r\n")
        except TimeoutError:
            try:
                client.send("A: b\r\n")
            except OSError:
                took = time.monotonic() - begin
                break
        except OSError:
            took = time.monotonic() - begin
            break
    tap.ok(took and 8 < took < 13, "a head that trickles is given up", took)


def timeline(lab, server):
    """Thousands of ranges are one transfer in the timeline."""
    client = Client(lab)
    digest = hashlib.sha256()
    for i in range(2000):
        status, _, body = client.get(
            "/raw/big.iso", f"Range: bytes={i * 2048}-{i * 2048 + 2047}")
        digest.update(body)
        if status != 206:
            break
    tap.ok(digest.digest() ==
           hashlib.sha256(image_bytes(lab, 0, 2000 * 2048 - 1)).digest(),
           "2000 ranges are the image's start")
    ended = wait_until(lambda: [
        e for e in server.events() if e.get("kind") == "image" and
        e.get("phase") == "end"], 25, 1)
    steps = [e for e in server.events() if e.get("kind") == "image"]
    tap.ok(ended and len(steps) < 60, "they are one transfer of the timeline",
           (len(steps), steps[-3:]))


def main():
    why = unavailable("curl", "genisoimage")
    if why:
        skip_all(why)
    with Lab() as lab:
        path = make_files(lab)
        server = lab.serve("--dhcp", "off")
        if not wait_until(lambda: server.images().get("big"), 10):
            raise SystemExit("image is not listed:\n" + server.output())
        client = Client(lab)
        wait_until(
            lambda: client.get("/raw/big.iso", method="HEAD")[0] == 200, 5)
        before = server.api("/api/v1/status")
        ranges(lab)
        files(lab, path)
        refusals(lab)
        one_segment(lab)
        traversal(lab)
        connections(lab)
        slow(lab)
        timeline(lab, server)
        after = server.api("/api/v1/status")
        tap.ok(pid(before) and pid(after) == pid(before),
               "one boot role did all that", (before, after))
    sys.exit(tap.done())


def pid(status):
    return [r.get("pid") for r in status.get("roles", [])
            if r.get("name", r.get("role")) == "boot"]


main()
