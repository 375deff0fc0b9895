"""A rule: an id, the reason, the fix, what it can be told, and a pure predicate tested without the engine."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from planning.registered import Resource
from policies.limits import Limits, PolicyException

L = TypeVar("L", bound=Limits)


class Subject(StrEnum):
    """What a rule is about; the chapters of the rule book."""

    COST = "Cost"
    RETENTION = "Retention"
    SECURITY = "Security"
    EXCEPTIONS = "Exceptions"


class Level(StrEnum):
    """What a violation does, in the engine's words."""

    ADVISORY = "advisory"
    """It is shown."""
    MANDATORY = "mandatory"
    """It stops the preview or update."""


class Severity(StrEnum):
    """How much a violation matters, in the engine's words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Violation:
    """One violation."""

    message: str
    """What is wrong with which value, and what would be accepted."""
    urn: str = ""
    """The resource it is about; a stack rule leaves it empty for the stack as a whole."""


@dataclass(frozen=True)
class NotYetKnown:
    """Something that only the cloud will tell, so that the rule could not judge: neither a pass nor a violation."""

    what: str
    """The property that is not yet known."""
    urn: str = ""
    """The resource that has it."""


Verdict = Violation | NotYetKnown


@dataclass(frozen=True, kw_only=True)
class _RuleText:
    """What people are told of a rule."""

    id: str
    subject: Subject
    title: str
    why: str
    fix: str
    level: Level = Level.MANDATORY
    severity: Severity = Severity.HIGH


@dataclass(frozen=True, kw_only=True)
class _JudgesResources(_RuleText, Generic[L]):
    types: tuple[str, ...]
    """Type tokens that it looks at; * stands for any characters."""
    limits: type[L]


@dataclass(frozen=True, kw_only=True)
class ResourceRule(_JudgesResources[L]):
    """Judges each resource by itself, before it is created."""

    check: Callable[[Resource, L], Iterable[Verdict]]


@dataclass(frozen=True, kw_only=True)
class StackRule(_JudgesResources[L]):
    """Judges resources together: a bucket with its lifecycle, a role with its association."""

    check: Callable[[Sequence[Resource], L], Iterable[Verdict]]


@dataclass(frozen=True)
class ExceptionUse:
    """An exception that a rule was told of in this run."""

    rule: str
    exception: PolicyException
    used: bool
    """Whether it covered a violation."""


@dataclass(frozen=True, kw_only=True)
class ExceptionRule(_RuleText):
    """Judges the exceptions themselves, after all other rules."""

    subject: Subject = Subject.EXCEPTIONS
    severity: Severity = Severity.MEDIUM
    check: Callable[[Sequence[ExceptionUse], date], Iterable[Violation]]


JudgingRule = ResourceRule[Any] | StackRule[Any]
Rule = JudgingRule | ExceptionRule


def looks_at(rule: JudgingRule, type_token: str) -> bool:
    """Whether resources of a type concern a rule."""
    return any(fnmatchcase(type_token, pattern) for pattern in rule.types)
