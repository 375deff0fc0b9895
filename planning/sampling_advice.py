"""When services should sample at the head, before the collectors see a trace, and what that costs.

Tail sampling in the gateway is the rule (`planning.sampling`): it sees whole traces, so it can keep every error. Head
sampling decides at a trace's first span, blindly: it is advised only where the collectors can't take in what the
services send. Then the collectors' capacity is shared out like water between vessels whose widths are what tail
sampling keeps of each service: services below the level send everything, the others are cut to it, and those whose
traces tail sampling would mostly throw away are cut first.

A ratio acts where a trace starts; a service that is called by others follows their decision (`parentbased_*`).
"""

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planning.base import Frozen
from planning.capacity import coefficients as c
from planning.capacity.ingest import SECONDS_PER_DAY, Ingest
from planning.sampling import Percent, SamplingPolicy
from planning.sampling_estimate import SURGE_FACTOR, ordinary_percent
from planning.workload import Workload

# Workloads are daily means; busy hours are about three times that (planning.sampling_estimate).
BUSY_FACTOR = 3
# Of a gateway's memory limit, from where its memory limiter refuses: limit 80 %, less a spike of 20 %.
USABLE_MEMORY_SHARE = 0.6
BYTES_PER_MIB = 1024**2
# What tail sampling keeps of a kind may be 0 %: such services are still worth something.
LEAST_WEIGHT = 1.0
SIGNIFICANT_DIGITS = 2
# The window of the recorded request rates, for the precision of a rate that is estimated.
WINDOW_SECONDS = 300
NORMAL_95 = 1.96
# SDK default, and what the queue of a batch span processor must hold: a surge, for as long as one export may take.
LEAST_QUEUE_SPANS = 2048
EXPORT_SECONDS = 2


class Sampler(StrEnum):
    """Values of OTEL_TRACES_SAMPLER."""

    ALWAYS_ON = "parentbased_always_on"
    RATIO = "parentbased_traceidratio"


class CollectorPool(Frozen):
    """What the collectors are guaranteed."""

    agents: Annotated[int, Field(ge=1)]
    """Nodes with an agent."""
    agent_cpu_cores: Annotated[float, Field(gt=0)]
    """CPU request of one agent, in cores."""
    gateways: Annotated[int, Field(ge=1)]
    """Replicas of the gateway."""
    gateway_cpu_cores: Annotated[float, Field(gt=0)]
    """CPU request of one gateway, in cores."""
    gateway_memory_mib: Annotated[float, Field(gt=0)]
    """Memory limit of one gateway, in MiB."""


class SpanCapacity(Frozen):
    """How many spans a second the collectors take in, all of them together."""

    agent_cpu: float
    """By the agents' CPU requests, in spans/s."""
    gateway_cpu: float
    """By the gateways' CPU requests, in spans/s."""
    gateway_memory: float
    """By the memory in which open traces wait for their decision, in spans/s."""

    @property
    def spans_per_second(self) -> float:
        """The least of the three, in spans/s; met in busy hours."""
        return min(self.agent_cpu, self.gateway_cpu, self.gateway_memory)

    @property
    def limited_by(self) -> str:
        """The settings key of the least."""
        keys: Mapping[str, float] = {
            "sizes.collector_agent.cpu_request_millicores": self.agent_cpu,
            "sizes.collector_gateway.cpu_request_millicores": self.gateway_cpu,
            "sizes.collector_gateway.memory_limit_mib": self.gateway_memory,
        }
        return min(keys, key=lambda key: keys[key])


class ServiceRate(Frozen):
    """What one service sends."""

    service: str
    """Its name."""
    spans_per_second: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Spans of the traces that start in it, a daily mean, before any sampling."""
    kept_percent: Percent
    """What tail sampling keeps of its ordinary traces."""


class ServiceAdvice(Frozen):
    """Head sampling of one service, and its price."""

    service: str
    """Its name."""
    spans_per_second: float
    """What it is expected to send, a daily mean."""
    threshold_spans_per_second: float
    """Daily mean from which head sampling is advised for it, the others' rates unchanged."""
    ratio: Annotated[float, Field(ge=0, le=1)]
    """Share of the traces that start in it to send: 1 leaves the choice to tail sampling."""
    lost_errors_per_day: float
    """Traces with an error that nobody will see."""
    precision_percent: float
    """A request rate over five minutes that is estimated from the spans is within so many percent, 19 times of 20."""

    @property
    def sampler(self) -> Sampler:
        """For OTEL_TRACES_SAMPLER."""
        return Sampler.ALWAYS_ON if self.ratio >= 1 else Sampler.RATIO

    @property
    def metric_factor(self) -> float:
        """What counts from span metrics must be multiplied by; infinite where nothing is sent."""
        return 1 / self.ratio if self.ratio else math.inf


