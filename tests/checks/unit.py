#!/usr/bin/env python3
"""The systemd unit is valid, and its exposure is at most 1.5 (0 is best).

usage: unit.py UNIT

systemd-analyze reads the file alone; no systemd has to run.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import common

MOST = 1.5


def analyze(*arguments):
    done = subprocess.run([common.need("systemd-analyze"), *arguments],
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def unit_faults(text):
    """`verify` wants the program to be there, so another stands in for it."""
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "hobnail.service"
        unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true",
                               text))
        status, said = analyze("verify", "--man=no", str(unit))
        faults = [line for line in said.splitlines()
                  if status or str(unit) in line]
        _, said = analyze("security", "--offline=yes", "--no-pager", str(unit))
    score = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    if not score:
        faults.append(f"no score: {said.strip()[-200:]}")
    elif float(score[1]) > MOST:
        faults.append(f"the exposure is {score[1]}")
    return faults


def check(root):
    sample = root / "sample.service"
    unit = sample if sample.is_file() else Path(sys.argv[1])
    return unit_faults(unit.read_text())


HEAD = "[Service]\nExecStart=/usr/local/bin/hobnail serve\n"
BAD = {
    "a unit without any confinement": {"sample.service": HEAD},
    "a unit with an unknown key": {"sample.service":
        Path(sys.argv[1]).read_text().replace("[Service]",
                                              "[Service]\nProtekt=yes")},
    "a unit that may do more":  {"sample.service":
        Path(sys.argv[1]).read_text().replace("NoNewPrivileges=yes", "")
                                     .replace("User=hobnail", "User=root")},
} if len(sys.argv) > 1 else {}

if __name__ == "__main__":
    common.run(check, BAD, name=f"the unit is valid and at most {MOST}")
