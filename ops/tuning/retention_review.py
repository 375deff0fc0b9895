"""`retention review`: what each signal's retention costs, and what a week more or less would change."""

from ops.cost.what_if import what_if
from ops.errors import CommandError
from ops.report.model import Bullets, Document, Text, document, table
from ops.stacks import settings_of
from planning.backends import BY_SIGNAL
from planning.base import Frozen
from planning.retention import Signal, SignalRetention
from settings.models.platform import PlatformSettings

WEEK_DAYS = 7


class RetentionRow(Frozen):
    """One signal under one retention."""

    signal: Signal
    """Logs, traces or metrics."""
    days: int
    """Days until deletion."""
    change_days: int
    """Against now."""
    storage_plan: str = ""
    """Storage classes that the planner chooses."""
    bucket_usd_per_month: float | None = None
    """The signal's bucket in steady state."""
    stack_usd_per_month: float | None = None
    """The whole stack, with volumes and nodes grown where they must."""
    refused: str = ""
    """Why the settings refuse it."""


class RetentionReview(Frozen):
    """All signals."""

    stack: str
    """Pulumi stack."""
    rows: tuple[RetentionRow, ...]
    """By signal: up to a week less, now, a week more."""
    now_usd_per_month: float
    """The stack as it is."""
    budget_usd_per_month: float
    """Its budget."""

    def document(self) -> Document:
        """As a table with differences."""
        rows = [self._cells(row) for row in self.rows]
        header = ("signal", "days", "plan", "bucket USD", "stack USD", "difference")
        refused = tuple(f"{row.signal} {row.days} days: {row.refused}" for row in self.rows if row.refused)
        return document(
            f"Retention of {self.stack}: {self.now_usd_per_month:,.2f} USD a month now, "
            f"budget {self.budget_usd_per_month:,.2f}",
            table(header, rows, numbers=(1, 3, 4, 5)),
            *([Bullets(title="not possible:", items=refused)] if refused else []),
            Text(
                words="to change it: set retention.<signal>.delete_days in the stack file, then pulumi preview; "
                "a shorter one deletes what is older at the compactors' next run"
            ),
        )

    def _cells(self, row: RetentionRow) -> tuple[str, ...]:
        name = row.signal.value
        if row.bucket_usd_per_month is None or row.stack_usd_per_month is None:
            return (name, str(row.days), "refused, see below", "-", "-", "-")
        # Adding 0 makes of a negative zero a plain one.
        difference = round(row.stack_usd_per_month - self.now_usd_per_month, 2) + 0.0
        return (
            name,
            str(row.days),
            row.storage_plan,
            f"{row.bucket_usd_per_month:,.2f}",
            f"{row.stack_usd_per_month:,.2f}",
            f"{difference:+,.2f}" if row.change_days else "now",
        )


def review(stack: str, settings: PlatformSettings | None = None) -> RetentionReview:
    """Every signal up to a week shorter, as it is, and a week longer.

    Raises what `settings_of` and `load_prices` raise.
    """
    known = settings or settings_of(stack)
    rows: list[RetentionRow] = []
    now = 0.0
    for signal in known.retention.signals:
        days = known.retention.of(signal).delete_days
        for change in _changes(known.retention.of(signal)):
            row, now = _row(stack, known, signal, days + change, change, now)
            rows.append(row)
    return RetentionReview(
        stack=stack, rows=tuple(rows), now_usd_per_month=now, budget_usd_per_month=known.budget.usd_per_month
    )


def _changes(retention: SignalRetention) -> tuple[int, ...]:
    """A week shorter, or as much as leaves the ages before it room; as it is; a week longer."""
    shorter = max(retention.delete_days - WEEK_DAYS, retention.warm_days + 1) - retention.delete_days
    return (*((shorter,) if shorter else ()), 0, WEEK_DAYS)


def _row(
    stack: str, settings: PlatformSettings, signal: Signal, days: int, change: int, now: float
) -> tuple[RetentionRow, float]:
    row = RetentionRow(signal=signal, days=days, change_days=change)
    try:
        answer = what_if(stack, settings=settings, days={signal: days})
    except CommandError as error:
        return row.model_copy(update={"refused": str(error)}), now
    plan = next(one for one in answer.plans if one.bucket == BY_SIGNAL[signal].data.purpose)
    priced = {
        "storage_plan": plan.after,
        "bucket_usd_per_month": plan.usd_per_month[1],
        "stack_usd_per_month": answer.cost.after,
    }
    return row.model_copy(update=priced), answer.cost.before
