#!/usr/bin/env python3
"""Whatever is written is also built and run.

Every source is in its folder's meson.build, every unit test and fuzz target
in its list, every fuzz target has seeds, every wire sample a test.
"""
import re

import common


def text_of(path):
    return path.read_text() if path.is_file() else ""


def listed(path):
    """The names in quotes in a meson.build."""
    return set(re.findall(r"'([^'\n]+)'", text_of(path)))


def missing_sources(root):
    for path in common.code_files(root, (".c",), ("src",)):
        if path.name not in listed(path.parent / "meson.build"):
            yield f"{path.relative_to(root)} is in no meson.build"


def missing_tests(root, folder, ending):
    names = listed(root / folder / "meson.build")
    for path in sorted((root / folder).glob(f"*{ending}")):
        if path.name.removesuffix(ending) not in names:
            yield f"{path.relative_to(root)} is in no list"


def missing_seeds(root):
    for path in sorted((root / "fuzz").glob("*_fuzz.c")):
        seeds = root / "fuzz/seeds" / path.name.removesuffix("_fuzz.c")
        if not seeds.is_dir() or not any(seeds.iterdir()):
            yield f"{path.relative_to(root)} has no seeds"


def unused_wire(root):
    tests = "".join(text_of(p) for p in (root / "tests").rglob("*.[ch]"))
    for path in sorted((root / "tests/wire").glob("*.hex")):
        if f'"{path.stem}"' not in tests:
            yield f"{path.relative_to(root)} is used by no test"


def check(root):
    return [*missing_sources(root),
            *missing_tests(root, "tests/unit", "_test.c"),
            *missing_tests(root, "fuzz", "_fuzz.c"),
            *missing_seeds(root), *unused_wire(root)]


BAD = {
    "a source that is not built":
        {"src/base/x.c": "", "src/base/meson.build": "files('y.c')"},
    "a test that is not run":
        {"tests/unit/x_test.c": "", "tests/unit/meson.build": "['y']"},
    "a fuzz target that is not built":
        {"fuzz/x_fuzz.c": "", "fuzz/meson.build": "", "fuzz/seeds/x/a": ""},
    "a fuzz target without seeds":
        {"fuzz/x_fuzz.c": "", "fuzz/meson.build": "['x']"},
    "a wire sample without a test":
        {"tests/wire/x.hex": "00", "tests/unit/meson.build": ""},
}
GOOD = {
    "a tree where all is listed":
        {"src/base/x.c": "", "src/base/meson.build": "files(\n  'x.c',\n)",
         "fuzz/x_fuzz.c": "", "fuzz/meson.build": "['x']",
         "fuzz/seeds/x/a": "", "tests/wire/x.hex": "00",
         "tests/unit/x_test.c": 'wire("x", b, 9)',
         "tests/unit/meson.build": "['x']"},
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "everything is in its list")
