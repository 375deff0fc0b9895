"""What commands ask Grafana. Source: Grafana, "HTTP API reference" and "Dashboard JSON model" (2026-08)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from pydantic import Field, JsonValue

from ops.backends.foreign import CamelCase, parsed
from ops.backends.http import HttpService

MOST_SHARED_PANELS = 1000


class Health(CamelCase):
    """State of Grafana."""

    version: str
    database: str


class FoundDashboard(CamelCase):
    """One hit of a search."""

    uid: str


class Query(CamelCase):
    """One query of a panel."""

    expr: str = ""
    query: JsonValue = ""
    """Of data sources that don't call it expr; some have a table here."""
    hide: bool = False

    @property
    def text(self) -> str:
        """In the data source's language."""
        return self.expr or (self.query if isinstance(self.query, str) else "")


class Panel(CamelCase):
    """A panel, or a row with the panels that it hides."""

    type: str = ""
    title: str = ""
    targets: tuple[Query, ...] = ()
    collapsed: bool = False
    panels: tuple["Panel", ...] = ()

    @property
    def queries(self) -> list[str]:
        """Texts of what is asked."""
        return [one.text for one in self.targets if not one.hide]

    @property
    def all_queries(self) -> Iterator[str]:
        """Those of panels below it and hidden ones too, which others may compute with."""
        yield from (one.text for one in self.targets if one.text)
        for panel in self.panels:
            yield from panel.all_queries


class TimeRange(CamelCase):
    """What a dashboard shows at first."""

    start: str = Field(default="", alias="from")
    end: str = Field(default="", alias="to")


class TemplateVariable(CamelCase):
    """A choice at the top of a dashboard, or what writes annotations onto it."""

    query: JsonValue = ""
    """What lists its values; newer ones have a table with the text in it."""
    definition: str = ""
    """The same, as older ones have it."""
    expr: str = ""
    """Of annotations."""

    @property
    def text(self) -> str:
        """In the data source's language."""
        inner = self.query.get("query", "") if isinstance(self.query, dict) else self.query
        return self.expr or (inner if isinstance(inner, str) else "") or self.definition


class TemplateVariables(CamelCase):
    """Several."""

    list: tuple[TemplateVariable, ...] = ()


class Dashboard(CamelCase):
    """A dashboard's model."""

    uid: str = "?"
    title: str = "?"
    refresh: str | bool = ""
    """Such as 30s; Grafana writes false for never."""
    time: TimeRange = TimeRange()
    panels: tuple[Panel, ...] = ()
    templating: TemplateVariables = TemplateVariables()
    annotations: TemplateVariables = TemplateVariables()

    @property
    def queries(self) -> Iterator[str]:
        """Everything that it may ask, of whatever data source: panels, hidden queries too, variables, annotations."""
        for panel in self.panels:
            yield from panel.all_queries
        yield from (one.text for one in (*self.templating.list, *self.annotations.list) if one.text)


class DashboardResponse(CamelCase):
    """Answer with a dashboard."""

    dashboard: Dashboard


class LibraryPanel(CamelCase):
    """A panel that several dashboards share: they name it, and don't have its queries."""

    model: Panel


class LibraryPanels(CamelCase):
    """Part of an answer."""

    elements: tuple[LibraryPanel, ...] = ()


class LibraryPanelsResponse(CamelCase):
    """Answer with shared panels."""

    result: LibraryPanels


class AlertQuery(CamelCase):
    """One step of an alert rule."""

    model: Query = Query()


class AlertRule(CamelCase):
    """An alert rule that Grafana evaluates."""

    data: tuple[AlertQuery, ...] = ()


class DatasourceHealth(CamelCase):
    """What a data source said when Grafana asked it."""

    status: str
    message: str = ""


class _Annotated(CamelCase):
    id: int


class Annotation(CamelCase):
    """A mark on the dashboards."""

    time: int
    """Unix time in milliseconds."""
    text: str = ""
    tags: tuple[str, ...] = ()


MOST_ANNOTATIONS = 100


class Grafana:
    """Grafana's HTTP API."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def health(self) -> Health:
        """Version and state of its database; needs no login."""
        return self.service.read(Health, "/api/health")

    def dashboards(self) -> Iterator[Dashboard]:
        """Every dashboard's model."""
        for found in self.service.read(tuple[FoundDashboard, ...], "/api/search?type=dash-db&limit=5000"):
            yield self.service.read(DashboardResponse, f"/api/dashboards/uid/{quote(found.uid)}").dashboard

    def shared_queries(self) -> Iterator[str]:
        """What panels ask that several dashboards share."""
        path = f"/api/library-elements?kind=1&perPage={MOST_SHARED_PANELS}"
        for one in self.service.read(LibraryPanelsResponse, path).result.elements:
            yield from one.model.all_queries

    def alert_queries(self) -> Iterator[str]:
        """What alert rules ask that people made in Grafana."""
        for rule in self.service.read(tuple[AlertRule, ...], "/api/v1/provisioning/alert-rules"):
            yield from (one.model.text for one in rule.data if one.model.text)

    def datasource_health(self, uid: str) -> str:
        """What Grafana says after it asked a data source. Raises `LiveError` when that failed."""
        found = self.service.read(DatasourceHealth, f"/api/datasources/uid/{quote(uid)}/health")
        return found.message or found.status

    def annotate(self, text: str, tags: Sequence[str], at: datetime) -> int:
        """Marks a moment on every dashboard that shows one of the tags; the annotation's id."""
        path = "/api/annotations"
        document = {"text": text, "tags": list(tags), "time": int(at.timestamp() * 1000)}
        return parsed(_Annotated, self.service.post(path, document=document).body, self.service.name, path).id

    def annotations(self, tag: str, start: datetime, end: datetime) -> tuple[Annotation, ...]:
        """The marks with a tag between two moments, at most a hundred."""
        window = {"from": str(int(start.timestamp() * 1000)), "to": str(int(end.timestamp() * 1000))}
        asked = {"tags": tag, "limit": str(MOST_ANNOTATIONS), **window}
        return self.service.read(tuple[Annotation, ...], "/api/annotations", asked)
