"""Ingestion, storage, series and dollars. Constants are prod's."""

import math
import statistics

from tests.artefacts.rule_cases.model import AlertCase, RecordingCase, steps

STORED, SERIES, BURN = "lgtm:stored_bytes_total:increase1d", "lgtm:active_series", "lgtm:budget_burn:ratio"
LOGS = 'lgtm:ingestion_bytes:rate5m{signal="logs"}'
LOW, HIGH = (f'lgtm:cost_forecast_usd_per_month{{horizon="three months",edge="{edge}"}}' for edge in ("low", "high"))
TRACES = 'lgtm:ingestion_bytes:rate5m{signal="traces"}'

ALERTS = (
    AlertCase(
        "StorageGrowthHigh",
        "a byte more than 10 GB, then less",
        {STORED: steps((10_000_001_000, 30), (9e9, 10))},
        {"14m": 0, "15m": 1, "29m": 1, "31m": 0},
    ),
    AlertCase("StorageGrowthHigh", "exactly 10 GB", {STORED: "10000000000x60"}, {"50m": 0}),
    AlertCase(
        "IngestionRateHigh",
        "two signals together are more than 20 MB/s, then not",
        {LOGS: steps((15e6, 20), (1e6, 10)), TRACES: "5000001x30"},
        {"4m": 0, "5m": 1, "19m": 1, "20m": 0},
    ),
    AlertCase("IngestionRateHigh", "exactly 20 MB/s", {LOGS: "15000000x30", TRACES: "5000000x30"}, {"25m": 0}),
    AlertCase(
        "CardinalitySurge",
        "twice as many as yesterday for half an hour, then gone",
        {SERIES: steps((70_000, 120), (140_000, 50), (70_000, 30))},
        {"119m": 0, "149m": 0, "150m": 1, "169m": 1, "171m": 0},
    ),
    AlertCase(
        "CardinalitySurge", "half as many again, no more", {SERIES: steps((80_000, 120), (120_000, 50))}, {"165m": 0}
    ),
    AlertCase("CardinalitySurge", "from few to some", {SERIES: steps((20_000, 120), (60_000, 50))}, {"165m": 0}),
    AlertCase(
        "SeriesLimitNear",
        "more than 80 % of the limit for 15 minutes, then less",
        {SERIES: steps((240_001, 30), (200_000, 10))},
        {"14m": 0, "15m": 1, "31m": 0},
    ),
    AlertCase("SeriesLimitNear", "exactly 80 %", {SERIES: "240000x60"}, {"50m": 0}),
    AlertCase(
        "BudgetBurnHigh",
        "a percent over for an hour, then under",
        {BURN: steps((1.01, 70), (0.99, 10))},
        {"59m": 0, "60m": 1, "71m": 0},
    ),
    AlertCase("BudgetBurnHigh", "exactly the budget", {BURN: "1x90"}, {"80m": 0}),
    AlertCase(
        "BudgetForecastHigh",
        "the lower edge passes the budget for an hour, then not",
        {LOW: steps((387.5, 70), (386, 10)), HIGH: "900x80"},
        {"59m": 0, "60m": 1, "71m": 0},
    ),
    AlertCase("BudgetForecastHigh", "only the upper edge passes it", {LOW: "387x90", HIGH: "900x90"}, {"80m": 0}),
)

SPANS = 'traces_span_metrics_calls_total{service_name="%s",span_kind="SPAN_KIND_SERVER"}'
ARRIVING = {
    "loki_distributor_bytes_received_total": "0+600x90",
    "tempo_distributor_bytes_received_total": "0+1200x90",
    "cortex_distributor_received_samples_total": "0+6000x90",
    'lgtm:log_bytes:rate5m{service_name="api-gateway"}': "7.5x90",
    'lgtm:log_bytes:rate5m{service_name="web-search"}': "2.5x90",
    SPANS % "api-gateway": "0+300x90",
    SPANS % "web-search": "0+100x90",
    'lgtm:series_by_service{service_name="api-gateway"}': "10x90",
    'lgtm:series_by_service{service_name="web-search"}': "30x90",
    'cortex_ingester_memory_series{instance="a"}': "45000x90",
    'cortex_ingester_memory_series{instance="b"}': "45000x90",
}
WRITTEN = {
    "loki_ingester_chunk_stored_bytes_total": "0+1000000x1500",
    "tempo_ingester_flush_size_bytes_sum": "0+500000x1500",
    'thanos_objstore_bucket_operation_transferred_bytes_sum{component="ingester",operation="upload"}': "0+300000x1500",
    'thanos_objstore_bucket_operation_transferred_bytes_sum{component="compactor",operation="upload"}': "0+900000x1500",
}
RATE, BY_SERVICE = "lgtm:ingestion_bytes:rate5m", "lgtm:ingestion_bytes_by_service:rate1h"
DAY = "lgtm:stored_bytes:increase1d"


def labels(name: str, **values: str) -> str:
    pairs = ",".join(f'{key}="{value}"' for key, value in values.items())
    return f"{name}{{{pairs}}}"


