"""Checks of a resource's inputs against its schema, generated names, and default tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.providers.narrow import as_object, is_list, is_object
from sandbox.providers.properties import UNKNOWN, Properties
from sandbox.providers.rules.refusal import nearest
from sandbox.providers.schema import TypeSpec

DEFAULTS_KEY = "__defaults"  # the inputs that the provider filled in, as the bridged providers note them
RANDOM_DIGITS = 7


@dataclass(frozen=True)
class Problem:
    """A property that doesn't fit the schema."""

    property: str
    reason: str


def schema_problems(token: str, inputs: Properties, spec: TypeSpec) -> list[Problem]:
    """Unknown, missing and mistyped properties, each with the property, the type and what would fit."""
    return list(_object_problems(token, inputs, spec, ""))


def _object_problems(token: str, value: Mapping[str, Any], spec: TypeSpec, path: str) -> Iterator[Problem]:
    for name in value:
        if name.startswith("__"):
            continue
        below = f"{path}.{name}" if path else name
        if name not in spec.properties:
            hint = nearest(name, spec.properties) or f" It has {', '.join(sorted(spec.properties))}."
            where = f" in {path}" if path else ""
            yield Problem(below, f"{token} has no property {name!r}{where}.{hint}")
        else:
            yield from _value_problems(token, value[name], spec.properties[name], below)
    for name in spec.required:
        if value.get(name) is None:
            below = f"{path}.{name}" if path else name
            yield Problem(below, f"{token}: the required property {below!r} is missing.")


def _value_problems(token: str, value: Any, spec: TypeSpec, path: str) -> Iterator[Problem]:
    if value is UNKNOWN or value is None or spec.kind == "any":
        return
    if not _fits(value, spec):
        yield Problem(path, f"{token}: {path!r} must be of type {_type_name(spec)}, not {_value_name(value)}.")
    elif spec.kind == "object":
        yield from _object_problems(token, value, spec, path)
    elif spec.kind == "map" and spec.element is not None:
        for key, item in value.items():
            yield from _value_problems(token, item, spec.element, f"{path}.{key}")
    elif spec.kind == "list" and spec.element is not None:
        for index, item in enumerate(value):
            yield from _value_problems(token, item, spec.element, f"{path}[{index}]")


def _fits(value: Any, spec: TypeSpec) -> bool:
    """The bridged providers turn scalars into one another, so only what can't be turned is refused."""
    if spec.kind in ("object", "map"):
        return is_object(value)
    if spec.kind == "list":
        return is_list(value)
    if isinstance(value, (dict, list)):
        return False
    if spec.kind == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    if spec.kind in ("integer", "number"):
        return not isinstance(value, bool) and _is_number(value, whole=spec.kind == "integer")
    return True


def _is_number(value: Any, *, whole: bool) -> bool:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    return number.is_integer() if whole else True


def _type_name(spec: TypeSpec) -> str:
    if spec.kind == "list" and spec.element is not None:
        return f"list of {_type_name(spec.element)}"
    return spec.kind


def _value_name(value: Any) -> str:
    if is_object(value):
        return "an object"
    if is_list(value):
        return "a list"
    return repr(value)


@dataclass(frozen=True)
class NameRule:
    """How a type generates its physical name."""

    property: str
    prefix_property: str | None
    limit: int
    lower: bool


@dataclass(frozen=True)
class Suggestion:
    """What the engine says about names: its proposal, if it has one, and whether it must be taken or is ruled out."""

    proposed: str = ""
    enforced: bool = False
    disabled: bool = False


def with_name(
    inputs: Properties, old_inputs: Properties, rule: NameRule, logical_name: str, seed: bytes, suggestion: Suggestion
) -> Properties:
    """The inputs with a physical name. A name that was generated before is kept.

    Raises ValueError when naming is disabled and the program gives no name, or when the generated one is too long.
    """
    if inputs.get(rule.property) is not None:
        return inputs
    prefix = inputs.get(rule.prefix_property) if rule.prefix_property else None
    if rule.property in old_inputs.get(DEFAULTS_KEY, []) and prefix == old_inputs.get(rule.prefix_property or ""):
        name = old_inputs[rule.property]
    else:
        name = _generated_name(rule, logical_name, prefix, seed, suggestion)
    return {**inputs, rule.property: name, DEFAULTS_KEY: [rule.property]}


def _generated_name(rule: NameRule, logical_name: str, prefix: Any, seed: bytes, suggestion: Suggestion) -> Any:
    digits = hashlib.sha256(seed).hexdigest()[:RANDOM_DIGITS]
    if prefix is UNKNOWN:
        return UNKNOWN
    if prefix:
        name = f"{prefix}{digits}"
    elif suggestion.disabled:
        raise ValueError(f"automatic naming is disabled: give {rule.property!r} explicitly")
    elif suggestion.proposed:
        name = suggestion.proposed
    else:
        name = f"{logical_name}-{digits}"
    if rule.lower and not suggestion.enforced:
        name = name.lower()
    if len(name) > rule.limit:
        raise ValueError(
            f"the generated name {name!r} has {len(name)} characters, more than {rule.limit}: give a shorter one"
        )
    return name


def merged_tags(default_tags: Mapping[str, str], tags: Any) -> Any:
    """All tags of a resource: its own win over the provider's default tags."""
    if tags is UNKNOWN:
        return UNKNOWN
    return {**default_tags, **as_object(tags)}


def own_tags(all_tags: Mapping[str, str], default_tags: Mapping[str, str], known: Any) -> dict[str, str]:
    """The tags that aren't there because of the default tags alone."""
    given = known if is_object(known) else {}
    return {key: value for key, value in all_tags.items() if key in given or default_tags.get(key) != value}
