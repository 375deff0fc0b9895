"""`kubectl port-forward` to a service of the cluster: a free port on loopback, stopped by its own process id."""

import re
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from ops.backends.errors import LiveError, Problem
from ops.backends.tools import last_line, tool_environment, tool_path

LOOPBACK = "127.0.0.1"
READY = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) -> ")
START_TIMEOUT_SECONDS = 20.0
STOP_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.05


class Forwarded(NamedTuple):
    """What is to be reached."""

    namespace: str
    """Kubernetes namespace."""
    resource: str
    """Such as svc/loki."""
    port: int
    """Port of the service."""


class PortForward:
    """One running `kubectl port-forward`; `close` ends it, also when it never became ready."""

    def __init__(self, what: Forwarded, kubeconfig: Path, folder: Path, timeout_seconds: float = START_TIMEOUT_SECONDS):
        self._what = what
        # Files, not pipes: kubectl writes a line for each connection, and nobody would empty a pipe.
        name = f"{what.namespace}-{what.resource.replace('/', '-')}-{what.port}"
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        command = [tool_path("kubectl"), "--kubeconfig", str(kubeconfig), "--namespace", what.namespace]
        command += ["port-forward", "--address", LOOPBACK, what.resource, f":{what.port}"]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                command, env=tool_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
        try:
            self.port = self._wait(time.monotonic() + timeout_seconds, timeout_seconds)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id of kubectl."""
        return self._process.pid

    def close(self) -> None:
        """Ends kubectl."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _wait(self, deadline: float, timeout_seconds: float) -> int:
        while True:
            ended = self._process.poll() is not None
            ready = READY.search(self._out.read_text(encoding="utf-8", errors="replace"))
            if ready:
                return int(ready[1])
            if ended:
                raise self._error(Problem.UNREACHABLE, self._said() or "kubectl port-forward ended at once")
            if time.monotonic() > deadline:
                said = self._said()
                raise self._error(Problem.TIMEOUT, f"port-forward within {timeout_seconds:g} s{said and f'; {said}'}")
            time.sleep(POLL_SECONDS)

    def _said(self) -> str:
        return last_line(self._err.read_text(encoding="utf-8", errors="replace"))

    def _error(self, problem: Problem, detail: str) -> LiveError:
        return LiveError(f"{self._what.resource} in {self._what.namespace}", problem, detail)
