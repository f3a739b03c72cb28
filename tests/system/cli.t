#!/usr/bin/env python3
"""The commands that ask the server: texts, JSON, exit statuses."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from lab import Lab, hobnail, unavailable, wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

GOOD, FAILED, USAGE, NO_SERVER = 0, 1, 2, 3
MENU = "/m/52-54-00-00-00-01/efi/x86_64/cpu64/menu.ipxe"
COMMANDS = ("status", "images", "loaders", "events", "hosts", "leases")

tap = Tap()


def run(*arguments, **options):
    return subprocess.run([hobnail(), *arguments], capture_output=True,
                          text=True, timeout=20, check=False,
                          stdin=subprocess.DEVNULL, **options)


def asked(server, *arguments):
    return run(*arguments, "--control", server.control)


def listed(server, what):
    return json.loads(asked(server, what, "--json").stdout)


def without_a_server(lab):
    for command in COMMANDS:
        ran = run(command, "--control", lab.work + "/none")
        tap.ok(ran.returncode == NO_SERVER and "hobnail serve" in ran.stderr
               and not ran.stdout,
               f"{command} says that there is no server, and how to start one",
               (ran.returncode, ran.stderr))
        ran = run(command, "--help")
        tap.ok(ran.returncode == GOOD and f"hobnail {command}" in ran.stdout
               and "--json" in ran.stdout, f"{command} has a help", ran)
        ran = run(command, "--nonsense")
        tap.same(ran.returncode, USAGE, f"{command} knows its options")
    for wrong in (["images", "show"], ["images", "x"], ["loaders", "import"],
                  ["events", "-n", "x"], ["nothing"], []):
        tap.same(run(*wrong).returncode, USAGE,
                 f"'hobnail {' '.join(wrong)}' is told to be wrong")


def make_images(lab):
    tree = os.path.join(lab.work, "tree")
    os.makedirs(tree)
    with open(os.path.join(tree, "file"), "w", encoding="ascii") as out:
        out.write("x" * 100000)
    iso = os.path.join(lab.folder, "good.iso")
    subprocess.run(["genisoimage", "-quiet", "-V", "VOLUME", "-o", iso, tree],
                   check=True, capture_output=True)
    os.utime(iso, (1e9, 1e9))
    bad = os.path.join(lab.folder, "bad\x1b[31m\n.iso")
    with open(bad, "wb") as out:
        out.write(b"x" * 100000)
    os.utime(bad, (1e9, 1e9))


def images(server):
    ran = asked(server, "images")
    tap.ok(ran.returncode == GOOD and "good" in ran.stdout and
           "ready" in ran.stdout and "broken" in ran.stdout,
           "images lists good and bad ones", ran)
    tap.ok("\x1b" not in ran.stdout and "\\x1b" in ran.stdout,
           "a hostile file name cannot command the terminal", ran.stdout)
    got = {image["id"]: image for image in listed(server, "images")}
    tap.same(got["good"]["title"], "VOLUME", "images --json is the API's JSON")
    ran = asked(server, "images", "show", "good")
    tap.ok(ran.returncode == GOOD and "good.iso" in ran.stdout,
           "images show says all of one", ran)
    ran = asked(server, "images", "show", "none")
    tap.ok(ran.returncode == FAILED and "no image" in ran.stderr,
           "images show says when there is none", ran)


def status(server):
    ran = asked(server, "status")
    tap.ok(ran.returncode == GOOD and "lan0, 10.77.0.1" in ran.stdout,
           "status says where the server serves", ran)
    got = listed(server, "status")
    roles = {role["role"]: role for role in got["roles"]}
    tap.same(sorted(roles), ["admin", "boot", "dhcp", "keeper", "state"],
             "status names all roles")
    tap.ok(all(role["pid"] and "seccomp=" in role["confinement"]
               for role in roles.values()),
           "each runs and is confined", roles)
    tap.ok(got["images"]["ready"] == 1 and got["images"]["broken"] == 1,
           "it counts the images", got)


def loaders(lab, server):
    folder = os.path.join(lab.work, "loaders")
    os.mkdir(folder)
    content = os.urandom(300000)
    for name, data in (("wimboot", content), ("own.efi", b"MZ" + content),
                       ("SOURCES", b"x"), (".hidden", b"x")):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)
    ran = asked(server, "loaders", "import", folder)
    tap.same((ran.returncode, sorted(ran.stdout.split("\n"))),
             (GOOD, ["", "imported own.efi", "imported wimboot"]),
             "loaders import takes a folder")
    got = {loader["name"]: loader for loader in listed(server, "loaders")}
    mine = got.get("wimboot", {})
    tap.ok(mine.get("sha256") == hashlib.sha256(content).hexdigest() and
           mine["source"] == "imported" and mine["known"] is False,
           "they are listed as imported and unknown", got)
    ran = asked(server, "loaders")
    tap.ok(ran.returncode == GOOD and "wimboot" in ran.stdout,
           "and in the table", ran)
    got = lab.run("client", "curl", "-s", server.url("/wimboot"), text=False)
    tap.ok(got.stdout == content, "and served at once", len(got.stdout))
    with open(os.path.join(server.state, "loaders/SOURCES"),
              encoding="utf-8") as handle:
        names = [line.split("\t")[0] for line in handle]
    tap.ok("wimboot" in names and "own.efi" in names,
           "each has its line in SOURCES", names)

    for name, data in (("a b", b"x"), ("empty", b"")):
        path = os.path.join(lab.work, name)
        with open(path, "wb") as out:
            out.write(data)
        ran = asked(server, "loaders", "import", path)
        tap.ok(ran.returncode == FAILED and ran.stderr,
               f"'{name}' is refused", ran)
    ran = asked(server, "loaders", "import", lab.work + "/missing")
    tap.ok(ran.returncode == FAILED and "missing" in ran.stderr,
           "a missing file is told", ran)


def events(lab, server):
    follower = lab.start("follower", "server", hobnail(), "events", "-f",
                         "--json", "--control", server.control)
    time.sleep(0.5)
    for _ in range(3):
        lab.run("client", "curl", "-s", server.url(MENU))
    menus = wait_until(
        lambda: len([line for line in follower.output().splitlines()
                     if '"menu"' in line]) >= 3, 3)
    tap.ok(menus, "events -f shows what happens as it happens",
           follower.output())
    got = [json.loads(line) for line in
           asked(server, "events", "--json").stdout.splitlines()]
    numbers = [event["seq"] for event in got]
    tap.ok(numbers == sorted(set(numbers)) and numbers,
           "events are numbered in order", numbers)
    ran = asked(server, "events", "-n", "2")
    tap.same(len(ran.stdout.splitlines()), 2, "events -n limits them")
    tap.ok("52:54:00:00:00:01" in ran.stdout and "menu" in ran.stdout,
           "a line says which machine did what", ran.stdout)

    before = numbers[-1]
    subprocess.run(["kill", "-9", str(next(
        role["pid"] for role in listed(server, "status")["roles"]
        if role["role"] == "state"))], check=True)
    time.sleep(1.5)
    lab.run("client", "curl", "-s", server.url(MENU))
    tap.ok(wait_until(lambda: f'"seq":{before + 1},' in follower.output(), 3),
           "a follower goes on when the state role was restarted",
           follower.output())
    follower.stop()
    got = listed(server, "hosts")
    tap.ok([host for host in got if host["mac"] == "52:54:00:00:00:01"],
           "hosts lists the machine", got)


def others_may_not(lab, server):
    """The socket is for root, and for the server's user and group."""
    program = os.path.join(lab.work, "hobnail")
    shutil.copy(hobnail(), program)
    os.chmod(program, 0o755)
    ran = subprocess.run(
        ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups",
         program, "status", "--control", server.control],
        capture_output=True, text=True, check=False, timeout=20)
    tap.ok(ran.returncode == NO_SERVER and "may not use" in ran.stderr,
           "another user may not ask, and is told so", ran)


def main():
    why = unavailable("curl", "genisoimage", "setpriv")
    if why:
        skip_all(why)
    with Lab(limit=200) as lab:
        without_a_server(lab)
        make_images(lab)
        server = lab.serve()
        tap.ok(wait_until(lambda: len(server.images()) == 2 and all(
            image["state"] != "probing"
            for image in server.images().values()), 5),
            "the images are looked at", server.output())
        images(server)
        status(server)
        loaders(lab, server)
        events(lab, server)
        others_may_not(lab, server)
        tap.ok("signal=31" not in server.output(),
               "no role did what it may not", server.output()[-2000:])
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
