#!/usr/bin/env python3
"""Files, functions, parameter lists and lines keep to the style's limits.

It leans on the layout that clang-format gives: a function's name, its braces
and nothing else stand in the first column.
"""
import re

import common

FILE_LINES = 1000
FUNCTION_LINES = 100
PARAMETERS = 5
COLUMNS = 80
NAME = re.compile(r"^(\w+)\(")


def functions(lines):
    """(name, line number, lines, head) of each function of a C file."""
    name, start, opened, head = None, 0, None, ""
    for number, line in enumerate(lines, 1):
        if NAME.match(line) and opened is None:
            name, start, head = NAME.match(line)[1], number, line
        elif line == "{" and name:
            opened = number
        elif line == "}" and opened is not None:
            yield name, start, number - opened - 1, head
            name, opened = None, None
        elif name and opened is None:
            head += " " + line.strip()


def parameters(head):
    """How many parameters a function's head has."""
    depth, count = 0, 1
    inside = head[head.index("(") + 1:]
    for char in inside:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            break
        count += char == "," and depth == 0
    return count


def faults_of(root, path):
    where = path.relative_to(root)
    lines = path.read_text().splitlines()
    faults = []

    if len(lines) > FILE_LINES:
        faults.append(f"{where}: {len(lines)} lines")
    for number, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > COLUMNS:
            faults.append(f"{where}:{number}: wider than {COLUMNS} columns")
        if line != line.rstrip():
            faults.append(f"{where}:{number}: ends in white space")
    if path.suffix != ".c":
        return faults
    for name, start, size, head in functions(lines):
        if size > FUNCTION_LINES:
            faults.append(f"{where}:{start}: {name}() has {size} lines")
        if name != "TEST" and parameters(head) > PARAMETERS:
            faults.append(f"{where}:{start}: {name}() has "
                          f"{parameters(head)} parameters")
    return faults


def check(root):
    paths = common.code_files(root, (".c", ".h", ".py", ".sh"),
                              common.CODE_FOLDERS + ("dist",))
    return [fault for path in paths for fault in faults_of(root, path)]


def function(body, arguments="void"):
    return {"src/base/x.c": f"static int\nf({arguments})\n{{\n{body}}}\n"}


BAD = {
    "a file of 1001 lines": {"src/base/x.c": "int n;\n" * 1001},
    "a function of 101 lines": function("\tn++;\n" * 101),
    "six parameters": function("", "int a, int b, int c,\n"
                               "    int d, int e, int g"),
    "a line of 81 columns": {"src/base/x.h": "\t" + "x" * 73 + "\n"},
    "white space at an end": {"tests/x.py": "x = 1 \n"},
}
GOOD = {
    "what is just within the limits":
        function("\tn++;\n" * 100, "int a, void (*b)(int, int),\n"
                 "    int c, int d, int e") |
        {"src/base/y.c": "int n;\n" * 1000},
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "nothing is over a limit")
