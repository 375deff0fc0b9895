"""What Grafana reads: the same bytes every time, stable uids, links, exemplars, annotations."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from planning.backends import BACKENDS
from settings.models.platform import PlatformSettings
from telemetry.grafana.dashboards.build import dashboard_json
from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.datasources import datasources
from telemetry.kubernetes.endpoints import Endpoints

MEBIBYTE = 1024 * 1024
Make = Callable[..., PlatformSettings]
Document = dict[str, Any]


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {}


@pytest.fixture
def built(make_settings: Make, documents: dict[str, Document]) -> dict[str, Document]:
    if not documents:
        for dashboard in dashboards(make_settings("prod")):
            documents[dashboard.uid] = json.loads(dashboard_json(dashboard))
    return documents


def panels(document: Document) -> Iterator[Document]:
    for panel in document["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def test_the_same_dashboard_gives_the_same_bytes(make_settings: Make) -> None:
    for first, second in zip(dashboards(make_settings("prod")), dashboards(make_settings("prod")), strict=True):
        assert dashboard_json(first) == dashboard_json(second)


def test_they_fit_into_config_maps(make_settings: Make) -> None:
    for dashboard in dashboards(make_settings("prod")):
        assert len(dashboard_json(dashboard).encode()) < MEBIBYTE // 2


def test_ids_are_unique_and_every_panel_has_its_place(built: dict[str, Document]) -> None:
    for document in built.values():
        everything = [
            *document["panels"],
            *(inner for panel in document["panels"] for inner in panel.get("panels", [])),
        ]
        ids = [panel["id"] for panel in everything]
        assert len(ids) == len(set(ids))
        assert all(panel["gridPos"]["w"] > 0 for panel in everything)


def test_places_are_those_of_the_layout(make_settings: Make, built: dict[str, Document]) -> None:
    """The SDK moves panels that it takes for unplaced."""
    from telemetry.grafana.dashboards.model import placed

    for dashboard in dashboards(make_settings("prod")):
        written = [
            tuple(panel["gridPos"][side] for side in ("x", "y", "w", "h")) for panel in panels(built[dashboard.uid])
        ]
        meant = [(p.x, p.y, p.width, p.height) for row in placed(dashboard) for _, p in row.panels]
        assert written == meant, dashboard.uid


def test_closed_rows_hold_their_panels(built: dict[str, Document]) -> None:
    rows = [panel for document in built.values() for panel in document["panels"] if panel["type"] == "row"]
    assert any(row["collapsed"] for row in rows)
    assert all(bool(row["panels"]) == row["collapsed"] for row in rows)


def test_queries_name_provisioned_data_sources(built: dict[str, Document]) -> None:
    known = {
        source["uid"]: source["type"]
        for source in datasources(Endpoints(namespace="monitoring"), BACKENDS)["datasources"]
    }
    for document in built.values():
        for panel in panels(document):
            for target in panel["targets"]:
                assert known[target["datasource"]["uid"]] == target["datasource"]["type"]


def test_every_panel_leads_to_logs_and_traces_of_its_services(built: dict[str, Document]) -> None:
    for document in built.values():
        names = {variable["name"] for variable in document["templating"]["list"]}
        assert names == {"environment", "namespace", "service"}
        for panel in panels(document):
            urls = [link["url"] for link in panel["links"]]
            panes = [json.loads(parse_qs(urlsplit(url).query)["panes"][0])["lgtm"] for url in urls]
            assert [pane["datasource"] for pane in panes] == ["loki", "tempo"]
            assert all(pane["range"] == {"from": "${__from}", "to": "${__to}"} for pane in panes)
            assert all("${service:regex}" in str(pane["queries"]) for pane in panes)


def test_series_of_a_service_lead_to_that_service(built: dict[str, Document]) -> None:
    linked = 0
    for document in built.values():
        for panel in panels(document):
            links = panel.get("fieldConfig", {}).get("defaults", {}).get("links") or []
            by_service = all("{{service_name}}" in target.get("legendFormat", "") for target in panel["targets"])
            if panel["type"] in ("timeseries", "bargauge"):
                assert bool(links) == by_service, panel["title"]
            linked += bool(links)
    assert linked > 10


def test_links_survive_a_browser(built: dict[str, Document]) -> None:
    """A plus sign would arrive as a space, and Grafana must find its variables."""
    for document in built.values():
        for panel in panels(document):
            for link in panel["links"]:
                assert "+" not in link["url"]
                assert "${__from}" in link["url"]
        for variable in document["templating"]["list"]:
            assert "+" not in variable["allValue"]


def test_choices_are_many_or_all(built: dict[str, Document]) -> None:
    for document in built.values():
        for variable in document["templating"]["list"]:
            assert (variable["multi"], variable["includeAll"]) == (True, True)
            assert variable["current"]["value"] == ["$__all"]


def test_deployments_and_alerts_are_marked(built: dict[str, Document]) -> None:
    for document in built.values():
        names = [annotation["name"] for annotation in document["annotations"]["list"]]
        assert names == ["Deployments", "New versions", "Critical alerts", "Marks"]
        assert all(annotation["enable"] for annotation in document["annotations"]["list"])
        *queries, marks = document["annotations"]["list"]
        assert all(annotation["titleFormat"] for annotation in queries)
        assert (marks["target"]["tags"], marks["datasource"]["uid"]) == (["lgtm"], "-- Grafana --")


def test_histograms_ask_for_exemplars(built: dict[str, Document]) -> None:
    asked = [target for document in built.values() for panel in panels(document) for target in panel["targets"]]
    assert sum(bool(target.get("exemplar")) for target in asked) > 5


def test_people_cannot_edit_what_code_owns(built: dict[str, Document]) -> None:
    assert all(document["editable"] is False for document in built.values())


def test_tables_name_their_columns(built: dict[str, Document]) -> None:
    for document in built.values():
        for panel in panels(document):
            prometheus = panel["targets"][0]["datasource"]["uid"] == "mimir"
            if panel["type"] == "table" and prometheus:
                organize = panel["transformations"][-1]["options"]
                assert organize["excludeByName"] == {"Time": True}
                assert all(target["format"] == "table" and target["instant"] for target in panel["targets"])
