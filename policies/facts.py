"""What rules see: registered resources as plain data, and whether the engine was told to protect them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from planning.registered import (
    UNKNOWN,
    Property,
    Unknown,
    belonging_to,
    is_list,
    is_table,
    of_type,
    tables,
    value_at,
)
from planning.registered import Resource as RegisteredResource

__all__ = [
    "UNKNOWN",
    "Property",
    "RegisteredResource",
    "Resource",
    "Unknown",
    "belonging_to",
    "canonical_type",
    "decimal",
    "has_unknown",
    "is_list",
    "is_table",
    "leaves",
    "of_type",
    "show",
    "tables",
    "value_at",
    "whole",
]


@dataclass(frozen=True)
class Resource(RegisteredResource):
    """A registered resource with the option that mocks never see."""

    protect: bool | None = None
    """Whether the engine refuses to delete it; None where the engine didn't say."""


_SECOND_NAME = re.compile(r"aws:s3/(bucket\w*)V2:(Bucket\w*)V2")


def canonical_type(type_token: str) -> str:
    """The type token that rules know: the AWS provider still takes S3's types under a second name, such as BucketV2."""
    return _SECOND_NAME.sub(r"aws:s3/\1:\2", type_token)


def decimal(value: Property) -> float | Unknown | None:
    """A number, also where a provider writes it as text; None for anything else."""
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def whole(value: Property) -> int | Unknown | None:
    """A whole number: the engine hands all numbers over as floating point."""
    number = decimal(value)
    return number if number is None or number is UNKNOWN else int(number)


def leaves(value: Property, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Property]]:
    """Every table and every scalar below a value with its path, tables before what is in them."""
    if is_list(value):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, str(index)))
        return
    yield path, value
    if is_table(value):
        for key, item in value.items():
            yield from leaves(item, (*path, key))


def has_unknown(value: Property) -> bool:
    """Whether anything in a value is not yet known."""
    return any(leaf is UNKNOWN for _, leaf in leaves(value))


def show(path: tuple[str, ...]) -> str:
    """A path as people write it: values.image.tag, rules[0].prefix."""
    text = ""
    for step in path:
        text += f"[{step}]" if step.isdigit() else f".{step}" if text else step
    return text
