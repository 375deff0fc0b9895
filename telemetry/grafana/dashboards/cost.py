"""Cost optimisation: what telemetry costs, who causes it, and what to turn down."""

from telemetry.alerting.rules.forecast import MONTH_END, THREE_MONTHS
from telemetry.cost.planned import DAYS_PER_MONTH
from telemetry.grafana.dashboards.model import Dashboard, Row, Threshold, Uid, Unit
from telemetry.grafana.dashboards.panels import (
    ANY_RATE_IS_BAD,
    FULL,
    GREEN,
    INGESTION,
    RED,
    SPENT,
    STORAGE_GROWTH,
    TALL,
    YELLOW,
    bars,
    charts,
    row,
    stat,
    stats,
    table,
    timeseries,
)
from telemetry.grafana.dashboards.queries import CHOICES, RECORDED, now, prom, rate, top


def cost(max_series: int, *, priced: bool) -> Dashboard:
    """For whoever pays. `max_series` is Mimir's limit of active series; without prices there are no dollars."""
    dollars = (_budget(), _forecast(), _by_service(), _by_team()) if priced else ()
    return Dashboard(
        Uid.COST,
        "Cost optimisation",
        "What telemetry costs, which service causes it, and what to turn down. Dollars come from the price table.",
        (*dollars, _ingestion(), _cardinality(max_series), _sampling()),
        CHOICES,
        window="now-24h",
    )


def _budget() -> Row:
    return row(
        "Budget",
        stats(
            stat(
                "Budget a month",
                "What the stack may cost.",
                prom('max(lgtm:budget_usd_per_month{line="total"})'),
                unit=Unit.USD,
                decimals=0,
            ),
            stat(
                "Planned a month",
                "What the stack's resources cost at list prices.",
                prom('max(lgtm:planned_usd_per_month{line="total"})'),
                unit=Unit.USD,
                decimals=0,
            ),
            stat(
                "Budget in use",
                "Where the month is heading; above 100 % BudgetBurnHigh fires.",
                prom("max(lgtm:budget_burn:ratio)"),
                unit=Unit.RATIO,
                thresholds=SPENT,
                decimals=0,
            ),
            stat(
                "Telemetry a day",
                "What the last day's logs, traces and metrics cost to take in and keep.",
                prom("sum(lgtm:cost_usd_per_day)"),
                unit=Unit.USD,
                decimals=2,
            ),
        ),
        charts(
            table(
                "Budget by line",
                "The three lines of the budget against the plan.",
                now("max by (line) (lgtm:budget_usd_per_month)", "Budget"),
                now("max by (line) (lgtm:planned_usd_per_month)", "Planned"),
                now(
                    "max by (line) (lgtm:planned_usd_per_month) / max by (line) (lgtm:budget_usd_per_month)",
                    "In use",
                    Unit.RATIO,
                ),
                columns=(("line", "Line"),),
                unit=Unit.USD,
                decimals=0,
            ),
            timeseries(
                "Cost a day by signal",
                "Logs, traces and metrics.",
                prom("sum by (signal) (lgtm:cost_usd_per_day)", "{{signal}}"),
                unit=Unit.USD,
                stacked=True,
                decimals=2,
            ),
            timeseries(
                "Budget in use over time",
                "A step up is a new service or a new label.",
                prom("max(lgtm:budget_burn:ratio)", "heading for"),
                unit=Unit.RATIO,
                thresholds=SPENT,
            ),
        ),
    )


def _by_service() -> Row:
    costs = f"lgtm:cost_usd_per_day_by_service{{{RECORDED}}}"
    return row(
        "By service",
        charts(
            bars(
                "Cost a day by service",
                "All signals together, the ten dearest.",
                now(top(10, f"sum by (service_name) ({costs})"), "{{service_name}}"),
                unit=Unit.USD,
                decimals=2,
            ),
            timeseries(
                "Cost by service over time",
                "Who grew, and when.",
                prom(f"sum by (service_name) ({costs})", "{{service_name}}"),
                unit=Unit.USD,
                stacked=True,
                decimals=2,
            ),
            table(
                "Cost by service and signal",
                "The 30 dearest pairs: the first line is the first place to save.",
                now(top(30, f"sum by (service_name, signal) ({costs})"), "USD a day"),
                now(
                    f"sum by (service_name, signal) (lgtm:ingestion_bytes_by_service:rate1h{{{RECORDED}}})",
                    "Bytes/s",
                    Unit.BYTES_PER_SECOND,
                ),
                columns=(("service_name", "Service"), ("signal", "Signal")),
                unit=Unit.USD,
                decimals=2,
            ),
            height=TALL,
        ),
    )


def _forecast() -> Row:
    edges = 'max by (edge) (lgtm:cost_forecast_usd_per_month{{horizon="{0}"}})'
    return row(
        "Forecast",
        charts(
            *(
                timeseries(
                    title,
                    "The trend of four weeks with its band, and the budget. When the lower edge passes the budget, "
                    "BudgetForecastHigh fires.",
                    prom(edges.format(horizon), "{{edge}}"),
                    prom('max(lgtm:budget_usd_per_month{line="total"})', "budget"),
                    prom("max(lgtm:cost_usd_per_month)", "now"),
                    unit=Unit.USD,
                    decimals=0,
                    when_empty="no trend yet: it takes a week",
                )
                for title, horizon in (("At the month's end", MONTH_END), ("In three months", THREE_MONTHS))
            ),
        ),
    )


