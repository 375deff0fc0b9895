"""Alerts on the collectors: data that waits, is refused, or is lost."""

from collections.abc import Sequence

from settings.models.receivers import Severity
from telemetry.alerting.rules.model import Alert, Group, groups_of
from telemetry.grafana.dashboards.model import Uid

UNITS = ("spans", "log_records", "metric_points")
# What a full queue refuses: logs wait before it (telemetry/collector/queues.py).
REFUSED_UNITS = ("spans", "metric_points")
QUEUE_FILLING_RATIO = 0.5


def collector_groups() -> tuple[Group, ...]:
    """Alerts of agents and gateways."""
    return groups_of("collector-alerts", _alerts())


def _any_rate(metric: str, by: str, units: Sequence[str] = UNITS) -> str:
    """Whether a counter of any unit grows; units are series of different names."""
    return " or ".join(f"sum by ({by}) (rate({metric}_{unit}_total[5m])) > 0" for unit in units)


def _alerts() -> list[Alert]:
    return [
        Alert(
            alert="CollectorQueueFilling",
            expr="max by (job, instance, exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)"
            f" > {QUEUE_FILLING_RATIO}",
            for_minutes=10,
            severity=Severity.WARNING,
            summary="{{ $labels.exporter }} on {{ $labels.instance }}: {{ $value | humanizePercentage }} of the queue "
            "is used",
            description="What {{ $labels.instance }} collects has been waiting on disk for 10 minutes because its "
            "receiver takes it too slowly or not at all. Nothing is lost yet.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="CollectorQueueFull",
            expr=_any_rate("otelcol_exporter_enqueue_failed", "job, instance, exporter", REFUSED_UNITS),
            for_minutes=2,
            severity=Severity.CRITICAL,
            summary="{{ $labels.exporter }} on {{ $labels.instance }}: the queue is full, data is being lost",
            description='{{ $labels.instance }} turns away {{ $value | printf "%.2f" }} items a second because the '
            "queue of {{ $labels.exporter }} has no room left.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="CollectorExportFailing",
            expr=_any_rate("otelcol_exporter_send_failed", "job, instance, exporter"),
            for_minutes=5,
            severity=Severity.CRITICAL,
            summary="{{ $labels.exporter }} on {{ $labels.instance }}: the back end refuses data for good",
            description='{{ $value | printf "%.2f" }} items a second are given up because the receiver of '
            "{{ $labels.exporter }} answers that sending them again is no use.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="CollectorRefusingData",
            expr=_any_rate("otelcol_receiver_refused", "job, instance, receiver"),
            for_minutes=5,
            severity=Severity.WARNING,
            summary='{{ $labels.instance }} refuses {{ $value | printf "%.2f" }} items a second',
            description="The memory limiter of {{ $labels.instance }} turns senders away for 5 minutes. Agents and "
            "SDKs try again; SDKs lose what doesn't fit into their own memory.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="SamplerDroppingTooEarly",
            expr="sum by (instance) "
            "(rate(otelcol_processor_tail_sampling_sampling_trace_dropped_too_early_total[5m])) > 0",
            for_minutes=5,
            severity=Severity.CRITICAL,
            summary='{{ $labels.instance }} drops {{ $value | printf "%.2f" }} traces a second undecided',
            description="More traces wait for their sampling decision than the gateway holds: the oldest go before "
            "anybody knows whether they have errors.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
    ]
