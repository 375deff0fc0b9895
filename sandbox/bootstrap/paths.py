"""Where tools are kept: a per-user cache outside the checkout, so that a new clone finds them in place."""

import os
import platform
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
VENV_BIN = Path(sys.prefix) / "bin"


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/lgtm-platform`, by default `~/.cache/lgtm-platform`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lgtm-platform"


def go_platform() -> tuple[str, str]:
    """(operating system, architecture) in Go's words, as release archives are named."""
    machine = platform.machine().lower()
    return platform.system().lower(), {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