def span_capacity(pool: CollectorPool, workload: Workload, ingest: Ingest) -> SpanCapacity:
    """What is left for spans in busy hours, beside logs and samples, by the coefficients of the capacity plan."""
    others = (
        BUSY_FACTOR * ingest.logs.received_mb_per_second / c.COLLECTOR_LOG_BYTES.value
        + ingest.samples_per_second / c.COLLECTOR_SAMPLES.value
    )
    waiting_bytes = c.COLLECTOR_TRACE_SECONDS.value * workload.bytes_per_span * c.COLLECTOR_SPAN_MEMORY.value
    memory_bytes = pool.gateways * pool.gateway_memory_mib * BYTES_PER_MIB * USABLE_MEMORY_SHARE
    return SpanCapacity(
        agent_cpu=max(0.0, pool.agents * pool.agent_cpu_cores - others) * c.COLLECTOR_SPANS.value,
        gateway_cpu=max(0.0, pool.gateways * pool.gateway_cpu_cores - others) * c.COLLECTOR_SPANS.value,
        gateway_memory=memory_bytes / waiting_bytes,
    )


def tail_kept_percent(sampling: SamplingPolicy, *, service: str, language: str, tier: str) -> float:
    """What tail sampling keeps of the ordinary traces through one service alone, in percent."""
    own, of_language = sampling.of_service(service), sampling.of_language(language)
    share: float = getattr(sampling, f"{tier}_percent")
    if own is not None:
        share = own
    elif of_language is not None:
        share = max(share, of_language) if tier == "critical" else of_language
    return ordinary_percent(sampling, share)


def head_sampling_advice(
    rates: Sequence[ServiceRate], capacity_spans_per_second: float, workload: Workload
) -> tuple[ServiceAdvice, ...]:
    """One piece of advice a service, in the same order.

    All services together then send no more than the capacity in busy hours, and nobody is cut who needn't be.
    """
    mean = capacity_spans_per_second / BUSY_FACTOR
    weights = [max(LEAST_WEIGHT, rate.kept_percent) for rate in rates]
    spans = [rate.spans_per_second for rate in rates]
    level = _level(spans, weights, mean)

    def threshold(at: int) -> float:
        """The level's mark on a vessel that is as full as can be."""
        return weights[at] * _level([*spans[:at], math.inf, *spans[at + 1 :]], weights, mean)

    return tuple(
        _advice(rate, min(1.0, weights[at] * level / spans[at]) if spans[at] else 1.0, threshold(at), workload)
        for at, rate in enumerate(rates)
    )


def span_queue_size(spans_per_second: float) -> int:
    """OTEL_BSP_MAX_QUEUE_SIZE of a service that makes so many spans a second on average: a power of two that holds a
    surge while one export is under way. A full queue drops spans."""
    surge = math.ceil(SURGE_FACTOR * spans_per_second * EXPORT_SECONDS)
    return max(LEAST_QUEUE_SPANS, 1 << max(0, surge - 1).bit_length())


def _level(spans: Sequence[float], weights: Sequence[float], capacity: float) -> float:
    """L such that the sum of min(spans, weight x L) is the capacity; infinite where all spans fit."""
    left, width = capacity, sum(weights)
    for rate, weight in sorted(zip(spans, weights, strict=True), key=lambda one: one[0] / one[1]):
        level = left / width
        if rate > weight * level:
            return max(0.0, level)
        left, width = left - rate, width - weight
    return math.inf


def _advice(rate: ServiceRate, ratio: float, threshold: float, workload: Workload) -> ServiceAdvice:
    ratio = _rounded_down(ratio)
    traces_per_second = rate.spans_per_second / workload.spans_per_request
    return ServiceAdvice(
        service=rate.service,
        spans_per_second=rate.spans_per_second,
        threshold_spans_per_second=threshold,
        ratio=ratio,
        lost_errors_per_day=traces_per_second * (1 - ratio) * workload.error_percent / 100 * SECONDS_PER_DAY,
        precision_percent=_precision_percent(traces_per_second * WINDOW_SECONDS, ratio),
    )


def _precision_percent(traces: float, ratio: float) -> float:
    """Half the 95 % interval of a count of `traces` that is estimated from a binomial sample, in percent of it."""
    if ratio >= 1 or traces == 0:
        return 0.0
    if ratio == 0:
        return math.inf
    return 100 * NORMAL_95 * math.sqrt((1 - ratio) / (ratio * traces))


def _rounded_down(ratio: float) -> float:
    """To two significant digits, so that the sum stays below the capacity and the number can be read."""
    exact = Decimal(ratio)
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - SIGNIFICANT_DIGITS + 1), ROUND_DOWN))
