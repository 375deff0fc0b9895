"""Collectors, back ends and alerting itself."""

from tests.artefacts.rule_cases.model import AlertCase, steps

# A counter that grows by `step` a minute for a while and then stands still; and one that never grows.
STILL = "7x400"


def grows(step: float, minutes: int, still: int = 60) -> str:
    """A counter's values."""
    return f"0+{step:g}x{minutes} {step * minutes:g}x{still}"


SIZE = 'otelcol_exporter_queue_size{job="collector-gateway",instance="g-0",exporter="otlp_http/loki"}'
CAPACITY = SIZE.replace("size", "capacity")
QUEUED = '{job="collector-gateway",instance="g-0",exporter="otlp_http/loki"}'
RECEIVED = '{job="collector-agent",instance="a-0",receiver="otlp"}'
ERASURE_AGE = "loki_compactor_oldest_pending_delete_request_age_seconds"
EARLY = 'otelcol_processor_tail_sampling_sampling_trace_dropped_too_early_total{instance="g-0"}'


def _growing(alert: str, metric: str, wait: int, step: float = 3) -> tuple[AlertCase, ...]:
    """Fires `wait` minutes after a counter was seen to grow, is silent five minutes after its last step, and silent for
    a counter that stands still."""
    return (
        AlertCase(
            alert,
            f"{metric.partition('{')[0]} grows, then stands still",
            {metric: grows(step, 30)},
            {f"{wait}m": 0, f"{wait + 2}m": 1, "30m": 1, "37m": 0},
        ),
        AlertCase(alert, f"{metric.partition('{')[0]} stands still", {metric: STILL}, {"60m": 0}),
    )


COLLECTOR = (
    AlertCase(
        "CollectorQueueFilling",
        "more than half for ten minutes, then drained",
        {CAPACITY: "1000x60", SIZE: steps((501, 20), (10, 10))},
        {"9m": 0, "10m": 1, "19m": 1, "20m": 0},
    ),
    AlertCase("CollectorQueueFilling", "exactly half", {CAPACITY: "1000x60", SIZE: "500x60"}, {"50m": 0}),
    *(
        case
        for unit in ("spans", "log_records", "metric_points")
        for alert, metric, labels, wait in (
            ("CollectorQueueFull", "otelcol_exporter_enqueue_failed", QUEUED, 2),
            ("CollectorExportFailing", "otelcol_exporter_send_failed", QUEUED, 5),
            ("CollectorRefusingData", "otelcol_receiver_refused", RECEIVED, 5),
        )
        # Logs wait before a full queue.
        if (alert, unit) != ("CollectorQueueFull", "log_records")
        for case in _growing(alert, f"{metric}_{unit}_total{labels}", wait)
    ),
    *_growing("SamplerDroppingTooEarly", EARLY, 5),
)


def _requests(metric: str, route: str, status: str) -> str:
    return f'{metric}_count{{route="{route}",status_code="{status}"}}'


def _failing(alert: str, metric: str, route: str, percent: int, wait: int) -> tuple[AlertCase, ...]:
    """A share of server errors: above the limit, exactly at it, of other routes, and the client's own fault."""
    good, bad = _requests(metric, route, "200"), _requests(metric, route, "503")
    return (
        AlertCase(
            alert,
            f"a little more than {percent} % fail, then none",
            {good: f"0+{1000 - percent * 10 - 1}x60", bad: grows(percent * 10 + 1, 40, still=20)},
            {f"{wait}m": 0, f"{wait + 2}m": 1, "40m": 1, "47m": 0},
        ),
        AlertCase(
            alert,
            f"exactly {percent} %",
            {good: f"0+{1000 - percent * 10}x60", bad: f"0+{percent * 10}x60"},
            {"50m": 0},
        ),
        AlertCase(
            alert,
            "another route fails, and callers ask for nonsense",
            {
                good: "0+100x60",
                _requests(metric, "ready", "503"): "0+100x60",
                _requests(metric, route, "429"): "0+100x60",
            },
            {"50m": 0},
        ),
        AlertCase(alert, "nobody asks", {good: STILL, bad: STILL}, {"50m": 0}),
    )


