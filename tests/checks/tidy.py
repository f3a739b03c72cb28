#!/usr/bin/env python3
"""clang-tidy has nothing to say about the sources (.clang-tidy).

usage: tidy.py BUILD_FOLDER [FILE...]

It reads compile_commands.json; flags that only gcc knows are ignored.
Other versions than 14 judge other things, so without 14 this skips.
"""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import common

EXTRA = ["--extra-arg=-Wno-unknown-warning-option",
         "--extra-arg=-ftrivial-auto-var-init=uninitialized",
         "--extra-arg=-Wno-unused-command-line-argument"]
FAULT = re.compile(r"^(\S+?:\d+):\d+: (?:warning|error): (.*)$", re.M)


def program():
    for name in ("clang-tidy-14", "clang-tidy"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], check=True,
                                     stdout=subprocess.PIPE, text=True).stdout
            if re.search(r"version 14\.", version):
                return name
    raise common.Skip("clang-tidy 14 is not installed")


def tidy(path, *arguments):
    config = (common.ROOT / ".clang-tidy").read_text()
    done = subprocess.run(
        [program(), "--quiet", f"--config={config}", *EXTRA,
         path, *arguments], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    faults = [f"{where}: {what}" for where, what in FAULT.findall(done.stdout)]
    if done.returncode and not faults:
        faults = [f"{path}: {done.stdout.strip()[-300:]}"]
    return faults


def sources(build):
    """Sources of the program, as the build folder compiles them."""
    commands = json.loads((build / "compile_commands.json").read_text())
    found = {(Path(c["directory"]) / c["file"]).resolve() for c in commands}
    return sorted(f for f in found if (common.ROOT / "src") in f.parents)


def check(root):
    if (root / "sample.c").is_file():
        return tidy(root / "sample.c", "--", "-D_GNU_SOURCE", "-std=c17")
    build = Path(sys.argv[1])
    chosen = [Path(f).resolve() for f in sys.argv[2:]] or sources(build)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda f: tidy(f, "-p", build), chosen)
    faults = {fault for faults in found for fault in faults}
    return sorted(fault.replace(f"{root}/", "") for fault in faults)


BAD = {
    "recursion": {"sample.c":
        "int f(int n);\nint\nf(int n)\n{\n\treturn n ? f(n - 1) : 0;\n}\n"},
    "a null pointer that is followed": {"sample.c":
        "int f(int a);\nint\nf(int a)\n{\n\tint *p = 0;\n\n"
        "\tif (a)\n\t\tp = &a;\n\treturn *p;\n}\n"},
}
GOOD = {"a plain function": {"sample.c":
        "int f(int n);\nint\nf(int n)\n{\n\treturn n + 1;\n}\n"}}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "clang-tidy is content")
