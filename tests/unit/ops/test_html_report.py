"""The HTML report: every chart with the numbers that planning computes, nothing loaded, nothing unescaped."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from ops.cost.charges import charges_in
from ops.cost.figures import Figures, figures
from ops.cost.growth import growth
from ops.cost.page import html_report
from ops.cost.sensitivity import FACTORS
from ops.cost.topology import CURVE
from ops.errors import CommandError
from ops.report.html.axes import NARROW, WIDTH, round_step, scale
from ops.stacks import cost_inputs_of
from planning.backends import backends_of
from planning.capacity.estimate import estimate
from planning.capacity.ingest import DAYS_PER_MONTH
from planning.registered import Resource
from planning.tiers.inputs import LifecycleLimits
from tests.stacks import settings_of
from tests.unit.ops.parsed_page import Element, parsed
from tests.unit.planning.cost_cases import STACKS, TODAY, recorded, resource, stack_report

PLAN_CHARTS = ("chart-plans-loki-chunks", "chart-plans-tempo-traces", "chart-plans-mimir-blocks")
BAR_CHARTS = ("chart-categories", "chart-components", "chart-services", "chart-traffic")
CHARTS = (*BAR_CHARTS, "chart-stored", "chart-curve", *PLAN_CHARTS)
# The same once more for telephones, but where names of points need the width.
NARROW_CHARTS = tuple(f"{name}-narrow" for name in (*BAR_CHARTS, "chart-stored"))


def _figures_of(stack: str, resources: Sequence[Resource], **more: Any) -> Figures:
    settings = settings_of(stack)
    return figures(resources, settings, stack, inputs=cost_inputs_of(settings), today=TODAY, **more)


def _text(stack: str, *more: Resource) -> str:
    return html_report(_figures_of(stack, (*recorded(stack), *more)))


@cache
def _page(stack: str = "prod") -> Element:
    return parsed(_text(stack))


@cache
def _figures(stack: str = "prod") -> Figures:
    return _figures_of(stack, recorded(stack))


def _chart(name: str, stack: str = "prod") -> Element:
    (found,) = [svg for svg in _page(stack).all("svg") if svg.attributes["aria-labelledby"].startswith(f"{name}-title")]
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_every_chart_is_there_with_title_unit_and_a_table(stack: str) -> None:
    assert len(_page(stack).all("svg")) == len(CHARTS) + len(NARROW_CHARTS)
    for name in CHARTS:
        chart = _chart(name, stack)
        assert chart.by_id(f"{name}-title").words
        assert chart.by_id(f"{name}-text").words
        units = [one.words for one in chart.all("text") if one.attributes["class"] == "unit"]
        assert units
        assert all(units)
    sections = [one for one in _page(stack).all("section") if one.attributes["id"] != "unpriced"]
    assert all(section.rows for section in sections)


@pytest.mark.parametrize("stack", STACKS)
def test_the_curve_has_a_point_and_a_row_for_each_load(stack: str) -> None:
    curve = _figures(stack).curve
    rows = _page(stack).by_id("curve").rows[1:]
    assert [row[0] for row in rows] == [f"{point.requests_per_second:,.10g}" for point in curve]
    assert len(rows) == len(CURVE)
    told = [title.words for title in _chart("chart-curve", stack).all("title") if "requests/s:" in title.words]
    assert len(told) == len(CURVE)


@pytest.mark.parametrize("stack", STACKS)
def test_the_numbers_are_those_of_the_text_report(stack: str) -> None:
    report = stack_report(stack)
    page = _page(stack)
    total = f"{report.usd_per_month:,.2f}"
    assert f"{total} USD a month" in page.all("header")[0].words
    components = {row[0]: row[-1] for row in page.by_id("components").rows}
    assert components == {
        "component": "USD a month",
        **{name: f"{usd:,.2f}" for name, usd in report.by_component.items()},
        "total": total,
    }
    categories = {row[0]: row[1] for row in page.by_id("categories").rows[1:]}
    assert categories == {**{name.value: f"{usd:,.2f}" for name, usd in report.by_category.items()}, "total": total}


def test_bars_are_as_long_as_their_values() -> None:
    bars = [one for one in _chart("chart-components").all("rect") if one.all("title")]
    lengths = {one.words: float(one.attributes["width"]) for one in bars}
    longest = max(lengths.values())
    dearest = max(float(words.rpartition(" ")[2]) for words in lengths)
    for words, length in lengths.items():
        assert length == pytest.approx(longest * float(words.rpartition(" ")[2]) / dearest, abs=0.1)


@pytest.mark.parametrize("name", [*BAR_CHARTS, *(f"{name}-narrow" for name in BAR_CHARTS)])
def test_parts_of_a_bar_follow_each_other(name: str) -> None:
    rows: dict[str, list[tuple[float, float]]] = {}
    for one in _chart(name).all("rect"):
        if one.all("title"):
            start, width = float(one.attributes["x"]), float(one.attributes["width"])
            rows.setdefault(one.attributes["y"], []).append((start, start + width))
    (start,) = {parts[0][0] for parts in rows.values()}
    assert start > 0
    for parts in rows.values():
        for (_, end), (following, _) in pairwise(parts):
            assert following == pytest.approx(end, abs=0.02)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", [*CHARTS, *NARROW_CHARTS])
def test_nothing_is_drawn_outside(name: str, stack: str) -> None:
    chart = _chart(name, stack)
    width, height = map(float, chart.attributes["viewbox"].split()[2:])
    assert width == (NARROW if name in NARROW_CHARTS else WIDTH)
    places = [
        (float(one.attributes[x]), float(one.attributes[y]))
        for one in chart.walk()
        for x, y in (("x", "y"), ("x1", "y1"), ("x2", "y2"), ("cx", "cy"))
        if x in one.attributes
    ]
    for points in [one.attributes["points"] for one in chart.all("polygon")]:
        places += [(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split())]
    assert len(places) > 10
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)


@pytest.mark.parametrize("name", PLAN_CHARTS)
def test_every_candidate_plan_is_a_point_and_a_row(name: str) -> None:
    purpose = name.removeprefix("chart-plans-")
    (rows,) = [one.rows for one in _figures().plans if one.purpose == purpose]
    told = [one.words for one in _chart(name).walk() if one.name in ("circle", "polygon", "path") and one.all("title")]
    assert len(told) == len(rows)
    for row in rows:
        assert any(words.startswith(f"{row.candidate.text}: {row.usd_per_month:,.2f} USD") for words in told)
    named = " ".join(one.words for one in _chart(name).all("text"))
    assert "chosen: STANDARD" in named
    assert "tiers by name: STANDARD, " in named
    folded = [one for one in _page().by_id("plans").all("details") if f"All {len(rows)} plans" in one.words]
    assert len(rows) + 1 in [len(one.rows) for one in folded]


@pytest.mark.parametrize("stack", STACKS)
def test_more_traffic_never_costs_less(stack: str) -> None:
    found = _figures(stack).traffic
    assert [one.factor for one in found] == list(FACTORS)
    costs = [one.report.usd_per_month for one in found]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]
    assert found[FACTORS.index(1)].report == _figures(stack).report
    lacks = [len(one.shortfalls) for one in found]
    assert lacks == sorted(lacks)
    shown = [row[5] for row in _page(stack).by_id("traffic").rows[1:]]
    assert shown == [f"{cost:,.2f}" for cost in costs]


def test_what_the_sizes_cannot_carry_is_said() -> None:
    said = {row[0]: row[-1] for row in _page().by_id("traffic").rows}
    assert said["x 1"] == "yes"
    assert said["x 5"].startswith("no: ")


@pytest.mark.parametrize("stack", STACKS)
def test_buckets_fill_until_the_steady_state_of_the_capacity_plan(stack: str) -> None:
    settings = settings_of(stack)
    plan = estimate(settings.capacity_inputs, settings.s3_prices, LifecycleLimits())
    days = growth(plan.flows, settings.retention)
    totals = [day.total_gib for day in days]
    assert totals[0] == 0
    assert totals == sorted(totals)
    assert [day.day for day in days] == list(range(len(days)))
    for tier in ("hot", "warm", "cold"):
        steady = sum(use.gib for uses in plan.tiers.values() for use in uses if use.tier == tier)
        assert days[-1].gib[tier] == pytest.approx(steady)
        assert max(day.gib[tier] for day in days) <= steady * (1 + 1e-9)
    assert _page(stack).by_id("stored").rows[-1][-1] == f"{totals[-1]:.2f}"


def test_the_first_days_hold_what_was_written_on_them() -> None:
    settings = settings_of("prod")
    flows = estimate(settings.capacity_inputs, settings.s3_prices, LifecycleLimits()).flows
    kept = backends_of(settings.retention)
    cohorts = [cohort for backend in kept for cohort in flows.of(backend.data.purpose).cohorts]
    written = sum(cohort.gib_per_day * min(1.0, cohort.lifetime_days or 1.0) for cohort in cohorts)
    assert growth(flows, settings.retention)[1].total_gib == pytest.approx(written)


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_loaded(stack: str) -> None:
    page = _page(stack)
    loading = {"script", "link", "img", "iframe", "object", "embed", "use", "image", "base", "form", "a"}
    assert not [one.name for one in page.walk() if one.name in loading]
    assert not [key for one in page.walk() for key in one.attributes if key in ("src", "href", "style", "xlink:href")]
    assert not [key for one in page.walk() for key in one.attributes if key.startswith("on")]
    (style,) = page.all("style")
    assert not re.search(r"url\(|@import|https?:", style.own_text)
    assert "default-src 'none'" in page.all("meta")[1].attributes["content"]


def test_the_head_says_whose_money_it_is_and_what_it_rests_on() -> None:
    settings, report = settings_of("prod"), stack_report("prod")
    words = " ".join(
        parsed(html_report(_figures_of("prod", recorded("prod"), assumed=("active_series",))))
        .all("header")[0]
        .words.split()
    )
    assert f"{settings.project} · owner: {settings.owner} · cost centre: {settings.cost_centre}" in words
    assert f"{TODAY:%d %B %Y}" in words
    assert f"{report.usd_per_month * 12:,.2f} USD a year" in words
    assert "What this rests on: Of it rest " in words
    assert "active_series are this project's defaults, not your numbers" in words
    assert "US dollars. An invoice in another currency" in words
    assert "AWS charged" not in words


CSV = """\
"Usage Type","USW2-BoxUsage:t4g.large($)","USW2-EBS:VolumeUsage.gp3($)","USW2-NatGateway-Hours($)","Total costs($)"
"Usage Type total","21","6","3","30"
"2026-11-01","14","3","2","19"
"2026-11-02","7","3","1","11"
"""
ASKED = """{"GroupDefinitions": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}], "ResultsByTime": [
 {"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-03"}, "Total": {}, "Estimated": true, "Groups": [
  {"Keys": ["USW2-BoxUsage:t4g.large"], "Metrics": {"UnblendedCost": {"Amount": "21", "Unit": "USD"}}},
  {"Keys": ["USW2-EBS:VolumeUsage.gp3"], "Metrics": {"UnblendedCost": {"Amount": "6", "Unit": "USD"}}},
  {"Keys": ["USW2-NatGateway-Hours"], "Metrics": {"UnblendedCost": {"Amount": "3", "Unit": "USD"}}}]}]}"""
MONTH = DAYS_PER_MONTH / 2
PRINTED = f"""{{"stack": "prod", "days": 2, "requests": 1, "budget_usd_per_month": 387, "planned_usd_per_month": {{}},
 "usd_per_month": {{"compute": {21 * MONTH}, "storage": {6 * MONTH}, "operations": {3 * MONTH}}}, "largest": []}}"""


@pytest.mark.parametrize("text", [CSV, ASKED, PRINTED], ids=["downloaded", "asked", "printed"])
def test_the_plan_stands_beside_what_aws_charged(text: str) -> None:
    report = stack_report("prod")
    page = parsed(html_report(_figures_of("prod", recorded("prod"), charges=charges_in(text, "charges"))))
    rows = {row[0]: row[1:] for row in page.by_id("actual").rows[:5]}
    charged = {"compute": 21 * MONTH, "storage": 6 * MONTH, "operations": 3 * MONTH, "total": 30 * MONTH}
    planned = {**{one.value: usd for one, usd in report.by_category.items()}, "total": report.usd_per_month}
    for name, amount in charged.items():
        assert rows[name] == [f"{planned[name]:,.2f}", f"{amount:,.2f}", f"{amount - planned[name]:+,.2f}"]
    assert f"AWS charged {30 * MONTH:,.2f} USD a month" in page.all("header")[0].words
    assert page.all("section")[0].attributes["id"] == "actual"


def test_charges_by_service_have_a_total_and_no_categories() -> None:
    found = charges_in(CSV.replace("Usage Type", "Service"), "charges.csv")
    assert (found.by_category, found.usd_per_month) == (None, pytest.approx(30 * MONTH))
    page = parsed(html_report(_figures_of("prod", recorded("prod"), charges=found)))
    assert [row[0] for row in page.by_id("actual").rows[:2]] == ["category", "total"]
    assert "isn't grouped by usage type" in page.by_id("actual").words
    monthly = charges_in(CSV.replace("11-01", "09-01").replace("11-02", "10-01"), "charges.csv")
    assert monthly.days == 30 + 31


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not what AWS charged; accepted: what `cost actual --json` printed"),
        ("{}", "not what AWS charged"),
        ("a,b\n1,2\n", "not what AWS charged"),
        (CSV.replace("11-02", "11-09"), "not what AWS charged"),
        (CSV.replace('"7"', '"seven"'), "not what AWS charged"),
        (ASKED.replace("USD", "CNY"), "amounts in CNY; accepted: USD"),
        (ASKED.replace('"ResultsByTime": [', '"ResultsByTime": [], "Old": ['), "no charges by day or month in it"),
    ],
)
def test_a_file_that_is_no_bill_is_refused(text: str, said: str) -> None:
    with pytest.raises(CommandError, match=re.escape(said)):
        charges_in(text, "charges.csv")


def test_every_line_is_printed_and_no_table_is_cut() -> None:
    """Seen with a browser at 400 and 1,280 pixels, and on paper."""
    (lines,) = [one for one in _page().all("details") if one.attributes.get("class") == "printed"]
    assert "open" in lines.attributes
    assert _page().all("section")[-1].attributes["id"] == "lines"
    (style,) = _page().all("style")
    assert "details:not(.printed) { display: none; }" in style.own_text
    for table in _page().all("table"):
        columns = [one.words for one in table.all("th")]
        assert (table.attributes.get("class") == "wide") == (len(columns) > 3)
        for row in table.all("tr")[1:]:
            assert [cell.attributes["data-title"] for cell in row.all("td")] == columns


def test_light_and_dark_have_the_same_colours_by_name() -> None:
    (style,) = _page().all("style")
    light, dark = style.own_text.split("@media (prefers-color-scheme: dark)")
    names = re.compile(r"(--\w+): #")
    assert set(names.findall(light)) == set(names.findall(dark))


def test_what_a_preview_names_is_escaped() -> None:
    evil = resource("aws:kms/key:Key", "<script>alert(1)</script>", 'lgtm:components:"><b onload=x>&amp;')
    unknown = resource("aws:new/thing:<i>Thing</i>", "<u>it</u>")
    text = _text("prod", evil, unknown)
    page = parsed(text)
    assert not page.all("script")
    assert not {"b", "i", "u"} & {one.name for one in page.walk()}
    assert '"><b onload=x>&amp;' in [row[0] for row in page.by_id("components").rows]
    assert ["<u>it</u>", "aws:new/thing:<i>Thing</i>"] in [row[:2] for row in page.by_id("unpriced").rows]
    assert "<script>alert(1)</script>" in page.words


def test_the_footer_has_date_load_and_sources() -> None:
    words = _page().all("footer")[0].words
    assert f"Made on {TODAY}" in words
    assert "requests/s on average" in words
    listed = [one.words for one in _page().all("ol")[0].children]
    (shown,) = [one.rows for one in _page().all("details") if "lines with unit price" in one.all("summary")[0].words]
    lines = stack_report("prod").lines
    assert len(shown) == len(lines) + 1
    for row, line in zip(shown[1:], lines, strict=True):
        assert row[1:3] == [line.resource, line.item]
        assert listed[int(row[-1]) - 1] == f"{line.as_of}, {line.confidence}: {line.source}"


def test_a_stack_without_resources_has_a_page_too() -> None:
    page = parsed(html_report(_figures_of("dev", ())))
    assert "0.00 USD a month" in page.all("header")[0].words


@pytest.mark.parametrize(("top", "step"), [(6, 1), (7, 2), (0.004, 0.001), (387, 100), (1300, 250), (12, 2)])
def test_ticks_are_round(top: float, step: float) -> None:
    assert round_step(top) == pytest.approx(step)
    along = scale([top], 0, 100)
    assert along.top >= top
    assert along.ticks[0] == 0
    assert along.at(along.ticks[-1]) == pytest.approx(100)
