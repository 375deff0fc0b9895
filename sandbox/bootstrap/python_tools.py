"""Python programs whose dependencies don't go with the project's: each in an environment of its own, in the cache."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from ops.backends.tools import cache_directory
from sandbox.bootstrap.install import ToolError, one_at_a_time, say
from sandbox.bootstrap.paths import PROJECT_ROOT, VENV_BIN


def ensure_python_tool(name: str) -> Path:
    """The program's path; installed from sandbox/tools/<name>/requirements.txt where missing. Raises `ToolError`."""
    locked = PROJECT_ROOT / "sandbox" / "tools" / name / "requirements.txt"
    cache = cache_directory() / "tools"
    version = hashlib.sha256(locked.read_bytes() + sys.version.encode()).hexdigest()[:12]
    environment = cache / name / version
    finished = environment / "finished"
    cache.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(cache):
        if not finished.exists():
            say(f"{name}: installing its locked packages into {environment}, once per user")
            shutil.rmtree(environment, ignore_errors=True)
            uv = str(VENV_BIN / "uv")
            _run(name, [uv, "venv", "--quiet", "--python", sys.executable, str(environment)])
            python = str(environment / "bin" / "python")
            packages = ["--require-hashes", "-r", str(locked)]
            _run(name, [uv, "pip", "install", "--quiet", "--python", python, *packages])
            finished.touch()
    return environment / "bin" / name


def _run(name: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"{name} can't be installed: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
