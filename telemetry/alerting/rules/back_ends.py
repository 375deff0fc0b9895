"""Alerts on Loki, Tempo and Mimir: writing, reading, compaction, retention, and what they turn away."""

from settings.models.receivers import Severity
from telemetry.alerting.rules.model import Alert, Group, groups_of
from telemetry.grafana.dashboards.model import Uid

WRITE_ERROR_LIMIT = 0.01
READ_ERROR_LIMIT = 0.05
HOUR = 3600
# Loki compacts and applies retention every 10 minutes; Mimir's compactor looks for work every hour and may take hours.
LOKI_COMPACTION_HOURS = 3
LOKI_RETENTION_HOURS = 6
# A request is worked off half an hour after the day in which it can be withdrawn; compaction may lag behind by hours.
LOKI_ERASURE_HOURS = 12
MIMIR_COMPACTION_HOURS = 24
MIMIR_CLEANUP_HOURS = 6
MIMIR_UNSHIPPED_HOURS = 3
TEMPO_FAILURES_AN_HOUR = 2

LOKI_PUSH = "loki_api_v1_push|otlp_v1_logs"
LOKI_QUERY = (
    "loki_api_v1_(query|query_range|labels|label_name_values|series|index_stats|index_volume|index_volume_range)"
)
TEMPO_QUERY = "api_(search|traces|v2_traces|search_tags|search_tag_values|metrics).*"
MIMIR_PUSH = "api_v1_push|otlp_v1_metrics"
MIMIR_QUERY = "prometheus_api_v1_.+"


def back_end_groups() -> tuple[Group, ...]:
    """Alerts of the three back ends."""
    return (
        *groups_of("loki-alerts", _loki()),
        *groups_of("tempo-alerts", _tempo()),
        *groups_of("mimir-alerts", _mimir()),
    )


def _failing(metric: str, routes: str, limit: float) -> str:
    """Share of requests on some routes that end with a server error; nothing where nobody asks."""
    every = f'sum(rate({metric}_count{{route=~"{routes}"}}[5m]))'
    failed = f'sum(rate({metric}_count{{route=~"{routes}",status_code=~"5.."}}[5m]))'
    return f"{failed} / ({every} > 0) > {limit}"


def _stalled(metric: str, hours: int) -> str:
    """Only the replica that owns the work reports a time; after a restart it is 0 until the first success."""
    return f"time() - max({metric}) > {hours * HOUR}"


def _alert(alert: str, expr: str, minutes: int, severity: Severity, summary: str, description: str) -> Alert:
    return Alert(
        alert=alert,
        expr=expr,
        for_minutes=minutes,
        severity=severity,
        summary=summary,
        description=description,
        dashboard=Uid.PLATFORM_HEALTH,
    )


def _writes(product: str, metric: str, routes: str) -> Alert:
    return _alert(
        f"{product}WritesFailing",
        _failing(metric, routes, WRITE_ERROR_LIMIT),
        5,
        Severity.CRITICAL,
        f"{product} fails {{{{ $value | humanizePercentage }}}} of its writes",
        f"{product} has answered more than 1 % of its writes with a server error for 5 minutes. The gateway's queue "
        "keeps what it can't send, for about 20 minutes at full load.",
    )


def _reads(product: str, metric: str, routes: str) -> Alert:
    return _alert(
        f"{product}ReadsFailing",
        _failing(metric, routes, READ_ERROR_LIMIT),
        15,
        Severity.WARNING,
        f"{product} fails {{{{ $value | humanizePercentage }}}} of its queries",
        f"{product} has answered more than 5 % of its queries with a server error for 15 minutes.",
    )


def _discarding(alert: str, metric: str, product: str, unit: str) -> Alert:
    return _alert(
        alert,
        f"sum by (reason) (rate({metric}[5m])) > 0",
        10,
        Severity.WARNING,
        f'{product} discards {{{{ $value | printf "%.2f" }}}} {unit} a second: {{{{ $labels.reason }}}}',
        f"{product} takes requests and leaves some of their {unit} out, reason {{{{ $labels.reason }}}}, for 10 "
        "minutes. They are lost.",
    )