# Ten days, a value each 4 minutes: 10 USD a day, a tenth more each day, and another dollar every other day.
_DAYS, _A_DAY = 10, 360
_COSTS = [10 + 0.1 * at / _A_DAY + at // _A_DAY % 2 for at in range(_DAYS * _A_DAY + 1)]
FORECAST, PER_MONTH = "lgtm:cost_forecast_usd_per_month", "lgtm:cost_usd_per_month"


def _forecasts() -> tuple[RecordingCase, ...]:
    """What Python's own least squares says of the same values; slopes and bands in dollars a month."""
    days, costs = [at / _A_DAY for at in range(len(_COSTS))], [30.4375 * cost for cost in _COSTS]
    line = statistics.linear_regression(days, costs)
    rest = statistics.pstdev(cost - line.intercept - line.slope * day for day, cost in zip(days, costs, strict=True))
    ahead = 3 * 30.4375
    # Samples of an hour each, both ends among them.
    seen = (_DAYS * 24 + 1) / 24
    error = rest * math.sqrt(1 + 1 / seen + 12 * (_DAYS / 2 + ahead) ** 2 / seen**3)
    expected = line.intercept + line.slope * (_DAYS + ahead)
    numbers = {
        PER_MONTH: costs[-1],
        f"{PER_MONTH}:avg28d": statistics.fmean(costs),
        f"{PER_MONTH}:slope28d": line.slope,
        f"{PER_MONTH}:days28d": seen,
        f"{PER_MONTH}:deviation28d": rest,
    }
    edges = {"expected": expected, "low": max(0, expected - 2 * error), "high": expected + 2 * error}
    series = {'lgtm:cost_usd_per_day{signal="logs"}': " ".join(f"{cost:.6f}" for cost in _COSTS)}

    def near(record: str, query: str, value: float) -> RecordingCase:
        off = f"abs({query} - {value:.6f}) < bool {max(0.02 * value, 0.05):.6f}"
        return RecordingCase(record, "forecast", series, "240h", off, {"{}": 1}, "4m")

    return (
        *(near(record, record, value) for record, value in numbers.items()),
        *(
            near(FORECAST, f'sum({FORECAST}{{horizon="three months",edge="{edge}"}})', value)
            for edge, value in edges.items()
        ),
        # Nothing is said before a week has passed.
        RecordingCase(FORECAST, "forecast", series, "167h", FORECAST, {}, "4m"),
        # Ten days from 1 January 1970: three weeks are left of the month.
        near(FORECAST, f'sum({FORECAST}{{horizon="month\'s end",edge="expected"}})', line.intercept + line.slope * 31),
    )


RECORDINGS = (
    RecordingCase(
        RATE,
        "cost",
        ARRIVING,
        "80m",
        RATE,
        {labels(RATE, signal="logs"): 10, labels(RATE, signal="traces"): 20, labels(RATE, signal="metrics"): 200},
    ),
    RecordingCase(
        BY_SERVICE,
        "cost",
        ARRIVING,
        "80m",
        f"round({BY_SERVICE}, 0.01)",
        {
            labels("", signal="logs", service_name="api-gateway"): 7.5,
            labels("", signal="logs", service_name="web-search"): 2.5,
            labels("", signal="traces", service_name="api-gateway"): 15,
            labels("", signal="traces", service_name="web-search"): 5,
            labels("", signal="metrics", service_name="api-gateway"): 50,
            labels("", signal="metrics", service_name="web-search"): 150,
        },
    ),
    RecordingCase(SERIES, "cost", ARRIVING, "80m", SERIES, {SERIES: 30_000}),
    RecordingCase(
        DAY,
        "cost",
        WRITTEN,
        "25h",
        f"round({DAY}, 1e6)",
        {
            labels("", signal="logs"): 1.44e9,
            labels("", signal="traces"): 7.2e8,
            # Only what ingesters upload, and one of three copies.
            labels("", signal="metrics"): 1.44e8,
        },
    ),
    RecordingCase(STORED, "cost", WRITTEN, "25h", f"round({STORED}, 1e6)", {"{}": 2.304e9}),
    RecordingCase(
        "lgtm:budget_usd_per_month",
        "cost",
        {},
        "10m",
        "lgtm:budget_usd_per_month",
        {
            labels("lgtm:budget_usd_per_month", line=line): usd
            for line, usd in (("compute", 214), ("storage", 98), ("operations", 75), ("total", 387))
        },
    ),
    RecordingCase(
        "lgtm:planned_usd_per_month",
        "cost",
        {},
        "10m",
        'sum(lgtm:planned_usd_per_month{line!="total"}) - sum(lgtm:planned_usd_per_month{line="total"}) < bool 0.03',
        {"{}": 1},
    ),
    RecordingCase(
        "lgtm:cost_usd_per_day",
        "cost",
        WRITTEN,
        "25h",
        "sum(lgtm:cost_usd_per_day) > bool 10 and sum(lgtm:cost_usd_per_day) < bool 11",
        {"{}": 1},
    ),
    RecordingCase(
        "lgtm:cost_usd_per_day_by_service",
        "cost",
        {**WRITTEN, **{key: value.replace("x90", "x1600") for key, value in ARRIVING.items()}},
        "25h",
        "round(sum by (signal) (lgtm:cost_usd_per_day_by_service) / on (signal) lgtm:cost_usd_per_day, 0.001)",
        {labels("", signal=signal): 1 for signal in ("logs", "traces", "metrics")},
    ),
    RecordingCase(
        BURN, "cost", WRITTEN, "25h", f"round({BURN} * 387 / (sum(lgtm:cost_usd_per_day) * 30.4375), 0.0001)", {"{}": 1}
    ),
    RecordingCase(
        "lgtm:planned_usd_per_month_by_service",
        "cost",
        {},
        "10m",
        'abs(sum(lgtm:planned_usd_per_month_by_service) - on () sum(lgtm:planned_usd_per_month{line="total"}))'
        " < bool 0.05",
        {"{}": 1},
    ),
    *_forecasts(),
)
