"""A machine that boots from the network: QEMU without KVM, on a lab's bridge.

    guest = Guest(lab, "bios")        # or "uefi", "http", "arm64"
    guest.start()
    if not guest.wait_for("Memtest86", 120): ...
    guest.keys("down", "ret")
    guest.screenshot("/tmp/screen.png")

The kinds:
    bios   PC BIOS; the network card's ROM is Debian 12's iPXE of 2019, which
           knows no HTTPS ("too old")
    uefi   x86-64 EDK2, UEFI PXE; no iPXE in the card's ROM
    http   the same, UEFI HTTP Boot only
    arm64  64-bit ARM EDK2, UEFI PXE

What the guest shows is read from the serial port (EDK2 and what runs on its
console; a Linux with console=ttyS0), from VGA text memory (BIOS), and by OCR
where a program draws its own letters.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time

from images import old_rom
from lab import wait_until

X86_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
X86_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
ARM_CODE = "/usr/share/AAVMF/AAVMF_CODE.fd"
ARM_VARS = "/usr/share/AAVMF/AAVMF_VARS.fd"
MACS = {"bios": "52:54:00:00:0b:05", "uefi": "52:54:00:00:0e:f1",
        "http": "52:54:00:00:ab:07", "arm64": "52:54:00:00:aa:64"}
NEEDS = {"bios": ("qemu-system-x86_64", None),
         "uefi": ("qemu-system-x86_64", X86_CODE),
         "http": ("qemu-system-x86_64", X86_CODE),
         "arm64": ("qemu-system-aarch64", ARM_CODE)}
VGA_TEXT = 0xb8000
ESCAPE = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]")
KEYS = {" ": "spc", "-": "minus", "=": "equal", "/": "slash", ".": "dot",
        ",": "comma", "\n": "ret", ";": "semicolon"}
SHIFTED = {":": "semicolon", "_": "minus", "$": "4", "{": "bracket_left",
           "}": "bracket_right", "+": "equal", "&": "7", "?": "slash"}


def missing(*kinds):
    """Why guests of these kinds cannot run here, or None."""
    for kind in kinds:
        program, firmware = NEEDS[kind]
        if not shutil.which(program):
            return f"{program} is not installed"
        if firmware and not os.path.exists(firmware):
            return f"{firmware} is not there"
    if not os.path.exists("/dev/net/tun"):
        return "/dev/net/tun is not there"
    return None


class Guest:
    """See the head of this file."""

    def __init__(self, lab, kind, memory=512, mac=None, name=None, extra=()):
        """`memory` in MiB; `extra`: more options for QEMU."""
        self.lab = lab
        self.kind = kind
        self.name = name or kind
        self.mac = mac or MACS[kind]
        self.memory = memory
        self.extra = list(extra)
        self.base = os.path.join(lab.work, self.name)
        self.process = None
        self.qmp_file = None
        self.started = None
        self.last_ocr = (0.0, "")

    # What the machine is made of.

    def _common(self):
        tap = self.lab.add_tap()
        return [
            NEEDS[self.kind][0], "-accel", "tcg", "-m", str(self.memory),
            "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-qmp", f"unix:{self.base}.qmp,server=on,wait=off",
            "-serial", f"file:{self.base}.serial",
            "-netdev", f"tap,id=net,ifname={tap},script=no,downscript=no"]

    def _flash(self, code, variables):
        shutil.copyfile(variables, f"{self.base}.vars")
        return ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                "-drive", f"if=pflash,format=raw,file={self.base}.vars"]

    def _nic(self, model, rom=""):
        return ["-device", f"{model},netdev=net,mac={self.mac},"
                f"bootindex=0,romfile={rom}"]

    def _bios(self):
        return ["-machine", "pc", "-vga", "std", "-boot", "n"] + \
            self._nic("e1000", old_rom("pxe-e1000.rom"))

    def _uefi(self):
        return ["-machine", "q35", "-vga", "std", "-device", "virtio-rng-pci",
                "-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"] \
            + self._flash(X86_CODE, X86_VARS) + self._nic("virtio-net-pci")

    def _http(self):
        return self._uefi() + [
            "-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n"]

    def _arm64(self):
        return ["-machine", "virt", "-cpu", "max,pauth-impdef=on",
                "-device", "virtio-rng-pci", "-device", "ramfb",
                "-device", "qemu-xhci", "-device", "usb-kbd"] \
            + self._flash(ARM_CODE, ARM_VARS) + self._nic("virtio-net-pci")

    # Its life.

    def start(self):
        """Power on.  Call from the main thread."""
        parts = getattr(self, "_" + self.kind)()
        self.process = self.lab.start(
            f"qemu-{self.name}", "server", *self._common(), *parts,
            *self.extra)
        self.started = time.monotonic()
        if not wait_until(self._connect, 20):
            raise RuntimeError("QEMU does not start: " +
                               self.process.output())
        return self

    def stop(self):
        if self.process:
            self.process.stop()

    def seconds(self):
        """Since power-on."""
        return time.monotonic() - self.started

    # QEMU's machine protocol.

    def _connect(self):
        if not self.process.alive():
            return True
        channel = socket.socket(socket.AF_UNIX)
        try:
            channel.connect(f"{self.base}.qmp")
        except OSError:
            channel.close()
            return None
        channel.settimeout(60)
        self.qmp_file = channel.makefile("rw")
        self.qmp_file.readline()
        self.qmp("qmp_capabilities")
        return True

    def qmp(self, command, **arguments):
        """Run a command; its answer.  RuntimeError where QEMU refuses or has
        ended."""
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        try:
            self.qmp_file.write(json.dumps(request) + "\n")
            self.qmp_file.flush()
            for line in self.qmp_file:
                answer = json.loads(line)
                if "error" in answer:
                    raise RuntimeError(answer["error"]["desc"])
                if "return" in answer:
                    return answer["return"]
        except (OSError, ValueError) as why:
            raise RuntimeError(f"QEMU is gone: {why}") from why
        raise RuntimeError("QEMU is gone")

    def keys(self, *names):
        """Press keys by QEMU's names ("ret", "down", "ctrl-b"), in order."""
        for name in names:
            codes = [{"type": "qcode", "data": part}
                     for part in name.split("-")]
            self.qmp("send-key", keys=codes)
            time.sleep(0.15)

    def type(self, text):
        for letter in text:
            if letter in SHIFTED:
                self.keys("shift-" + SHIFTED[letter])
            else:
                self.keys(KEYS.get(letter, letter))

    # What it shows.

    def serial(self):
        """All that came on the serial port, without escape sequences."""
        try:
            with open(f"{self.base}.serial", encoding="utf-8",
                      errors="replace") as handle:
                return ESCAPE.sub("", handle.read())
        except FileNotFoundError:
            return ""

    def vga(self):
        """The text screen of a PC, 80 columns; "" elsewhere."""
        if self.kind == "arm64":
            return ""
        path = f"{self.base}.vga"
        self.qmp("pmemsave", val=VGA_TEXT, size=80 * 50 * 2, filename=path)
        with open(path, "rb") as handle:
            letters = handle.read()[::2].decode("cp437").replace("\0", " ")
        lines = [letters[i:i + 80].rstrip() for i in range(0, 80 * 50, 80)]
        return "\n".join(lines).rstrip()

    def screenshot(self, path):
        """The screen as PNG."""
        self.qmp("screendump", filename=path, format="png")

    def ocr(self):
        """What tesseract reads on the screen; at most every 3 seconds anew."""
        if time.monotonic() - self.last_ocr[0] < 3:
            return self.last_ocr[1]
        self.qmp("screendump", filename=f"{self.base}.ppm")
        if not _enlarge(f"{self.base}.ppm", f"{self.base}.pgm"):
            return ""
        read = subprocess.run(
            ["tesseract", f"{self.base}.pgm", "-", "--psm", "6"],
            capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"})
        self.last_ocr = (time.monotonic(), read.stdout)
        return read.stdout

    def text(self, ocr=False):
        """All that can be read now."""
        parts = [self.serial(), self.vga()]
        if ocr:
            parts.append(self.ocr())
        return "\n".join(parts)

    def wait_for(self, pattern, seconds, ocr=False):
        """The first match of `pattern` in what the guest shows, or None
        after `seconds` or when the guest ended."""
        def look():
            if not self.process.alive():
                return re.search(pattern, self.serial()) or "ended"
            try:
                return re.search(pattern, self.text(ocr))
            except RuntimeError:
                return None

        found = wait_until(look, seconds, 0.5)
        return None if found == "ended" else found

    def describe(self):
        """For a failed test: the end of what it showed."""
        return (f"{self.name} after {self.seconds():.0f} s\n" +
                "\n".join(self.text_or_serial().splitlines()[-40:]))

    def text_or_serial(self):
        try:
            return self.text(ocr=True)
        except (RuntimeError, OSError):
            return self.serial() + self.process.output()


def _enlarge(source, target):
    """A PPM to twice its size in grey, dark on light, for OCR.  False where
    there is no picture."""
    try:
        with open(source, "rb") as handle:
            kind, size, _, data = handle.read().split(b"\n", 3)
        width, height = map(int, size.split())
    except (OSError, ValueError):
        return False
    if kind != b"P6" or len(data) < width * height * 3:
        return False
    grey = bytes(255 - value for value in data[1:width * height * 3:3])
    out = bytearray()
    for row in range(height):
        line = bytearray(width * 2)
        line[0::2] = line[1::2] = grey[row * width:(row + 1) * width]
        out += line + line
    with open(target, "wb") as handle:
        handle.write(b"P5\n%d %d\n255\n" % (width * 2, height * 2) + out)
    return True
