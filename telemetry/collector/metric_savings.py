"""What the collectors do to metrics that nobody asks for: the filter that drops them, and what merges their series.

Dropped in the gateway, the one gate that all telemetry leaves by. Merged before that, by the agent of their node: a
batch may cut a metric in two, and each part would be merged for itself. The gateway merges only what it makes itself.

A series that has ended is sent once more without a value (Prometheus' staleness); it would take the place of the sum,
so of merged metrics it is left out.

Sources: README files of the filter and transform processors in OpenTelemetry Collector contrib 0.149.
"""

from typing import Any

from settings.models.metrics import MetricsSettings
from telemetry.collector.metric_names import attribute_pattern, condition
from telemetry.collector.place import quoted

UNUSED, ENDED, MERGED = "filter/unused", "filter/ended", "transform/merged"

Components = dict[str, dict[str, Any]]


def dropping(settings: MetricsSettings) -> Components:
    """The processor that drops metrics; none where nothing is dropped."""
    if not settings.drop:
        return {}
    return {UNUSED: {"error_mode": "ignore", "metrics": {"metric": [condition(settings.drop)]}}}


def merging(settings: MetricsSettings) -> Components:
    """The processors that take labels away, in order; none where nothing is merged."""
    if not settings.aggregate:
        return {}
    every = condition(one.name for one in settings.aggregate)
    bare = [
        f"delete_matching_keys(datapoint.attributes, {quoted(attribute_pattern(one.without))}) "
        f"where {condition([one.name])}"
        for one in settings.aggregate
    ]
    merged = [f'aggregate_on_attributes("{one.merge}") where {condition([one.name])}' for one in settings.aggregate]
    return {
        ENDED: {
            "error_mode": "ignore",
            "metrics": {"datapoint": [f"datapoint.flags == FLAG_NO_RECORDED_VALUE and ({every})"]},
        },
        MERGED: {
            "error_mode": "ignore",
            "metric_statements": [
                {"context": "datapoint", "statements": bare},
                {"context": "metric", "statements": merged},
            ],
        },
    }
