"""Images for tests: made once from packages, kept by what makes them.

    image("memtest")       path of memtest.iso, made now where it is missing
    place(lab, "memtest")  the same in the folder that the lab's server serves

The recipes are the shell scripts tests/images/NAME; each runs in an empty
folder, with $OUT (what to make) and $FETCH (dist/fetch-debs).  The cache is
$XDG_CACHE_HOME/hobnail/images/NAME-HASH.iso, HASH over the recipe.  From the
command line: images.py NAME... makes them, without names all.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

from lab import cache

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
RECIPES = os.path.join(TOP, "tests/images")
CACHE = os.path.join(cache(), "images")


class Unavailable(Exception):
    """An image cannot be made here; the text says why."""


def _make(recipe, out):
    with tempfile.TemporaryDirectory(prefix="hobnail-image-") as work:
        made = os.path.join(work, "made")
        os.mkdir(os.path.join(work, "work"))
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", recipe], capture_output=True,
            text=True, cwd=os.path.join(work, "work"), check=False,
            stdin=subprocess.DEVNULL, timeout=1800,
            env={**os.environ, "OUT": made,
                 "FETCH": os.path.join(TOP, "dist/fetch-debs")})
        if ran.returncode != 0 or not os.path.exists(made):
            said = (ran.stderr.strip() or ran.stdout.strip()).splitlines()
            raise Unavailable(f"image {os.path.basename(recipe)}: " +
                              " / ".join(said[-3:]))
        shutil.move(made, out + ".new")
        os.rename(out + ".new", out)


def image(name):
    """The path of an image; Unavailable where it cannot be made."""
    recipe = os.path.join(RECIPES, name)
    with open(recipe, "rb") as handle:
        digest = hashlib.sha256(handle.read()).hexdigest()[:12]
    os.makedirs(CACHE, exist_ok=True)
    suffix = "" if name == "old-roms" else ".iso"
    out = os.path.join(CACHE, f"{name}-{digest}{suffix}")
    with open(os.path.join(CACHE, f"{name}.lock"), "w",
              encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(out):
            _make(recipe, out)
    return out


def old_rom(name):
    """A network card ROM of Debian 12, by name."""
    return os.path.join(image("old-roms"), name)


def place(lab, name):
    """Put an image into the folder that is served, as NAME.iso; its path."""
    target = os.path.join(lab.folder, f"{name}.iso")
    shutil.copyfile(image(name), target + ".part")
    os.chmod(target + ".part", 0o644)
    os.rename(target + ".part", target)
    return target


def main():
    for name in sys.argv[1:] or sorted(os.listdir(RECIPES)):
        begin = time.monotonic()
        try:
            path = image(name)
        except Unavailable as why:
            sys.exit(str(why))
        size = os.path.getsize(path) / 1e6
        print(f"{name}: {size:.1f} MB, {time.monotonic() - begin:.0f} s, "
              f"{path}")


if __name__ == "__main__":
    main()
