"""The commands of this package as an operator runs them, with stand-ins for `pulumi`, `kubectl` and `helm`."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from ops.__main__ import main

SCRIPT = f"#!{sys.executable}\n"


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


def run(*arguments: str) -> Ran:
    """Runs one command as `python -m ops` does."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(arguments))
    return Ran(code, out.getvalue(), err.getvalue())


def stand_in(folder: Path, name: str, body: str) -> Path:
    """A tool that is a Python script; `arguments` are its arguments."""
    path = folder / name
    path.write_text(f"{SCRIPT}import sys\narguments = sys.argv[1:]\n{body}", encoding="utf-8")
    path.chmod(0o755)
    return path
