"""Where this checkout and its tools are, and what this machine is called."""

import platform
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
VENV_BIN = Path(sys.prefix) / "bin"


def go_platform() -> tuple[str, str]:
    """(operating system, architecture) in Go's words, as release archives are named."""
    machine = platform.machine().lower()
    return platform.system().lower(), {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
