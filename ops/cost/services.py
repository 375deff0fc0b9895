"""`cost services` and `cost services-measured`: who pays, by the plan and by what really arrived."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ops.backends.errors import LiveError, Problem
from ops.backends.target import Target
from ops.cost.plan import priced
from ops.files import text_of
from ops.report.output import Answer
from ops.report.services import services_document
from ops.stacks import owner_of, settings_of
from ops.tuning.effects import priced_settings
from planning.cost.attribution import Sender, SharedBill, normalised, shared_bill
from planning.retention import Signal
from settings.rules.senders import team_of
from telemetry.cost.planned import DAYS_PER_MONTH, bill_by_service, planned_cost

EXPECTED = "Shares are those that the stack's file expects: workload and services."
MEASURED = (
    "Shares are what arrived in the last {hours} h: log bytes by Loki's index, spans and series by the platform's "
    "recordings. Names that aren't in the stack's file are the platform's own parts, or services nobody listed."
)
UNLISTED = "(unlisted)"


def services(stack: str, file: str | None, *, by_team: bool) -> Answer:
    """The bill by service, of the settings or of a preview, event log or state.

    Raises `PriceTableError` for a region without prices, `UnreadableResourcesError` for a file without resources.
    """
    settings = settings_of(stack)
    report = priced_settings(stack, settings) if file is None else priced(text_of(file), file, settings)
    bill = bill_by_service(report, settings)
    return Answer(bill, lambda: services_document(bill, f"Who pays for {stack}", EXPECTED, by_team=by_team))


def measured_services(target: Target, hours: int, *, by_team: bool) -> Answer:
    """The running platform's bill by service. Raises `LiveError` where a back end gives no answer or has no numbers."""
    bill = _measured(target, hours)
    title = f"Who pays for {target.stack}, as measured"
    basis = MEASURED.format(hours=hours)
    return Answer(bill, lambda: services_document(bill, title, basis, by_team=by_team))


def _measured(target: Target, hours: int) -> SharedBill:
    mimir, settings = target.mimir(), target.settings
    per_day = mimir.by("signal", f"sum by (signal) (avg_over_time(lgtm:cost_usd_per_day[{hours}h]))")
    by_signal = {signal: per_day.get(signal, 0.0) * DAYS_PER_MONTH for signal in settings.retention.signals}
    if not per_day:
        raise LiveError("mimir", Problem.EMPTY, "no lgtm:cost_usd_per_day: the cost rules have recorded nothing yet")
    sent = {signal: _sent(target, signal, hours) for signal in by_signal}
    teams = {one.name: team_of(one, settings) for one in settings.services}
    names = {name for weights in sent.values() for name in weights}
    senders = [
        Sender(
            service=name,
            team=teams.get(name, UNLISTED),
            shares={signal: weights.get(name, 0.0) for signal, weights in sent.items()},
        )
        for name in sorted(names)
    ]
    plan = planned_cost(settings, target.stack, owner_of(settings))
    return shared_bill(by_signal, plan.fixed_usd_per_month if plan else 0.0, senders)


def _sent(target: Target, signal: Signal, hours: int) -> Mapping[str, float]:
    """Shares of 1. A signal that nobody sent anything of is borne by the listed services in equal parts."""
    weights: defaultdict[str, float] = defaultdict(float)
    if signal is Signal.LOGS:
        now = datetime.now(UTC)
        weights |= target.loki().volumes("service_name", now - timedelta(hours=hours), now)
    else:
        series = f'lgtm:ingestion_bytes_by_service:rate1h{{signal="{signal}"}}'
        weights |= target.mimir().by("service_name", f"avg_over_time({series}[{hours}h])")
    found = {name: weight for name, weight in weights.items() if weight > 0}
    return normalised(found or {one.name: 1.0 for one in target.settings.services})