def _by_team() -> Row:
    team = "on (service_name) group_left (team) (0 * lgtm:planned_usd_per_month_by_service + 1)"
    measured = f"sum by (service_name) (lgtm:cost_usd_per_day_by_service) * {team}"
    return row(
        "By team",
        charts(
            table(
                "What each service and team pays",
                "A month by the plan, and as measured: what each sends of each signal, times what the signal costs.",
                now(f"max by (team, service_name) (lgtm:planned_usd_per_month_by_service{{{RECORDED}}})", "Planned"),
                now(f"max by (team, service_name) ({measured}) * {DAYS_PER_MONTH:.6g}", "Measured"),
                columns=(("team", "Team"), ("service_name", "Service")),
                unit=Unit.USD,
                decimals=2,
            ),
            timeseries(
                "Cost a day by team",
                "As measured.",
                prom(f"sum by (team) ({measured})", "{{team}}"),
                unit=Unit.USD,
                stacked=True,
                decimals=2,
            ),
        ),
    )


def _ingestion() -> Row:
    return row(
        "Ingestion and storage",
        charts(
            timeseries(
                "Ingestion by signal",
                "Before compression; above 20 MB/s IngestionRateHigh fires.",
                prom("sum by (signal) (lgtm:ingestion_bytes:rate5m)", "{{signal}}"),
                unit=Unit.BYTES_PER_SECOND,
                thresholds=INGESTION,
                stacked=True,
            ),
            timeseries(
                "Ingestion by service",
                "The ten largest, all signals.",
                prom(
                    top(10, f"sum by (service_name) (lgtm:ingestion_bytes_by_service:rate1h{{{RECORDED}}})"),
                    "{{service_name}}",
                ),
                unit=Unit.BYTES_PER_SECOND,
                stacked=True,
            ),
            timeseries(
                "Stored in a day",
                "Growth before anything is deleted; above 10 GB StorageGrowthHigh fires.",
                prom("max by (signal) (lgtm:stored_bytes:increase1d)", "{{signal}}"),
                prom("max(lgtm:stored_bytes_total:increase1d)", "all"),
                unit=Unit.BYTES,
                thresholds=STORAGE_GROWTH,
            ),
            timeseries(
                "Requests to the buckets",
                "Mimir's, by kind. Each has a price; many small objects cost more than a few large ones.",
                prom(rate("thanos_objstore_bucket_operations_total", by="operation"), "{{operation}}"),
                unit=Unit.PER_SECOND,
            ),
        ),
    )


def _cardinality(max_series: int) -> Row:
    return row(
        "Cardinality",
        stats(
            stat("Active series", "Series in Mimir's memory.", prom("max(lgtm:active_series)")),
            stat(
                "Of the limit",
                f"Of the {max_series} series that the stack's settings allow; at 100 % new series are refused.",
                prom(f"max(lgtm:active_series) / {max_series}"),
                unit=Unit.RATIO,
                thresholds=FULL,
                decimals=0,
            ),
            stat(
                "New series in an hour",
                "A surge is a new label with many values. Replicas count the same series once each.",
                prom("sum(increase(cortex_ingester_memory_series_created_total[1h]))"),
            ),
            stat(
                "Refused samples",
                "Over a limit, out of order or too old.",
                prom(f"{rate('cortex_discarded_samples_total')} or vector(0)"),
                unit=Unit.PER_SECOND,
                thresholds=ANY_RATE_IS_BAD,
            ),
        ),
        charts(
            bars(
                "Series by service",
                "The ten with the most.",
                now(top(10, f"sum by (service_name) (lgtm:series_by_service{{{RECORDED}}})"), "{{service_name}}"),
                decimals=0,
            ),
            timeseries(
                "Series by service over time",
                "A step is a release that added labels.",
                prom(f"sum by (service_name) (lgtm:series_by_service{{{RECORDED}}})", "{{service_name}}"),
                stacked=True,
            ),
            timeseries(
                "Log streams",
                "Each holds a chunk in memory; a stream for each request is a label that should be metadata.",
                prom("sum(loki_ingester_memory_streams)", "streams"),
            ),
        ),
    )


def _sampling() -> Row:
    kept = rate("otelcol_processor_tail_sampling_global_count_traces_sampled_total", where='decision="sampled"')
    seen = rate("otelcol_processor_tail_sampling_global_count_traces_sampled_total")
    return row(
        "Sampling",
        stats(
            stat(
                "Traces kept",
                "Errors and slow traces are always kept; above a third, few ordinary traces are thinned out.",
                prom(f"{kept} / {seen}"),
                unit=Unit.RATIO,
                thresholds=(Threshold(0.35, YELLOW), Threshold(0.6, RED)),
            ),
            stat(
                "Spans dropped by sampling",
                "In parts of those that came in.",
                prom(
                    "1 - ("
                    + rate("otelcol_exporter_sent_spans_total", where='exporter="otlp_grpc/tempo"')
                    + " / "
                    + rate("otelcol_receiver_accepted_spans_total", where='job="collector-gateway"')
                    + ")"
                ),
                unit=Unit.RATIO,
                thresholds=(Threshold(0.5, YELLOW), Threshold(0.7, GREEN)),
                good_above=True,
            ),
        ),
        charts(
            timeseries(
                "Traces judged and kept",
                "The space between the lines is what sampling saves.",
                prom(seen, "judged"),
                prom(kept, "kept"),
                unit=Unit.PER_SECOND,
            ),
            timeseries(
                "Kept by reason",
                "Which policy decided.",
                prom(
                    rate(
                        "otelcol_processor_tail_sampling_count_traces_sampled_total",
                        by="policy",
                        where='decision="sampled"',
                    ),
                    "{{policy}}",
                ),
                unit=Unit.PER_SECOND,
                stacked=True,
            ),
        ),
    )
