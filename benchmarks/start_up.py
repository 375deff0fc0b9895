"""`python -m benchmarks.start_up`: user CPU seconds that the command line takes to start, against what is promised.

CPU of the process rather than time on the clock: a busy machine changes it least. Prints the median of several runs.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Promise(NamedTuple):
    """A command and the most user CPU that it may take."""

    arguments: tuple[str, ...]
    limit_seconds: float


PROMISES = (
    Promise(("--help",), 0.4),
    Promise(("capacity", "--stack", "prod"), 1.0),
)


def main() -> int:
    """Measures and prints; exits 1 when a command fails or takes more than promised."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_up", description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="timed runs of each after one warm-up (default 7)")
    runs: int = parser.parse_args().runs
    kept = True
    for promise in PROMISES:
        seconds = [user_seconds(promise.arguments) for _ in range(runs + 1)][1:]
        median = statistics.median(seconds)
        kept = kept and median <= promise.limit_seconds
        verdict = "" if median <= promise.limit_seconds else "   OVER"
        label = f"lgtm {' '.join(promise.arguments)}"
        print(
            f"{label:30} median {median:5.2f} s of user CPU (min {min(seconds):.2f}, max {max(seconds):.2f}), "
            f"promised {promise.limit_seconds:g} s{verdict}"
        )
    return 0 if kept else 1


def user_seconds(arguments: tuple[str, ...]) -> float:
    """User CPU of one run. Ends the program when the command fails."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"lgtm {' '.join(arguments)} failed")
    return used.ru_utime


if __name__ == "__main__":
    sys.exit(main())
