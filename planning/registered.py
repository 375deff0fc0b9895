"""Registered resources as plain, frozen data: what rules and prices see, with what preview can't know yet marked so.

They come from a policy pack's engine objects, from an event log (`planning.registered_sources`) or from a state.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeGuard


class Unknown(Enum):
    """A property whose value only the cloud will tell: neither a pass nor a violation."""

    UNKNOWN = "not yet known"


UNKNOWN = Unknown.UNKNOWN

Property = None | bool | int | float | str | Unknown | Sequence["Property"] | Mapping[str, "Property"]


@dataclass(frozen=True)
class Resource:
    """One registered resource."""

    type: str
    """Pulumi type token, such as aws:s3/bucket:Bucket."""
    name: str
    """Logical name."""
    urn: str
    """Unique name in the stack."""
    properties: Mapping[str, Property]
    """Inputs, camelCase as the provider names them."""
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """URNs of the resources that each property's value came from."""
    parent: str | None = None
    """URN of the resource that it is a child of."""
    protect: bool | None = None
    """Whether the engine refuses to delete it; None where nobody said."""

    def at(self, *path: str | int) -> Property:
        """The value at a path of keys and indexes; None where it is absent, UNKNOWN at or below an unknown value."""
        return value_at(self.properties, *path)


def value_at(value: Property, *path: str | int) -> Property:
    """The value at a path below `value`; None where it is absent, UNKNOWN at or below an unknown value."""
    for step in path:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(step, str) and is_table(value):
            value = value.get(step)
        elif isinstance(step, int) and is_list(value) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def is_table(value: Property) -> TypeGuard[Mapping[str, Property]]:
    """Whether a property is an object."""
    # The plain type first: an abstract one takes far longer to ask, and a bill asks a hundred thousand times.
    return type(value) is dict or isinstance(value, Mapping)


def is_list(value: Property) -> TypeGuard[Sequence[Property]]:
    """Whether a property is a list (a string is not)."""
    kind = type(value)
    return kind is not str and (kind is list or isinstance(value, Sequence))


def of_type(resources: Sequence[Resource], type_token: str) -> Iterator[Resource]:
    """The resources of one type."""
    return (resource for resource in resources if resource.type == type_token)


def belonging_to(owner: Resource, owner_key: str, others: Sequence[Resource], type_token: str) -> Iterator[Resource]:
    """Resources of a type whose `owner_key` names `owner`: by its value, or in preview by where the value came from."""
    names = {value for value in (owner.at(owner_key), owner.at("id"), owner.at("arn")) if isinstance(value, str)}
    for other in of_type(others, type_token):
        if owner.urn in other.property_dependencies.get(owner_key, frozenset()) or other.at(owner_key) in names:
            yield other


def tables(value: Property) -> list[tuple[int, Property]]:
    """The entries of a list with their indexes; a single object counts as a list of one."""
    if is_table(value):
        return [(0, value)]
    return list(enumerate(value)) if is_list(value) else []


# No count, size or age of a resource comes near it.
MOST = 1e12


def number(value: Property) -> float | None:
    """An amount, also where it is written as text; None for anything else, negative and absurd ones among them."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= MOST else None
