#!/usr/bin/env python3
"""What the pages for people name exists.

usage: docs.py [PROGRAM]

Links and pictures lead to files of the tree; README.md names every test that
boots a machine.  With the built program: each `hobnail COMMAND` of a page is
in its help, and so is each option behind it; each configuration in a page,
and the sample with all its keys switched on, is accepted.
"""
import re
import subprocess
import sys
import tempfile

import common

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.M | re.S)
YAML = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)
CALL = re.compile(r"(?:^|[\s(])hobnail((?: +[^\s|;&)]+)*)")
HELP = {}
INTERNAL = ("role",)  # executed by the keeper alone


def help_of(program, *command):
    if command not in HELP:
        done = subprocess.run([program, *command, "--help"], text=True,
                              stdout=subprocess.PIPE, timeout=10,
                              stderr=subprocess.STDOUT)
        HELP[command] = done.stdout if done.returncode == 0 else ""
    return HELP[command]


def links(root, path, text):
    for target in LINK.findall(text):
        name = target.partition("#")[0]
        if "://" in target or target.startswith("mailto:") or not name:
            continue
        if not (path.parent / name).exists():
            yield f"{path.relative_to(root)}: no file {name}"


def words(text, word):
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)


def call_faults(program, line):
    """Faults of the arguments behind one `hobnail`."""
    arguments = line.split()
    if not arguments or not re.match(r"^[a-z-]+$", arguments[0]) or (
            arguments[0] in INTERNAL):
        return
    command = [] if arguments[0].startswith("-") else arguments[:1]
    if command and not words(help_of(program), command[0]):
        yield f"`hobnail {command[0]}` is no command"
        return
    for option in arguments[len(command):]:
        name = option.partition("=")[0]
        if re.match(r"^--?[a-z]", name) and not words(
                help_of(program, *command), name):
            yield f"`hobnail {' '.join(command)}` has no option {name}"


def calls(program, root, path, text):
    for block, span in CODE.findall(text):
        for line in (block or span).splitlines():
            for call in CALL.findall(line.partition("#")[0]):
                for fault in call_faults(program, call):
                    yield f"{path.relative_to(root)}: {fault}"


def untold_boots(root):
    """Boot tests that the table in README.md does not have."""
    text = (root / "README.md").read_text() if (
        root / "README.md").is_file() else ""
    for path in sorted((root / "tests/boot").glob("*.t")):
        if f"({path.relative_to(root)})" not in text:
            yield f"README.md does not name {path.relative_to(root)}"


def configurations(root):
    """(where, text) of each configuration that is shown to people."""
    for path in pages(root):
        for block in YAML.findall(path.read_text()):
            yield path.relative_to(root), block
    sample = root / "dist/hobnail.yaml"
    if sample.is_file():
        yield sample.relative_to(root), re.sub(
            r"(?m)^#(?=[a-z_ ]+[:-])", "", sample.read_text())


def refused_configurations(program, root):
    for where, text in configurations(root):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([program, "check", file.name], text=True,
                                  stdout=subprocess.PIPE, timeout=10,
                                  stderr=subprocess.STDOUT)
        for line in done.stdout.splitlines() if done.returncode else ():
            yield f"{where}: {line.replace(file.name, 'line')}"


def pages(root):
    return [p for p in (*sorted(root.glob("*.md")),
                        *sorted((root / "docs").rglob("*.md")))]


def check(root):
    program = sys.argv[1] if len(sys.argv) > 1 else None
    if (root / "hobnail").is_file():
        program = f"{root}/hobnail"
        (root / "hobnail").chmod(0o755)
        HELP.clear()
    faults = list(untold_boots(root))
    if program:
        faults += refused_configurations(program, root)
    for path in pages(root):
        text = path.read_text()
        faults += links(root, path, text)
        if program:
            faults += calls(program, root, path, text)
    HELP.clear()
    return faults


def sample(page):
    return {"README.md": page, "hobnail":
            "#!/bin/sh\necho serve, images: --json -f\n"
            "[ \"$1\" != check ] || ! grep -n bad \"$2\"\n"}


BAD = {
    "a link to no file": {"docs/x.md": "see [it](y.md#part)\n"},
    "a picture that is not there": {"README.md": "![boot](docs/a.png)\n"},
    "an unknown command": sample("Run `hobnail fly`.\n"),
    "a boot test that is not told of": {"README.md": "[x](tests/boot/x.t)",
                                        "tests/boot/x.t": "",
                                        "tests/boot/y.t": ""},
    "a wrong configuration": sample("```yaml\nbad: 1\n```\n"),
    "a wrong sample": sample("x") | {"dist/hobnail.yaml": "#bad: 1  # x\n"},
    "an unknown option": sample("```sh\nsudo hobnail images --xml\n```\n"),
}
GOOD = {
    "links to files, and the commands of the program": sample(
        "[x](README.md), [y](https://example.net/),\n"
        "```yaml\ngood: 1\n```\n"
        "`hobnail images --json`, the user `hobnail`, `hobnail.yaml`\n"),
}

if __name__ == "__main__":
    common.run(check, BAD, GOOD, "the pages name what exists")
