#!/usr/bin/env python3
"""Debian's netboot.tar.gz is an entry of the menu, as it was downloaded.

Kernel and initrd come out of it as they went in, by HTTP and TFTP; what is cut,
damaged or a bomb is listed with the reason; what is stored of an archive goes
when the archive goes.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from images import Unavailable, image  # noqa: E402
from lab import Lab, hobnail, unavailable, wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

MACHINE = "/m/52-54-00-00-00-01/pcbios/i386/cpu64"
VERSION = b"Debian version:  13 (trixie)\nInstaller build: 20250803\n"
MIB = 1 << 20

tap = Tap()


def installer(lab):
    """Kernel and initrd of Debian 13's netboot package, else noise."""
    try:
        iso = image("installer-amd64")
    except Unavailable as why:
        tap.note(f"{why}; files of noise instead")
        return os.urandom(3 * MIB + 1), os.urandom(20 * MIB + 511)
    files = []
    for name in ("vmlinuz", "initrd.gz"):
        out = os.path.join(lab.work, name)
        subprocess.run(
            ["xorriso", "-osirrox", "on", "-indev", iso, "-extract",
             f"/install.amd/{name}", out], check=True, capture_output=True)
        with open(out, "rb") as handle:
            files.append(handle.read())
    return tuple(files)


