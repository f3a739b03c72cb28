#!/usr/bin/env python3
"""Execute a program with the system calls that a systemd unit leaves it.

usage: as_unit.py UNIT PROGRAM [ARGUMENT...]

SystemCallFilter= and RestrictAddressFamilies= of UNIT become a seccomp filter,
by libseccomp and what `systemd-analyze syscall-filter` says is in a group; no
systemd has to run.  User and capabilities are the caller's to set (setpriv).
"""
import ctypes
import errno
import os
import re
import socket
import subprocess
import sys

ALLOW = 0x7fff0000
FAMILY_MOST = 46  # above the highest address family there is
CMP_EQ = 4


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def refuse(code):
    return 0x00050000 | code


def group(name):
    """The names of the system calls in a group."""
    said = subprocess.run(["systemd-analyze", "syscall-filter", name],
                          check=True, text=True, stdout=subprocess.PIPE)
    names = set()
    for word in re.findall(r"(?m)^    (@?\w[\w-]*)$", said.stdout):
        names |= group(word) if word.startswith("@") else {word}
    return names


def values(unit, key):
    """Each value of a key in a unit's text, in order."""
    return re.findall(rf"(?m)^{key}=(.*)$", unit)


def allowed_calls(unit):
    """Which system calls are left: lines add, those with '~' take away."""
    names = group("@default")
    for value in values(unit, "SystemCallFilter"):
        words = value.lstrip("~").split()
        calls = set().union(*(
            group(w) if w.startswith("@") else {w} for w in words))
        names = names - calls if value.startswith("~") else names | calls
    return names


def forbidden_families(unit):
    listed = values(unit, "RestrictAddressFamilies")[-1].split()
    good = {getattr(socket, name).value for name in listed}
    return set(range(1, FAMILY_MOST)) - good


def confine(unit):
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    filter_ = ctypes.c_void_p(lib.seccomp_init(refuse(errno.EPERM)))
    for name in sorted(allowed_calls(unit) - {"socket"}):
        number = lib.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            lib.seccomp_rule_add(filter_, ALLOW, number, 0)
    number = lib.seccomp_syscall_resolve_name(b"socket")
    bad = forbidden_families(unit)
    for family in range(1, FAMILY_MOST):
        lib.seccomp_rule_add_array(
            filter_, refuse(errno.EAFNOSUPPORT) if family in bad else ALLOW,
            number, 1, ctypes.byref(Comparison(0, CMP_EQ, family, 0)))
    if lib.seccomp_load(filter_) != 0:
        sys.exit("as_unit: the filter cannot be loaded")


def main():
    with open(sys.argv[1], encoding="utf-8") as unit:
        confine(unit.read())
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
