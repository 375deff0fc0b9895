"""Files that are named on the command line: one message for each that can't be read or written."""

import sys
from collections.abc import Mapping
from pathlib import Path

from ops.errors import CommandError

STDIN = "-"


def text_of(file: Path | str) -> str:
    """What a file, or for `-` standard input, holds. Raises `CommandError`."""
    try:
        return sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not text") from None


def write(path: Path, text: str) -> None:
    """Writes a file. Raises `CommandError`."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}") from None


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Writes files into a folder, which is made. Raises `CommandError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder} can't be made: {error.strerror}") from None
    for name, text in files.items():
        write(folder / name, text)
