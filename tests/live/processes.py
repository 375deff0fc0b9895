"""One child process of the live platform: started with a log, waited for, killed and started again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.kubernetes.processes import last_lines

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Process:
    """A program of the platform; `ready` says whether it serves."""

    name: str
    command: Sequence[str | Path]
    log: Path
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    ready_seconds: float = 120.0
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it without waiting."""
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self.command, stdout=output, stderr=output, env={**os.environ, **self.environment}
            )

    def wait(self) -> None:
        """Until it serves. Raises `AssertionError` with the end of its log."""
        child = self._running()
        deadline = time.monotonic() + self.ready_seconds
        while time.monotonic() < deadline and child.poll() is None:
            if self.ready():
                return
            time.sleep(0.2)
        raise AssertionError(f"{self.name} isn't ready after {self.ready_seconds:.0f} s:\n{last_lines(self.log, 30)}")

    def kill(self) -> None:
        """At once, as when its node is lost."""
        child = self._running()
        child.kill()
        child.wait()

    def terminate(self) -> None:
        """As Kubernetes asks a pod to end, with the time that it takes."""
        child = self._running()
        child.terminate()
        child.wait()

    @property
    def peak_memory_mib(self) -> float:
        """The most memory that it has had resident."""
        lines = Path(f"/proc/{self._running().pid}/status").read_text().splitlines()
        (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return int(peak) / 1024

    @property
    def cpu_seconds(self) -> float:
        """User and system time so far."""
        # After the program's name in parentheses, which may hold spaces: utime and stime are fields 14 and 15.
        fields = Path(f"/proc/{self._running().pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._child is not None, f"{self.name} was never started"
        return self._child

    def stop(self) -> None:
        """By its own process id, if it was started."""
        if self._child is not None and self._child.poll() is None:
            self.kill()
