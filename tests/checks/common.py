"""What the checks of the source tree share.

A check is a function: it is given the root of a tree and returns its faults,
one sentence each.  run() first hands it small trees that it must refuse and
accept, so a check that has gone blind fails, and then the project itself.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE_FOLDERS = ("src", "tests", "fuzz", "bench")


class Skip(Exception):
    """The check cannot run here; the text says why."""


def code_files(root, suffixes=(".c", ".h"), folders=CODE_FOLDERS):
    """Every source file below the folders, in a stable order."""
    return sorted(f for folder in folders
                  for f in (root / folder).rglob("*")
                  if f.suffix in suffixes and f.is_file())


def tree_files(root):
    """The files that belong to the project: git's, or all without git."""
    if (root / ".git").exists():
        out = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z",
             "--cached", "--others", "--exclude-standard"],
            stdout=subprocess.PIPE, check=True, text=True).stdout
        names = [n for n in out.split("\0") if n]
    else:
        names = [str(f.relative_to(root)) for f in root.rglob("*")]
    return [root / n for n in sorted(names) if (root / n).is_file()]


def need(program):
    """The path of a program, or Skip."""
    path = shutil.which(program)
    if not path:
        raise Skip(f"{program} is not installed")
    return path


def make_tree(files):
    """A temporary tree of {name: text}; removed with the object."""
    tree = tempfile.TemporaryDirectory(prefix="hobnail-check-")
    for name, text in files.items():
        path = Path(tree.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tree


class Tap:
    """Test Anything Protocol on standard output."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def result(self, good, name, notes=()):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        for note in notes:
            print(f"# {note}")

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def run(check, bad, good=None, name="the project is clean"):
    """Run `check` on its samples, then on the project.

    bad, good: {what the sample shows: {file name: text}}.
    """
    tap = Tap()
    try:
        for what, files in bad.items():
            with make_tree(files) as tree:
                tap.result(bool(check(Path(tree))), f"refuses {what}")
        for what, files in (good or {}).items():
            with make_tree(files) as tree:
                faults = check(Path(tree))
                tap.result(not faults, f"accepts {what}", faults)
        faults = check(Path(os.environ.get("SOURCE_ROOT", ROOT)))
        tap.result(not faults, name, faults)
    except Skip as why:
        print(f"1..0 # SKIP {why}")
        sys.exit(0)
    tap.end()
