"""Starts the processes of one control plane and ends them when its own starter ends, however that happens.

Run as a program of its own, with the standard library only. Each line of standard input is a JSON object
`{"name", "argv", "log"}`: that process is started and `{"name", "pid"}` or `{"name", "error"}` answered on a line of
standard output. When standard input closes, every process is killed, the last started first, and the program ends.

Why not the kernel's parent-death signal alone: it fires when the *thread* that started a child ends, and a control
plane is often started from a short-lived request thread. This program has one thread, so here the signal is right: it
covers the case that the supervisor itself is killed. Why SIGKILL: an API server that gets SIGTERM waits for minutes
when its etcd is going away too, and a sandbox has nothing to save.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
REAP_INTERVAL_SECONDS = 0.2


SUPERVISOR = os.getpid()


def _die_with_supervisor() -> None:
    # Only Linux has it; elsewhere the closing of standard input is what ends the children.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The kernel tells of no death before the request.
    if os.getppid() != SUPERVISOR:
        os._exit(1)


def _start(order: dict[str, Any]) -> subprocess.Popen[bytes]:
    with Path(order["log"]).open("ab") as log:
        return subprocess.Popen(
            order["argv"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Unsafe only where other threads run.
            preexec_fn=_die_with_supervisor,
        )


def _answer(message: dict[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The starter is gone: standard input says so too, and ends the loop.
        pass


def _handle(line: bytes, children: list[subprocess.Popen[bytes]]) -> None:
    order = json.loads(line)
    try:
        child = _start(order)
    except OSError as error:
        _answer({"name": order["name"], "error": str(error)})
        return
    children.append(child)
    _answer({"name": order["name"], "pid": child.pid})


def _close_input(_signal: int, _frame: object) -> None:
    os.close(0)


def main() -> None:
    """Serve orders until standard input closes."""
    # Ctrl-C and a closing terminal reach the whole process group; only the starter decides when the cluster ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _close_input)
    children: list[subprocess.Popen[bytes]] = []
    pending = b""
    try:
        while True:
            if select.select([0], [], [], REAP_INTERVAL_SECONDS)[0]:
                chunk = os.read(0, 65536)
                if not chunk:
                    break
                pending += chunk
                *lines, pending = pending.split(b"\n")
                for line in lines:
                    _handle(line, children)
            for child in children:
                child.poll()
    except OSError:
        # Standard input was closed by SIGTERM.
        pass
    for child in reversed(children):
        child.kill()
        child.wait()


if __name__ == "__main__":
    main()
