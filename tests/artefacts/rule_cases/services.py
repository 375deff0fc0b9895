"""Services and their objectives."""

from tests.artefacts.rule_cases.model import AlertCase, RecordingCase, steps

CALLS = 'traces_span_metrics_calls_total{service_name="api-gateway",span_kind="SPAN_KIND_SERVER",status_code="%s"}'
OK, FAILED = CALLS % "STATUS_CODE_UNSET", CALLS % "STATUS_CODE_ERROR"
BUCKET = 'traces_span_metrics_duration_seconds_bucket{service_name="api-gateway",span_kind="SPAN_KIND_SERVER",le="%s"}'
COUNT = 'traces_span_metrics_duration_seconds_count{service_name="api-gateway",span_kind="SPAN_KIND_SERVER"}'
P95 = 'service:duration_seconds:p95_5m{service_name="api-gateway"}'
OBJECTIVE = 'slo:objective:ratio{slo="availability",service_name="api-gateway"}'
SEEN = 'lgtm:telemetry_last_seen_seconds{service_name="api-gateway"}'
BAD = 'slo:bad_events:rate5m{slo="availability",service_name="api-gateway"}'


def ratio(window: str) -> str:
    return f'slo:sli_errors:ratio_rate{window}{{slo="availability",service_name="api-gateway"}}'


def burning(long: str, short: str, long_value: float, short_value: float, bad: str = "1x30") -> dict[str, str]:
    """Two windows at constant values under an objective of 99.9 %."""
    return {
        OBJECTIVE: "0.999x30",
        ratio(long): f"{long_value:g}x30",
        ratio(short): f"{short_value:g}x30",
        BAD: bad,
    }


ALERTS = (
    AlertCase(
        "HighErrorRate",
        "6 of 100 fail for two minutes, then none",
        {OK: "0+94x40", FAILED: "0+6x10 60x30"},
        # The 2-minute rate needs two samples; two minutes later the alert fires.
        {"1m": 0, "2m": 0, "4m": 1, "10m": 1, "13m": 0},
    ),
    AlertCase("HighErrorRate", "exactly 5 % isn't more than 5 %", {OK: "0+95x20", FAILED: "0+5x20"}, {"15m": 0}),
    AlertCase("HighErrorRate", "a minute of errors is too short", {OK: "0+94x20", FAILED: "0x5 6 6x14"}, {"9m": 0}),
    AlertCase("HighErrorRate", "no errors at all and no such series", {OK: "0+100x20"}, {"15m": 0}),
    AlertCase(
        "HighErrorRate",
        "errors of a service's own calls are the callee's",
        {
            OK: "0+100x20",
            FAILED.replace("SERVER", "CLIENT"): "0+50x20",
        },
        {"15m": 0},
    ),
    AlertCase(
        "HighResponseTime",
        "2.01 s for five minutes, then fast",
        {P95: steps((2.01, 10), (0.3, 10))},
        {"4m": 0, "5m": 1, "9m": 1, "10m": 0},
    ),
    AlertCase("HighResponseTime", "exactly 2 s", {P95: "2x20"}, {"15m": 0}),
    AlertCase("HighResponseTime", "four minutes", {P95: steps((3, 4), (1, 10))}, {"4m": 0, "8m": 0}),
    AlertCase(
        "ServiceTelemetryMissing",
        "silent for more than a quarter of an hour, then back",
        {OBJECTIVE: "0.999x40", SEEN: steps((30, 5), (900, 15), (20, 10))},
        {"4m": 0, "9m": 0, "10m": 1, "19m": 1, "20m": 0},
    ),
    AlertCase("ServiceTelemetryMissing", "never seen", {OBJECTIVE: "0.999x40"}, {"4m": 0, "6m": 1}),
    AlertCase("ServiceTelemetryMissing", "seen 899 s ago", {OBJECTIVE: "0.999x40", SEEN: "899x40"}, {"30m": 0}),
    AlertCase(
        "SloBudgetBurningFast",
        "above 14.4 times in both windows, then the short one is over",
        {**burning("1h", "5m", 0.015, 0.015), ratio("5m"): steps((0.015, 20), (0, 10))},
        {"15m": 1, "19m": 1, "21m": 0},
    ),
    AlertCase("SloBudgetBurningFast", "6 hours at 6.1 times", burning("6h", "30m", 0.0061, 0.0061), {"20m": 1}),
    AlertCase("SloBudgetBurningFast", "just below 14.4 times", burning("1h", "5m", 0.01439, 0.02), {"20m": 0}),
    AlertCase("SloBudgetBurningFast", "just below 6 times", burning("6h", "30m", 0.00599, 0.02), {"20m": 0}),
    AlertCase("SloBudgetBurningFast", "over in the short window", burning("1h", "5m", 0.5, 0.001), {"20m": 0}),
    AlertCase(
        "SloBudgetBurningFast",
        "nine failures in the night",
        burning("1h", "5m", 0.5, 0.5, bad=steps((0.15, 1), (0, 29))),
        {"20m": 0},
    ),
    AlertCase(
        "SloBudgetBurningFast",
        "ten failures count",
        burning("1h", "5m", 0.5, 0.5, bad=steps((0.2, 1), (0, 29))),
        {"20m": 1},
    ),
    AlertCase(
        "SloBudgetBurningSlowly",
        "a day at 3.1 times, then better",
        {**burning("1d", "2h", 0.0031, 0.0031), ratio("2h"): steps((0.0031, 20), (0.001, 10))},
        {"15m": 1, "21m": 0},
    ),
    AlertCase("SloBudgetBurningSlowly", "three days at 1.1 times", burning("3d", "6h", 0.0011, 0.0011), {"20m": 1}),
    AlertCase("SloBudgetBurningSlowly", "just below 3 times", burning("1d", "2h", 0.00299, 0.01), {"20m": 0}),
    AlertCase("SloBudgetBurningSlowly", "as fast as 30 days allow", burning("3d", "6h", 0.00099, 0.01), {"20m": 0}),
)

