"""The service's row about what is unusual: each measure with the edges of its bands."""

from telemetry.alerting.rules.anomalies import BYTES, EDGE, ERRORS, LATENCY, LOGS, REQUESTS, TEN_MINUTES
from telemetry.grafana.dashboards.model import Panel, Row, Unit
from telemetry.grafana.dashboards.panels import charts, row, timeseries
from telemetry.grafana.dashboards.queries import RECORDED, prom

NOT_YET = "no band yet: it takes two days"
_TITLES = {
    REQUESTS: ("Requests and their band", Unit.REQUESTS_PER_SECOND),
    ERRORS: ("Failed requests and their band", Unit.RATIO),
    LATENCY: ("Duration, 95th, and its band", Unit.SECONDS),
    LOGS: ("Log bytes and their band", Unit.BYTES_PER_SECOND),
    BYTES: ("Telemetry bytes and their band", Unit.BYTES_PER_SECOND),
}


def unusual_row() -> Row:
    """Closed at first: five measures with five lines each."""
    panels = [_panel(measure, title, unit) for measure, (title, unit) in _TITLES.items()]
    return row("Unusual", charts(*panels[:3]), charts(*panels[3:]), collapsed=True)


def _panel(measure: str, title: str, unit: Unit) -> Panel:
    of = f'measure="{measure}",{RECORDED}'
    return timeseries(
        title,
        "A mean of ten minutes, and the edges beyond which ServiceUnusual fires: what two weeks, and the same hours of "
        "seven days, have seen and a part of that range more.",
        prom(f"{TEN_MINUTES}{{{of}}}", "{{service_name}}"),
        prom(f"{EDGE}{{{of}}}", "{{band}}, {{side}}"),
        unit=unit,
        signed=True,
        when_empty=NOT_YET,
    )
