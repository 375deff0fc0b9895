"""The back ends' rows of the platform's health: writes, reads, queues, compaction, retention, object storage.

`status_code` of gRPC routes is a word where it isn't a class: `error` counts as a failure like 5xx.
"""

from telemetry.grafana.dashboards.model import Panel, Row, Threshold, Unit
from telemetry.grafana.dashboards.panels import (
    ANY_RATE_IS_BAD,
    ERROR_SHARE,
    RED,
    YELLOW,
    bars,
    charts,
    failures,
    row,
    timeseries,
)
from telemetry.grafana.dashboards.queries import now, prom, quantile, rate, share, top

_FAILED = 'status_code=~"5..|error"'
_HOUR = 3600
# Loki and Mimir compact every few minutes to hours; three hours without success is the runbooks' limit.
_SINCE_SUCCESS = Threshold(1 * _HOUR, YELLOW), Threshold(3 * _HOUR, RED)
# p99 of requests in seconds, as the back ends' own alerts have it.
_SLOW = Threshold(1, YELLOW), Threshold(2.5, RED)


def _request_panels(histogram: str, where: str = "") -> tuple[Panel, ...]:
    """Rate, errors and duration of one back end's own requests, by route."""
    count = f"{histogram}_count"
    return (
        timeseries(
            "Requests by route",
            "The eight busiest.",
            prom(top(8, rate(count, by="route", where=where)), "{{route}}"),
            unit=Unit.REQUESTS_PER_SECOND,
        ),
        timeseries(
            "Failed by route",
            "Share of 5xx answers, the eight worst.",
            prom(
                top(
                    8,
                    share(
                        rate(count, by="route", where=",".join(part for part in (where, _FAILED) if part)),
                        rate(count, by="route", where=where),
                    ),
                ),
                "{{route}}",
            ),
            unit=Unit.RATIO,
            thresholds=ERROR_SHARE,
        ),
        timeseries(
            "99th percentile by route",
            "The eight slowest; above 2.5 s users wait.",
            prom(top(8, quantile(0.99, histogram, by="route", where=where)), "{{route}}"),
            unit=Unit.SECONDS,
            thresholds=_SLOW,
        ),
    )


def _since(title: str, description: str, *timestamps: tuple[str, str]) -> Panel:
    """Time since something last went well."""
    return bars(
        title,
        description,
        *(now(f"time() - max({metric} > 0)", name) for metric, name in timestamps),
        unit=Unit.AGE,
        thresholds=_SINCE_SUCCESS,
    )


def _refused(title: str, description: str, counter: str) -> Panel:
    """What a back end takes a request for and leaves out, by reason."""
    return failures(title, description, prom(rate(counter, by="reason"), "{{reason}}"))


def loki_row() -> Row:
    """Logs."""
    return row(
        "Loki",
        charts(*_request_panels("loki_request_duration_seconds")),
        charts(
            timeseries(
                "Bytes taken in",
                "Before compression.",
                prom(rate("loki_distributor_bytes_received_total", by="instance"), "{{instance}}"),
                unit=Unit.BYTES_PER_SECOND,
                stacked=True,
            ),
            _refused("Lines refused", "By reason, such as rate_limited.", "loki_discarded_samples_total"),
            timeseries(
                "Chunks to be written",
                "Flush queue of each pod; a rising line means the bucket is slow or refuses.",
                prom("sum by (instance) (loki_ingester_flush_queue_length)", "{{instance}}"),
            ),
            _since(
                "Since the last success",
                "Compaction of the index, and deletion of what is past retention. Above three hours: see the runbook.",
                ("loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds", "compaction"),
                ("loki_compactor_apply_retention_last_successful_run_timestamp_seconds", "retention"),
            ),
        ),
        collapsed=True,
    )


