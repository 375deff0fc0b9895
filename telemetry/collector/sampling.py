"""Tail-sampling policies of the gateway: `planning.sampling`'s precedence in the collector's words.

The processor takes the first policy that says yes (`sample_on_first_match`), so that errors and slow traces spend
nothing of the ordinary traces' budget. Ordinary traces go through one `composite` policy, whose limit of spans a
second is shared out among its parts; they are tried in order of their share, and each ends in a limit of bytes a
second. Shares use one hash of the trace id (no salt of their own), so they are nested. Health checks are excluded part
by part instead of by a `drop` policy, which would win over errors.

A limit is cut off where its second is full: which ordinary traces go then depends on the order of arrival.

Source: README of the tail sampling processor in OpenTelemetry Collector contrib 0.149.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from planning.sampling import SamplingMode, SamplingOverride, SamplingPolicy
from planning.sampling_estimate import SurgeBudget, ordinary_percent
from settings.models.services import Service, ServiceTier

Policy = dict[str, Any]

HEALTH_PATHS = ["/health", "/healthz", "/livez", "/live", "/readyz", "/ready", "/ping"]
# Current and former semantic conventions of HTTP servers, and gRPC's health checking protocol.
HEALTH_CHECKS = {
    "url.path": HEALTH_PATHS,
    "http.route": HEALTH_PATHS,
    "http.target": HEALTH_PATHS,
    "rpc.service": ["grpc.health.v1.Health"],
}
SERVICE, LANGUAGE = "service.name", "telemetry.sdk.language"
# A single trace larger than a kind's part of a second, or than the burst, never passes: long ones must not be lost in
# small stacks, whose mean is kept by the bytes a second.
LEAST_SPANS_PER_SECOND = 3000
LEAST_BURST_BYTES = 2 * 1024 * 1024


class _Kind(NamedTuple):
    """Ordinary traces with a share of their own; those without an attribute are everything else, but for `without`."""

    name: str
    percent: float
    attribute: str | None = None
    values: Sequence[str] = ()
    without: tuple[str, ...] = ()
    """OTTL comparisons that one span must pass: services and languages with a lower share of their own."""


def sampling_policies(sampling: SamplingPolicy, services: Sequence[Service], budget: SurgeBudget) -> list[Policy]:
    """Policies in the order of precedence; `budget` is one gateway's."""
    if sampling.mode is SamplingMode.FULL:
        return [{"name": "everything", "type": "always_sample"}]
    return [
        {"name": "errors", "type": "status_code", "status_code": {"status_codes": ["ERROR"]}},
        {"name": "slow", "type": "latency", "latency": {"threshold_ms": sampling.slow_threshold_ms}},
        _ordinary(_kinds(sampling, services), budget),
    ]


def _kinds(sampling: SamplingPolicy, services: Sequence[Service]) -> list[_Kind]:
    """Highest share first. Shares are nested: only what has a lower one must be kept out of everything else's."""

    def of_tier(tier: ServiceTier) -> list[str]:
        return sorted(one.name for one in services if one.tier is tier and sampling.of_service(one.name) is None)

    critical, background = of_tier(ServiceTier.CRITICAL), of_tier(ServiceTier.BACKGROUND)
    kinds = [_override(one) for one in sampling.overrides]
    if critical:
        kinds.append(_Kind("critical-services", sampling.critical_percent, SERVICE, critical))
    if background and sampling.background_percent != sampling.standard_percent:
        kinds.append(_Kind("background-services", sampling.background_percent, SERVICE, background))
    without = tuple(
        f'resource.attributes["{kind.attribute}"] != "{value}"'
        for kind in kinds
        if kind.percent < sampling.standard_percent and kind.values != critical
        for value in kind.values
    )
    kinds.append(_Kind("everything-else", sampling.standard_percent, without=without))
    kinds.sort(key=lambda kind: -kind.percent)
    return [kind._replace(percent=_rounded(ordinary_percent(sampling, kind.percent))) for kind in kinds]


def _override(one: SamplingOverride) -> _Kind:
    if one.language is not None:
        return _Kind(f"{one.language}-services", one.percent, LANGUAGE, [one.language])
    return _Kind(f"service-{one.service}", one.percent, SERVICE, [str(one.service)])


def _ordinary(kinds: Sequence[_Kind], budget: SurgeBudget) -> Policy:
    percents = _allocation(len(kinds))
    allocations = list(zip(kinds, percents, strict=True))
    return {
        "name": "ordinary",
        "type": "composite",
        "composite": {
            "max_total_spans_per_second": max(LEAST_SPANS_PER_SECOND, budget.spans_per_second),
            "policy_order": [kind.name for kind in kinds],
            "composite_sub_policy": [
                {
                    "name": kind.name,
                    "type": "and",
                    "and": {"and_sub_policy": list(_conditions(kind, budget.bytes_per_second * percent // 100))},
                }
                for kind, percent in allocations
            ],
            "rate_allocation": [{"policy": kind.name, "percent": percent} for kind, percent in allocations],
        },
    }


def _conditions(kind: _Kind, bytes_per_second: int) -> Iterator[Policy]:
    """The cheapest first: most traces fail at the hash. The limit last: it counts what comes to it."""
    yield {
        "name": f"{kind.name}-share",
        "type": "probabilistic",
        "probabilistic": {"sampling_percentage": kind.percent},
    }
    if kind.attribute is not None:
        yield _attribute(f"{kind.name}-only", kind.attribute, kind.values)
    if kind.without:
        yield {
            "name": f"{kind.name}-without-lower-shares",
            "type": "ottl_condition",
            "ottl_condition": {"error_mode": "ignore", "span": [" and ".join(kind.without)]},
        }
    for key, values in HEALTH_CHECKS.items():
        yield _attribute(f"{kind.name}-no-health-check-{key}", key, values, invert=True)
    yield {
        "name": f"{kind.name}-bytes",
        "type": "bytes_limiting",
        "bytes_limiting": {
            "bytes_per_second": max(1, bytes_per_second),
            "burst_capacity": max(LEAST_BURST_BYTES, 2 * bytes_per_second),
        },
    }


def _attribute(name: str, key: str, values: Sequence[str], *, invert: bool = False) -> Policy:
    found = {"key": key, "values": list(values)} | ({"invert_match": True} if invert else {})
    return {"name": name, "type": "string_attribute", "string_attribute": found}


def _allocation(kinds: int) -> list[int]:
    """Whole percents of the budget, equal, that add up to 100; what is left over is the last one's."""
    each = 100 // kinds
    return [*[each] * (kinds - 1), 100 - each * (kinds - 1)]


def _rounded(value: float) -> float:
    """Without the digits that binary fractions add."""
    return round(value, 4)
