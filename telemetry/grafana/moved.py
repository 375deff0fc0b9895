"""What moved around an alert: the same questions for the dashboard and for `lgtm explain`.

Each measure is asked for a quarter of an hour and for the three quarters before it, by service.
"""

from enum import StrEnum
from typing import NamedTuple

from planning.base import Frozen
from telemetry.grafana.dashboards.model import Uid
from telemetry.grafana.dashboards.queries import FAILED, INCOMING, LOGS, NOT_EMPTY, rate, share
from telemetry.grafana.datasources import SPAN_CALLS, SPAN_DURATION_BUCKET

WINDOW_MINUTES, BEFORE_MINUTES = 15, 45
# The window ends so long after an alert's condition began: what is its cause began before, what follows from it after.
AFTER_MINUTES = 10
WINDOW, BEFORE = f"[{WINDOW_MINUTES}m]", f"[{BEFORE_MINUTES}m] offset {WINDOW_MINUTES}m"
GRAPH_CALLS = "traces_service_graph_request_total"
SLOWEST = 0.95


class Measure(StrEnum):
    """What may move."""

    REQUESTS = "requests"
    FAILED = "failed requests"
    DURATION = "duration, 95th percentile"
    LOG_BYTES = "log bytes"
    ERROR_LINES = "error lines"


class Compared(NamedTuple):
    """One measure now and before."""

    now: str
    before: str


class Service(Frozen):
    """Which services are asked for."""

    where: str = f'service_name=~"{NOT_EMPTY}"'
    """Matchers of the services' own series."""
    streams: str = f'service_name=~"{NOT_EMPTY}"'
    """Matchers of their log streams."""


CHOSEN = Service(where=LOGS, streams=LOGS)


def compared(measure: Measure, services: Service, *, by: str = "service_name") -> Compared:
    """PromQL, or LogQL for what is about lines."""
    return Compared(_query(measure, services, by, WINDOW), _query(measure, services, by, BEFORE))


def _query(measure: Measure, services: Service, by: str, window: str) -> str:
    where = f"{services.where},{INCOMING}"
    grouped = f" by ({by})" if by else ""
    match measure:
        case Measure.REQUESTS:
            return rate(SPAN_CALLS, by=by, where=where, window=window)
        case Measure.FAILED:
            failed = rate(SPAN_CALLS, by=by, where=f"{where},{FAILED}", window=window)
            return share(failed, rate(SPAN_CALLS, by=by, where=where, window=window))
        case Measure.DURATION:
            labels = ", ".join(one for one in ("le", by) if one)
            return f"histogram_quantile({SLOWEST}, sum by ({labels}) (rate({SPAN_DURATION_BUCKET}{{{where}}}{window})))"
        case Measure.LOG_BYTES:
            return f"sum{grouped} (bytes_rate({{{services.streams}}}{window}))"
        case Measure.ERROR_LINES:
            return f"sum{grouped} (rate({error_lines(services)}{window}))"


def error_lines(services: Service) -> str:
    """Lines that report an error, as a selector."""
    return f'{{{services.streams}}} | detected_level=~"error|fatal|critical"'


def edges() -> str:
    """Who called whom."""
    return rate(GRAPH_CALLS, by="client, server", window=WINDOW)


def new_versions() -> str:
    """Versions of services that began within the window."""
    of = f'count by (service_name, service_version) (rate({SPAN_CALLS}{{service_version!=""}}'
    return f"{of}{WINDOW})) unless {of}{BEFORE}))"


def moved_path(services: str, start: str, end: str) -> str:
    """The dashboard's path, for services as they stand in an address and times in milliseconds or Grafana's words."""
    return f"/d/{Uid.MOVED}?{services}from={start}&to={end}"