def _stalled(alert: str, metric: str, limit_hours: int, wait_minutes: int) -> tuple[AlertCase, ...]:
    """The time since the last success; minute 0 is time 0."""
    limit = limit_hours * 60
    fires = limit + 5 + wait_minutes
    hours = (fires + 60) // 60 + 1
    return (
        AlertCase(
            alert,
            "no success since the start, then one",
            {metric: steps((0, (fires + 20) // 5), (fires * 60, 12))},
            {f"{limit}m": 0, f"{fires - 10}m": 0, f"{fires}m": 1, f"{fires + 25}m": 0},
            interval="5m",
        ),
        AlertCase(
            alert,
            "exactly as long ago as allowed, and just started",
            {
                f'{metric}{{instance="a"}}': f"0+300x{hours * 12}",
                f'{metric}{{instance="b"}}': steps((0, hours * 12)),
            },
            {f"{fires}m": 0},
            interval="5m",
        ),
    )


LOKI, TEMPO, MIMIR = (
    "loki_request_duration_seconds",
    "tempo_request_duration_seconds",
    "cortex_request_duration_seconds",
)
FLUSHES = "tempo_ingester_failed_flushes_total"
UNSHIPPED = 'cortex_ingester_oldest_unshipped_block_timestamp_seconds{instance="i-0"}'


def _an_hour(alert: str, metric: str, minutes: int) -> tuple[AlertCase, ...]:
    """More than two failures within an hour, and exactly two."""
    return (
        AlertCase(
            alert,
            "three in a quarter of an hour, then an hour without",
            {metric: f"0x4 1x4 2x4 3x{90 + minutes}"},
            {"10m": 0, f"{18 + minutes}m": 1, f"{85 + minutes}m": 0},
        ),
        AlertCase(alert, "one failure", {metric: "0x4 1x120"}, {"30m": 0, "100m": 0}),
    )


BACK_ENDS = (
    *_failing("LokiWritesFailing", LOKI, "otlp_v1_logs", 1, 5),
    *_failing("LokiReadsFailing", LOKI, "loki_api_v1_query_range", 5, 15),
    *_growing("LokiFlushesFailing", 'loki_ingester_chunks_flush_failures_total{instance="l-0"}', 15),
    *_stalled(
        "LokiCompactionStalled",
        "loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds",
        3,
        60,
    ),
    *_stalled("LokiRetentionStalled", "loki_compactor_apply_retention_last_successful_run_timestamp_seconds", 6, 60),
    AlertCase(
        "LokiErasurePending",
        "a request that waits for more than twelve hours, on the replica that leads, then worked off",
        {ERASURE_AGE + '{pod="loki-0"}': "0x800", ERASURE_AGE + '{pod="loki-1"}': "0+60x760 0x40"},
        {"700m": 0, "730m": 0, "737m": 1, "759m": 1, "762m": 0},
    ),
    AlertCase("LokiErasurePending", "exactly twelve hours", {ERASURE_AGE: "43200x60"}, {"50m": 0}),
    *_growing("LokiDiscardingLogs", 'loki_discarded_samples_total{reason="rate_limited"}', 10),
    AlertCase(
        "TempoWritesFailing",
        "three failed flushes, then none",
        {FLUSHES: "0x4 1x2 2x2 3x100"},
        {"5m": 0, "17m": 1, "30m": 0},
    ),
    AlertCase("TempoWritesFailing", "one failed flush", {FLUSHES: "0x4 1x60"}, {"10m": 0, "30m": 0}),
    *_failing("TempoReadsFailing", TEMPO, "api_search", 5, 15),
    *_an_hour("TempoPollsFailing", "tempodb_blocklist_poll_errors_total", 15),
    *_an_hour("TempoCompactionFailing", "tempodb_compaction_errors_total", 15),
    AlertCase(
        "TempoRetentionFailing",
        "errors for two hours, then none",
        {"tempodb_retention_errors_total": grows(1, 120, still=120)},
        {"50m": 0, "63m": 1, "120m": 1, "185m": 0},
    ),
    AlertCase("TempoRetentionFailing", "no errors", {"tempodb_retention_errors_total": STILL}, {"180m": 0}),
    *_growing("TempoDiscardingSpans", 'tempo_discarded_spans_total{reason="rate_limited"}', 10),
    *_failing("MimirWritesFailing", MIMIR, "otlp_v1_metrics", 1, 5),
    *_failing("MimirReadsFailing", MIMIR, "prometheus_api_v1_query_range", 5, 15),
    AlertCase(
        "MimirBlocksNotShipped",
        "a block waits for more than three hours, then goes",
        {UNSHIPPED: steps((60, 41), (0, 12))},
        {"180m": 0, "190m": 0, "200m": 1, "210m": 0},
        interval="5m",
    ),
    AlertCase("MimirBlocksNotShipped", "nothing waits", {UNSHIPPED: "0x60"}, {"290m": 0}, interval="5m"),
    *_stalled("MimirCompactionStalled", "cortex_compactor_last_successful_run_timestamp_seconds", 24, 120),
    *_stalled("MimirRetentionStalled", "cortex_compactor_block_cleanup_last_successful_run_timestamp_seconds", 6, 60),
    *_growing("MimirDiscardingSamples", 'cortex_discarded_samples_total{reason="per_user_series_limit"}', 10),
)

GROUP = '{job="%s",rule_group="slo-alerts",instance="r-0"}'
RELOADED = 'cortex_alertmanager_config_last_reload_successful{instance="am-0"}'
ALERTING = (
    AlertCase("Watchdog", "from the first minute", {}, {"0m": 1, "30m": 1}),
    AlertCase("Watchdog", "whatever else there is", {RELOADED: "0x30"}, {"30m": 1}),
    *(
        case
        for product, job in (("cortex", "mimir"), ("loki", "loki"))
        for alert, metric, wait in (
            ("RuleEvaluationsFailing", "prometheus_rule_evaluation_failures_total", 10),
            ("RuleEvaluationsMissed", "prometheus_rule_group_iterations_missed_total", 15),
            ("AlertsNotDelivered", "prometheus_notifications_dropped_total", 5),
        )
        for case in _growing(alert, f"{product}_{metric}{GROUP % job}", wait)
    ),
    *_growing("NotificationsFailing", 'cortex_alertmanager_notifications_failed_total{integration="slack"}', 5),
    AlertCase(
        "AlertmanagerConfigRejected",
        "rejected for ten minutes, then repaired",
        {RELOADED: steps((1, 5), (0, 20), (1, 5))},
        {"14m": 0, "15m": 1, "24m": 1, "25m": 0},
    ),
    AlertCase("AlertmanagerConfigRejected", "accepted", {RELOADED: "1x30"}, {"30m": 0}),
)
ALERTS = (*COLLECTOR, *BACK_ENDS, *ALERTING)
