"""One readable line for everything that is wrong with a settings document."""

import difflib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from planning.base import BROKEN_RULE
from planning.errors import UserError
from planning.json_value import Json
from settings.document.schema_tree import VARIANTS, Node, Path, accepted, child, keys_of, lookup, path_text, schema_tree
from settings.document.yaml_traps import type_trap
from settings.rules.whole_document import BrokenRule

LONGEST_VALUE = 60
MIRROR_PATH: Path = ("charts", "mirror")


class SettingsError(UserError):
    """A settings document that can't be used; `str()` is the whole message for people."""

    def __init__(self, stack: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"Pulumi.{stack}.yaml can't be used:\n" + "\n".join(f"  - {problem}" for problem in problems))


class Source(NamedTuple):
    """Where a value comes from."""

    document: Json
    """What the stack file says."""
    merged: Json
    """The same laid over the defaults."""
    origin: str
    """Name of the defaults, such as `default of dev`."""
    origins: Mapping[Path, str] = {}
    """Where single values come from that are no plain defaults."""

    def value(self, path: Path) -> str:
        """`got 5`, with its origin if the stack file doesn't say it."""
        there, value = lookup(self.merged, path)
        if lookup(self.document, path)[0]:
            return f"got {show(value if there else None)}"
        mirror = "from the environment variable LGTM_CHART_MIRROR" if path == MIRROR_PATH else self.origin
        origin = self.origins.get(path, mirror)
        return f"got {show(value)} ({origin})" if there else ""


def explain(error: ValidationError, source: Source, *, only_given: bool = False) -> list[str]:
    """One line for each wrong value; `only_given` leaves out what the document doesn't say itself."""
    details = [item for item in error.errors(include_url=False) if _own_fault(item, error)]
    lines: list[str] = []
    for item in details:
        node, path = _locate(item["loc"][:-1] if _about_a_name(item) else item["loc"])
        if only_given and not _independent(item, path, source):
            continue
        lines += _lines(item, node, path, source)
    return list(dict.fromkeys(lines))


def explain_rules(broken: Sequence[BrokenRule], source: Source) -> list[str]:
    """One line for each broken rule of a document whose tables are right by themselves."""
    return [line(path, source.value(path), rule) for path, rule in broken]


def line(path: Path, *parts: str) -> str:
    """The path and what there is to say about it."""
    return sentence(path_text(path), *parts)


def sentence(subject: str, *parts: str) -> str:
    """`subject: part; part? part`; empty parts are left out."""
    ended = [part if part.endswith("?") else f"{part};" for part in parts if part]
    return f"{subject}: {' '.join(ended).removesuffix(';')}"


def show(value: Json) -> str:
    """A value as JSON if it is short, else what it is; user and password of an address are left out."""
    if isinstance(value, dict) and value:
        return f"a table with the keys {_shorten(', '.join(value))}"
    text = re.sub(r"//[^/@\s]+@", "//***@", json.dumps(value, ensure_ascii=False))
    if isinstance(value, list) and len(text) > LONGEST_VALUE:
        return f"a list of {len(value)} items"
    return _shorten(text)


def _shorten(text: str) -> str:
    text = "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def nearest(word: str, choices: Sequence[str]) -> str:
    """`did you mean "x"?` when one of the choices is close, else nothing."""
    close = difflib.get_close_matches(word.lower(), [choice.lower() for choice in choices], n=1)
    match = next((choice for choice in choices if close and choice.lower() == close[0]), None)
    # `golang` and `production` are not close by letters, but they start with the word that is meant.
    match = match or next((choice for choice in choices if word.lower().startswith(choice.lower())), None)
    return f"did you mean {match}?" if match else ""


def _own_fault(item: ErrorDetails, error: ValidationError) -> bool:
    """Whether an error stands for itself and isn't the echo of another one."""
    loc = item["loc"]
    for other in error.errors(include_url=False):
        inner = other["loc"]
        if item["type"] == "too_short" and len(inner) > len(loc) and inner[: len(loc)] == loc:
            return False  # items that are wrong themselves don't count
        if _about_a_name(other) and loc != inner and loc[: len(inner) - 1] == inner[:-1]:
            return False  # what stands under a name that can't be used
    return True


def _about_a_name(item: ErrorDetails) -> bool:
    """Whether an entry's name in a table of named entries is wrong; its location ends with a marker after the name."""
    return item["type"] == "string_pattern_mismatch" and item["loc"][-1] == "[key]"


