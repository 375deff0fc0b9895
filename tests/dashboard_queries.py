"""The queries of every dashboard as a data source sees them: with Grafana's variables replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.dashboards.model import Dashboard, Kind, Panel, Query, Source
from tests.stacks import stack_settings

# Every choice set to all, and windows that a short piece of traffic fills.
_VARIABLES = {
    "$service": "..*",
    "${service:regex}": "..*",
    "$namespace": ".*",
    "${namespace:regex}": ".*",
    "$environment": ".*",
    "${environment:regex}": ".*",
    "$__rate_interval": "4m",
    "$__interval": "1m",
    "$__range": "1h",
    "$__auto": "1m",
}
_ANY_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|\w+)")


class Asked(NamedTuple):
    """One query with where it stands."""

    dashboard: Dashboard
    panel: Panel
    query: Query
    text: str
    """With variables replaced."""

    @property
    def place(self) -> str:
        """For messages."""
        return f"{self.dashboard.uid}: {self.panel.title}"


def replaced(text: str) -> str:
    """The text without variables. Raises `ValueError` for one that Grafana or the dashboards don't have."""
    unknown = {name for name in _ANY_VARIABLE.findall(text) if name not in _VARIABLES and not name[1:].isdigit()}
    if unknown:
        raise ValueError(f"unknown variables {sorted(unknown)} in {text}")
    return _ANY_VARIABLE.sub(lambda found: _VARIABLES.get(found.group(), found.group()), text)


def asked(stack: str) -> Iterator[Asked]:
    """Every query of a stack's dashboards."""
    for dashboard in dashboards(stack_settings(stack)):
        for panel in dashboard.panels():
            for query in panel.queries:
                yield Asked(dashboard, panel, query, replaced(query.text))


def promql(stack: str) -> Iterator[Asked]:
    """Those that Mimir answers; the service map's are selectors of Tempo's that end up in Mimir."""
    for one in asked(stack):
        if one.query.source is Source.MIMIR:
            yield one
        elif one.panel.kind is Kind.NODE_GRAPH:
            yield one._replace(text=f"traces_service_graph_request_total{one.text}")


def logql(stack: str) -> Iterator[Asked]:
    """Those that Loki answers."""
    return (one for one in asked(stack) if one.query.source is Source.LOKI)


def traceql(stack: str) -> Iterator[Asked]:
    """Those that Tempo answers."""
    return (one for one in asked(stack) if one.query.source is Source.TEMPO and one.panel.kind is not Kind.NODE_GRAPH)
