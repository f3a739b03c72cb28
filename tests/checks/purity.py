#!/usr/bin/env python3
"""The library `pure` needs nothing that touches the outside world.

usage: purity.py LIBRARY

Its undefined symbols must be defined in it or be on the list below (memory,
text, sorting, assert); it must have no variable that can be written.  Which
symbols the compiler makes of memcpy() and friends depends on the hardening,
so their checked forms are listed as well.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import common

ALLOWED = re.compile("|".join((
    r"mem(cpy|cmp|move|set|chr|rchr|mem|ccpy)",
    r"st[rp]n?(len|cmp|casecmp|cpy|chr|rchr|str|spn|cspn|dup|pbrk|casestr|sep)",
    r"__(mem|st[rp])n?(cpy|move|set|chr)_chk",
    r"v?snprintf|__v?snprintf_chk",
    r"(m|c|re|aligned_)?alloc|realloc(array)?|free",
    r"qsort|bsearch",
    r"strto(u?ll?|umax|imax)|__isoc23_strto(u?ll?|umax|imax)",
    r"abort|__assert_fail|__stack_chk_fail",
    r"__ctype_(b|tolower|toupper)_loc|tolower|toupper",
    r"llhttp_\w+",
    r"inflate(Init2_|Reset|End)?",
    r"_GLOBAL_OFFSET_TABLE_",
    r"__(asan|ubsan|sanitizer|sancov|gcov|llvm)_\w+|__llvm_\w+",
)))
# Constant tables of pointers need relocation and so lie in .data.rel.ro,
# which nm calls 'd'; the section tells them from variables.
WRITABLE = re.compile(r"\.(bss|data|tdata|tbss)(\..*)?$")
CONSTANT = re.compile(r"\.data\.rel\.ro(\..*)?$")
INSTRUMENTED = re.compile(r"__(asan|ubsan|sancov|gcov|llvm|odr_asan)|\.L")


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True,
                          text=True).stdout


def symbols(library):
    """(undefined, defined) names of an archive."""
    undefined, defined = set(), set()
    for line in output("nm", "-P", library).splitlines():
        fields = line.split()
        if len(fields) >= 2 and fields[1] in ("U", "w", "v"):
            undefined.add(fields[0])
        elif len(fields) >= 2:
            defined.add(fields[0])
    return undefined, defined


def variables(library):
    """Names of what can be written: objects in .data, .bss and their like."""
    found = []
    for line in output("objdump", "-t", library).splitlines():
        m = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+ (?:\.hidden )?(\S+)",
                     line)
        if not m or "O" not in m[1] or INSTRUMENTED.match(m[3]):
            continue
        if m[2] == "*COM*" or (
                WRITABLE.match(m[2]) and not CONSTANT.match(m[2])):
            found.append(m[3])
    return found


def library_faults(library):
    undefined, defined = symbols(library)
    needs = sorted(name for name in undefined - defined
                   if not ALLOWED.fullmatch(name))
    return ([f"needs {name}(), which is not pure" for name in needs] +
            [f"{name} can be written" for name in variables(library)])


def check(root):
    """Samples are compiled; for the project the built library is read."""
    if (root / "src").is_dir():
        return library_faults(sys.argv[1])
    with tempfile.TemporaryDirectory() as build:
        made = Path(build) / "sample.o"
        subprocess.run(os.environ.get("CC", "cc").split() +
                       ["-O1", "-c", root / "sample.c", "-o", made],
                       check=True)
        return library_faults(made)


BAD = {
    "a system call": {"sample.c":
        "int close(int); int f(int fd) { return close(fd); }\n"},
    "a clock": {"sample.c":
        "#include <time.h>\nlong f(void) { return time(0); }\n"},
    "a counter in .bss": {"sample.c": "int n; int f(void) {return ++n;}\n"},
    "a static variable": {"sample.c":
        "int f(void) { static int n = 3; return n++; }\n"},
    "errno": {"sample.c": "#include <errno.h>\nint f(void){return errno;}\n"},
}
GOOD = {
    "text, memory and constant tables": {"sample.c":
        '#include <string.h>\n#include <stdlib.h>\n'
        'static const char *const names[] = {"a", "b"};\n'
        'char *f(int i) { return strdup(names[i]); }\n'},
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "the library pure is pure")
