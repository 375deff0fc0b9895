"""`metrics unused` for people, and its settings written into the stack's file."""

from datetime import UTC, datetime

from ops.backends.target import Target
from ops.cost.what_if import what_if
from ops.report.checks import FINDING, HEALTHY
from ops.report.model import Bullets, Document, Section, Text, code, table
from ops.report.output import Answer, show_answer
from ops.report.words import signed_usd, usd
from ops.savings.metrics_unused import Proposal, Unused, unused
from ops.savings.record import Applied, apply_recorded
from ops.tuning.effects import effect
from ops.tuning.round_trip import Value
from ops.tuning.stack_file import proposed
from settings.models.metrics import MetricsSettings
from settings.models.platform import PlatformSettings

MOST_SHOWN_CHARACTERS = 60


def metrics_unused(
    target: Target, *, days: int, limit: int, write: bool, yes: bool, as_json: bool, now: datetime | None = None
) -> int:
    """Shows the proposals; with `write` also the plan and the difference, then asks. Exit code 1 where there is
    something to save and nothing was written."""
    found = unused(target, now or datetime.now(UTC), days)
    if not write or not found.proposals:
        answer = Answer(
            found,
            lambda: unused_document(found, limit, target.settings),
            FINDING if found.proposals else HEALTHY,
        )
        return show_answer(answer, as_json=as_json)
    change = proposed(target.stack, values(found.values(target.settings.metrics)))
    seen = effect(target.stack, target.settings, change.settings)
    report = unused_document(found, limit, target.settings)
    report = report.model_copy(update={"sections": (*report.sections, Section(blocks=(seen.table(),)))})
    entries = [_applied(one) for one in found.proposals]
    return apply_recorded(change, target.stack, seen, report, entries, yes=yes, as_json=as_json)


def _applied(one: Proposal) -> Applied:
    return Applied(
        on=datetime.now(UTC).date(),
        kind="metrics",
        name=one.name,
        before=one.of,
        expected=one.of - one.series,
        usd_per_month=one.usd_per_month,
    )


def values(settings: MetricsSettings) -> dict[str, Value]:
    """The table as the stack's file has it."""
    document = settings.model_dump(mode="json")
    return {f"metrics.{key}": document[key] for key in ("drop", "aggregate") if document[key]}


def unused_document(found: Unused, limit: int, settings: PlatformSettings) -> Document:
    """The sum, the proposals, and where it was looked."""
    sources = table(
        ("who asks", "queries", ""),
        ((one.name, f"{one.queries:,}", one.remark) for one in found.sources),
        numbers=(1,),
    )
    notes = (
        f"{found.others:,} more series are made by rules and by Mimir itself: no collector can leave them out.",
        *((f"{found.anything} queries ask for whatever their reader chooses: only what was chosen lately is known.",)
          if found.anything else ()),
    )  # fmt: skip
    rest = Section(blocks=(sources, Bullets(items=notes)), heading="Who was asked")
    if not found.proposals:
        return Document(title="Every series is asked for", sections=(rest,))
    shown = found.proposals[:limit]
    rows = [
        (code(_named(one)), f"{one.series:,}", _dollars(one.usd_per_month), one.filter[:MOST_SHOWN_CHARACTERS] + " …")
        for one in shown
    ]
    more = len(found.proposals) - len(shown)
    blocks = (
        table(("proposal", "series", "USD a month", "in the collector's words"), rows, numbers=(1, 2)),
        *((Text(words=f"{more} more: --limit, or --json for all with their filters"),) if more else ()),
        Bullets(title="risk:", items=tuple(dict.fromkeys(one.risk for one in shown))),
        Bullets(
            title="undo:",
            items=("take the lines out of metrics.drop or metrics.aggregate again and deploy: stored again from then",),
        ),
        Text(words="--apply writes them into the stack's file, after it has shown the plan and asked."),
    )
    share = found.saved / found.series
    title = f"{found.saved:,} of {found.series:,} series ({share:.0%}) can go"
    return Document(title=title, lead=(Text(words=_money(found, settings)),), sections=(Section(blocks=blocks), rest))


def _money(found: Unused, settings: PlatformSettings) -> str:
    if found.usd_per_series is None:
        return "There are no prices off AWS."
    left = max(1, settings.workload.active_series - found.saved)
    workload = settings.workload.model_copy(update={"active_series": left})
    bill = what_if(found.stack, workload=workload, settings=settings).cost.difference
    return (
        f"They bear {usd(found.saved * found.usd_per_series)} USD a month, at {1000 * found.usd_per_series:.2f} USD a "
        f"thousand series, the fixed part among it. The bill itself changes by {signed_usd(bill)} USD a month at "
        f"today's sizes: the rest is room for other series, or goes when sizes do."
    )


def _named(one: Proposal) -> str:
    return f"{one.name} without {', '.join(one.without)}" if one.without else one.name


def _dollars(value: float | None) -> str:
    return "-" if value is None else usd(value)
