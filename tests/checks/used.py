#!/usr/bin/env python3
"""Every function that a header declares is called by somebody: the program,
or a test, which may need more than the program does."""
import re

import common

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DECLARED = re.compile(r"^(?![#\s])(?!static )(?!typedef )[\w \*]*?[\s\*](\w+)"
                      r"\(", re.M)
DECLARATION = re.compile(r"^[^\s#][^;{}]*;", re.M)


def without_comments(path):
    return COMMENT.sub("", path.read_text())


def uses(name, texts):
    """How often a name stands anywhere but where it is declared."""
    word = re.compile(rf"\b{name}\b")
    defined = re.compile(rf"^{name}\(", re.M)
    return sum(len(word.findall(t)) - len(defined.findall(t)) for t in texts)


def check(root):
    sources = [without_comments(p)
               for p in common.code_files(root, (".c",), ("src",))]
    headers = {p: without_comments(p)
               for p in common.code_files(root, (".h",), ("src",))}
    tests = [without_comments(p) for p in common.code_files(
        root, folders=("tests", "fuzz"))]
    inline = [DECLARATION.sub("", t) for t in headers.values()]
    faults = []
    for path, text in headers.items():
        for name in sorted(set(DECLARED.findall(text))):
            if uses(name, sources + inline + tests) < 1:
                faults.append(f"{path.relative_to(root)}: nobody calls "
                              f"{name}()")
    return faults


HEADER = {"src/base/x.h": "int x_get(void);\nvoid x_clear(void);\n"}
SOURCE = {"src/base/x.c": "int\nx_get(void)\n{\n}\n\nvoid\nx_clear(void)\n"
                          "{\n}\n"}
BAD = {
    "a function that nobody calls": HEADER | SOURCE | {
        "src/base/y.c": "/* x_get() */\nint y = x_clear();\n"},
}
GOOD = {
    "functions that are called": HEADER | SOURCE | {
        "src/base/y.c": "\tx_get();\n",
        "tests/unit/x_test.c": "\tx_clear();\n"},
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "every function is called")
