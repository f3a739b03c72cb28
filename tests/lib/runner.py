"""Run test programs that print TAP, count their checks, keep the time.

usage: runner.py [--meson LABEL BUILD SUITE[,SUITE]]...
                 [--programs LABEL DIR]... [--only NAME]...

Each option is a suite, in the order given.  `--meson` takes the tests that
the build folder knows in these suites; `--programs` takes DIR/*.t.  A program
without TAP counts as one check, by its exit status.  One that ends badly,
too late, or before its plan is fulfilled is a failed check more.  The output
ends with `N passed, N failed, N skipped`; the exit status is 0 if none
failed and some passed.
"""

import argparse
import fnmatch
import glob
import json
import os
import re
import signal
import subprocess
import sys
import time

PROGRAM_SECONDS = 900
POINT = re.compile(r"^(not )?ok\b(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*skip\b\s*(.*))?", re.I)
SKIP = re.compile(r"#\s*skip\S*\s*(.*)$", re.I)


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return (f"{self.passed} passed, {self.failed} failed, "
                f"{self.skipped} skipped")


def judge(output, status, late):
    """Count what a program printed: (Count, complaints, skip reasons)."""
    count, bad, reasons = Count(), [], []
    plan, points = None, 0
    for line in output.splitlines():
        point, planned = POINT.match(line), PLAN.match(line)
        if planned:
            plan = int(planned[1])
            if plan == 0:
                count.skipped += 1
                reasons.append(planned[2] or "no reason given")
        elif point:
            points += 1
            skipped = SKIP.search(point[2])
            if skipped:  # cmocka says `not ok N # SKIP`
                count.skipped += 1
                reasons.append(skipped[1] or "no reason given")
            elif point[1]:
                count.failed += 1
                bad.append(line)
            else:
                count.passed += 1
    if late:
        bad.append("took too long and was ended")
    elif plan is None and points == 0 and status == 77:
        count.skipped += 1
        reasons.append(output.strip().splitlines()[-1] if output.strip()
                       else "no reason given")
        status = 0
    elif plan is None and points == 0 and status == 0:
        count.passed += 1
    elif plan is None and points:
        bad.append("has no plan")
    elif plan is not None and plan != points:
        bad.append(f"planned {plan} checks, made {points}")
    elif status != 0 and count.failed == 0:
        bad.append(f"ended with status {status}")
    if bad and count.failed == 0:
        count.failed += 1
    return count, bad, reasons


def execute(command, environment, seconds, folder=None):
    """Run in a process group of its own: (output, status, late)."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **environment}, text=True,
                          errors="replace", start_new_session=True,
                          cwd=folder) as child:
        try:
            output, _ = child.communicate(timeout=seconds)
            return output, child.returncode, False
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGTERM)
        try:
            output, _ = child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            output, _ = child.communicate()
        return output, child.returncode, True


def meson_tests(build, suites):
    """(name, command, environment, seconds, folder) of a build's tests."""
    listed = subprocess.run(["meson", "introspect", "--tests", build],
                            capture_output=True, text=True, check=True)
    for test in json.loads(listed.stdout):
        if any(s.split(":")[-1] in suites for s in test["suite"]):
            yield (test["name"], test["cmd"], test["env"],
                   test["timeout"] or PROGRAM_SECONDS,
                   test.get("workdir") or build)


def programs(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*.t"))):
        yield (os.path.basename(path)[:-2], [os.path.abspath(path)], {},
               PROGRAM_SECONDS, None)


def wanted(name, only):
    return not only or any(fnmatch.fnmatch(name, one) for one in only)


def run_suite(label, tests, only):
    """Run the tests; (Count, how many programs ran, seconds)."""
    total, ran, begin = Count(), 0, time.monotonic()
    for name, command, environment, seconds, folder in tests:
        if not wanted(name, only):
            continue
        ran += 1
        start = time.monotonic()
        try:
            output, status, late = execute(command, environment, seconds,
                                           folder)
        except OSError as why:
            output, status, late = f"cannot run: {why}", 126, False
        count, bad, reasons = judge(output, status, late)
        total.add(count)
        print(f"{label}/{name}: {count}  "
              f"({time.monotonic() - start:.1f} s)", flush=True)
        for reason in reasons:
            print(f"    skipped: {reason}")
        for line in bad:
            print(f"    {line}")
        if bad:
            print("\n".join("    | " + line
                            for line in output.splitlines()[-80:]))
    return total, ran, time.monotonic() - begin


def main():
    class Suite(argparse.Action):
        def __call__(self, _parser, space, values, option):
            space.suites = getattr(space, "suites", None) or []
            space.suites.append((option, values))

    parser = argparse.ArgumentParser()
    parser.add_argument("--meson", nargs=3, action=Suite)
    parser.add_argument("--programs", nargs=2, action=Suite)
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    total, ran, times = Count(), 0, []
    for kind, values in getattr(options, "suites", None) or []:
        label = values[0]
        tests = meson_tests(values[1], values[2].split(",")) \
            if kind == "--meson" else programs(values[1])
        count, programs_run, seconds = run_suite(label, tests, options.only)
        total.add(count)
        ran += programs_run
        if programs_run:
            times.append((label, count, seconds))
    print()
    for label, count, seconds in times:
        print(f"{label:12} {seconds:7.1f} s  {count}")
    if options.only and not ran:
        print("no test has such a name: " + " ".join(options.only))
    print(total)
    sys.exit(0 if total.failed == 0 and total.passed > 0 else 1)


if __name__ == "__main__":
    main()
