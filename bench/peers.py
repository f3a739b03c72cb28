"""The servers that ours is measured against.

They come from the machine's own apt, with what they need, and are unpacked
into a cache: nothing is installed and no service starts.  A program that the
machine has already is used as it is.

    peers = Peers()
    lab.start("nginx", "server", *peers.command("nginx", "-c", conf))
"""
import glob
import os
import re
import shutil
import subprocess

CACHE = os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
    "hobnail/peers")
# program: (package, where it lies in it)
PROGRAMS = {
    "nginx": ("nginx", "usr/sbin/nginx"),
    "dnsmasq": ("dnsmasq-base", "usr/sbin/dnsmasq"),
    "in.tftpd": ("tftpd-hpa", "usr/sbin/in.tftpd"),
    "atftpd": ("atftpd", "usr/sbin/atftpd"),
    "kea-dhcp4": ("kea-dhcp4-server", "usr/sbin/kea-dhcp4"),
    "perfdhcp": ("kea-common", "usr/sbin/perfdhcp"),
    "h2load": ("nghttp2-client", "usr/bin/h2load"),
    "atftp": ("atftp", "usr/bin/atftp"),
}


class Unavailable(Exception):
    """A peer cannot be had here; the text says why."""


def _run(*command, **options):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **options)


def _unpack(package):
    """A package, and what the machine lacks of what it needs, into a folder
    of its own, as some bring files of the same name."""
    asked = _run("apt-get", "-s", "-qq", "install",
                 "--no-install-recommends", package)
    names = re.findall(r"(?m)^Inst (\S+)", asked.stdout)
    if not names:
        raise Unavailable(f"apt has no package {package}")
    folder = os.path.join(CACHE, package)
    debs = os.path.join(folder, "debs")
    os.makedirs(debs, exist_ok=True)
    got = _run("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download",
               *names, cwd=debs)
    if got.returncode != 0:
        raise Unavailable(f"cannot download {package}: {got.stderr.strip()}")
    for deb in glob.glob(os.path.join(debs, "*.deb")):
        done = _run("dpkg", "-x", deb, folder)
        if done.returncode != 0:
            raise Unavailable(f"cannot unpack {deb}: {done.stderr.strip()}")
        os.unlink(deb)


class Peers:
    """Finds programs; unpacks each at its first use."""

    def path(self, program):
        found = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
        # atftpd brings a link in.tftpd to itself.
        if found and os.path.basename(os.path.realpath(found)) == program:
            return found
        package, inside = PROGRAMS[program]
        unpacked = os.path.join(CACHE, package, inside)
        if not os.path.exists(unpacked):
            _unpack(package)
        if not os.path.exists(unpacked):
            raise Unavailable(f"{package} holds no {inside}")
        return unpacked

    def command(self, program, *arguments):
        """What to execute, with the libraries that were unpacked."""
        path = self.path(program)
        if not path.startswith(CACHE):
            return [path, *arguments]
        folders = glob.glob(os.path.join(CACHE, PROGRAMS[program][0],
                                         "usr/lib/*-linux-gnu*"))
        return ["env", "LD_LIBRARY_PATH=" + ":".join(folders), path,
                *arguments]
