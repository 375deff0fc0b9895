"""Tail-sampling policies of the gateway, from the stack's sampling settings (MISSION: the sampling table).

A trace is kept when any policy says so. All percentages share one hash of the trace id, so they are nested: a trace
that is both critical and Python is kept with the larger of the two shares, not with their sum. A trace that matches
no policy would be dropped whole, so the smallest share is the catch-all.
"""

from collections.abc import Sequence
from typing import Any

from planning.sampling import AGGRESSIVE_SHARE, SamplingMode, SamplingPolicy
from settings.services import Service, ServiceTier

Policy = dict[str, Any]


def sampling_policies(sampling: SamplingPolicy, services: Sequence[Service]) -> list[Policy]:
    """Policies in the order of MISSION's table."""
    if sampling.mode is SamplingMode.FULL:
        return [{"name": "everything", "type": "always_sample"}]
    share = AGGRESSIVE_SHARE if sampling.mode is SamplingMode.AGGRESSIVE else 1
    critical = sorted(service.name for service in services if service.tier is ServiceTier.CRITICAL)
    return [
        {"name": "errors", "type": "status_code", "status_code": {"status_codes": ["ERROR"]}},
        {"name": "slow", "type": "latency", "latency": {"threshold_ms": sampling.slow_threshold_ms}},
        *(
            [_share("critical-services", "service.name", critical, sampling.critical_percent * share)]
            if critical
            else []
        ),
        _share("python", "telemetry.sdk.language", ["python"], sampling.python_percent * share),
        {
            "name": "everything-else",
            "type": "probabilistic",
            "probabilistic": {"sampling_percentage": _percent(sampling.background_percent * share)},
        },
    ]


def _share(name: str, key: str, values: list[str], percent: float) -> Policy:
    return {
        "name": name,
        "type": "and",
        "and": {
            "and_sub_policy": [
                {
                    "name": f"{name}-only",
                    "type": "string_attribute",
                    "string_attribute": {"key": key, "values": values},
                },
                {
                    "name": f"{name}-share",
                    "type": "probabilistic",
                    "probabilistic": {"sampling_percentage": _percent(percent)},
                },
            ]
        },
    }


def _percent(value: float) -> float:
    """Without the digits that binary fractions add."""
    return round(value, 4)
