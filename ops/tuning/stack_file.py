"""A stack's file changed as a person would: the values asked for, every comment kept, the difference shown first."""

import difflib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ops.confirmation import confirmed
from ops.errors import CommandError
from ops.report.model import Document
from ops.report.terminal import show
from ops.tuning.effects import Effect
from ops.tuning.round_trip import Value, edited
from planning.base import Frozen
from settings.document.loader import FULL_KEY
from settings.document.stack_files import settings_in
from settings.models.platform import PlatformSettings
from settings.project import project_root

TABLES = ("config", FULL_KEY)
NOT_DONE = 1


class Change(NamedTuple):
    """A stack file before and after."""

    path: Path
    before: str
    after: str
    settings: PlatformSettings
    """The settings as they would be: valid."""

    @property
    def difference(self) -> str:
        """As `diff -u` shows it; empty when there is none."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"{self.path.name} (now)",
            f"{self.path.name} (then)",
        )
        return "".join(lines)


def proposed(stack: str, values: Mapping[str, Value], project: Path | None = None) -> Change:
    """The stack's file with values at dotted keys below lgtm:platform.

    Raises `SettingsError` when the settings would not be valid, `CommandError` for a file that can't be edited.
    """
    path = (project or project_root()) / f"Pulumi.{stack}.yaml"
    try:
        before = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path.name} can't be read: {error}") from None
    after = edited(before, values, path.name, TABLES)
    return Change(path, before, after, settings_in(after, stack))


class ChangeAnswer(Frozen):
    """A change of a stack file, for scripts."""

    file: str
    """The stack file's name."""
    difference: str
    """As `diff -u` shows it; empty when there is none."""
    effect: Effect
    """What it does to dollars and memory."""


def apply(change: Change, stack: str, effect: Effect, report: Document, *, yes: bool, as_json: bool) -> int:
    """Shows effect and difference, asks, and writes; exit code 0 when the file is as wanted, 1 when it was left."""
    said = sys.stderr if as_json else sys.stdout
    if as_json:
        answer = ChangeAnswer(file=change.path.name, difference=change.difference, effect=effect)
        print(answer.model_dump_json(indent=2))
    else:
        show(report)
        print(f"\n{change.difference}" if change.difference else "")
    if not change.difference:
        print(f"{change.path.name} says so already: nothing to change", file=said)
        return 0
    if not yes and not confirmed(f"write {change.path.name}?"):
        print("nothing written (--yes writes without asking)", file=said)
        return NOT_DONE
    # In place: a file that somebody linked to must stay linked.
    change.path.write_text(change.after, encoding="utf-8")
    print(
        f"written: {change.path.name}; next: pulumi preview --stack {stack}, then pulumi up --stack {stack}", file=said
    )
    return 0
