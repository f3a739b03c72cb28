#!/usr/bin/env python3
"""Each header compiles alone and has a guard that is named after it."""
import os
import subprocess

import common

FLAGS = ["-std=c17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra",
         "-Werror", "-x", "c"]


def guard(root, path):
    parts = path.relative_to(root / "src").with_suffix("").parts
    return "HOBNAIL_" + "_".join(parts).upper().replace("-", "_") + "_H"


def faults_of(root, path):
    where = path.relative_to(root)
    text = f'#include "{path.relative_to(root / "src")}"\n'
    done = subprocess.run(
        os.environ.get("CC", "cc").split() + FLAGS +
        os.environ.get("HEADER_FLAGS", "").split() +
        ["-I", str(root / "src"), "-"],
        input=text, stderr=subprocess.PIPE, text=True)
    faults = []

    if done.returncode:
        why = [l for l in done.stderr.splitlines() if "error" in l][:1]
        faults.append(f"{where}: does not compile alone: {''.join(why)}")
    if f"#ifndef {guard(root, path)}\n" not in path.read_text():
        faults.append(f"{where}: has no guard {guard(root, path)}")
    return faults


def check(root):
    return [fault for path in common.code_files(root, (".h",), ("src",))
            for fault in faults_of(root, path)]


def header(body):
    return {"src/base/x.h": "#ifndef HOBNAIL_BASE_X_H\n"
            f"#define HOBNAIL_BASE_X_H\n{body}\n#endif\n"}


BAD = {
    "a header that needs another one first": header("uint8_t f(void);"),
    "a header without a guard": {"src/base/x.h": "int f(void);\n"},
    "a guard of another name": {"src/base/y.h":
        header("int f(void);")["src/base/x.h"]},
}
GOOD = {
    "a header that includes what it needs":
        header("#include <stdint.h>\nuint8_t f(void);"),
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "every header stands alone")
