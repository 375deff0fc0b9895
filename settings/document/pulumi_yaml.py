"""YAML as Pulumi reads it, so that `lgtm` and `pulumi` never disagree about a file.

Pulumi 3.274 reads stack files with gopkg.in/yaml.v3, a port of libyaml with rules of its own for plain values: `22:30`,
`yes` and `no` are text, `0777` is 511, a key twice is an error, a date is a moment that the program gets as text. The
rules are those of yaml.v3's `resolve.go`; what `pulumi config --json` made of each case stands in
`tests/unit/settings/yaml_values.yaml`. Tags other than `!!str` are refused, though Pulumi knows some.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import yaml

from planning.errors import UserError
from planning.json_value import Json

PLAIN, TEXT = "plain", "tag:yaml.org,2002:str"
COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
MERGE = "<<"
WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
# Go's strconv.ParseInt with base 0, and yaml.v3's own pattern of floats.
INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)")
INTEGERS = range(-(2**63), 2**63)
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
MOMENT = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:([Tt ])(\d\d?):(\d\d?):(\d\d?)(?:\.(\d{1,9}))?(Z|[-+]\d\d:\d\d)?)?"
)
# From here on Go writes a float with an exponent.
LARGEST_PLAIN = 1e21


class UnreadableYamlError(UserError):
    """Text that Pulumi can't read as YAML; `str()` says where and why."""


class _Loader(yaml.CSafeLoader):
    """libyaml's syntax; which plain values are numbers is decided here and not by YAML 1.1."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool] | bool) -> str:
        plain = kind is yaml.ScalarNode and isinstance(implicit, tuple) and implicit[0]
        return PLAIN if plain else str(super().resolve(kind, value, implicit))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def read_yaml(text: str) -> Json:
    """The first document of a text. Raises `UnreadableYamlError`."""
    try:
        loader = _Loader(text)
        node = loader.get_node() if loader.check_node() else None
        return None if node is None else _value(node)
    except yaml.YAMLError as error:
        raise UnreadableYamlError(" ".join(str(error).replace('in "<unicode string>",', "at").split())) from None
    except RecursionError:
        raise UnreadableYamlError("tables are nested too deep") from None


def _value(node: yaml.Node) -> Json:
    if node.tag not in (PLAIN, TEXT, *COLLECTIONS):
        raise _problem(node, f"the tag {node.tag} isn't read: write the value without it")
    if isinstance(node, yaml.MappingNode):
        return _table(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    return _plain(node) if node.tag == PLAIN else str(node.value)


def _table(node: yaml.MappingNode) -> dict[str, Json]:
    own: dict[str, Json] = {}
    merged: dict[str, Json] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = _key(key_node)
        if key in lines:
            raise _problem(key_node, f"the key {key} stands in line {lines[key]} already")
        lines[key] = key_node.start_mark.line + 1
        if key == MERGE and key_node.tag == PLAIN:
            for table in _merged(value_node):
                merged = {**table, **merged}
        else:
            own[key] = _value(value_node)
    return {**merged, **own}


def _merged(node: yaml.Node) -> Iterator[dict[str, Json]]:
    for one in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        if not isinstance(one, yaml.MappingNode):
            raise _problem(node, f"{MERGE} takes a table or a list of tables")
        yield _table(one)


def _key(node: yaml.Node) -> str:
    """A key as Go prints it: the program gets text for every one."""
    value = _value(node)
    if isinstance(value, dict | list):
        raise _problem(node, "a table or a list can't be a key")
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(node: yaml.Node) -> Json:
    """What a plain scalar is; `strconv` and `time.Parse` of Go decide."""
    text = str(node.value)
    if text in WORDS:
        return WORDS[text]
    if NOT_FINITE.fullmatch(text):
        raise _problem(node, f"{text} is no number that Pulumi can hand on")
    moment = _moment(text)
    if moment is not None:
        return moment
    digits = text.replace("_", "") if text[0] in "+-.0123456789" else text
    if INTEGER.fullmatch(digits):
        number = int(re.sub(r"^([-+]?)0([0-7]+)$", r"\g<1>0o\2", digits), 0)
        if number in INTEGERS:
            return number
    if FLOAT.fullmatch(digits):
        value = float(digits)
        return _as_json(value) if math.isfinite(value) else text
    return text


def _as_json(value: float) -> int | float:
    """JSON has one kind of number, and Go writes 5.0 as 5."""
    whole = value.is_integer() and abs(value) < LARGEST_PLAIN
    return int(Decimal(repr(value))) if whole else value


def _moment(text: str) -> str | None:
    """A date as Go's `time.Time` prints it, which is what reaches the program."""
    found = MOMENT.fullmatch(text)
    if found is None or (found[9] is None) != (found[4] in (None, " ")):
        return None  # a moment after T needs a zone, one after a space has none
    offset = found[9] or "Z"
    zone = timedelta()
    if offset != "Z":
        hours, minutes = int(offset[1:3]), int(offset[4:])
        zone = (1 if offset[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)
    try:
        parts = [int(part) for part in (found[1], found[2], found[3], found[5] or 0, found[6] or 0, found[7] or 0)]
        moment = datetime(*parts, tzinfo=timezone(zone))  # pyright: ignore[reportArgumentType]
    except ValueError:
        return None
    fraction = (found[8] or "").rstrip("0")
    shown = f"{moment:{moment.year:04}-%m-%d %H:%M:%S}" + (f".{fraction}" if fraction else "")
    return f"{shown} {moment.strftime('%z')} {moment.strftime('%z') if zone else 'UTC'}"


def _problem(node: yaml.Node, text: str) -> UnreadableYamlError:
    return UnreadableYamlError(f"line {node.start_mark.line + 1}: {text}")
