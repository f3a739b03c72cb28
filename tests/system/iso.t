#!/usr/bin/env python3
"""What hobnail reads from images is what other programs read from them.

Images are made here by genisoimage, xorriso and mtools; bsdtar and mtools are
the judges.  Then 200 damaged images: each is told to be whole, incomplete or
broken, and nothing else happens.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from tap import Tap, skip_all  # noqa: E402

HOBNAIL = os.environ.get(
    "HOBNAIL", os.path.join(HERE, "../../build/src/hobnail"))
MUTATE = os.path.join(HERE, "../lib/mutate-iso")
NEEDED = ["genisoimage", "xorriso", "mformat", "mcopy", "mmd", "mkfs.fat",
          "bsdtar"]
MUTANTS = 200
GIB = 1 << 30

tap = Tap()


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options).stdout


def probe(path, *options):
    """What `hobnail probe` says: exit status and object."""
    done = subprocess.run([HOBNAIL, "probe", "--json", *options, path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)
    try:
        return done.returncode, json.loads(done.stdout), done.stderr
    except ValueError:
        return done.returncode, None, done.stderr


def listing(path):
    """The files of an image: path -> (size, extents)."""
    _, found, error = probe(path, "--files")
    if not found or "files" not in found:
        tap.note(f"{path}: {found} {error}")
        return {}
    return {f["path"]: (f["size"], f["extents"]) for f in found["files"]}


def content(image, extents):
    parts = []
    with open(image, "rb") as whole:
        for offset, length in extents:
            whole.seek(offset)
            parts.append(whole.read(length))
    return b"".join(parts)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)


def real_files(folder):
    """Paths of the regular files below `folder`, relative to it."""
    found = set()
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path):
                found.add(os.path.relpath(path, folder))
    return found


def differences(image, folder):
    """How our files differ from those that were extracted to `folder`."""
    ours = {path: file for path, file in listing(image).items()
            if not path.startswith("[efi]/")}
    wrong = [f"missing: {path}" for path in real_files(folder) - ours.keys()]
    for path, (size, extents) in ours.items():
        other = os.path.join(folder, path)
        if not os.path.isfile(other):
            wrong.append(f"not there: {path}")
            continue
        with open(other, "rb") as there:
            expected = there.read()
        if len(expected) != size or content(image, extents) != expected:
            wrong.append(f"other bytes: {path}")
    return wrong if ours else ["nothing listed"]


def same_as_bsdtar(image, name):
    folder = tempfile.mkdtemp(dir=".")
    run("bsdtar", "-xf", image, "-C", folder)
    run("chmod", "-R", "u+rwX", folder)
    wrong = differences(image, folder)
    tap.ok(not wrong, name, "\n".join(wrong[:10]))
    shutil.rmtree(folder)


def make_tree(top):
    """Files of many sizes, names and depths."""
    for size in (0, 1, 2047, 2048, 2049, 100000):
        write(f"{top}/sizes/file{size}.bin", os.urandom(size))
    write(f"{top}/.disk/info", b'Debian GNU/Linux 13.1.0 "Trixie"\nmore\n')
    write(f"{top}/{'/'.join('abcdefghijklmno')}/deep.txt", b"deep\n")
    write(f"{top}/names/{'long' * 50}.txt", b"long\n")
    write(f"{top}/names/Gr\u00fc\u00dfe \u4f60\u597d.txt", b"hello\n")
    write(f"{top}/names/UPPER.TXT", b"upper\n")
    write(f"{top}/names/no-extension", b"none\n")
    for number in range(300):
        write(f"{top}/many/entry-number-{number}.txt", b"%d\n" % number)
    os.symlink(".", f"{top}/debian")
    os.symlink("sizes", f"{top}/linked")
    os.symlink("../sizes/file2049.bin", f"{top}/names/link")
    os.symlink("/etc/passwd", f"{top}/names/absolute")
    os.symlink("../../../../etc/passwd", f"{top}/names/outside")


def make_efi(path, kind, kilobytes):
    """A FAT image with long names, folders, and files across clusters."""
    with open(path, "wb") as out:
        out.truncate(kilobytes * 1024)
    run("mkfs.fat", "-F", str(kind), path)
    folder = tempfile.mkdtemp(dir=".")
    write(f"{folder}/EFI/BOOT/BOOTX64.EFI", os.urandom(70001))
    write(f"{folder}/EFI/BOOT/grubx64.efi", os.urandom(1500))
    write(f"{folder}/A long name of a file.txt", b"long\n")
    write(f"{folder}/Gr\u00fc\u00dfe.txt", b"hello\n")
    write(f"{folder}/lower.txt", b"lower\n")
    write(f"{folder}/EFI/empty", b"")
    # Files that come and go leave holes, so the last one is in pieces.
    for number in range(8):
        write(f"{folder}/hole{number}", os.urandom(5000))
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    for name in sorted(os.listdir(folder)):
        run("mcopy", "-s", "-i", path, f"{folder}/{name}", "::",
            env=environment)
    free = run("mdir", "-i", path, "::").split(b"\n")[-3]
    free = int(b"".join(free.split()[:-2]))
    write(f"{folder}/filler", bytes(free - 60000))
    run("mcopy", "-i", path, f"{folder}/filler", "::")
    for number in range(0, 8, 2):
        run("mdel", "-i", path, f"::hole{number}")
        os.unlink(f"{folder}/hole{number}")
    write(f"{folder}/pieces.bin", os.urandom(65000))
    run("mcopy", "-i", path, f"{folder}/pieces.bin", "::")
    return folder


def test_trees():
    make_tree("tree")
    run("genisoimage", "-quiet", "-R", "-o", "rock.iso", "tree")
    same_as_bsdtar("rock.iso", "Rock Ridge: bsdtar reads the same files")
    files = listing("rock.iso")
    tap.ok({"debian/sizes/file1.bin", "linked/file2048.bin", "names/link",
            "debian/linked/file1.bin"} <= files.keys()
           and not {"names/absolute", "names/outside"} & files.keys(),
           "symbolic links inside are followed, others dropped")
    tap.same(probe("rock.iso")[1]["disk_info"],
             'Debian GNU/Linux 13.1.0 "Trixie"', ".disk/info is read")
    run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-joliet-long",
        "-iso-level", "3", "-o", "both.iso", "tree")
    same_as_bsdtar("both.iso", "xorriso, Rock Ridge and Joliet: the same")
    run("genisoimage", "-quiet", "-J", "-joliet-long", "-D", "-o",
        "joliet.iso", "tree")
    tap.same(probe("joliet.iso")[1]["tree"], "Joliet", "Joliet is found")
    same_as_bsdtar("joliet.iso", "Joliet: bsdtar reads the same files")
    run("genisoimage", "-quiet", "-D", "-o", "plain.iso", "tree")
    tap.same(probe("plain.iso")[1]["tree"], "ISO 9660", "plain is plain")
    same_as_bsdtar("plain.iso", "plain ISO 9660: the same")


def test_compressed():
    run("sh", "-c", "yes hobnail | head -c 300000 > tree/sizes/text")
    run("xorriso", "-outdev", "zisofs.iso", "-map", "tree/sizes", "/",
        "-zisofs", "level=9", "-set_filter_r", "--zisofs", "/", "--")
    files = listing("zisofs.iso")
    tap.ok("text" not in files and "file2048.bin" in files,
           "a file that zisofs compressed is not served as it is")


def test_archive():
    """Debian's netboot archive is a tar archive."""
    for kind in ("gnu", "pax"):
        run("tar", f"--format={kind}", "-cf", f"{kind}.tar", "-C", "tree", ".")
        same_as_bsdtar(f"{kind}.tar", f"tar, {kind}: bsdtar reads the same")
    os.truncate("pax.tar", os.path.getsize("pax.tar") // 2)
    tap.same(probe("pax.tar")[1]["verdict"], "incomplete",
             "a cut archive is incomplete")
    run("xz", "gnu.tar")
    found = probe("gnu.tar.xz")[1]
    tap.ok(found["verdict"] == "broken" and "xz" in found["why"],
           "an archive in xz says that it is compressed", found)


def test_boot(kind, kilobytes):
    """El Torito with a BIOS and an EFI entry, in the tree and behind it."""
    efi = f"efi{kind}.img"
    folder = make_efi(efi, kind, kilobytes)
    tree = f"boot{kind}"
    write(f"{tree}/bios.img", os.urandom(2048))
    for place in ("inside", "appended"):
        image = f"{place}{kind}.iso"
        command = ["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", image,
                   "-b", "bios.img", "-no-emul-boot", "-boot-load-size", "4",
                   "-eltorito-alt-boot"]
        if place == "inside":
            shutil.copy(efi, tree)
            command += ["-e", efi]
        else:
            os.unlink(f"{tree}/{efi}")
            command += ["-append_partition", "2", "0xef", efi, "-e",
                        "--interval:appended_partition_2:all::"]
        run(*command, "-no-emul-boot", tree)
        found = probe(image)[1]
        boot = {entry["platform"]: entry for entry in found.get("boot", [])}
        tap.ok(boot.keys() == {"BIOS", "EFI"}
               and boot["EFI"]["length"] == kilobytes * 1024,
               f"FAT{kind} {place}: both boot entries, of the right size",
               found)
        ours = {path.removeprefix("[efi]/"): file
                for path, file in listing(image).items()
                if path.startswith("[efi]/")}
        wrong = [path for path in real_files(folder)
                 if path not in ours or content(image, ours[path][1])
                 != open(f"{folder}/{path}", "rb").read()]
        extra = ours.keys() - real_files(folder)
        tap.ok(not wrong and not extra,
               f"FAT{kind} {place}: every file is right", (wrong, extra))
        tap.ok(len(ours.get("pieces.bin", (0, []))[1]) > 1,
               f"FAT{kind} {place}: a file in pieces has several extents")
    os.unlink(efi)


def test_grub():
    if not shutil.which("grub-mkrescue"):
        return tap.skip("grub-mkrescue", "it is not installed")
    write("grub/boot/grub/grub.cfg", b"echo hello\n")
    run("grub-mkrescue", "-o", "grub.iso", "grub")
    found = probe("grub.iso")[1]
    tap.ok(found["hybrid"] and found["boot"], "grub-mkrescue: a hybrid",
           found)
    same_as_bsdtar("grub.iso", "grub-mkrescue: bsdtar reads the same files")
    programs = [path for path in listing("grub.iso")
                if path.startswith("[efi]/") and path.lower().endswith(".efi")]
    efi = any(entry["platform"] == "EFI" for entry in found["boot"])
    tap.same(bool(programs), efi, "grub-mkrescue: its EFI programs are found")


def test_large():
    """A file of 5 GiB, which takes two sections."""
    marks = {0: b"start", 4 * GIB - 3: b"across", 5 * GIB - 5: b"at-it"}
    with open("large.bin", "wb") as out:
        out.truncate(5 * GIB)
        for offset, mark in marks.items():
            out.seek(offset)
            out.write(mark)
    os.makedirs("largetree")
    os.rename("large.bin", "largetree/large.bin")
    write("largetree/small.txt", b"small\n")
    subprocess.run("xorriso -as mkisofs -quiet -iso-level 3 -R -o - largetree"
                   " | dd of=large.iso bs=1M iflag=fullblock conv=sparse"
                   " status=none", shell=True, check=True,
                   stderr=subprocess.DEVNULL)
    # `dd` does not write a hole at the very end.
    with open("large.iso", "ab") as out:
        out.truncate((os.path.getsize("large.iso") + 2047) & ~2047)
    size, extents = listing("large.iso").get("large.bin", (0, []))
    tap.same(size, 5 * GIB, "a file of 5 GiB has its size")
    found = {}
    for at, mark in marks.items():
        data, where = b"", 0
        for offset, length in extents:
            first = max(at, where)
            last = min(at + len(mark), where + length)
            if first < last:
                data += content("large.iso",
                                [(offset + first - where, last - first)])
            where += length
        found[at] = data
    tap.same(found, marks, "and its bytes, also across and behind 4 GiB")
    shutil.rmtree("largetree")
    os.unlink("large.iso")


def test_truncated():
    whole = os.path.getsize("rock.iso")
    needed = max(offset + length for _, extents in listing("rock.iso").values()
                 for offset, length in extents)
    shutil.copy("rock.iso", "cut.iso")
    os.truncate("cut.iso", needed)
    tap.ok(needed < whole and probe("cut.iso")[1]["verdict"] == "ok",
           "padding that is missing does no harm")
    verdicts = []
    for keep in (needed - 1, needed // 2, 200 * 1024, 36000):
        os.truncate("cut.iso", keep)
        verdicts.append(probe("cut.iso")[1]["verdict"])
    tap.same(verdicts, ["incomplete"] * 4, "a cut image is incomplete")
    os.truncate("cut.iso", 20000)
    status, found, _ = probe("cut.iso")
    tap.ok(status == 1 and found["verdict"] == "broken"
           and "20000 bytes" in found["why"],
           "the first 20,000 bytes of one are broken, and it says why", found)
    os.unlink("cut.iso")


def test_many():
    for number in range(20000):
        write(f"lots/{number % 200}/file-with-a-name-{number}.deb", b"x")
    run("genisoimage", "-quiet", "-R", "-J", "-o", "lots.iso", "lots")
    start = time.monotonic()
    _, found, _ = probe("lots.iso")
    took = time.monotonic() - start
    tap.same(found["file_count"], 20000, "20,000 files are listed")
    limit = 0.5 if "asan" not in HOBNAIL else 5
    tap.ok(took < limit, f"and that takes less than {limit} s",
           f"{took:.3f} s")
    tap.note(f"20,000 files: {took:.3f} s")
    shutil.rmtree("lots")
    os.unlink("lots.iso")


def make_small():
    """A small image that has everything."""
    make_tree("small")
    shutil.rmtree("small/many")
    os.unlink("small/sizes/file100000.bin")
    run("mformat", "-C", "-i", "small/efi.img", "-h", "2", "-s", "9", "-t",
        "20", "::")
    run("mcopy", "-i", "small/efi.img", "small/sizes/file2049.bin",
        "::A long name.efi")
    write("small/bios.img", bytes(2048))
    run("genisoimage", "-quiet", "-R", "-J", "-joliet-long", "-o",
        "small.iso", "-b", "bios.img", "-no-emul-boot", "-boot-load-size",
        "4", "-eltorito-alt-boot", "-e", "efi.img", "-no-emul-boot", "small")


def test_mutants():
    make_small()
    os.makedirs("mutants")
    verdicts = {"ok": 0, "incomplete": 0, "broken": 0}
    wrong, slowest = [], 0.0
    for seed in range(MUTANTS):
        image = f"mutants/{seed}.iso"
        run(sys.executable, MUTATE, str(seed), "small.iso", image)
        start = time.monotonic()
        status, found, error = probe(image, "--files")
        slowest = max(slowest, time.monotonic() - start)
        if not found or found["verdict"] not in verdicts or error \
                or status != (found["verdict"] != "ok"):
            wrong.append((seed, status, found, error))
            continue
        verdicts[found["verdict"]] += 1
        size = os.path.getsize(image)
        if found["verdict"] != "ok" and not found.get("why"):
            wrong.append((seed, "no reason given"))
        if found.get("why") == "reading it failed":
            wrong.append((seed, "it crashed"))
        for file in found.get("files", []):
            if any(a + n > size for a, n in file["extents"]):
                wrong.append((seed, "an extent outside", file))
    tap.ok(not wrong, f"{MUTANTS} damaged images are told for what they are",
           "\n".join(map(str, wrong[:5])))
    tap.ok(slowest < 5, "none takes longer than 5 s", f"{slowest:.2f} s")
    tap.ok(min(verdicts.values()) > 0,
           "the damage leads to every verdict", verdicts)
    tap.note(f"{verdicts}, slowest {slowest:.2f} s")


def test_replay():
    """The same under the sanitizers, where a build with them is at hand."""
    replay = os.environ.get("ISO_REPLAY", os.path.join(
        os.path.dirname(HOBNAIL), "../fuzz/iso9660_replay"))
    if not os.path.exists(replay):
        return tap.skip("the reader alone", f"there is no {replay}")
    done = subprocess.run([replay, "mutants"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)
    tap.ok(done.returncode == 0, "the reader alone gets through all of them",
           done.stdout.decode(errors="replace")[-3000:])


def main():
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        skip_all(f"not installed: {' '.join(missing)}")
    signal.alarm(600)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="hobnail-iso-") as folder:
        os.chdir(folder)
        test_trees()
        test_compressed()
        test_archive()
        test_boot(12, 4000)
        test_boot(16, 20000)
        test_boot(32, 40000)
        test_grub()
        test_truncated()
        test_many()
        test_large()
        test_mutants()
        test_replay()
        os.chdir("/")
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
