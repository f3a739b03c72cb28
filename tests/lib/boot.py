"""What the real boots in tests/boot have in common.

    boot.need(["bios"], ["memtest"])          skips the whole test if missing
    with Lab(300) as lab:
        server = boot.serve(lab, ["memtest"], "--dhcp", "server", ...)
        guest = Guest(lab, "bios").start()
        boot.shows(tap, guest, "Memtest86", 120, "memtest runs")
        boot.asked(tap, server, guest, "preseed.cfg", 120, "...")
"""

import os
import re
import shutil

import images
from guest import Guest, missing
from lab import Lab, ROUTER, unavailable, wait_until
from tap import skip_all

RANGE = ["--dhcp", "server", "--range", "10.77.0.100-10.77.0.150"]
NETWORK = f"dhcp:\n  dns: [{ROUTER}]\n  router: {ROUTER}\n"


def need(kinds, names, programs=("dnsmasq", "tesseract")):
    """Skip the test where its guests or its images cannot be had."""
    why = unavailable(*programs) or missing(*kinds)
    if why:
        skip_all(why)
    try:
        for name in list(names) + ["old-roms"]:
            images.image(name)
    except images.Unavailable as why:
        skip_all(str(why))


def serve(lab, names, *options, config=None):
    """A server with loaders, these images in its folder and offered."""
    if not lab.loaders():
        skip_all("no loader is to be had")
    for name in names:
        images.place(lab, name)
    server = lab.serve(*options, config=config)
    if not wait_until(lambda: ready(server) >= len(names), 30):
        raise SystemExit("images are not offered:\n" + server.output())
    return server


def ready(server):
    return sum(1 for image in server.images().values()
               if image["state"] == "ready")


def chosen(image):
    """A configuration whose menu starts one image by itself."""
    return f"menu:\n  default: {image}\n  timeout: 2\n"


def report(tap, server, guest):
    """For a failed boot: what the guest showed, what the server saw."""
    tap.note(guest.describe())
    tap.note("\n".join(server.output().splitlines()[-15:]))
    for event in server.events()[-15:]:
        tap.note(event)
    keep = os.environ.get("HOBNAIL_SCREENSHOTS")
    if keep:
        os.makedirs(keep, exist_ok=True)
        try:
            guest.screenshot(f"{guest.base}.png")
            shutil.copy(f"{guest.base}.png",
                        os.path.join(keep, f"{guest.name}.png"))
        except (RuntimeError, OSError) as why:
            tap.note(f"no screenshot: {why}")


def shows(tap, server, guest, pattern, seconds, name, ocr=False):
    """The guest shows `pattern` in time."""
    found = guest.wait_for(pattern, seconds, ocr)
    if tap.ok(found is not None, name):
        tap.note(f"{guest.seconds():.0f} s after power-on: {found[0]}")
    else:
        report(tap, server, guest)
    return found is not None


def events_of(server, guest, **fields):
    """Events of this guest whose fields match these regular expressions."""
    return [event for event in server.events()
            if event.get("mac") == guest.mac and
            all(re.search(pattern, str(event.get(field) or ""))
                for field, pattern in fields.items())]


def asked(tap, server, guest, seconds, name, **fields):
    """The timeline has such an event of this guest in time."""
    found = wait_until(lambda: events_of(server, guest, **fields), seconds,
                       0.5)
    if tap.ok(bool(found), name):
        tap.note(f"{guest.seconds():.0f} s after power-on")
    else:
        report(tap, server, guest)
    return bool(found)


# What shows that an image has come up: (text on the screen, fields of an
# event); one of them is None.
PROOFS = {
    "memtest": (r"(?i)CLK/Temp|L[123] Cache:", None),
    "installer-amd64": (None, {"file": "preseed.cfg"}),
    "live": (None, {"kind": "report", "note": "live"}),
}


def grid(tap, kind, names, options, config, foreign):
    """Boot each image on a machine of this kind, one after the other.
    `config`: beginning of the configuration; `foreign`: beside a foreign
    DHCP server."""
    need([kind], names)
    macs = {name: f"52:54:00:00:03:{i:02x}" for i, name in enumerate(names)}
    hosts = "".join(f"  - mac: {mac}\n    image: {name}\n"
                    for name, mac in macs.items())
    with Lab(880) as lab:
        if foreign:
            lab.dnsmasq()
        server = serve(lab, names, *options,
                       config=f"{config}menu:\n  timeout: 2\nhosts:\n{hosts}")
        for name, mac in macs.items():
            guest = Guest(lab, kind, memory=1024, mac=mac,
                          name=f"{kind}-{name}").start()
            pattern, fields = PROOFS[name]
            if pattern:
                shows(tap, server, guest, pattern, 180,
                      f"{kind} starts {name}", ocr=True)
            else:
                asked(tap, server, guest, 300, f"{kind} starts {name}",
                      **fields)
            guest.stop()
