"""`cost savings`: the ten largest savings of metrics, logs and traces in dollars, and what became of those applied."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ops.backends.errors import LiveError
from ops.backends.target import Target
from ops.errors import CommandError
from ops.report.checks import FINDING, HEALTHY
from ops.report.model import Bullets, Document, Section, Table, Text, code, table
from ops.report.output import Answer
from ops.report.words import usd
from ops.savings.log_patterns import patterns
from ops.savings.metrics_unused import unused
from ops.savings.record import Kind, Measured, measured
from ops.savings.traces_advice import advice
from ops.tuning.dashboards import optimise
from planning.base import Frozen
from settings.project import project_root

MOST = 10
COMMANDS: dict[Kind, str] = {
    "metrics": "metrics unused --apply",
    "logs": "logs patterns --apply",
    "traces": "traces advice --apply",
}


class Saving(Frozen):
    """One thing to do without."""

    kind: Kind
    """Which command proposes it."""
    name: str
    """What."""
    usd_per_month: float | None
    """What it bears of the bill, in US dollars a month; None off AWS."""
    risk: str
    """One sentence."""
    undo: str
    """One sentence."""


class Savings(Frozen):
    """The answer."""

    stack: str
    """The stack."""
    top: tuple[Saving, ...]
    """Dearest first."""
    usd_per_month: float
    """All savings together, those below the ten among them."""
    count: int
    """How many there are."""
    dashboards: tuple[str, ...]
    """Dashboards that are heavy or that nobody opens, in words: they cost time of the nodes, which no bill names."""
    unknown: tuple[str, ...]
    """What couldn't be asked."""
    applied: tuple[Measured, ...]
    """What was applied, with what became of it."""


def savings(target: Target, *, days: int, gb_per_day: float | None, project: Path | None = None) -> Answer:
    """Everything that can be saved; what one back end can't answer is said, and the others' savings are shown."""
    found = gathered(target, days, gb_per_day, project or project_root(), datetime.now(UTC))
    return Answer(found, lambda: savings_document(found), FINDING if found.top else HEALTHY)


def gathered(target: Target, days: int, gb_per_day: float | None, project: Path, now: datetime) -> Savings:
    """The answer."""
    unknown: list[str] = []

    def asked(what: str, ask: Callable[[], Iterator[Saving]]) -> list[Saving]:
        try:
            return list(ask())
        except (LiveError, CommandError) as error:
            unknown.append(f"{what}: {error}")
            return []

    every = [
        *asked("metrics", lambda: _metrics(target, now, days)),
        *asked("logs", lambda: _logs(target, now)),
        *(asked("traces", lambda: _traces(target, gb_per_day)) if gb_per_day is not None else ()),
    ]
    every.sort(key=lambda one: (-(one.usd_per_month or 0.0), one.kind, one.name))
    try:
        checks = [one for one in optimise(target).checks if one.advice]
    except LiveError as error:
        checks = []
        unknown.append(f"dashboards: {error}")
    return Savings(
        stack=target.stack,
        top=tuple(every[:MOST]),
        usd_per_month=sum(one.usd_per_month or 0.0 for one in every),
        count=len(every),
        dashboards=tuple(f"{one.detail}: {one.advice}" for one in checks),
        unknown=tuple(unknown),
        applied=tuple(measured(target, project, now.date())),
    )


def _metrics(target: Target, now: datetime, days: int) -> Iterator[Saving]:
    for one in unused(target, now, days).proposals:
        name = f"{one.name} without {', '.join(one.without)}" if one.without else one.name
        yield Saving(kind="metrics", name=name, usd_per_month=one.usd_per_month, risk=one.risk, undo=one.undo)


def _logs(target: Target, now: datetime) -> Iterator[Saving]:
    for one in patterns(target, now, 24, ()):
        if one.keep_percent is not None:
            name = f"{one.service}: {one.template}"
            yield Saving(kind="logs", name=name, usd_per_month=one.saved_usd_per_month, risk=one.risk, undo=one.undo)


def _traces(target: Target, gb_per_day: float) -> Iterator[Saving]:
    found = advice(target, gb_per_day, 24)
    if found.shares is not None and found.expected_gb_per_day < found.gb_per_day:
        name = f"ordinary traces at {found.shares.standard_percent:g} %"
        yield Saving(
            kind="traces", name=name, usd_per_month=found.saved_usd_per_month, risk=found.risk, undo=found.undo
        )


def savings_document(found: Savings) -> Document:
    """The ten, what was applied, and what isn't known."""
    title = f"{found.count} savings in {found.stack}: {usd(found.usd_per_month)} USD a month"
    return Document(title=title, sections=tuple(savings_sections(found)))


def savings_sections(found: Savings) -> Iterator[Section]:
    """The same for a report that has more."""
    rows = [(code(one.name), usd(one.usd_per_month), COMMANDS[one.kind]) for one in found.top]
    blocks = (table(("what", "USD a month", "by"), rows, numbers=(1,)),) if rows else (Text(words="None is known."),)
    risks = Bullets(title="risk:", items=tuple(dict.fromkeys(one.risk for one in found.top)))
    undo = Bullets(title="undo:", items=tuple(dict.fromkeys(one.undo for one in found.top)))
    yield Section(heading="Savings", blocks=(*blocks, *((risks, undo) if rows else ())))
    if found.applied:
        yield Section(heading="What was applied", blocks=(_became(found.applied),))
    if found.dashboards:
        said = "They cost time of the nodes, which no bill names."
        yield Section(heading="Dashboards", blocks=(Bullets(items=found.dashboards), Text(words=said)))
    if found.unknown:
        yield Section(heading="Not known", blocks=(Bullets(items=found.unknown),))


def _became(every: Sequence[Measured]) -> Table:
    rows = [
        (
            f"{one.applied.on:%Y-%m-%d}",
            code(one.applied.name),
            one.unit,
            f"{one.applied.before:,.0f}",
            f"{one.applied.expected:,.0f}",
            f"from {one.due:%Y-%m-%d}" if one.real is None else f"{one.real:,.0f}",
            "" if one.share is None else f"{one.share:.0%}",
        )
        for one in every
    ]
    return table(("applied", "what", "unit", "before", "expected", "real", "of the saving"), rows, numbers=(3, 4, 5, 6))
