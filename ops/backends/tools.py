"""The programs that a running stack is reached with: `pulumi` for its outputs and `kubectl` for its cluster."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops.backends.errors import LiveError, Problem
from ops.backends.untyped import table

TOOL_TIMEOUT_SECONDS = 60
_WHERE = {
    "pulumi": "https://www.pulumi.com/docs/install/",
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "helm": "https://helm.sh/docs/intro/install/",
}


def tool_path(name: str) -> str:
    """The tool on PATH. Raises `LiveError` that says where to get it."""
    found = shutil.which(name)
    if found is None:
        raise LiveError(name, Problem.TOOL, f"see {_WHERE.get(name, 'its documentation')}")
    return found


def run_tool(
    name: str,
    arguments: Sequence[str],
    *,
    directory: Path | None = None,
    timeout_seconds: float = TOOL_TIMEOUT_SECONDS,
) -> str:
    """Standard output of a tool. Raises `LiveError` with the last line of what it said, when it fails."""
    try:
        done = subprocess.run(
            [tool_path(name), *arguments],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LiveError(name, Problem.TIMEOUT, f"{arguments[0]} within {timeout_seconds:g} s") from None
    if done.returncode != 0:
        raise LiveError(name, Problem.FAILED, last_line(done.stderr) or f"exit code {done.returncode}")
    return done.stdout


def last_line(text: str) -> str:
    """The last line with something in it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


class StackOutputs:
    """Outputs of a stack, read with `pulumi stack output`; secrets only when one is asked for."""

    def __init__(self, stack: str, project: Path) -> None:
        self._stack, self._project = stack, project
        self._plain: Mapping[str, Any] | None = None
        self._failure: LiveError | None = None
        self._decrypted: Mapping[str, Any] | None = None

    def plain(self) -> Mapping[str, Any]:
        """Outputs that are no secrets."""
        if self._plain is None:
            self._plain = self._read()
        return self._plain

    def secret(self, name: str) -> str:
        """One secret output. Raises `LiveError` when the stack hasn't got it."""
        if self._decrypted is None:
            self._decrypted = self._read("--show-secrets")
        value = self._decrypted.get(name)
        if not isinstance(value, str):
            raise LiveError(
                f"stack {self._stack}",
                Problem.ABSENT,
                f"it has no output {name}; bring it up first: pulumi up --stack {self._stack}",
            )
        return value

    def _read(self, *more: str) -> Mapping[str, Any]:
        # Every service would ask again, and a back end of states may take long to fail.
        if self._failure is None:
            try:
                return self._asked(*more)
            except LiveError as error:
                self._failure = error
        raise self._failure

    def _asked(self, *more: str) -> Mapping[str, Any]:
        text = run_tool("pulumi", ["stack", "output", "--json", "--stack", self._stack, *more], directory=self._project)
        try:
            known = table(json.loads(text))
        except ValueError:
            raise LiveError("pulumi", Problem.GARBAGE, "stack output is not JSON") from None
        if "endpoints" not in known:
            raise LiveError(
                f"stack {self._stack}",
                Problem.ABSENT,
                f"it has no output endpoints; bring it up first: pulumi up --stack {self._stack}",
            )
        return known
