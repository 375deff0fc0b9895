"""A stack's file changed as a person would: the values asked for, every comment kept, the difference shown first."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ops.backends.untyped import rows, table
from ops.confirmation import confirmed
from ops.errors import CommandError
from ops.stacks import PROJECT_ROOT
from settings.document.loader import FULL_KEY, parse_settings
from settings.models.platform import PlatformSettings

STEP = 2
Value = str | int | float | bool
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


def proposed(stack: str, values: Mapping[str, Value], project: Path = PROJECT_ROOT) -> Change:
    """The stack's file with values at dotted keys below lgtm:platform.

    Raises `SettingsError` when the settings would not be valid, `CommandError` for a file that can't be edited.
    """
    path = project / f"Pulumi.{stack}.yaml"
    try:
        before = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path.name} can't be read: {error}") from None
    after = edited(before, values, path.name)
    document = table(table(yaml.safe_load(after)).get("config")).get(FULL_KEY)
    return Change(path, before, after, parse_settings(document, stack=stack))


def apply(change: Change, stack: str, *, yes: bool) -> int:
    """Shows the difference, asks, and writes; exit code 0 when the file is as wanted, 1 when it was left."""
    if not change.difference:
        print(f"{change.path.name} says so already: nothing to change")
        return 0
    print(change.difference)
    if not yes and not confirmed(f"write {change.path.name}?"):
        print("nothing written (--yes writes without asking)")
        return NOT_DONE
    # In place: a file that somebody linked to must stay linked.
    change.path.write_text(change.after, encoding="utf-8")
    print(f"written: {change.path.name}; next: pulumi preview --stack {stack}, then pulumi up --stack {stack}")
    return 0


def edited(text: str, values: Mapping[str, Value], name: str) -> str:
    """The text with values at dotted keys below lgtm:platform. Raises `CommandError` where that isn't safe."""
    wanted: Any = _unshared(yaml.safe_load(text))
    for key, value in values.items():
        path = ("config", FULL_KEY, *key.split("."))
        _put(wanted, path, value)
        text = _with_value(text, path, value, name)
    if _parsed(text) != wanted:
        keys = ", ".join(f"{key}: {_written(value)}" for key, value in values.items())
        raise CommandError(f"{name} is written in a way that can't be edited safely; set by hand: {keys}")
    return text


def _parsed(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _unshared(value: Any) -> Any:
    """A copy in which aliases are separate values: one that changes must not change the others."""
    if isinstance(value, dict):
        return {key: _unshared(one) for key, one in table(value).items()}
    return [_unshared(one) for one in rows(value)] if isinstance(value, list) else value


def _put(document: Any, path: tuple[str, ...], value: Value) -> None:
    for part in path[:-1]:
        if not isinstance(document.get(part), dict):
            document[part] = {}
        document = document[part]
    document[path[-1]] = value


def _with_value(text: str, path: tuple[str, ...], value: Value, name: str) -> str:
    try:
        node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise CommandError(f"{name} can't be read: {' '.join(str(error).split())}") from None
    for place, part in enumerate(path):
        child = _child(node, part)
        if child is None:
            return _inserted(text, node, path[place:], value)
        if place == len(path) - 1 or not isinstance(child, yaml.MappingNode):
            rest = path[place + 1 :]
            return text[: child.start_mark.index] + _flow(rest, value) + text[child.end_mark.index :]
        node = child
    return text


def _child(node: Any, part: str) -> Any:
    pairs: list[tuple[Any, Any]] = node.value
    return next((value for key, value in pairs if key.value == part), None)


def _inserted(text: str, node: Any, path: tuple[str, ...], value: Value) -> str:
    """A new key at the end of a table."""
    if node.flow_style:
        end = node.end_mark.index - 1
        head = text[:end].rstrip()
        comma = "" if head.endswith(("{", ",")) else ","
        return f"{head}{comma} {path[0]}: {_flow(path[1:], value)} {text[end:]}"
    column = node.value[0][0].start_mark.column
    lines = [f"{' ' * (column + STEP * depth)}{part}:" for depth, part in enumerate(path)]
    lines[-1] += f" {_written(value)}"
    end = text.find("\n", _last_index(node))
    if end < 0:
        return text + "\n" + "\n".join(lines) + "\n"
    return text[: end + 1] + "\n".join(lines) + "\n" + text[end + 1 :]


def _last_index(node: Any) -> int:
    """Where the last written value of a node ends; comments after it belong to what follows."""
    parts: list[Any] = [] if isinstance(node, yaml.ScalarNode) or node.flow_style else node.value
    if not parts:
        return max(node.start_mark.index, node.end_mark.index - 1)
    last: Any = parts[-1]
    return _last_index(last[1] if isinstance(node, yaml.MappingNode) else last)


def _flow(path: tuple[str, ...], value: Value) -> str:
    return _written(value) if not path else f"{{ {path[0]}: {_flow(path[1:], value)} }}"


def _written(value: Value) -> str:
    return yaml.safe_dump(value, default_flow_style=True).split("\n")[0]
