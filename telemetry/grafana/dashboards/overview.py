"""Platform overview: is anything wrong now, and where to look next."""

from telemetry.grafana.dashboards.model import Dashboard, Panel, Row, Threshold, Uid, Unit
from telemetry.grafana.dashboards.panels import (
    ANY_IS_BAD,
    DURATION,
    ERROR_SHARE,
    GREEN,
    INGESTION,
    RED,
    SPENT,
    TALL,
    YELLOW,
    bars,
    charts,
    log_lines,
    node_graph,
    row,
    stat,
    stats,
    table,
    timeseries,
)
from telemetry.grafana.dashboards.queries import (
    CHOICES,
    LOGS,
    RECORDED,
    calls,
    duration,
    error_share,
    logs,
    now,
    prom,
    top,
    traces,
)
from telemetry.grafana.dashboards.shared_panels import failed_by_service


def overview(*, priced: bool) -> Dashboard:
    """For whoever is on duty: services, service levels, telemetry, platform, money, in this order."""
    return Dashboard(
        Uid.OVERVIEW,
        "Platform overview",
        "Is anything wrong now, and where to look next: services, service levels, telemetry, money.",
        (_services(), _service_levels(), _map(), _telemetry(priced), _logs()),
        CHOICES,
    )


def _services() -> Row:
    return row(
        "Services now",
        stats(
            stat("Requests", "Requests that all chosen services answer.", prom(calls()), unit=Unit.REQUESTS_PER_SECOND),
            stat(
                "Failed requests",
                "Share that ends in an error; above 5 % for 2 minutes HighErrorRate fires.",
                prom(error_share()),
                unit=Unit.RATIO,
                thresholds=ERROR_SHARE,
                decimals=2,
            ),
            stat(
                "Duration, 95th percentile",
                "19 of 20 requests are faster; above 2 s for 5 minutes HighResponseTime fires.",
                prom(duration(0.95)),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
            stat(
                "Alerts firing",
                "Critical ones and warnings; their runbooks say what to do.",
                prom('count(ALERTS{alertstate="firing",severity=~"critical|warning"}) or vector(0)'),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
        ),
        charts(
            timeseries(
                "Requests by service",
                "A sudden fall is as telling as a rise.",
                prom(calls(by="service_name"), "{{service_name}}"),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            failed_by_service(),
            timeseries(
                "95th percentile by service",
                "The dashed lines are 1 s, from which every trace is kept, and the "
                "alert's 2 s. Points are example traces.",
                prom(duration(0.95, by="service_name"), "{{service_name}}", exemplars=True),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
        ),
    )


def _service_levels() -> Row:
    remaining = f"slo:error_budget_remaining:ratio30d{{{RECORDED}}}"
    return row(
        "Service levels",
        charts(
            table(
                "Error budgets of 30 days",
                "What share of the month's allowed bad requests is left; at 0 the objective is missed.",
                now(f"slo:objective:ratio{{{RECORDED}}}", "Objective"),
                now(f"1 - slo:sli_errors:ratio_rate1h{{{RECORDED}}}", "Last hour"),
                now(remaining, "Budget left"),
                columns=(("service_name", "Service"), ("slo", "Objective of")),
                unit=Unit.RATIO,
                thresholds=(Threshold(0, YELLOW), Threshold(0.25, GREEN)),
                good_above=True,
                decimals=2,
            ),
            timeseries(
                "Error budget left",
                "A line that falls faster than the calendar ends below 0 before the month does.",
                prom(remaining, "{{service_name}} {{slo}}"),
                signed=True,
                unit=Unit.RATIO,
            ),
        ),
    )


def _map() -> Row:
    edges = 'client=~"$service"'
    # Tempo's data source would write several values as {a,b}.
    selector = '{client=~"${service:regex}"}'
    return row(
        "Who calls whom",
        charts(
            node_graph(
                "Service map",
                "Calls between services from spans, before sampling. A node opens its traces.",
                traces(selector),
            ),
            table(
                "Calls between services",
                "The busiest pairs, over the last minutes.",
                now(
                    top(15, f"sum by (client, server) (rate(traces_service_graph_request_total{{{edges}}}[5m]))"),
                    "Requests/s",
                ),
                columns=(("client", "From"), ("server", "To")),
                unit=Unit.REQUESTS_PER_SECOND,
                decimals=2,
            ),
            height=TALL,
        ),
    )


def _telemetry(priced: bool) -> Row:
    return row(
        "Platform and money",
        charts(
            timeseries(
                "Telemetry arriving",
                "Logs, traces and metrics before compression; above 20 MB/s together IngestionRateHigh fires.",
                prom("lgtm:ingestion_bytes:rate5m", "{{signal}}"),
                unit=Unit.BYTES_PER_SECOND,
                thresholds=INGESTION,
                stacked=True,
            ),
            bars(
                "Silence by service",
                "Time since a service last sent anything. A service that sends nothing may be "
                "down, or its exporter is.",
                now(f"lgtm:telemetry_last_seen_seconds{{{RECORDED}}}", "{{service_name}}"),
                unit=Unit.AGE,
                thresholds=(Threshold(300, YELLOW), Threshold(900, RED)),
            ),
            bars(
                "Parts that answer",
                "Share of each part's pods that could be scraped.",
                now('avg by (job) (up{deployment_environment_name=~"$environment"})', "{{job}}"),
                unit=Unit.RATIO,
                thresholds=(Threshold(0.5, YELLOW), Threshold(1, GREEN)),
                good_above=True,
                maximum=1,
            ),
        ),
        stats(
            *(_money() if priced else ()),
            stat(
                "Stored in a day",
                "Growth of the buckets; above 10 GB StorageGrowthHigh fires.",
                prom("max(lgtm:stored_bytes_total:increase1d)"),
                unit=Unit.BYTES,
                thresholds=(Threshold(5e9, YELLOW), Threshold(10e9, RED)),
            ),
            stat(
                "Active series", "Series that Mimir holds in memory.", prom("max(lgtm:active_series)"), unit=Unit.COUNT
            ),
        ),
    )


def _money() -> tuple[Panel, ...]:
    return (
        stat(
            "Month's budget in use",
            "Where the month's cost is heading, in parts of the budget.",
            prom("max(lgtm:budget_burn:ratio)"),
            unit=Unit.RATIO,
            thresholds=SPENT,
            decimals=0,
        ),
        stat(
            "Cost a day",
            "All signals, at the price table's rates.",
            prom("sum(lgtm:cost_usd_per_day)"),
            unit=Unit.USD,
            decimals=2,
        ),
    )


def _logs() -> Row:
    return row(
        "Errors in logs",
        charts(
            log_lines(
                "Newest errors",
                "Lines of severity error or worse; a line opens its trace.",
                logs(f'{{{LOGS}}} | detected_level=~"error|fatal|critical"'),
            )
        ),
        collapsed=True,
    )
