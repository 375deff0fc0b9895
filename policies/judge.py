"""From a rule's verdicts to what people are told: exceptions applied, and their use remembered."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from policies.limits import Limits, PolicyException
from policies.rule import ExceptionUse, JudgingRule, NotYetKnown, Verdict, Violation


class ExceptionUsage:
    """Every exception that rules were told of in this process, and whether it covered something."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # the engine asks about several resources at once
        self._used: dict[tuple[str, PolicyException], bool] = {}

    def enter(self, rule: str, exceptions: Iterable[PolicyException]) -> None:
        """Notes the exceptions of a rule."""
        with self._lock:
            for exception in exceptions:
                self._used.setdefault((rule, exception), False)

    def use(self, rule: str, exception: PolicyException) -> None:
        """Notes that an exception covered a violation."""
        with self._lock:
            self._used[rule, exception] = True

    def uses(self) -> list[ExceptionUse]:
        """All of them."""
        with self._lock:
            return [ExceptionUse(rule, exception, used) for (rule, exception), used in self._used.items()]


@dataclass(frozen=True)
class Judgement:
    """What one rule said."""

    violations: tuple[Violation, ...]
    """With complete messages."""
    not_yet_known: tuple[NotYetKnown, ...]
    """What kept the rule from judging."""

    @property
    def reason(self) -> str:
        """Why the rule could not judge, in one line."""
        return "not yet known: " + ", ".join(dict.fromkeys(item.what for item in self.not_yet_known))


@dataclass(frozen=True)
class EvaluationContext:
    """What a rule was asked about."""

    names: Mapping[str, str]
    """Logical name of each URN."""
    urn: str
    """What a verdict without a URN is about: the one resource, or the stack."""
    today: date


def judge(
    rule: JudgingRule, verdicts: Iterable[Verdict], limits: Limits, context: EvaluationContext, usage: ExceptionUsage
) -> Judgement:
    """Completes messages and leaves out what an exception covers."""
    usage.enter(rule.id, limits.exceptions)
    known: list[Violation] = []
    unknown: list[NotYetKnown] = []
    for verdict in verdicts:
        if isinstance(verdict, NotYetKnown):
            unknown.append(verdict)
        else:
            known.extend(_reported(rule, verdict, limits, context, usage))
    return Judgement(tuple(known), tuple(unknown))


def _reported(
    rule: JudgingRule, violation: Violation, limits: Limits, context: EvaluationContext, usage: ExceptionUsage
) -> Iterator[Violation]:
    urn = violation.urn or context.urn
    name = context.names.get(urn, urn)
    expired = ""
    for exception in limits.exceptions:
        if not exception.covers(name, urn):
            continue
        usage.use(rule.id, exception)
        if not exception.expired(context.today):
            return
        expired = f" Its exception ended on {exception.until} ({exception.reason})."
    yield Violation(f"{name}: {violation.message}. Fix: {rule.fix}{expired}", urn)
