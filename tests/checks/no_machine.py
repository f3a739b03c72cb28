#!/usr/bin/env python3
"""Nothing in the tree depends on one machine.

No path of a developer's or builder's machine, no address of a package
mirror: the mirror is taken from the machine's own apt configuration.  Links
in documentation to pages for people are fine.
"""
import re

import common

# Spelt in pieces, so that this file passes itself.
PATHS = re.compile(r"(?<![\w.-])/(" + "|".join(
    ("wo" "rk", "fa" "rm", "ro" "ot", "home/[a-z]+")) + r")/\w")
MIRRORS = re.compile("|".join((
    r"\b(deb|ftp|security|archive)\.(debian|ubuntu)" r"\.(org|com)\b",
    r"\bregistry\.npm" r"js\.org\b", r"\bpypi" r"\.org\b",
    r"\bcrates" r"\.io\b", r"\bproxy\.golang" r"\.org\b")))
LEFT_OVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
# Addresses of mirrors are data where a test plays a machine's configuration.
BINARY = (".png", ".bin", ".gz", ".jpg", ".iso")


def faults_of(root, path):
    where = path.relative_to(root)
    if path.suffix in BINARY or "seeds" in where.parts:
        return
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, 1):
        if PATHS.search(line):
            yield f"{where}:{number}: a path of one machine"
        if MIRRORS.search(line):
            yield f"{where}:{number}: the address of a package mirror"
        if LEFT_OVER.search(line) and where.suffix != ".md":
            yield f"{where}:{number}: something is left to do"


def check(root):
    return [fault for path in common.tree_files(root)
            for fault in faults_of(root, path)]


BAD = {
    "a developer's path": {"run": "cd /wo" "rk/main\n"},
    "a home folder": {"test": "ls /home/jo" "hn/iso\n"},
    "a package mirror": {"dist/x": "http://deb.deb" "ian.org/debian\n"},
    "a note of what is left to do": {"src/x.c": "/* TO" "DO: free */\n"},
}
GOOD = {
    "paths of any Debian machine, and its project pages": {"README.md":
        "/usr/local/bin, /srv/iso, https://www.debian.org/, /proc/self\n"},
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "no path or mirror of one machine")
