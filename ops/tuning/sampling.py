"""`sampling aggressive|normal|validate`: how hard ordinary traces are thinned, by configuration; and what is kept."""

from pathlib import Path

from ops.backends.prometheus import Mimir
from ops.backends.target import Target
from ops.report.checks import Check, Report, State, checked
from ops.report.model import Row, RowStyle, Table, document, table
from ops.stacks import settings_of
from ops.tuning.effects import effect
from ops.tuning.stack_file import apply, proposed
from planning.sampling import SamplingMode
from planning.sampling_estimate import sampling_estimate
from settings.models.platform import PlatformSettings

MODE_KEY = "sampling.mode"
# Real traffic has other shares of errors and of critical services than the workload of the settings.
TOLERANCE_RATIO = 0.3
TOLERANCE_SHARE = 0.02
DECISIONS = "sum by (sampled) (rate(otelcol_processor_tail_sampling_global_count_traces_sampled_total[{}h]))"
DROPPED_EARLY = "sum(increase(otelcol_processor_tail_sampling_sampling_trace_dropped_too_early_total[{}h]))"


def change_mode(
    stack: str, mode: SamplingMode, *, yes: bool, as_json: bool = False, project: Path | None = None
) -> int:
    """Shows what the mode keeps and costs, and changes the stack file."""
    before = settings_of(stack, project)
    change = proposed(stack, {MODE_KEY: mode.value}, project)
    seen = effect(stack, before, change.settings)
    report = document("", kept_table(before, change.settings), seen.table())
    return apply(change, stack, seen, report, yes=yes, as_json=as_json)


def kept_table(before: PlatformSettings, after: PlatformSettings) -> Table:
    """What is kept of each kind of trace, in percent."""
    old, new = (sampling_estimate(one.workload, one.sampling) for one in (before, after))
    rows = [
        (was.kind, f"{was.percent_of_traces:.1f}", f"{was.kept_percent:g}", f"{becomes.kept_percent:g}")
        for was, becomes in zip(old.kinds, new.kinds, strict=True)
    ]
    total = ("all traces", "100.0", f"{old.kept_share * 100:.1f}", f"{new.kept_share * 100:.1f}")
    every = (*rows, Row(cells=total, style=RowStyle.TOTAL))
    return table(("traces", "% of all", "% kept now", "% kept then"), every, numbers=(1, 2, 3))


def validate_sampling(target: Target, hours: int) -> Report:
    """What the gateway really keeps, against the estimate. Raises `LiveError` when Mimir gives no answer."""
    mimir, settings = target.mimir(), target.settings
    checks = (_kept(mimir, settings, hours), _dropped(mimir, hours))
    return Report(title=f"Sampling of {target.stack} ({settings.sampling.mode}), last {hours} h", checks=checks)


def _kept(mimir: Mimir, settings: PlatformSettings, hours: int) -> Check:
    decided = mimir.by("sampled", DECISIONS.format(hours))
    total = decided.get("true", 0.0) + decided.get("false", 0.0)
    expected = sampling_estimate(settings.workload, settings.sampling).kept_share
    if not total:
        return Check(name="share kept", state=State.UNKNOWN, detail="the gateway has decided about no trace")
    share = decided.get("true", 0.0) / total
    advice = (
        "a stack that was changed but not deployed, or a workload with other shares of errors, slow traces and "
        "critical services than workload.* says: the cost plan then is off as well"
    )
    return checked(
        "share kept",
        f"{share:.1%} of {total:.1f} traces/s; estimated {expected:.1%}",
        advice,
        bad=abs(share - expected) > max(TOLERANCE_SHARE, TOLERANCE_RATIO * expected),
        value=share,
        limit=expected,
        unit="ratio",
    )


def _dropped(mimir: Mimir, hours: int) -> Check:
    lost = mimir.number(DROPPED_EARLY.format(hours))
    return checked(
        "dropped undecided",
        f"{lost:,.0f} traces were evicted before their decision, errors among them perhaps" if lost else "none",
        "raise sizes.collector_gateway.memory_limit_mib, or send fewer traces",
        bad=bool(lost),
        value=lost,
        limit=0,
        unit="traces",
    )
