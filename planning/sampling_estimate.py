"""What sampling keeps of a workload, kind by kind, ordinarily and under a surge; and the budget that a surge meets."""

from math import ceil

from planning.base import Frozen
from planning.sampling import AGGRESSIVE_SHARE, SamplingMode, SamplingPolicy
from planning.workload import Workload

# The workload is a daily mean; busy hours are some three times it. Five leaves them alone and stops a runaway.
SURGE_FACTOR = 5
# Of what the back end accepts, the part that ordinary traces may fill: the rest is for errors and slow traces.
ORDINARY_PART = 0.5
BYTES_PER_MB = 1_000_000


class KindShare(Frozen):
    """One kind of trace."""

    kind: str
    """What traces they are."""
    percent_of_traces: float
    """How many of all traces are of this kind, in percent; the kinds add up to 100."""
    kept_percent: float
    """How many of this kind are kept, in percent."""


class SamplingEstimate(Frozen):
    """What is kept of a workload."""

    kinds: tuple[KindShare, ...]
    """Kinds that exclude each other, in the order of precedence."""

    @property
    def kept_share(self) -> float:
        """Share of all traces that is kept, 0 to 1."""
        return sum(kind.percent_of_traces * kind.kept_percent for kind in self.kinds) / 10_000

    @property
    def ordinary_share(self) -> float:
        """Share of all traces that is kept and is neither an error nor slow, 0 to 1."""
        return sum(kind.percent_of_traces * kind.kept_percent for kind in self.kinds[2:]) / 10_000


class SurgeBudget(Frozen):
    """What all gateways together keep of ordinary traces."""

    spans_per_second: int
    """Spans a second."""
    bytes_per_second: int
    """OTLP bytes a second, before compression."""

    def of_one(self, gateways: int) -> "SurgeBudget":
        """The part of one of several gateways, which share the traces evenly."""
        return SurgeBudget(
            spans_per_second=ceil(self.spans_per_second / gateways),
            bytes_per_second=ceil(self.bytes_per_second / gateways),
        )


def sampling_estimate(workload: Workload, sampling: SamplingPolicy) -> SamplingEstimate:
    """The kinds of a workload's traces and what is kept of each; health checks aren't part of a workload."""
    ordinary = 100 - workload.error_percent - workload.slow_percent
    critical, own, background = workload.critical_percent, workload.overridden_percent, workload.background_percent
    # Which override has how much of the traffic isn't known: the highest is budgeted for.
    override = max((one.percent for one in sampling.overrides), default=sampling.standard_percent)

    def kind(name: str, percent: float, share: float) -> KindShare:
        kept = ordinary_percent(sampling, share)
        return KindShare(kind=name, percent_of_traces=ordinary * percent / 100, kept_percent=kept)

    return SamplingEstimate(
        kinds=(
            KindShare(kind="errors", percent_of_traces=workload.error_percent, kept_percent=100),
            KindShare(kind="slow", percent_of_traces=workload.slow_percent, kept_percent=100),
            # Most such traces go through standard services too: the highest share wins.
            kind("critical services", critical, max(sampling.critical_percent, sampling.standard_percent)),
            kind("services with an override", own, override),
            kind("everything else", max(0.0, 100 - critical - own - background), sampling.standard_percent),
            kind("background services", background, sampling.background_percent),
        )
    )


def ordinary_percent(sampling: SamplingPolicy, percent: float) -> float:
    """What the mode makes of a share of ordinary traces, in percent."""
    match sampling.mode:
        case SamplingMode.FULL:
            return 100
        case SamplingMode.AGGRESSIVE:
            return percent * AGGRESSIVE_SHARE
        case SamplingMode.NORMAL:
            return percent


def surge_budget(workload: Workload, sampling: SamplingPolicy, back_end_mb_per_second: float) -> SurgeBudget:
    """What ordinary traces may take: `SURGE_FACTOR` times what the workload makes, at most `ORDINARY_PART` of what the
    back end accepts."""
    expected = workload.requests_per_second * sampling_estimate(workload, sampling).ordinary_share
    spans = SURGE_FACTOR * expected * workload.spans_per_request
    most_bytes = ORDINARY_PART * back_end_mb_per_second * BYTES_PER_MB
    bytes_per_second = min(spans * workload.bytes_per_span, most_bytes)
    return SurgeBudget(
        spans_per_second=max(1, ceil(spans)),
        bytes_per_second=max(1, ceil(bytes_per_second)),
    )
