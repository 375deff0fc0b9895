"""The tools of the sandbox on PATH, for tests that start them by name. A tool that can't be had fails the ring."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.bootstrap.install import ensure_tools
from sandbox.bootstrap.paths import VENV_BIN


@contextmanager
def tools_on_path() -> Iterator[None]:
    """Every tool's folder before what PATH was, for the length of the block."""
    before = os.environ.get("PATH", "")
    folders = dict.fromkeys(str(path.parent) for path in ensure_tools().values())
    os.environ["PATH"] = os.pathsep.join([*folders, str(VENV_BIN), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
