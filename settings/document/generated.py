"""Files that are generated from the models: written, or compared with what is there."""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def write_or_check(module: str, files: Mapping[Path, str], arguments: Sequence[str]) -> int:
    """Writes the files, or with `--check` compares them. Returns the exit status: 1 if stale or not writable."""
    parser = ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file is stale")
    check = parser.parse_args(arguments).check
    stale = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if check:
        for path in stale:
            print(f"{_name(path)} is stale: run python -m {module}", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        except OSError as error:
            print(f"{_name(path)} can't be written: {error.strerror}", file=sys.stderr)
            return 1
        print(f"wrote {_name(path)}")
    return 0


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
