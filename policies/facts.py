"""How rules read what was registered: type tokens under one name, numbers written as text, whole trees of values."""

import re
from collections.abc import Iterator

from planning.registered import UNKNOWN, Property, Unknown, is_list, is_table

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
