"""The programs that a running stack is reached with, such as `pulumi` and `kubectl`."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ops.backends.errors import LiveError, Problem

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
