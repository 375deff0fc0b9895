"""Panels that stand on more than one dashboard."""

from telemetry.grafana.dashboards.model import Panel, Unit
from telemetry.grafana.dashboards.panels import ERROR_SHARE, timeseries
from telemetry.grafana.dashboards.queries import error_share, prom


def failed_by_service() -> Panel:
    """Share of requests that end in an error, a line for each chosen service."""
    return timeseries(
        "Failed requests by service",
        "The dashed lines are 1 % and the alert's 5 %.",
        prom(error_share(by="service_name"), "{{service_name}}"),
        unit=Unit.RATIO,
        thresholds=ERROR_SHARE,
    )
