"""From a dashboard to Grafana's JSON, by the builders of Grafana's own SDK.

Import this module where dashboards are built, not at the top of a program: the SDK takes a tenth of a second.
Ids of panels are their order, so that the same dashboard gives the same bytes.
Source: Grafana documentation, "Dashboard JSON model"; grafana-foundation-sdk for Grafana 11.6.
"""

import json
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from telemetry.grafana.annotations import ANNOTATION_TAG
from telemetry.grafana.dashboards.build_panel import data_source, panel_builder
from telemetry.grafana.dashboards.model import Dashboard, Place, PlacedRow, Source, Variable, placed
from telemetry.grafana.dashboards.queries import OBJECTS, SERVICE
from telemetry.grafana.datasources import SPAN_CALLS

TAG = "lgtm"
REFRESH = "1m"
_CALLS = f"{SPAN_CALLS}{{{SERVICE}}}"


class Annotation(NamedTuple):
    """Vertical lines over all panels, where a query has a value."""

    name: str
    colour: str
    query: str
    text: str


ANNOTATIONS = (
    # Kubernetes counts a Deployment's generation up with every change of its specification; scaling is one too.
    Annotation(
        "Deployments",
        "blue",
        f"changes(kube_deployment_status_observed_generation{{{OBJECTS}}}[$__rate_interval]) > 0",
        "{{namespace}}/{{deployment}} changed",
    ),
    # A tenant stack has no kube-state-metrics; its services still say their version.
    Annotation(
        "New versions",
        "purple",
        f"count by (service_name, service_version) ({_CALLS}) unless "
        f"count by (service_name, service_version) ({_CALLS} offset 5m)",
        "{{service_name}} {{service_version}} began",
    ),
    Annotation(
        "Critical alerts", "red", 'ALERTS{alertstate="firing",severity="critical"}', "{{alertname}} {{service_name}}"
    ),
)

# What `lgtm annotate` sets; the SDK's annotations know queries only.
MARKS = {
    "name": "Marks",
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "iconColor": "green",
    "target": {"type": "tags", "tags": [ANNOTATION_TAG], "matchAny": False, "limit": 100},
}


def dashboard_json(dashboard: Dashboard) -> str:
    """One dashboard as Grafana reads it, the same bytes every time."""
    document: dict[str, Any] = json.loads(JSONEncoder().encode(_dashboard(dashboard).build()))
    # The SDK's annotations lack the fields that only Prometheus's have.
    for written, annotation in zip(document["annotations"]["list"], ANNOTATIONS, strict=True):
        written |= {"titleFormat": annotation.text, "step": "1m"}
    document["annotations"]["list"].append(MARKS)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _dashboard(dashboard: Dashboard) -> builders.Dashboard:
    page = (
        builders.Dashboard(dashboard.title)
        .uid(dashboard.uid)
        .description(dashboard.description)
        .tags([TAG])
        .timezone("browser")
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(dashboard.window, "now")
        .refresh(REFRESH)
        .variables([_variable(variable) for variable in dashboard.variables])
        .annotations([_annotation(annotation) for annotation in ANNOTATIONS])
        .link(_other_dashboards())
    )
    number = 0
    for row in placed(dashboard):
        number = _add_row(page, row, number)
    return page


def _add_row(page: builders.Dashboard, placed_row: PlacedRow, number: int) -> int:
    """The number of the last panel."""
    row = placed_row.row
    heading = builders.Row(row.title).id(number + 1).collapsed(row.collapsed).grid_pos(_grid(placed_row.heading))
    panels = [
        panel_builder(panel).id(number + position).grid_pos(_grid(place))
        for position, (panel, place) in enumerate(placed_row.panels, start=2)
    ]
    # A closed row holds its panels; an open one stands before them.
    for panel in panels if row.collapsed else ():
        heading.with_panel(panel)
    page.with_row(heading)
    for panel in () if row.collapsed else panels:
        page.with_panel(panel)
    return number + 1 + len(panels)


def _grid(place: Place) -> GridPos:
    return GridPos(x=place.x, y=place.y, w=place.width, h=place.height)


def _variable(variable: Variable) -> builders.QueryVariable:
    return (
        builders.QueryVariable(variable.name)
        .label(variable.label)
        .datasource(data_source(Source.MIMIR))
        .query({"query": variable.values, "refId": variable.name})
        .multi(True)
        .include_all(True)
        .all_value(variable.all_values)
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def _annotation(annotation: Annotation) -> builders.AnnotationQuery:
    return (
        builders.AnnotationQuery()
        .name(annotation.name)
        .datasource(data_source(Source.MIMIR))
        .enable(True)
        .icon_color(annotation.colour)
        .expr(annotation.query)
    )


def _other_dashboards() -> builders.DashboardLink:
    return (
        builders.DashboardLink("Dashboards")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )
