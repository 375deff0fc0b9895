"""Business metrics: who uses the product, what they use, and how that changes."""

from telemetry.grafana.dashboards.model import Dashboard, Row, Uid, Unit
from telemetry.grafana.dashboards.panels import (
    DURATION,
    ERROR_SHARE,
    TALL,
    bars,
    charts,
    row,
    stat,
    stats,
    table,
    timeseries,
)
from telemetry.grafana.dashboards.queries import (
    CHOICES,
    FAILED,
    INCOMING,
    LOGS,
    SERVICE,
    calls,
    duration,
    error_share,
    logs,
    now,
    prom,
    rate,
    share,
    top,
)
from telemetry.grafana.datasources import SPAN_CALLS

TENANT_CALLS = "traces_tenants_calls_total"
# Ids of users are hashed by the gateway: they can be counted, not read.
_USERS = f'{{{LOGS}}} | user_id!=""'


def business(tenant_label: str | None) -> Dashboard:
    """For product and support. Without a label for tenants there is no part about them."""
    tenants = () if tenant_label is None else (_tenants(tenant_label), _one_tenant(tenant_label))
    return Dashboard(
        Uid.BUSINESS,
        "Business metrics",
        "User activity, use of the API, and tenants: how much, by whom, and how it changes.",
        (_activity(), _api(), *tenants),
        CHOICES,
        window="now-24h",
    )


def _activity() -> Row:
    yesterday = rate(SPAN_CALLS, where=f"{SERVICE},{INCOMING}", window="[5m] offset 1d")
    return row(
        "User activity",
        stats(
            stat(
                "Requests in the window",
                "Everything that the chosen services answered.",
                now(f"sum(increase({SPAN_CALLS}{{{SERVICE},{INCOMING}}}[$__range]))"),
            ),
            stat(
                "Against a day earlier",
                "Requests now, in parts of those at the same time yesterday; 100 % is the same.",
                prom(f"{calls()} / {yesterday}"),
                unit=Unit.RATIO,
                decimals=0,
            ),
            stat(
                "Users in an hour",
                "Different user ids in log lines of the last hour; ids are hashed before they are stored.",
                logs(f"count(sum by (user_id) (count_over_time({_USERS} [1h])))", instant=True),
                decimals=0,
            ),
            stat(
                "Answered without error",
                "Share of requests that did what they were asked.",
                prom(f"1 - {error_share()}"),
                unit=Unit.RATIO,
                decimals=2,
            ),
        ),
        charts(
            timeseries(
                "Requests, today and yesterday",
                "The same time of day; a gap between the lines is growth or an outage.",
                prom(calls(), "today"),
                prom(yesterday, "yesterday"),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            timeseries(
                "Users each hour",
                "Different user ids in log lines, by service.",
                logs(
                    f"count by (service_name) (sum by (service_name, user_id) (count_over_time({_USERS} [1h])))",
                    "{{service_name}}",
                ),
            ),
        ),
    )


def _api() -> Row:
    by = "service_name, span_name"
    return row(
        "Use of the API",
        charts(
            timeseries(
                "Most used operations",
                "The eight with the most requests.",
                prom(top(8, calls(by="span_name")), "{{span_name}}"),
                unit=Unit.REQUESTS_PER_SECOND,
                stacked=True,
            ),
            timeseries(
                "Requests by service",
                "Where the work goes.",
                prom(calls(by="service_name"), "{{service_name}}"),
                unit=Unit.REQUESTS_PER_SECOND,
                stacked=True,
            ),
            timeseries(
                "Answers by status code",
                "4xx are the caller's mistakes, 5xx ours.",
                prom(
                    calls(by="http_response_status_code", where='http_response_status_code!=""'),
                    "{{http_response_status_code}}",
                ),
                unit=Unit.REQUESTS_PER_SECOND,
                stacked=True,
            ),
        ),
        charts(
            table(
                "Operations in the window",
                "The 25 most used, with what their users met.",
                now(top(25, f"sum by ({by}) (increase({SPAN_CALLS}{{{SERVICE},{INCOMING}}}[$__range]))"), "Requests"),
                now(error_share(by=by), "Failed", Unit.RATIO),
                now(duration(0.95, by=by), "95th percentile", Unit.SECONDS),
                columns=(("service_name", "Service"), ("span_name", "Operation")),
                decimals=2,
            ),
            timeseries(
                "Duration, 95th, by service",
                "What users wait for.",
                prom(duration(0.95, by="service_name"), "{{service_name}}", exemplars=True),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
            height=TALL,
        ),
    )


def _tenant_calls(label: str, extra: str = "") -> str:
    matchers = [SERVICE, INCOMING, f'{label}!=""', *([extra] if extra else [])]
    return rate(TENANT_CALLS, by=label, where=",".join(matchers))


def _tenants(label: str) -> Row:
    legend = f"{{{{{label}}}}}"
    active = f'sum by ({label}) (increase({TENANT_CALLS}{{{SERVICE},{INCOMING},{label}!=""}}[$__range]))'
    largest = f"max({active}) / sum({active})"
    return row(
        "Tenants",
        stats(
            stat(
                "Active tenants",
                "Tenants with at least one request in the window.",
                now(f"count({active} > 0)"),
                decimals=0,
            ),
            stat(
                "Largest tenant's share",
                "Of all tenants' requests: how much depends on one customer.",
                now(largest),
                unit=Unit.RATIO,
                decimals=0,
            ),
            stat(
                "Tenants that met errors",
                "Tenants with a failed request in the last minutes.",
                prom(f"count({_tenant_calls(label, FAILED)} > 0) or vector(0)"),
                decimals=0,
            ),
        ),
        charts(
            timeseries(
                "Requests by tenant",
                "The ten with the most.",
                prom(top(10, _tenant_calls(label)), legend),
                unit=Unit.REQUESTS_PER_SECOND,
                stacked=True,
            ),
            timeseries(
                "Failed requests by tenant",
                "Share of each tenant's requests, the ten worst. One bad line is that tenant's trouble, all are ours.",
                prom(top(10, share(_tenant_calls(label, FAILED), _tenant_calls(label))), legend),
                unit=Unit.RATIO,
                thresholds=ERROR_SHARE,
            ),
            bars(
                "Requests in the window by tenant",
                "The ten with the most.",
                now(top(10, active), legend),
            ),
        ),
    )


def _one_tenant(label: str) -> Row:
    return row(
        "Tenants and services",
        charts(
            table(
                "Which tenant uses what",
                "The 30 largest pairs in the window.",
                now(
                    top(
                        30,
                        f"sum by ({label}, service_name) "
                        f'(increase({TENANT_CALLS}{{{SERVICE},{INCOMING},{label}!=""}}[$__range]))',
                    ),
                    "Requests",
                ),
                columns=((label, "Tenant"), ("service_name", "Service")),
                decimals=0,
            ),
            height=TALL,
        ),
        collapsed=True,
    )
