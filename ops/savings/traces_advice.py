"""`traces advice`: shares of ordinary traces that meet a target of bytes, from what the sampler kept and dropped.

Errors and slow traces are kept whatever the target is. The sampler counts traces by the policy that took them, so what
errors and slow traces need is measured; all other shares are scaled alike, which keeps their order and their nesting.
Source: README of the tail sampling processor, OpenTelemetry Collector contrib 0.149 (its metrics).
"""

from datetime import UTC, datetime

from ops.backends.target import Target
from ops.errors import CommandError
from ops.report.checks import FINDING, HEALTHY
from ops.report.model import Bullets, Document, Section, Text, document, table
from ops.report.output import Answer, show_answer
from ops.report.words import usd
from ops.savings.record import Applied, apply_recorded
from ops.tuning.effects import effect, priced_settings
from ops.tuning.round_trip import Value
from ops.tuning.stack_file import proposed
from planning.base import Frozen
from planning.cost.attribution import signal_costs
from planning.retention import Signal
from planning.sampling import SamplingMode, SamplingPolicy
from telemetry.cost.planned import memory_shares

DECIDED = "sum by (sampled) (rate(otelcol_processor_tail_sampling_global_count_traces_sampled_total[{}h]))"
BY_POLICY = (
    'sum by (policy) (rate(otelcol_processor_tail_sampling_count_traces_sampled_total{{decision="sampled"}}[{}h]))'
)
RECEIVED = "sum(rate(tempo_distributor_bytes_received_total[{}h]))"
ALWAYS = ("errors", "slow")
DAY_SECONDS = 86_400
GB = 1e9
DIGITS = 2
# A target that is nearly met is met.
TOLERANCE = 0.05
RISK = "an ordinary trace that isn't kept can't be looked at; errors and slow traces are kept whatever the shares are"


class TraceAdvice(Frozen):
    """The answer."""

    stack: str
    """The stack."""
    traces_per_second: float
    """All that were judged."""
    errors_per_second: float
    """Kept because of an error."""
    slow_per_second: float
    """Kept because they were slow."""
    ordinary_per_second: float
    """Kept by a share."""
    gb_per_day: float
    """What Tempo receives now."""
    must_gb_per_day: float
    """Errors and slow traces alone, at the mean size of a kept trace."""
    target_gb_per_day: float
    """What was asked for."""
    reachable: bool
    """Whether errors and slow traces fit into it."""
    expected_gb_per_day: float
    """With the proposed shares."""
    shares: SamplingPolicy | None
    """What is proposed; None where the target is met already."""
    saved_usd_per_month: float | None
    """What the difference bears of the bill, in US dollars a month; None off AWS."""
    risk: str = RISK
    """One sentence."""
    undo: str = "put the shares under sampling back as they were and deploy"
    """One sentence."""


def traces_advice(target: Target, *, gb_per_day: float, hours: int, write: bool, yes: bool, as_json: bool) -> int:
    """Shows the shares; with `write` also the plan and the difference, then asks. Raises `LiveError` when Mimir can't
    be read, `CommandError` where the sampler has judged nothing or keeps everything by its mode."""
    found = advice(target, gb_per_day, hours)
    report = advice_document(found, target.settings.sampling)
    if not write or found.shares is None:
        return show_answer(Answer(found, lambda: report, FINDING if found.shares else HEALTHY), as_json=as_json)
    change = proposed(target.stack, values(found.shares))
    seen = effect(target.stack, target.settings, change.settings)
    report = report.model_copy(update={"sections": (*report.sections, Section(blocks=(seen.table(),)))})
    entry = Applied(
        on=datetime.now(UTC).date(),
        kind="traces",
        name="traces",
        before=found.gb_per_day * GB,
        expected=found.expected_gb_per_day * GB,
        usd_per_month=found.saved_usd_per_month,
    )
    return apply_recorded(change, target.stack, seen, report, (entry,), yes=yes, as_json=as_json)


