"""What else moved: around an alert, what changed in the same minutes, and where."""

from telemetry.grafana.dashboards.model import Dashboard, Panel, Row, Uid, Unit
from telemetry.grafana.dashboards.panels import (
    DURATION,
    ERROR_SHARE,
    NOTHING,
    TALL,
    charts,
    log_lines,
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
    NOT_EMPTY,
    SCOPE,
    logs,
    now,
    prom,
    quantile,
    rate,
    share,
    top,
)
from telemetry.grafana.dashboards.service_runtime import dependencies_row
from telemetry.grafana.datasources import SPAN_CALLS, SPAN_DURATION
from telemetry.grafana.moved import (
    BEFORE_MINUTES,
    CHOSEN,
    WINDOW_MINUTES,
    Compared,
    Measure,
    Service,
    compared,
    error_lines,
)

# Loki takes no selector that an empty label would meet.
_ANY_SERVICE = f'service_name=~"{NOT_EMPTY}",{SCOPE}'
EVERYBODY = Service(where=_ANY_SERVICE, streams=_ANY_SERVICE)
_ALL = f"{_ANY_SERVICE},{INCOMING}"
_THEN = f"the last {WINDOW_MINUTES} minutes of the window against the {BEFORE_MINUTES} before"


def moved() -> Dashboard:
    """For whoever is paged: the chosen services first, then all of them, their neighbours, and what they log."""
    return Dashboard(
        Uid.MOVED,
        "What else moved",
        "What changed in the minutes of an alert, and where. Alerts link here with their service and time.",
        (_chosen(), _everybody(), dependencies_row(), _lines()),
        CHOICES,
        window="now-1h",
    )


def _chosen() -> Row:
    def ratio(measure: Measure) -> Compared:
        return compared(measure, CHOSEN, by="")

    requests, failed, duration, lines = map(
        ratio, (Measure.REQUESTS, Measure.FAILED, Measure.DURATION, Measure.LOG_BYTES)
    )
    return row(
        "The chosen services, against before",
        stats(
            stat(
                "Requests against before",
                f"In parts of those before: {_THEN}; 100 % is the same.",
                prom(f"{requests.now} / {requests.before}"),
                unit=Unit.RATIO,
                decimals=0,
            ),
            stat(
                "More failed requests",
                f"Share that fails, less the share before: {_THEN}.",
                prom(f"{failed.now} - {failed.before}"),
                unit=Unit.RATIO,
                thresholds=ERROR_SHARE,
                signed=True,
                decimals=2,
            ),
            stat(
                "Duration against before",
                f"In parts of that before: {_THEN}; 100 % is the same.",
                prom(f"{duration.now} / {duration.before}"),
                unit=Unit.RATIO,
                decimals=0,
            ),
            stat(
                "Log bytes against before",
                f"In parts of those before: {_THEN}; 100 % is the same.",
                logs(f"{lines.now} / {lines.before}", instant=True),
                unit=Unit.RATIO,
                decimals=0,
            ),
        ),
    )


def _everybody() -> Row:
    requests, failed, duration = (
        compared(measure, EVERYBODY) for measure in (Measure.REQUESTS, Measure.FAILED, Measure.DURATION)
    )
    return row(
        "All services in the same minutes",
        charts(
            table(
                "What changed, by service",
                f"Requests and duration in parts of those before, failed requests less those before: {_THEN}.",
                now(f"{requests.now} / {requests.before}", "Requests against before", Unit.RATIO),
                now(f"{failed.now} - {failed.before}", "More failed", Unit.RATIO),
                now(f"{duration.now} / {duration.before}", "Duration against before", Unit.RATIO),
                columns=(("service_name", "Service"),),
                decimals=2,
            ),
            _failed(),
            height=TALL,
        ),
        charts(
            timeseries(
                "Requests by service",
                "Who has more or fewer, and since when.",
                prom(top(8, rate(SPAN_CALLS, by="service_name", where=_ALL)), "{{service_name}}"),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            timeseries(
                "Duration, 95th, by service",
                "Who got slower, and since when.",
                prom(
                    top(8, quantile(0.95, SPAN_DURATION, by="service_name", where=_ALL)),
                    "{{service_name}}",
                ),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
        ),
    )


def _failed() -> Panel:
    calls = rate(SPAN_CALLS, by="service_name", where=_ALL)
    failed = rate(SPAN_CALLS, by="service_name", where=f"{_ALL},{FAILED}")
    return timeseries(
        "Failed requests by service",
        "The first that rises is nearest to the cause.",
        prom(top(8, share(failed, calls)), "{{service_name}}"),
        unit=Unit.RATIO,
        thresholds=ERROR_SHARE,
    )


def _lines() -> Row:
    lines = compared(Measure.LOG_BYTES, EVERYBODY)
    return row(
        "Logs",
        charts(
            table(
                "Log bytes, by service",
                f"In parts of those before: {_THEN}; 1 is the same.",
                logs(top(10, f"{lines.now} / {lines.before}"), "Log bytes against before", instant=True),
                columns=(("service_name", "Service"),),
                decimals=2,
            ),
            timeseries(
                "Error lines by service",
                "Lines whose level is error or worse.",
                logs(f"sum by (service_name) (count_over_time({error_lines(EVERYBODY)}[$__auto]))", "{{service_name}}"),
                when_empty=NOTHING,
            ),
        ),
        charts(
            log_lines(
                "Newest error lines of the chosen services",
                "A line with a trace id opens its trace.",
                logs(error_lines(CHOSEN)),
            ),
            height=TALL,
        ),
    )
