"""What a running stack is reached with, such as `pulumi` and `kubectl`: on PATH, or what `make` brought."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ops.backends.errors import LiveError, Problem

TOOL_TIMEOUT_SECONDS = 60
# Where `make setup` puts programs that come as Python packages: kubectl, aws.
SETUP_FOLDER = Path(sys.prefix) / "bin"
_WHERE = {
    "pulumi": "https://www.pulumi.com/docs/install/",
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "helm": "https://helm.sh/docs/intro/install/",
}


def cache_directory() -> Path:
    """What this project keeps per user: `$XDG_CACHE_HOME/lgtm-platform`, by default `~/.cache/lgtm-platform`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lgtm-platform"


def tool_path(name: str) -> str:
    """The tool. Raises `LiveError` that says where to get it."""
    found = shutil.which(name, path=_search_path(os.environ.get("PATH", ""), cache_directory()))
    if found is None:
        raise LiveError(name, Problem.TOOL, f"see {_WHERE.get(name, 'its documentation')}")
    return found


def tool_environment() -> dict[str, str]:
    """The environment for a tool, which finds others by it: kubectl asks `aws` for a token."""
    return {**os.environ, "PATH": _search_path(os.environ.get("PATH", ""), cache_directory())}


@cache
def _search_path(path: str, kept: Path) -> str:
    """PATH first, which a person chooses; then `make setup`'s folder; then the newest of each tool of `make tools`."""
    made = ((tool.stat().st_mtime, tool) for tool in (kept / "tools").glob("*/*/*") if tool.name == tool.parts[-3])
    newest = {tool.name: tool.parent for _, tool in sorted(made)}
    return os.pathsep.join(filter(None, [path, str(SETUP_FOLDER), *map(str, newest.values())]))


def run_tool(
    name: str,
    arguments: Sequence[str],
    *,
    directory: Path | None = None,
    timeout_seconds: float = TOOL_TIMEOUT_SECONDS,
    standard_input: str | None = None,
) -> str:
    """Standard output of a tool. Raises `LiveError` with the last line of what it said, when it fails."""
    try:
        done = subprocess.run(
            [tool_path(name), *arguments],
            cwd=directory,
            env=tool_environment(),
            input=standard_input or "",
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
