"""What was applied, so that it can be measured a week later: a small file beside the stack's own."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from ops.backends.errors import LiveError
from ops.backends.target import Target
from ops.errors import CommandError
from ops.report.model import Document
from ops.tuning.effects import Effect
from ops.tuning.stack_file import Change, apply
from planning.base import Frozen

Kind = Literal["metrics", "logs", "traces"]
FILE = "savings.{stack}.json"
WAIT_DAYS = 7
PARTS = "(_bucket|_sum|_count)?"
UNITS: Mapping[Kind, str] = {"metrics": "series", "logs": "bytes a day", "traces": "bytes a day"}
RECEIVED = "sum(rate(tempo_distributor_bytes_received_total[24h])) * 86400"


class Applied(Frozen):
    """One proposal that was written into the stack's file."""

    on: date
    """The day."""
    kind: Kind
    """Which command proposed it."""
    name: str
    """A metric, or the beginning of several; a service; `traces`."""
    before: float
    """What there was, in the kind's unit."""
    expected: float
    """What was expected to be left."""
    usd_per_month: float | None
    """What the difference bears of the bill, in US dollars a month; None off AWS."""


class Measured(Frozen):
    """A proposal with what became of it."""

    applied: Applied
    """The proposal."""
    unit: str
    """Of its numbers."""
    due: date
    """The day from which on it is measured."""
    real: float | None
    """What is left; None before that day, or where it can't be told."""

    @property
    def share(self) -> float | None:
        """How much of what was expected to go is gone; None where it isn't known."""
        wanted = self.applied.before - self.applied.expected
        return None if self.real is None or not wanted else (self.applied.before - self.real) / wanted


_RECORDS = TypeAdapter(tuple[Applied, ...])


def applied(project: Path, stack: str) -> tuple[Applied, ...]:
    """Everything that was applied. Raises `CommandError` for a file of another shape."""
    path = project / FILE.format(stack=stack)
    if not path.is_file():
        return ()
    try:
        return _RECORDS.validate_json(path.read_bytes())
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise CommandError(f"{path.name}: another shape (at {place or 'its top'}); put it right or remove it") from None


def apply_recorded(
    change: Change,
    stack: str,
    effect: Effect,
    report: Document,
    entries: Sequence[Applied],
    *,
    yes: bool,
    as_json: bool,
) -> int:
    """Shows, asks and writes the stack's file, and what is to be measured beside it."""
    project = change.path.parent
    before = applied(project, stack)
    code = apply(change, stack, effect, report, yes=yes, as_json=as_json)
    if code == 0 and change.difference:
        path = project / FILE.format(stack=stack)
        path.write_bytes(_RECORDS.dump_json((*before, *entries), indent=2) + b"\n")
    return code


def measured(target: Target, project: Path, today: date) -> Iterator[Measured]:
    """Each proposal with what is left now, from a week after it was applied. What can't be read isn't known."""
    for one in applied(project, target.stack):
        due = one.on + timedelta(days=WAIT_DAYS)
        yield Measured(applied=one, unit=UNITS[one.kind], due=due, real=_real(target, one) if today >= due else None)


def _real(target: Target, one: Applied) -> float | None:
    try:
        if one.kind == "metrics":
            pattern = f"{one.name[:-1]}.*" if one.name.endswith("*") else f"{one.name}{PARTS}"
            return target.mimir().number(f'count({{__name__=~"{pattern}",lgtm_savings=""}})') or 0.0
        if one.kind == "logs":
            now = datetime.now(UTC)
            return target.loki().volumes("service_name", now - timedelta(days=1), now).get(one.name, 0.0)
        return target.mimir().number(RECEIVED)
    except LiveError:
        return None
