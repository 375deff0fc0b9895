"""Pages are readable on a laptop: nothing overlaps, titles fit, every panel says what it is."""

from collections.abc import Callable
from itertools import combinations

import pytest

from settings.models.platform import PlatformSettings
from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.dashboards.model import (
    GRID_COLUMNS,
    Dashboard,
    Kind,
    Line,
    Panel,
    Place,
    Query,
    Source,
    Threshold,
    Unit,
    placed,
)

Make = Callable[..., PlatformSettings]
PROMISED = {
    "lgtm-overview",
    "lgtm-service",
    "lgtm-moved",
    "lgtm-business",
    "lgtm-cost",
    "lgtm-infrastructure",
    "lgtm-security",
    "lgtm-platform-health",
}


def panel(title: str = "Title", weight: int = 1) -> Panel:
    return Panel(Kind.TIMESERIES, title, "What it means.", (Query("up"),), Unit.COUNT, weight=weight)


def overlap(first: Place, second: Place) -> bool:
    beside = first.x + first.width <= second.x or second.x + second.width <= first.x
    apart = first.y + first.height <= second.y or second.y + second.height <= first.y
    return not (beside or apart)


def test_every_promised_dashboard_is_there(made: tuple[Dashboard, ...]) -> None:
    assert {dashboard.uid for dashboard in made} == PROMISED


def test_open_rows_never_overlap(made: tuple[Dashboard, ...]) -> None:
    for dashboard in made:
        places = [row.heading for row in placed(dashboard)]
        places += [place for row in placed(dashboard) if not row.row.collapsed for _, place in row.panels]
        for first, second in combinations(places, 2):
            assert not overlap(first, second), f"{dashboard.uid}: {first} {second}"


def test_lines_fill_the_grid_without_gaps(made: tuple[Dashboard, ...]) -> None:
    for dashboard in made:
        for row in placed(dashboard):
            for top in {place.y for _, place in row.panels}:
                line = [place for _, place in row.panels if place.y == top]
                assert sum(place.width for place in line) == GRID_COLUMNS
                assert len({place.height for place in line}) == 1


def test_the_first_row_is_open_and_answers_at_a_glance(made: tuple[Dashboard, ...]) -> None:
    for dashboard in made:
        assert not dashboard.rows[0].collapsed
        assert dashboard.rows[0].lines[0].panels[0].kind is Kind.STAT or dashboard.uid == "lgtm-service"


def test_every_panel_explains_itself(made: tuple[Dashboard, ...]) -> None:
    for dashboard in made:
        for one in dashboard.panels():
            assert one.description.endswith("."), f"{dashboard.uid}: {one.title}"
            assert one.description.rstrip(".").casefold() != one.title.casefold()


def test_titles_are_unique_in_a_row(made: tuple[Dashboard, ...]) -> None:
    for dashboard in made:
        for row in dashboard.rows:
            titles = [one.title for line in row.lines for one in line.panels]
            assert len(titles) == len(set(titles)), f"{dashboard.uid}: {row.title}"


def test_several_series_can_be_told_apart(made: tuple[Dashboard, ...]) -> None:
    """Two queries in one picture need names."""
    for dashboard in made:
        for one in dashboard.panels():
            if len(one.queries) > 1:
                legends = [query.legend for query in one.queries]
                assert all(legends), f"{dashboard.uid}: {one.title}"


def test_percentiles_show_example_traces(made: tuple[Dashboard, ...]) -> None:
    """Only spans and the services' own histograms have exemplars; the back ends' have none."""
    for dashboard in made:
        for one in dashboard.panels():
            for query in one.queries:
                from_spans = "traces_span_metrics_duration_seconds_bucket" in query.text
                if from_spans and one.kind in (Kind.TIMESERIES, Kind.HEATMAP) and "topk" not in query.text:
                    assert query.exemplars, f"{dashboard.uid}: {one.title}"


def test_long_windows_of_logs_are_read_once(made: tuple[Dashboard, ...]) -> None:
    """A window of the whole page at each of its points would read the same lines hundreds of times."""
    for dashboard in made:
        for one in dashboard.panels():
            for query in one.queries:
                if query.source is Source.LOKI and "[$__range]" in query.text:
                    assert query.instant, f"{dashboard.uid}: {one.title}"


def test_without_tenants_there_is_no_part_about_them(make_settings: Make) -> None:
    made = dashboards(make_settings("prod", span_metrics={"tenant_attribute": None}))
    business = next(dashboard for dashboard in made if dashboard.uid == "lgtm-business")

    assert [row.title for row in business.rows] == ["User activity", "Use of the API"]
    assert not any("tenants" in query.text for one in business.panels() for query in one.queries)


def test_the_tenants_label_is_the_attributes_name(make_settings: Make) -> None:
    made = dashboards(make_settings("prod", span_metrics={"tenant_attribute": "acme/customer.id"}))
    business = next(dashboard for dashboard in made if dashboard.uid == "lgtm-business")

    assert any("by (acme_customer_id)" in query.text for one in business.panels() for query in one.queries)


def test_a_tenant_stack_asks_nothing_of_the_owners_exporters(make_settings: Make) -> None:
    for dashboard in dashboards(make_settings("dev")):
        for one in dashboard.panels():
            for query in one.queries:
                assert "kube_" not in query.text, f"{dashboard.uid}: {one.title}"
                assert "certmanager_" not in query.text, f"{dashboard.uid}: {one.title}"


def test_without_exporters_nothing_is_asked_of_them(make_settings: Make) -> None:
    addons = {"kube_state_metrics": False, "prometheus_node_exporter": False}
    for dashboard in dashboards(make_settings("prod", cluster={"addons": addons})):
        texts = [query.text for one in dashboard.panels() for query in one.queries]
        assert not any("kube_" in text or "node_pressure" in text for text in texts), dashboard.uid


def test_off_aws_there_are_no_dollars_and_no_issued_certificates(make_settings: Make) -> None:
    store = {"endpoint": "http://seaweedfs.storage.svc:8333", "credentials_secret": "object-store"}
    cluster = {"mode": "existing", "context": "kind-lgtm", "object_store": store}
    for dashboard in dashboards(make_settings("dev", cluster=cluster)):
        assert not any(one.unit is Unit.USD for one in dashboard.panels()), dashboard.uid
        assert "Certificates" not in [row.title for row in dashboard.rows]


def test_a_fifth_panel_in_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 4 panels, not 5"):
        Line((panel(),) * 5)


def test_a_title_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="doesn't fit beside 3 panels"):
        Line((panel("A title that is longer than its panel"), panel(), panel(), panel()))


def test_widths_follow_weights() -> None:
    assert Line((panel(), panel(weight=2))).widths() == (8, 16)
    assert Line(
        (
            panel(),
            panel(),
            panel(),
            panel(),
        )[:3]
    ).widths() == (8, 8, 8)


def test_thresholds_must_rise() -> None:
    with pytest.raises(ValueError, match=r"thresholds \[2, 1\] don't rise"):
        Panel(
            Kind.STAT, "T", "D.", (Query("up"),), Unit.COUNT, thresholds=(Threshold(2, "red"), Threshold(1, "yellow"))
        )


def test_a_panel_without_query_and_a_table_without_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="no query"):
        Panel(Kind.STAT, "T", "D.", ())
    with pytest.raises(ValueError, match="no columns"):
        Panel(Kind.TABLE, "T", "D.", (Query("up"),))
