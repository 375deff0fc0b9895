"""A rule: an id, the reason, the fix, and a pure predicate over resources, tested without the engine."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from policies.facts import Resource


@dataclass(frozen=True)
class Finding:
    """One violation."""

    message: str
    """What is wrong with which value, and what would be accepted."""
    urn: str
    """The resource it is about."""


@dataclass(frozen=True)
class ResourceRule:
    """Judges each resource by itself."""

    id: str
    title: str
    why: str
    fix: str
    check: Callable[[Resource], Iterable[str]]


@dataclass(frozen=True)
class StackRule:
    """Judges resources together: a bucket with its lifecycle, a role with its association."""

    id: str
    title: str
    why: str
    fix: str
    check: Callable[[Sequence[Resource]], Iterable[Finding]]