def archive(kernel, initrd, arch="amd64", version=VERSION):
    """A tarball laid out like Debian's."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in (
                ("./version.info", version),
                (f"./debian-installer/{arch}/initrd.gz", initrd),
                (f"./debian-installer/{arch}/linux", kernel)):
            if data is None:
                continue
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("./linux")
        link.type = tarfile.SYMTYPE
        link.linkname = f"debian-installer/{arch}/linux"
        tar.addfile(link)
    return out.getvalue()


def bomb(size, noise):
    """An archive with one file of `size` zeroes behind some noise."""
    packer = zlib.compressobj(1, wbits=31)
    member = tarfile.TarInfo("zeroes")
    member.size = noise + size
    out = [packer.compress(member.tobuf()),
           packer.compress(os.urandom(noise))]
    for _ in range(size // MIB):
        out.append(packer.compress(bytes(MIB)))
    out += [packer.compress(bytes(1024)), packer.flush()]
    return b"".join(out)


def put(lab, name, data):
    """A file that is whole when it appears."""
    path = os.path.join(lab.work, "new")
    with open(path, "wb") as handle:
        handle.write(data)
    os.chmod(path, 0o644)
    os.rename(path, os.path.join(lab.folder, name))


def settled(server, name, seconds=60):
    """An image once it has been looked at."""
    def look():
        found = server.images().get(name)
        return found if found and found["state"] != "probing" else None

    return wait_until(look, seconds) or {}


def fetch(lab, url):
    return lab.run("client", "curl", "-sf", "-m", "60", url,
                   text=False).stdout


def text(lab, server, path):
    return fetch(lab, server.url(path)).decode()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def stored(server):
    """What the state folder has of images."""
    return sorted(os.listdir(os.path.join(server.state, "tables")))


def boots(lab, server, kernel, initrd):
    found = settled(server, "netboot")
    tap.same(found.get("state"), "ready", "netboot.tar.gz is ready")
    tap.same(found.get("title"),
             "Debian 13 (trixie) installer netboot amd64",
             "it is called what its version.info says")
    menu = text(lab, server, MACHINE + "/menu.ipxe")
    tap.ok("item netboot/linux Debian 13" in menu, "the menu has it", menu)
    script = text(lab, server, MACHINE + "/netboot/linux.ipxe")
    tree = "/iso/netboot/debian-installer/amd64/"
    tap.ok(f"{tree}linux initrd=" in script and
           f"{tree}initrd.gz ||" in script, "its script names both files",
           script)
    for name, data in (("linux", kernel), ("initrd.gz", initrd)):
        tap.same(digest(fetch(lab, server.url(tree + name))), digest(data),
                 f"{name} comes by HTTP as it went in")
    tap.same(digest(fetch(lab, f"tftp://10.77.0.1/{tree}linux")),
             digest(kernel), "the kernel comes by TFTP, too")
    part = lab.run("client", "curl", "-sf", "-r", "1000000-1000999",
                   server.url("/iso/netboot/linux"), text=False).stdout
    tap.same(part, kernel[1000000:1001000],
             "a range of it comes through a link in the archive")
    raw = lab.run("client", "curl", "-s", "-o", "/dev/null", "-w",
                  "%{http_code}", server.url("/raw/netboot.iso")).stdout
    tap.same(raw, "404", "it is no disk image")


def probe_agrees(lab, server):
    path = os.path.join(lab.folder, "netboot.tar.gz")
    done = subprocess.run([hobnail(), "probe", "--json", path],
                          capture_output=True, text=True, check=False)
    said, listed = json.loads(done.stdout), settled(server, "netboot")
    tap.ok(done.returncode == 0 and said["tree"] == "tar in gzip" and
           all(said[key] == listed[key] for key in
               ("title", "family", "kernel", "initrd", "cmdline")),
           "hobnail probe says the same", done.stdout)


def others(lab, server):
    """Another architecture, no version, and a link out of the folder."""
    small = gzip.compress(archive(b"kernel" * 99, b"initrd" * 99, "arm64",
                                  None))
    with open(os.path.join(lab.work, "away"), "wb") as handle:
        handle.write(small)
    os.symlink(os.path.join(lab.work, "away"),
               os.path.join(lab.folder, "netboot-arm64.tar.gz"))
    found = settled(server, "netboot-arm64")
    tap.ok(found.get("state") == "ready" and found.get("arch") == "arm64" and
           found.get("title") == "Debian installer netboot arm64",
           "an arm64 archive is told apart", found)
    url = server.url("/iso/netboot-arm64/debian-installer/arm64/linux")
    tap.ok(wait_until(lambda: fetch(lab, url) == b"kernel" * 99, 5),
           "files come out of an archive that is linked into the folder")
    put(lab, "archive.iso", small)
    found = settled(server, "archive")
    tap.ok(found.get("state") == "broken" and
           "netboot*.tar.gz" in found.get("why", ""),
           "a compressed archive under another name is not offered", found)
    for name in ("netboot-arm64.tar.gz", "archive.iso"):
        os.unlink(os.path.join(lab.folder, name))
    wait_until(lambda: not any("arm64" in name for name in stored(server)), 5)


def damaged(lab, server, whole):
    """Nothing is stored of what is not good."""
    before = stored(server)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0x10
    wrong_sum = bytearray(whole)
    wrong_sum[-8] ^= 1
    cases = {
        "cut": (whole[:len(whole) * 2 // 3], "incomplete",
                "ends inside its content"),
        "cut-inside": (gzip.compress(archive(b"k" * 5000, b"")[:4000]),
                       "incomplete", "bytes unpacked"),
        "flipped": (flipped, "broken", "is damaged, at byte"),
        "sum": (wrong_sum, "broken", "is damaged, at byte"),
        "ratio": (bomb(700 * MIB, 0), "broken", "64 times its size"),
        "large": (bomb(600 * MIB, 12 * MIB), "broken",
                  "more than 512 MiB"),
        "none": (gzip.compress(b"hello" * 999), "broken", "compressed (gzip)"),
    }
    for name, (data, state, why) in cases.items():
        put(lab, f"netboot-{name}.tar.gz", data)
        found = settled(server, f"netboot-{name}")
        tap.ok(found.get("state") == state and why in found.get("why", ""),
               f"{name}: {state}, and why", found)
    tap.same(stored(server), before, "nothing of all that is stored")
    for name in cases:
        os.unlink(os.path.join(lab.folder, f"netboot-{name}.tar.gz"))


def restart(lab, server, kernel):
    """What is stored lives over a restart, and goes with the image."""
    path = os.path.join(server.state, "tables/netboot_files.tar")
    before = os.stat(path).st_ino
    left = os.path.join(server.state, "tables/.netboot_files.7.new")
    shutil.copyfile("/etc/passwd", left)
    server.stop()
    server = lab.serve()
    tap.ok(settled(server, "netboot").get("state") == "ready" and
           os.stat(path).st_ino == before, "a restart does not unpack again")
    tap.ok(not os.path.exists(left),
           "what a killed server left half-way is gone")
    url = server.url("/iso/netboot/debian-installer/amd64/linux")
    tap.ok(wait_until(lambda: fetch(lab, url) == kernel, 5),
           "the kernel is served after it")
    server.stop()
    os.unlink(os.path.join(lab.folder, "netboot.tar.gz"))
    server = lab.serve()
    tap.ok(wait_until(lambda: stored(server) == [], 5),
           "what went while no server ran leaves nothing behind",
           stored(server))
    return server


def replaced(lab, server):
    """A new version takes the place of the old one."""
    for content in (b"first", b"second!"):
        put(lab, "netboot.tar.gz",
            gzip.compress(archive(content, b"initrd")))
        url = server.url("/iso/netboot/debian-installer/amd64/linux")
        tap.ok(wait_until(lambda: fetch(lab, url) == content, 5),
               f"the {content.decode()} version is served")
    tap.same(stored(server), ["netboot", "netboot_files.tar"],
             "only one is stored")
    os.unlink(os.path.join(lab.folder, "netboot.tar.gz"))
    tap.ok(wait_until(lambda: stored(server) == [], 5),
           "nothing is stored of an archive that was removed",
           stored(server))


def main():
    why = unavailable("curl", "xorriso")
    if why:
        skip_all(why)
    with Lab() as lab:
        kernel, initrd = installer(lab)
        whole = gzip.compress(archive(kernel, initrd), 1)
        server = lab.serve()
        put(lab, "netboot.tar.gz", whole)
        boots(lab, server, kernel, initrd)
        probe_agrees(lab, server)
        others(lab, server)
        damaged(lab, server, whole)
        server = restart(lab, server, kernel)
        replaced(lab, server)
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
