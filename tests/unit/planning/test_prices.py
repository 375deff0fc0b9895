"""Price tables: complete, readable, dated; what is missing or old is said in one sentence."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.aws.regions import REGIONS, STAND_INS, WITH_PRICES, wrong_region
from planning.cost.compute import large_units, on_demand_price
from planning.prices.document import at_risk, dump_document, parse_document
from planning.prices.loader import load_prices, regions_with_prices, table_path
from planning.prices.s3 import s3_prices
from planning.prices.staleness import staleness_warnings, stand_in_warnings
from planning.prices.table import Confidence, MissingPriceError, PriceTableError, spot_price
from tests.unit.planning.loads import US_WEST_2

FAMILIES = ("t4g", "m7g", "m8g", "c7g", "c8g", "r7g", "r8g")
SIZES = ("medium", "large", "xlarge", "2xlarge")
DOCUMENT = """\
region: eu-north-1
compiled: 2026-11-24
sources:
  list: {title: A list, as_of: 2026-11-01, confidence: source}
groups:
  - {group: ec2.on_demand, unit: hour, source: list, usd: {t4g.large: 0.07}}
"""


@pytest.mark.parametrize("region", ["us-west-2", "us-east-1", "eu-west-1"])
def test_every_table_prices_what_the_project_can_make(region: str) -> None:
    table = load_prices(region)
    for family in FAMILIES:
        for size in SIZES:
            assert table.price(f"ec2.on_demand.{family}.{size}").unit == "hour"
    assert table.prices.keys() >= {key for key in load_prices("us-west-2").prices if not key.startswith("ec2.")}


@pytest.mark.parametrize("region", regions_with_prices())
def test_the_files_are_in_the_form_that_refresh_writes(region: str) -> None:
    text = table_path(region).read_text(encoding="utf-8")
    assert dump_document(parse_document(text, region)) == text
    assert parse_document(text, region).region == region


@pytest.mark.parametrize("region", regions_with_prices())
def test_bigger_sizes_of_a_family_cost_more(region: str) -> None:
    table = load_prices(region)
    for family in FAMILIES:
        hours = [table.price(f"ec2.on_demand.{family}.{size}").usd for size in SIZES]
        assert hours == sorted(set(hours))


def test_the_s3_part_is_what_the_tier_planner_rests_on() -> None:
    assert s3_prices(load_prices("us-west-2")).model_copy(update={"as_of": US_WEST_2.as_of}) == US_WEST_2


def test_what_is_no_region_is_named_with_the_command() -> None:
    with pytest.raises(PriceTableError, match=r"region ap-souht-1: run `python -m ops prices refresh --region ap-"):
        load_prices("ap-souht-1")


def test_every_region_has_a_table_or_a_stand_in() -> None:
    assert set(regions_with_prices()) >= set(WITH_PRICES)
    assert len(WITH_PRICES) >= 15
    assert set(STAND_INS.values()) <= set(WITH_PRICES)
    assert not [region for region in WITH_PRICES if stand_in_warnings(load_prices(region))]
    assert not [region for region in REGIONS if wrong_region(region)]


@pytest.mark.parametrize("region", STAND_INS)
def test_a_region_without_a_table_has_a_stand_in_and_says_so(region: str) -> None:
    table = load_prices(region)
    assert (table.region, table.stands_in) == (region, STAND_INS[region])
    assert table.prices == load_prices(STAND_INS[region]).prices
    (warning,) = stand_in_warnings(table)
    assert f"{region} has no price table: these are the prices of {table.stands_in}" in warning
    assert s3_prices(table).region == table.stands_in


def test_a_missing_price_names_region_key_and_command() -> None:
    with pytest.raises(MissingPriceError, match=r"us-west-2 has no price ec2\.on_demand\.x9\.huge: run .*refresh"):
        load_prices("us-west-2").price("ec2.on_demand.x9.huge")


def test_spot_is_budgeted_at_the_dearest_zone_where_that_is_above_the_share() -> None:
    price = spot_price(load_prices("us-west-2"), "t4g.medium", 0.55)
    assert (price.usd, price.confidence) == (0.0200, Confidence.SOURCE)
    assert "95th percentile of 2 observations" in price.source


def test_of_many_observations_the_95th_percentile_counts_and_the_worst_no_longer() -> None:
    one = load_prices("us-west-2").price("ec2.on_demand.t4g.medium")
    seen = [one.model_copy(update={"usd": usd}) for usd in range(100)]
    assert at_risk(seen).usd == 94
    assert at_risk(seen[:19]).usd == 18
    assert at_risk(seen[:1]) is seen[0]


def test_spot_is_budgeted_at_the_share_where_zones_are_cheaper_or_not_known() -> None:
    table = load_prices("us-west-2")
    large, xlarge = spot_price(table, "t4g.large", 0.55), spot_price(table, "m7g.xlarge", 0.55)
    assert large.usd == pytest.approx(0.55 * 0.0672)
    assert xlarge.usd == pytest.approx(0.55 * 0.1632)
    assert large.confidence is Confidence.MODEL
    assert "0.55 x on-demand" in large.source


@pytest.mark.parametrize("known", ["large", "xlarge", "2xlarge", "4xlarge"])
def test_a_size_that_a_table_lacks_follows_from_whichever_of_its_family_is_there(known: str) -> None:
    table = load_prices("us-west-2")
    price = table.price("ec2.on_demand.m7g.large")
    only = price.model_copy(update={"key": f"ec2.on_demand.m7g.{known}", "usd": price.usd * large_units(known)})
    found = on_demand_price(table.model_copy(update={"prices": {only.key: only}}), "m7g.8xlarge")
    assert (found.key, found.usd) == ("ec2.on_demand.m7g.8xlarge", pytest.approx(16 * price.usd))
    assert found.source == f"{16 / large_units(known):g} x m7g.{known} ({price.source})"


@given(st.floats(0, 1), st.floats(0, 1))
def test_spot_rises_with_the_share_and_never_exceeds_on_demand(a: float, b: float) -> None:
    table = load_prices("us-west-2")
    low, high = (spot_price(table, "t4g.large", share).usd for share in sorted((a, b)))
    assert 0 <= low <= high <= table.price("ec2.on_demand.t4g.large").usd


@given(st.integers(0, 400))
def test_prices_are_stale_from_the_91st_day(days: int) -> None:
    price = load_prices("us-west-2").price("ebs.storage.gp3")
    warnings = staleness_warnings([price, price], "us-west-2", price.as_of + timedelta(days=days))
    assert bool(warnings) == (days > 90)
    if warnings:
        assert f"2 prices are {days} days old" in warnings[0]
        assert "python -m ops prices refresh --region us-west-2" in warnings[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("groups:", "groups: [", "t.yaml is not YAML"),
        ("t4g.large: 0.07", "t4g.large: -1", "t.yaml: groups.0.usd.t4g.large: Input should be greater than or equal"),
        ("source: list, usd", "source: other, usd", "there is no source other"),
        ("unit: hour", "per: hour", "t.yaml: groups.0.unit: Field required"),
        ("2026-11-01", "soon", "t.yaml: sources.list.as_of"),
        (
            "confidence: source",
            "confidence: sure",
            "t.yaml: sources.list.confidence: Input should be 'source' or 'model'",
        ),
        (
            "  - {group",
            "  - {group: ec2.on_demand, unit: hour, source: list, usd: {t4g.large: 1}}\n  - {group",
            "ec2.on_demand.t4g.large: is given twice",
        ),
    ],
)
def test_a_wrong_file_is_explained_in_one_line(old: str, new: str, message: str) -> None:
    assert old in DOCUMENT
    with pytest.raises(PriceTableError) as caught:
        parse_document(DOCUMENT.replace(old, new, 1), "t.yaml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_document_becomes_a_table_with_its_sources() -> None:
    price = parse_document(DOCUMENT, "t.yaml").table().price("ec2.on_demand.t4g.large")
    assert (price.usd, price.unit, price.source, price.as_of) == (0.07, "hour", "A list", date(2026, 11, 1))
