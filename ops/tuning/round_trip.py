"""YAML text changed at some keys: order, comments and quotes stay.

ruamel.yaml does it. A file that indents in several ways comes out even.
"""

# ruamel.yaml names types for half of what it has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.emitter import RoundTripEmitter
from ruamel.yaml.error import CommentMark, YAMLError
from ruamel.yaml.scalarstring import SingleQuotedScalarString
from ruamel.yaml.tokens import CommentToken
from ruamel.yaml.util import load_yaml_guess_indent

from ops.errors import CommandError
from settings.document.yaml_traps import FALSE_WORDS, TRUE_WORDS

ANY_WIDTH = 10_000
Value = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"]


def edited(text: str, values: Mapping[str, Value], name: str, below: tuple[str, ...]) -> str:
    """The text with values at dotted keys below a path of tables. Raises `CommandError` where that isn't safe."""
    try:
        yaml = _writer(text)
        document = yaml.load(text)
        wanted = _unshared(document)
        for key, value in values.items():
            path = (*below, *key.split("."))
            _put(wanted, path, value)
            _put(document, path, _written(value))
        after = io.StringIO()
        yaml.dump(document, after)
        if parsed(after.getvalue()) == wanted:
            return after.getvalue()
    except YAMLError as error:
        raise CommandError(f"{name} can't be read: {' '.join(str(error).split())}") from None
    keys = ", ".join(f"{key}: {value}" for key, value in values.items())
    raise CommandError(f"{name} is written in a way that can't be edited safely; set by hand: {keys}")


def parsed(text: str) -> Any:
    """What a YAML 1.2 text says. Raises `YAMLError`."""
    return YAML(typ="safe", pure=True).load(text)


def _writer(text: str) -> YAML:
    """A reader and writer that indents as the text does. Raises `YAMLError` for a text that is no table of tables."""
    document, sequence, dash = load_yaml_guess_indent(text)
    first = next(iter(document.values()), None) if isinstance(document, CommentedMap) else None
    if not isinstance(first, CommentedMap):
        raise YAMLError("it is no table of tables")
    yaml = YAML()
    yaml.Emitter, yaml.preserve_quotes, yaml.width = _Spaced if "{ " in text else _TwoSpaces, True, ANY_WIDTH
    yaml.indent(mapping=first.lc.col or None)
    if dash is not None:
        yaml.indent(sequence=sequence, offset=dash)
    return yaml


def _unshared(value: Any) -> Any:
    """A copy in which aliases are separate values: one that changes must not change the others."""
    if isinstance(value, dict):
        return {key: _unshared(one) for key, one in value.items()}
    return [_unshared(one) for one in value] if isinstance(value, list) else value


def _put(table: Any, path: tuple[str, ...], value: Value) -> None:
    """A new key comes last, and what its table had below its last value comes below the new one."""
    below: CommentToken | None = None
    for part in path[:-1]:
        if not isinstance(table.get(part), dict):
            below = below or _lines_below(table, part)
            table[part] = CommentedMap()
        elif not table[part] and isinstance(table[part], CommentedMap):
            table[part].fa.set_flow_style()  # it is written as {}
        table = table[part]
    below = below or _lines_below(table, path[-1])
    table[path[-1]] = value
    if below is not None:
        table.ca.items[path[-1]] = [None, None, below, None]


def _lines_below(table: Any, new: str) -> CommentToken | None:
    """Takes away the comments and empty lines below a table: ruamel.yaml has them as its last value's."""
    node, token = table, None
    while new not in table and isinstance(node, CommentedMap | CommentedSeq) and node:
        one: Any = node
        is_map = isinstance(node, CommentedMap)
        key = list(one)[-1] if is_map else len(one) - 1
        token = (one.ca.items.get(key) or [None] * 4)[2 if is_map else 0] or token
        node = one[key]
    if token is None or not (lines := str(token.value).partition("\n")[2]):
        return None
    token.value = token.value.removesuffix(lines)
    return CommentToken(f"\n{lines}", CommentMark(0), None)


def _written(value: Value) -> Value:
    """YAML 1.1, which Pulumi still half reads, takes some words for truth values."""
    if isinstance(value, str):
        return SingleQuotedScalarString(value) if value.lower() in (*TRUE_WORDS, *FALSE_WORDS) else value
    if isinstance(value, Mapping):
        return CommentedMap((key, _written(one)) for key, one in value.items())
    return CommentedSeq(_written(one) for one in value) if isinstance(value, Sequence) else value


class _TwoSpaces(RoundTripEmitter):
    """Leaves two spaces before a comment whose line has become longer, where ruamel.yaml leaves one."""

    def write_comment(self, comment: Any, pre: bool = False) -> None:
        mark = comment.start_mark
        if not pre and self.column and mark.column <= self.column and not comment.value.startswith("\n"):
            comment.start_mark = CommentMark(self.column + 2)
        super().write_comment(comment, pre)


class _Spaced(_TwoSpaces):
    """Writes `{ a: 1 }` as people do, where ruamel.yaml has `{a: 1}`."""

    def expect_flow_mapping(self, single: bool | None = False, force_flow_indent: bool | None = False) -> None:
        super().expect_flow_mapping(single, force_flow_indent)  # pyright: ignore[reportUnknownMemberType]
        self.whitespace = False

    def expect_flow_mapping_key(self) -> None:
        self.flow_map_end = " }"
        super().expect_flow_mapping_key()
        self.flow_map_end = "}"