def _independent(item: ErrorDetails, path: Path, source: Source) -> bool:
    """Whether a value is wrong in every environment: the document gives it and no default takes part."""
    if path[:1] in (("cluster",), ("network",)) and not lookup(source.document, ("cluster", "mode"))[0]:
        return False
    if item["type"] == "missing":
        return len(path) == 1
    table = item["type"] == BROKEN_RULE and isinstance(lookup(source.merged, path)[1], dict)
    return lookup(source.document, path)[0] and not table


def _locate(loc: Sequence[str | int]) -> tuple[Node | None, Path]:
    """The node at an error's location and the path without the tags of unions."""
    node: Node | None = schema_tree()
    path: list[str | int] = []
    for part in loc:
        tag = node is not None and VARIANTS in node
        node = child(node, part) if node is not None else None
        if not tag:
            path.append(part)
    return node, tuple(path)


def _lines(item: ErrorDetails, node: Node | None, path: Path, source: Source) -> list[str]:
    kind = item["type"]
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return [_wrong_word((*path, "mode"), list((node or {})[VARIANTS]), source)]
    if kind == "extra_forbidden":
        return [_unknown_key(item["loc"], path, source)]
    if kind == "json_invalid":
        return [f"{path_text(())}: holds text that is no valid Unicode, or tables nested too deep"]
    if node is None:
        return [line(path, source.value(path), str(item["msg"]))]
    if _about_a_name(item):
        return [_wrong_name(item["loc"], path)]
    if kind == "missing":
        given = lookup(source.document, path)[0]
        reason = "got null; this takes the default away, leave the key out to keep it" if given else "is missing"
        return [line(path, reason, f"accepted: {accepted(node)}")]
    if kind in ("enum", "literal_error"):
        choices = [str(choice) for choice in node.get("enum") or [node.get("const")]]
        return [_wrong_word(path, choices, source)]
    if kind == BROKEN_RULE and keys_of(node):
        return [_broken_table(item, path, source)]
    return [line(path, source.value(path), _rule(item, node, path, source), f"accepted: {accepted(node)}")]


def _rule(item: ErrorDetails, node: Node, path: Path, source: Source) -> str:
    """Why one value is refused: by a check of its own, or for its kind or size."""
    if item["type"] == BROKEN_RULE:
        return item["msg"]
    _, value = lookup(source.merged, path)
    if isinstance(value, float) and not math.isfinite(value):
        return "not a finite number"
    return {
        "greater_than": "too small",
        "greater_than_equal": "too small",
        "less_than": "too large",
        "less_than_equal": "too large",
        "too_short": "too few",
        "too_long": "too many",
        "string_too_short": "too short",
        "string_too_long": "too long",
        "string_pattern_mismatch": "not of that form",
        # The standard library's parser of addresses is the one check that isn't this project's.
        "value_error": "no IPv4 block: four numbers, / and a prefix length, with zeros after the prefix",
    }.get(item["type"]) or type_trap(str(path[-1]) if path else "", node, value)


def _wrong_word(path: Path, choices: list[str], source: Source) -> str:
    _, value = lookup(source.merged, path)
    hint = nearest(value, choices) if isinstance(value, str) else ""
    return line(path, source.value(path) or "is missing", hint, f"accepted: {', '.join(choices)}")


def _unknown_key(loc: Sequence[str | int], path: Path, source: Source) -> str:
    parent, _ = _locate(loc[:-1])
    union, where = _locate(loc[:-2])
    if union is not None and VARIANTS in union:
        mode = str(loc[-2])
        owners = [tag for tag, variant in union[VARIANTS].items() if path[-1] in keys_of(variant)]
        belongs = f", it belongs to mode {' and '.join(owners)}" if owners else ""
        missing = f"there is no such key in {path_text(where)[len('lgtm:platform.') :]} mode {mode}{belongs}"
    else:
        missing = "there is no such key"
    choices = keys_of(parent or {})
    return line(
        path, source.value(path), missing, nearest(str(path[-1]), choices), f"accepted keys: {', '.join(choices)}"
    )


def _wrong_name(loc: Sequence[str | int], path: Path) -> str:
    parent, where = _locate(loc[:-2])
    names: Node = parent.get("propertyNames", {}) if parent is not None else {}
    return line(path, f"{show(str(path[-1]))} can't be a name in {path_text(where)}", f"accepted: {accepted(names)}")


def _broken_table(item: ErrorDetails, path: Path, source: Source) -> str:
    """A check of a table's values against each other; where the document gives only one of them, it is that one's."""
    keys: tuple[str, ...] = item.get("ctx", {})["keys"]
    given = [(*path, key) for key in keys if lookup(source.document, (*path, key))[0]]
    if len(given) == 1:
        return line(given[0], source.value(given[0]), item["msg"])
    return line(path, item["msg"])