def advice(target: Target, gb_per_day: float, hours: int) -> TraceAdvice:
    """The shares for a target."""
    mimir, now = target.mimir(), target.settings.sampling
    if now.mode is SamplingMode.FULL:
        raise CommandError("sampling.mode: got full, which keeps everything; accepted: normal or aggressive")
    decided, policies = mimir.by("sampled", DECIDED.format(hours)), mimir.by("policy", BY_POLICY.format(hours))
    received = mimir.number(RECEIVED.format(hours))
    kept = decided.get("true", 0.0)
    if not kept or not received:
        raise CommandError(f"no trace was kept in the last {hours} h: give --hours a time with traffic")
    errors, slow = (policies.get(name, 0.0) for name in ALWAYS)
    ordinary = max(0.0, kept - errors - slow)
    day = received * DAY_SECONDS / GB
    must = day * (errors + slow) / kept
    room = max(0.0, gb_per_day - must)
    met = abs(gb_per_day - day) <= TOLERANCE * gb_per_day or not ordinary
    factor = 1.0 if met else room / (day - must)
    shares = None if met else scaled(now, factor)
    expected = day if shares is None else must + (day - must) * _real_factor(now, shares)
    price = _usd(target)
    return TraceAdvice(
        stack=target.stack,
        traces_per_second=sum(decided.values()),
        errors_per_second=errors,
        slow_per_second=slow,
        ordinary_per_second=ordinary,
        gb_per_day=day,
        must_gb_per_day=must,
        target_gb_per_day=gb_per_day,
        reachable=must <= gb_per_day,
        expected_gb_per_day=expected,
        shares=None if shares == now else shares,
        saved_usd_per_month=None if price is None else price * (1 - expected / day),
    )


def scaled(now: SamplingPolicy, factor: float) -> SamplingPolicy:
    """All shares of ordinary traces by one factor, at most 100 %."""

    def share(percent: float) -> float:
        return min(100.0, round(percent * factor, DIGITS))

    overrides = tuple(one.model_copy(update={"percent": share(one.percent)}) for one in now.overrides)
    return now.model_copy(
        update={
            "critical_percent": share(now.critical_percent),
            "standard_percent": share(now.standard_percent),
            "background_percent": share(now.background_percent),
            "overrides": overrides,
        }
    )


def _real_factor(now: SamplingPolicy, then: SamplingPolicy) -> float:
    """What rounding and the end at 100 % leave of the factor, by the share that most traces have."""
    return then.standard_percent / now.standard_percent if now.standard_percent else 1.0


def values(shares: SamplingPolicy) -> dict[str, Value]:
    """The shares as the stack's file has them."""
    document = shares.model_dump(mode="json", exclude_none=True)
    keys = ("critical_percent", "standard_percent", "background_percent", *(("overrides",) if shares.overrides else ()))
    return {f"sampling.{key}": document[key] for key in keys}


def _usd(target: Target) -> float | None:
    settings = target.settings
    if not settings.on_aws:
        return None
    return signal_costs(priced_settings(target.stack, settings), memory_shares(settings))[Signal.TRACES]


def advice_document(found: TraceAdvice, now: SamplingPolicy) -> Document:
    """What is kept, what the target needs, and the shares."""
    must, ordinary = found.errors_per_second + found.slow_per_second, found.ordinary_per_second
    rest = found.gb_per_day - found.must_gb_per_day
    kept = table(
        ("traces", "a second", "GB a day"),
        (
            ("errors and slow, always kept", f"{must:.2f}", _gb(found.must_gb_per_day)),
            ("ordinary, kept by a share", f"{ordinary:.2f}", _gb(rest)),
            ("dropped", f"{found.traces_per_second - must - ordinary:.2f}", "-"),
        ),
        numbers=(1, 2),
    )
    title = f"Tempo receives {_gb(found.gb_per_day)} GB a day; the target is {_gb(found.target_gb_per_day)}"
    if found.shares is None:
        said = "The target is met." if found.reachable else "No share can meet it."
        return document(title, kept, Text(words=said))
    then = found.shares
    rows = [
        (name, f"{before:g}", f"{after:g}")
        for name, before, after in (
            ("critical_percent", now.critical_percent, then.critical_percent),
            ("standard_percent", now.standard_percent, then.standard_percent),
            ("background_percent", now.background_percent, then.background_percent),
            *(
                (f"override of {old.language or old.service}", old.percent, new.percent)
                for old, new in zip(now.overrides, then.overrides, strict=True)
            ),
        )
    ]
    reached = f"With these shares some {_gb(found.expected_gb_per_day)} GB a day arrive"
    if not found.reachable:
        reached = (
            f"Errors and slow traces alone are {_gb(found.must_gb_per_day)} GB a day, and are kept: shares can't meet "
            f"the target. {reached}"
        )
    saved = found.saved_usd_per_month
    money = "" if saved is None else f", which bear {usd(abs(saved))} USD a month {'less' if saved >= 0 else 'more'}"
    return document(
        title,
        kept,
        table(("share of ordinary traces, %", "now", "then"), rows, numbers=(1, 2)),
        Text(words=f"{reached}{money}."),
        Bullets(title="risk:", items=(found.risk,)),
        Bullets(title="undo:", items=(found.undo,)),
    )


def _gb(value: float) -> str:
    return f"{value:,.2f}"
