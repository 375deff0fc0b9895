"""Ends a process with the one that started it, however that one dies.

An orphan gets another parent at once, so who started it must be noted before anything slow happens: an entry point
makes its `Parent` before its other imports. From then on the kernel tells (Linux), and a look once a second elsewhere.
A parent that died even earlier has closed the pipe that the first line goes to. Standard library only.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 1.0


def die_with(parent_pid: int, number: signal.Signals) -> None:
    """Have the kernel send this process a signal when the thread that started it ends; at once if it has. Linux only.

    `parent_pid` must have been noted earlier: the kernel doesn't tell of a death before the request.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), number)


class Parent:
    """The process that started this one. Until `wait` is called, this process ends at once when it is gone."""

    def __init__(self) -> None:
        self._pid = os.getppid()
        self._end: Callable[[], object] = _end_at_once
        # SIGHUP: what a parent's end is called in a terminal too. The kernel also sends it when only the parent's
        # thread has ended, hence the second look.
        signal.signal(signal.SIGHUP, lambda _number, _frame: self._end() if self.gone else None)
        die_with(self._pid, signal.SIGHUP)

    @property
    def gone(self) -> bool:
        """Whether it has ended."""
        return os.getppid() != self._pid

    def tell(self, line: object) -> None:
        """Print a line for it; end at once if nobody is there to read it."""
        try:
            print(line, flush=True)
        except BrokenPipeError:
            _end_at_once()

    def wait(self, stop: threading.Event) -> None:
        """Return when `stop` is set or the parent is gone."""
        self._end = stop.set
        while not stop.wait(POLL_SECONDS):
            if self.gone:
                return


def _end_at_once() -> None:
    os._exit(0)
