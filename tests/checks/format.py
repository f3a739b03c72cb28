#!/usr/bin/env python3
"""The code is laid out as clang-format 14 with .clang-format does it.

Other versions lay out a few things differently, so without 14 this skips.
"""
import re
import shutil
import subprocess

import common


def formatter():
    for name in ("clang-format-14", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], check=True,
                                     stdout=subprocess.PIPE, text=True).stdout
            if re.search(r"version 14\.", version):
                return name
    raise common.Skip("clang-format 14 is not installed")


def check(root):
    style = f"file:{common.ROOT / '.clang-format'}"
    files = common.code_files(root)
    done = subprocess.run([formatter(), f"--style={style}", "--dry-run"] +
                          files, stderr=subprocess.PIPE, text=True)
    wrong = re.findall(r"^(.*?):(\d+):\d+: ", done.stderr, re.M)
    first = {}
    for path, line in wrong:
        first.setdefault(path, line)
    return [f"{path}:{line}: not as clang-format does it"
            for path, line in first.items()]


BAD = {
    "four spaces": {"src/base/x.c":
        "int\nf(void)\n{\n    return 0;\n}\n"},
    "the return type on the same line": {"tests/x.c":
        "int f(void)\n{\n\treturn 0;\n}\n"},
}
GOOD = {
    "kernel normal form": {"src/base/x.c":
        "int\nf(void)\n{\n\treturn 0;\n}\n"},
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "every file is laid out")
