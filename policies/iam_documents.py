"""IAM policy documents as rules read them: the JSON of a role, bucket, key or queue, statement by statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from planning.registered import UNKNOWN, Property, Unknown, is_list, is_table


@dataclass(frozen=True)
class Statement:
    """One statement, with lists where IAM also takes a single value."""

    number: int
    """Place in the document, from 0."""
    sid: str
    allows: bool
    """Effect Allow; Deny otherwise."""
    actions: tuple[str, ...]
    principals: tuple[str, ...]
    """ARNs, services or *, whatever their kind."""
    resources: tuple[str, ...]
    negated: tuple[str, ...]
    """Which of NotAction, NotPrincipal and NotResource it uses."""
    conditions: Property
    """The Condition table."""

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"statement {self.sid}" if self.sid else f"statement {self.number}"

    @property
    def for_everybody(self) -> bool:
        """Whether its principal is the whole world."""
        return "*" in self.principals

    def condition(self, key: str) -> tuple[str, ...]:
        """All values that it compares a condition key with, whatever the operator; keys are not case-sensitive."""
        if not is_table(self.conditions):
            return ()
        return tuple(
            text
            for tests in self.conditions.values()
            if is_table(tests)
            for name, value in tests.items()
            if name.lower() == key.lower()
            for text in _texts(value)
        )


def statements_of(document: Property) -> Sequence[Statement] | Unknown | None:
    """The statements of a document; None where it is no policy document."""
    if document is UNKNOWN:
        return UNKNOWN
    try:
        parsed: Any = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return None
    if not isinstance(parsed, dict):
        return None
    found: Any = parsed.get("Statement")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    items = cast(list[Any], [found] if isinstance(found, dict) else found)
    if not isinstance(found, list | dict) or not all(isinstance(item, dict) for item in items):
        return None
    return [_statement(number, item) for number, item in enumerate(items)]


def _statement(number: int, item: dict[str, Property]) -> Statement:
    principal = item.get("Principal")
    values = principal.values() if is_table(principal) else [principal]
    return Statement(
        number=number,
        sid=str(item.get("Sid") or ""),
        allows=item.get("Effect") == "Allow",
        actions=_texts(item.get("Action")),
        principals=tuple(text for value in values for text in _texts(value)),
        resources=_texts(item.get("Resource")),
        negated=tuple(key for key in ("NotAction", "NotPrincipal", "NotResource") if key in item),
        conditions=item.get("Condition"),
    )


def _texts(value: Property) -> tuple[str, ...]:
    if value is None:
        return ()
    if is_list(value):
        return tuple(_text(item) for item in value)
    return (_text(value),)


def _text(value: Property) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
