#!/usr/bin/env python3
"""A file includes its own folder and folders to its left, own header first.

base < proto, media < boot < store < io < service < proc < cmd
(docs/architecture.md); proto and media do not include each other.
"""
import re

import common

RANK = {"base": 0, "proto": 1, "media": 1, "boot": 2, "store": 3, "io": 4,
        "service": 5, "proc": 6, "cmd": 7}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def includes(path):
    """(kind, name) of each include, in order; kind is '"' or '<'."""
    found = (INCLUDE.match(line) for line in path.read_text().splitlines())
    return [m.groups() for m in found if m]


def allowed(folder, other):
    return other == folder or RANK[other] < RANK[folder]


def faults_of(root, path):
    where = path.relative_to(root)
    folder = path.parent.name
    ours = [name for kind, name in includes(path) if kind == '"']
    faults = []

    if folder not in RANK or path.parent.parent != root / "src":
        return [f"{where}: lies in no folder of the architecture"]
    for name in ours:
        other, slash, _ = name.partition("/")
        if not slash or other not in RANK:
            faults.append(f'{where}: "{name}" names no folder')
        elif not (root / "src" / name).is_file():
            faults.append(f'{where}: "{name}" does not exist')
        elif not allowed(folder, other):
            faults.append(f'{where}: {folder} may not include "{name}"')

    own = f"{folder}/{path.stem}.h"
    if path.suffix == ".c" and (root / "src" / own).is_file():
        if includes(path)[:1] != [('"', own)]:
            faults.append(f'{where}: its own header "{own}" is not first')
    return faults


def check(root):
    return [fault for path in common.code_files(root, folders=("src",))
            for fault in faults_of(root, path)]


EMPTY = {"src/base/a.h": "", "src/proto/b.h": "", "src/media/m.h": "",
         "src/io/loop.h": ""}
BAD = {
    "an include of a folder to the right":
        EMPTY | {"src/proto/x.c": '#include "io/loop.h"\n'},
    "proto that includes media":
        EMPTY | {"src/proto/x.c": '#include "media/m.h"\n'},
    "a header without its folder":
        EMPTY | {"src/base/x.c": '#include "a.h"\n'},
    "an unknown folder":
        EMPTY | {"src/base/x.c": '#include "tests/check.h"\n'},
    "a source whose own header comes second":
        EMPTY | {"src/base/a.c": '#include <stdio.h>\n#include "base/a.h"\n'},
    "a folder that the architecture does not have":
        EMPTY | {"src/util/x.c": ""},
}
GOOD = {
    "includes to the left and of the own folder":
        EMPTY | {"src/io/loop.c": '#include "io/loop.h"\n#include <stdio.h>\n'
                                  '#include "base/a.h"\n#include "media/m.h"'},
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "every include follows the rule")
