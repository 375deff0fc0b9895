"""The shape of a policy test: resources in, one verdict out, under prod's configuration unless a case says more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planning.registered import Property, Resource
from policies.configuration import limits_for
from policies.rule import NotYetKnown, ResourceRule, Rule, StackRule, Verdict, Violation, looks_at
from policies.rules import RULES
from tests.stacks import policy_configs

OF_THE_WHOLE_STACK = ("budget", "cost-delta", "costs-known", "nodes-limited", "steady-load-sustained")
PASS, FAIL, UNKNOWN_YET = "pass", "violation", "not yet known"
STACK_URN = "urn:pulumi:prod::lgtm"


@dataclass(frozen=True)
class Case:
    """One row of a rule's table."""

    rule: str
    verdict: str
    """PASS, FAIL or UNKNOWN_YET."""
    resources: Sequence[Resource]
    word: str = ""
    """What the first violation, or the first thing not yet known, must say."""
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the engine hands over beside the stack's file."""
    count: int = 1
    """Violations, if it fails."""

    def __str__(self) -> str:
        return f"{self.rule}-{self.verdict}"


def resource(
    type_token: str,
    properties: Mapping[str, Property],
    name: str = "r",
    *,
    of: Mapping[str, Resource] | None = None,
    protect: bool | None = None,
) -> Resource:
    """A registered resource; `of` names the resources that properties come from."""
    dependencies = {key: frozenset({owner.urn}) for key, owner in (of or {}).items()}
    urn = f"{STACK_URN}::{type_token}::{name}"
    return Resource(type_token, name, urn, properties, dependencies, protect=protect)


def verdicts(case: Case) -> tuple[list[str], list[str]]:
    """The messages of violations, and what was not yet known."""
    rule = next(rule for rule in RULES if rule.id == case.rule)
    limits = limits_for(rule, "prod", case.limits, policy_configs())
    seen = [item for item in case.resources if looks_at(rule, item.type)]
    found = (
        [verdict for item in seen for verdict in rule.check(item, limits)]
        if isinstance(rule, ResourceRule)
        else list(rule.check(seen, limits))
    )
    _named(rule, found, {item.urn for item in seen})
    messages = [verdict.message for verdict in found if isinstance(verdict, Violation)]
    return messages, [verdict.what for verdict in found if isinstance(verdict, NotYetKnown)]


def _named(rule: Rule, found: Sequence[Verdict], urns: set[str]) -> None:
    """A resource rule's verdicts are the engine's own to place; a stack rule's name a resource, or none on purpose."""
    for verdict in found if isinstance(rule, StackRule) else ():
        accepted = urns | ({""} if rule.id in OF_THE_WHOLE_STACK else set[str]())
        assert verdict.urn in accepted, f"{rule.id}: one of {accepted} expected, this names {verdict.urn!r}: {verdict}"


def check(case: Case) -> None:
    """Fails unless the rule says exactly what the case expects."""
    messages, unknown = verdicts(case)
    said = f"{case.rule} under {dict(case.limits)} said {messages or 'no violation'}, not yet known: {unknown}"
    if case.verdict == FAIL:
        assert len(messages) == case.count, f"{case.count} violation(s) expected; {said}"
        assert case.word in messages[0], f"a first violation with {case.word!r} expected; {said}"
    else:
        assert not messages, f"{case.verdict} expected; {said}"
        assert bool(unknown) == (case.verdict == UNKNOWN_YET), f"{case.verdict} expected; {said}"
        assert not unknown or case.word in unknown[0], f"not yet known with {case.word!r} expected; {said}"