def _loki() -> list[Alert]:
    return [
        _writes("Loki", "loki_request_duration_seconds", LOKI_PUSH),
        _reads("Loki", "loki_request_duration_seconds", LOKI_QUERY),
        _alert(
            "LokiFlushesFailing",
            "sum by (instance) (rate(loki_ingester_chunks_flush_failures_total[5m])) > 0",
            15,
            Severity.CRITICAL,
            "{{ $labels.instance }} can't write chunks to the bucket",
            "Chunks stay in the memory and on the volume of {{ $labels.instance }} for 15 minutes: when these are "
            "full, writes fail.",
        ),
        _alert(
            "LokiCompactionStalled",
            _stalled(
                "loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds",
                LOKI_COMPACTION_HOURS,
            ),
            60,
            Severity.WARNING,
            "Loki hasn't compacted its index for {{ $value | humanizeDuration }}",
            "Index files pile up, queries over long ranges get slower, and retention waits for compaction.",
        ),
        _alert(
            "LokiRetentionStalled",
            _stalled("loki_compactor_apply_retention_last_successful_run_timestamp_seconds", LOKI_RETENTION_HOURS),
            60,
            Severity.WARNING,
            "Loki hasn't deleted old logs for {{ $value | humanizeDuration }}",
            "Logs stay longer than the retention that was promised, and are paid for.",
        ),
        _alert(
            "LokiErasurePending",
            f"max(loki_compactor_oldest_pending_delete_request_age_seconds) > {LOKI_ERASURE_HOURS * HOUR}",
            15,
            Severity.WARNING,
            "A request to delete logs has waited for {{ $value | humanizeDuration }}",
            "The day in which it could be withdrawn is over, and the elected compactor hasn't worked it off: what a "
            "person asked to erase is still stored.",
        ),
        _discarding("LokiDiscardingLogs", "loki_discarded_samples_total", "Loki", "lines"),
    ]


def _tempo() -> list[Alert]:
    hour = f"> {TEMPO_FAILURES_AN_HOUR}"
    return [
        _alert(
            "TempoWritesFailing",
            f"sum(increase(tempo_ingester_failed_flushes_total[1h])) {hour}"
            " and sum(increase(tempo_ingester_failed_flushes_total[10m])) > 0",
            5,
            Severity.CRITICAL,
            "Tempo can't write blocks to the bucket",
            "{{ $value | humanize }} flushes have failed within an hour. Traces stay on Tempo's volume: when it is "
            "full, writes fail.",
        ),
        _reads("Tempo", "tempo_request_duration_seconds", TEMPO_QUERY),
        _alert(
            "TempoPollsFailing",
            f"sum(increase(tempodb_blocklist_poll_errors_total[1h])) {hour}",
            15,
            Severity.WARNING,
            "Tempo can't read the list of its blocks",
            "{{ $value | humanize }} polls have failed within an hour: queries miss new blocks and ask for deleted "
            "ones.",
        ),
        _alert(
            "TempoCompactionFailing",
            f"sum(increase(tempodb_compaction_errors_total[1h])) {hour}",
            15,
            Severity.WARNING,
            "Tempo fails to compact its blocks",
            "{{ $value | humanize }} compactions have failed within an hour: small blocks pile up and searches get "
            "slower.",
        ),
        _alert(
            "TempoRetentionFailing",
            "sum(increase(tempodb_retention_errors_total[1h])) > 0",
            60,
            Severity.WARNING,
            "Tempo fails to delete old traces",
            "Traces stay longer than the retention that was promised, and are paid for.",
        ),
        _discarding("TempoDiscardingSpans", "tempo_discarded_spans_total", "Tempo", "spans"),
    ]


def _mimir() -> list[Alert]:
    unshipped = "cortex_ingester_oldest_unshipped_block_timestamp_seconds"
    return [
        _writes("Mimir", "cortex_request_duration_seconds", MIMIR_PUSH),
        _reads("Mimir", "cortex_request_duration_seconds", MIMIR_QUERY),
        _alert(
            "MimirBlocksNotShipped",
            f"time() - max by (instance) ({unshipped} > 0) > {MIMIR_UNSHIPPED_HOURS * HOUR}",
            15,
            Severity.CRITICAL,
            "{{ $labels.instance }} hasn't uploaded a block for {{ $value | humanizeDuration }}",
            "A finished block waits on the volume of {{ $labels.instance }}. If the volume is lost or full, so are its "
            "samples, or new ones.",
        ),
        _alert(
            "MimirCompactionStalled",
            _stalled("cortex_compactor_last_successful_run_timestamp_seconds", MIMIR_COMPACTION_HOURS),
            120,
            Severity.WARNING,
            "Mimir hasn't compacted its blocks for {{ $value | humanizeDuration }}",
            "Two-hour blocks pile up: queries over long ranges get slower and the bucket holds every replica's copy.",
        ),
        _alert(
            "MimirRetentionStalled",
            _stalled("cortex_compactor_block_cleanup_last_successful_run_timestamp_seconds", MIMIR_CLEANUP_HOURS),
            60,
            Severity.WARNING,
            "Mimir hasn't deleted old blocks for {{ $value | humanizeDuration }}",
            "Metrics stay longer than the retention that was promised, and are paid for.",
        ),
        _discarding("MimirDiscardingSamples", "cortex_discarded_samples_total", "Mimir", "samples"),
    ]
