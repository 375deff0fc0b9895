"""The commands that the documentation shows, and why each may be believed."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"(?P<mark><!-- needs [^>]+ -->\s*\n)?[ ]*```console\n(?P<body>.*?)```", re.DOTALL)
_NEEDS = re.compile(r"<!-- needs (?P<what>[^>]+?) -->")
NEEDS = ("AWS", "Docker", "a file", "a running platform", "GitHub")


@dataclass(frozen=True)
class ShownCommand:
    """One command line of a console block."""

    page: str
    line: str
    needs: str | None
    """What it needs that a test can't have; None for commands that are run or proved elsewhere."""

    @property
    def bare(self) -> str:
        """Without its comment."""
        return self.line.split(" # ")[0].rstrip()

    @property
    def words(self) -> list[str]:
        """The command as the shell splits it, without its comment."""
        return shlex.split(self.line, comments=True)


def shown_commands() -> Iterator[ShownCommand]:
    """Every command of every console block, in reading order."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in _BLOCK.finditer(text):
            mark = _NEEDS.search(block["mark"] or "")
            body = block["body"].replace("\\\n", " ")
            for line in body.splitlines():
                if line.strip().startswith("$ "):
                    yield ShownCommand(
                        page=str(page.relative_to(ROOT)),
                        line=" ".join(line.strip().removeprefix("$ ").split()),
                        needs=mark["what"] if mark else None,
                    )
