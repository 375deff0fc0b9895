"""From a panel to the logs and traces of the same services and window, in Grafana's Explore.

The address is Explore's own: `panes` is JSON, whose variables (`${…}`) Grafana fills in when the link is followed, so
they stay as they are while everything else is percent-encoded.
Source: Grafana documentation, "Explore", URL of a query (schema version 1), and "Global variables".
"""

import json
from typing import Any, NamedTuple
from urllib.parse import quote

from telemetry.grafana.dashboards.model import Source, Uid

_SERVICE = "${service:regex}"
_LOGS = (
    f'{{service_name=~"{_SERVICE}",k8s_namespace_name=~"${{namespace:regex}}",'
    'deployment_environment_name=~"${environment:regex}"}'
)
_TRACES = f'{{ resource.service.name =~ "{_SERVICE}" && resource.k8s.namespace.name =~ "${{namespace:regex}}" }}'
# The label of the one series that was clicked.
_ONE = "${__field.labels.service_name}"
# The window of the dashboard that the link is on.
_WINDOW = "${__from}", "${__to}"
_TRACE_SEARCH = {"queryType": "traceql", "limit": 20, "tableType": "traces"}


class Link(NamedTuple):
    """A title and where it leads."""

    title: str
    url: str


def panel_links() -> tuple[Link, ...]:
    """At the top of every panel."""
    return (
        Link("Logs of the chosen services", _logs(_LOGS)),
        Link("Traces of the chosen services", _traces(_TRACES)),
    )


def series_links() -> tuple[Link, ...]:
    """On each series that has a service's name."""
    return (
        Link(f"Logs of {_ONE}", _logs(f'{{service_name="{_ONE}"}}')),
        Link(f"Traces of {_ONE}", _traces(f'{{ resource.service.name = "{_ONE}" }}')),
        Link(f"Everything about {_ONE}", f"/d/{Uid.SERVICE}?var-service={_ONE}&${{__url_time_range}}"),
        Link("What else moved", f"/d/{Uid.MOVED}?var-service={_ONE}&${{__url_time_range}}"),
    )


def explore(source: Source, query: str, start: str, end: str) -> str:
    """A query's page in Explore, as a path; `start` and `end` as Grafana writes times, such as now-6h."""
    if source is Source.TEMPO:
        return _explore(source, {"query": query, **_TRACE_SEARCH}, start, end)
    return _explore(
        source, {"expr": query, "queryType": "range"} if source is Source.LOKI else {"expr": query}, start, end
    )


def _logs(query: str) -> str:
    return explore(Source.LOKI, query, *_WINDOW)


def _traces(query: str) -> str:
    return explore(Source.TEMPO, query, *_WINDOW)


def _explore(source: Source, query: dict[str, Any], start: str, end: str) -> str:
    kind = "prometheus" if source is Source.MIMIR else source.value
    pane = {
        "datasource": source.value,
        "queries": [{"refId": "A", "datasource": {"type": kind, "uid": source.value}, **query}],
        "range": {"from": start, "to": end},
    }
    panes = json.dumps({"lgtm": pane}, separators=(",", ":"))
    return f"/explore?schemaVersion=1&panes={quote(panes, safe='${}:_.')}"