SLO_EVENTS = {
    OK: "0+90x30",
    FAILED: "0+6x30",
    COUNT: "0+96x30",
    BUCKET % "1": "0+72x30",
    BUCKET % "+Inf": "0+96x30",
}
API = '{service_name="api-gateway"}'
AVAILABLE = '{slo="availability",service_name="api-gateway"}'
SLOW = '{slo="latency",service_name="api-gateway"}'
SILENT = {
    'process_memory_usage_bytes{service_name="api-gateway"}': "1x10 stale",
    'k8s_pod_cpu_usage{service_name="api-gateway"}': "1x60",
    f"slo:objective:ratio{API}": "1x60",
}
RECORDINGS = (
    RecordingCase(
        "service:requests:rate5m",
        "services",
        SLO_EVENTS,
        "20m",
        "service:requests:rate5m",
        {f"service:requests:rate5m{API}": 1.6},
    ),
    RecordingCase(
        "service:errors:ratio_rate5m",
        "services",
        SLO_EVENTS,
        "20m",
        "service:errors:ratio_rate5m",
        {f"service:errors:ratio_rate5m{API}": 0.0625},
    ),
    *(
        RecordingCase(
            f"service:duration_seconds:{name}",
            "services",
            {BUCKET % "1": "0+50x30", BUCKET % "2": "0+90x30", BUCKET % "5": "0+100x30", BUCKET % "+Inf": "0+100x30"},
            "20m",
            f"round(service:duration_seconds:{name}, 0.0001)",
            {API: value},
        )
        for name, value in (("p50_5m", 1), ("p95_5m", 3.5), ("p99_5m", 4.7))
    ),
    RecordingCase(
        "slo:objective:ratio",
        "slo",
        {},
        "5m",
        'slo:objective:ratio{service_name="notification-worker"}',
        {
            'slo:objective:ratio{slo="availability",service_name="notification-worker"}': 0.99,
            'slo:objective:ratio{slo="latency",service_name="notification-worker"}': 0.95,
        },
    ),
    RecordingCase(
        "slo:events:rate5m",
        "slo",
        SLO_EVENTS,
        "20m",
        "slo:events:rate5m",
        {f"slo:events:rate5m{AVAILABLE}": 1.6, 'slo:events:rate5m{slo="latency",service_name="api-gateway"}': 1.6},
    ),
    RecordingCase(
        "slo:bad_events:rate5m",
        "slo",
        SLO_EVENTS,
        "20m",
        "round(slo:bad_events:rate5m, 0.0001)",
        {AVAILABLE: 0.1, SLOW: 0.4},
    ),
    RecordingCase(
        "slo:bad_events:rate5m",
        "slo",
        {OK: "0+90x30"},
        "20m",
        "slo:bad_events:rate5m",
        {f"slo:bad_events:rate5m{AVAILABLE}": 0},
    ),
    # Prometheus may write the boundary of one second as 1.0.
    RecordingCase(
        "slo:bad_events:rate5m",
        "slo",
        {COUNT: "0+96x30", BUCKET % "1.0": "0+72x30", BUCKET % "0.5": "0+10x30"},
        "20m",
        'round(slo:bad_events:rate5m{slo="latency"}, 0.0001)',
        {SLOW: 0.4},
    ),
    RecordingCase(
        "slo:sli_errors:ratio_rate5m",
        "slo",
        SLO_EVENTS,
        "20m",
        "round(slo:sli_errors:ratio_rate5m, 0.0001)",
        {AVAILABLE: 0.0625, SLOW: 0.25},
    ),
    # Half an hour of errors among quiet hours: long windows weigh by traffic, not by time.
    *(
        RecordingCase(
            f"slo:sli_errors:ratio_rate{window}",
            "slo",
            {OK: "0+60x60 3600+600x60", FAILED: "0+60x60 3600x60"},
            "2h",
            f'round(slo:sli_errors:ratio_rate{window}{{slo="availability"}}, 0.01)',
            {AVAILABLE: value},
        )
        for window, value in (("30m", 0), ("1h", 0), ("2h", 0.09), ("6h", 0.09), ("1d", 0.09), ("3d", 0.09))
    ),
    RecordingCase(
        "slo:error_budget_remaining:ratio30d",
        "slo",
        {OK: "0+99950x60", FAILED: "0+50x60"},
        "1h",
        'round(slo:error_budget_remaining:ratio30d{slo="availability"}, 0.01)',
        {AVAILABLE: 0.5},
    ),
    RecordingCase(
        "lgtm:series_by_service",
        "services",
        {
            'up{service_name="api-gateway",instance="a"}': "1x30",
            'up{service_name="api-gateway",instance="b"}': "1x30",
            'scrape_samples_post_metric_relabeling{service_name="loki"}': "300x30",
        },
        "20m",
        "lgtm:series_by_service",
        {f"lgtm:series_by_service{API}": 2, 'lgtm:series_by_service{service_name="loki"}': 300},
    ),
    # What rules and the kubelet say goes on after the service fell silent.
    RecordingCase(
        "lgtm:sent_series_by_service",
        "services",
        SILENT,
        "9m",
        "lgtm:sent_series_by_service",
        {f"lgtm:sent_series_by_service{API}": 1},
    ),
    RecordingCase(
        "lgtm:telemetry_last_seen_seconds",
        "services",
        SILENT,
        "30m",
        "lgtm:telemetry_last_seen_seconds",
        {f"lgtm:telemetry_last_seen_seconds{API}": 21 * 60},
    ),
)