def tempo_row() -> Row:
    """Traces."""
    return row(
        "Tempo",
        charts(*_request_panels("tempo_request_duration_seconds")),
        charts(
            timeseries(
                "Spans taken in",
                "After sampling.",
                prom(rate("tempo_distributor_spans_received_total"), "spans"),
                unit=Unit.PER_SECOND,
            ),
            _refused("Spans refused", "By reason, such as trace_too_large.", "tempo_discarded_spans_total"),
            failures(
                "Flushes, compaction, polls",
                "Failures a second. Failed flushes fill the disk; failed polls hide new traces.",
                prom(rate("tempo_ingester_failed_flushes_total"), "flush"),
                prom(rate("tempodb_compaction_errors_total"), "compaction"),
                prom(rate("tempodb_blocklist_poll_errors_total"), "poll"),
                prom(rate("tempodb_retention_errors_total"), "retention"),
            ),
            timeseries(
                "Blocks",
                "In the bucket, and those still to be compacted. Queries read more blocks the later compaction is.",
                prom("max(tempodb_blocklist_length)", "in the bucket"),
                prom("sum(tempodb_compaction_outstanding_blocks)", "to be compacted"),
            ),
        ),
        collapsed=True,
    )


def mimir_row() -> Row:
    """Metrics."""
    return row(
        "Mimir",
        charts(*_request_panels("cortex_request_duration_seconds")),
        charts(
            timeseries(
                "Samples taken in",
                "By distributors.",
                prom(rate("cortex_distributor_received_samples_total"), "samples"),
                unit=Unit.PER_SECOND,
            ),
            _refused("Samples refused", "By reason, such as per_user_series_limit.", "cortex_discarded_samples_total"),
            timeseries(
                "Series in memory",
                "By ingester; replicas hold the same series.",
                prom("sum by (instance) (cortex_ingester_memory_series)", "{{instance}}"),
            ),
            timeseries(
                "Queries that wait",
                "In the scheduler; a steady queue means too few queriers.",
                prom("sum(cortex_query_scheduler_queue_length)", "waiting"),
            ),
        ),
        charts(
            _since(
                "Since the last success",
                "Blocks must reach the bucket every two hours; compaction and clean-up keep queries and costs down.",
                ("cortex_ingester_shipper_last_successful_upload_timestamp_seconds", "upload"),
                ("cortex_compactor_last_successful_run_timestamp_seconds", "compaction"),
                ("cortex_compactor_block_cleanup_last_successful_run_timestamp_seconds", "clean-up, retention"),
                ("cortex_bucket_index_last_successful_update_timestamp_seconds", "bucket index"),
            ),
            failures(
                "Object storage failures",
                "By operation; S3 throttles by prefix, so bursts happen, steady ones are wrong permissions.",
                prom(rate("thanos_objstore_bucket_operation_failures_total", by="operation"), "{{operation}}"),
            ),
            timeseries(
                "Object storage, 99th percentile",
                "By operation.",
                prom(
                    quantile(0.99, "thanos_objstore_bucket_operation_duration_seconds", by="operation"),
                    "{{operation}}",
                ),
                unit=Unit.SECONDS,
            ),
        ),
        collapsed=True,
    )


def rules_row() -> Row:
    """Rules and alerts."""
    return row(
        "Rules and alerts",
        charts(
            failures(
                "Rules that failed",
                "A rule that can't be evaluated can't alert.",
                prom(rate("cortex_prometheus_rule_evaluation_failures_total", by="rule_group"), "{{rule_group}}"),
                prom(rate("loki_prometheus_rule_evaluation_failures_total", by="rule_group"), "{{rule_group}}"),
            ),
            timeseries(
                "Evaluations missed",
                "A group took longer than its interval.",
                prom(rate("cortex_prometheus_rule_group_iterations_missed_total", by="rule_group"), "{{rule_group}}"),
                unit=Unit.PER_SECOND,
                thresholds=ANY_RATE_IS_BAD,
            ),
            timeseries(
                "Notifications",
                "Sent by the Alertmanager, by receiver.",
                prom(rate("cortex_alertmanager_notifications_total", by="integration"), "{{integration}}"),
                unit=Unit.PER_SECOND,
            ),
            failures(
                "Notifications that failed",
                "Someone isn't told.",
                prom(rate("cortex_alertmanager_notifications_failed_total", by="integration"), "{{integration}}"),
            ),
        ),
        collapsed=True,
    )
