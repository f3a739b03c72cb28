"""TAP for test programs in Python: one line a check, the plan at the end."""

import sys


class Tap:
    """Counts and prints checks.  Leave with `sys.exit(tap.done())`."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, passed, name, detail=""):
        """One check; `detail` is shown when it failed.  Returns `passed`."""
        self.count += 1
        if not passed:
            self.failed += 1
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        if not passed and detail != "":
            self.note(detail)
        sys.stdout.flush()
        return bool(passed)

    def same(self, got, want, name):
        return self.ok(got == want, name, f"got  {got!r}\nwant {want!r}")

    def skip(self, name, why):
        """One check that cannot be made on this machine, and why."""
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def note(self, text):
        for line in str(text).splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def done(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def skip_all(why):
    """The whole program cannot run here."""
    print(f"1..0 # SKIP {why}", flush=True)
    sys.exit(0)
