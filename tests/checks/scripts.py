#!/usr/bin/env python3
"""Shell scripts pass shellcheck; Python compiles; both can be executed."""
import os
import subprocess

import common


def kind(path):
    """'sh', 'python' or None, by the first line or the name."""
    with open(path, "rb") as f:
        first = f.readline(200)
    if path.suffix == ".py" or (first[:2] == b"#!" and b"python" in first):
        return "python"
    if path.suffix == ".sh" or (first[:2] == b"#!" and (
            first.strip().endswith(b"sh") or b"bash" in first)):
        return "sh"
    return None


def shell_faults(root, path):
    done = subprocess.run(
        [common.need("shellcheck"), "-x", "-P", "SCRIPTDIR", "-f", "gcc",
         "-S", "style", "-e", "SC2016", path], cwd=root, text=True,
        stdout=subprocess.PIPE)
    return [line.replace(f"{root}/", "") for line in done.stdout.splitlines()]


def python_faults(root, path):
    try:
        compile(path.read_text(), str(path), "exec")
    except SyntaxError as why:
        return [f"{path.relative_to(root)}:{why.lineno}: {why.msg}"]
    return []


def faults_of(root, path):
    check_kind = {"sh": shell_faults, "python": python_faults}.get(kind(path))
    if not check_kind:
        return []
    with open(path, "rb") as f:
        starts = f.read(2) == b"#!"
    faults = check_kind(root, path)
    if starts and not os.access(path, os.X_OK):
        faults.append(f"{path.relative_to(root)}: cannot be executed")
    return faults


def check(root):
    return [fault for path in common.tree_files(root)
            for fault in faults_of(root, path)]


BAD = {
    "a variable without quotes": {"x.sh": "rm $1\n"},
    "Python that does not compile": {"x.py": "def f(:\n"},
    "a script that cannot be executed": {"x": "#!/bin/sh\ntrue\n"},
}
GOOD = {"clean ones": {"x.sh": 'rm "$1"\n', "y.py": "x = 1\n"}}
GOOD["clean ones"]["x.sh"] = "# shellcheck shell=sh\n" + 'rm "$1"\n'

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "every script is clean")
