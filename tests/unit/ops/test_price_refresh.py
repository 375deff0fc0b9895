"""Refreshing a table: what AWS answers replaces what was there, everything else stays and is named."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from ops.prices.refresh import LIST_SOURCE, SPOT_SOURCE, refresh
from ops.prices.tables import refreshed_document
from ops.report.terminal import plain
from planning.prices.document import PriceDocument, dump_document, parse_document
from planning.prices.loader import load_prices, table_path
from planning.prices.table import Confidence

TODAY = date(2026, 12, 24)
DOCUMENT = parse_document(table_path("us-west-2").read_text(encoding="utf-8"), "us-west-2")
SMALL = parse_document(
    """\
region: us-west-2
compiled: 2026-11-24
sources:
  old: {title: An old list, as_of: 2026-01-19, confidence: model}
groups:
  - {group: ec2.on_demand, unit: hour, source: old, usd: {t4g.large: 0.07, m8g.large: 0.09}}
  - {group: ec2.spot, unit: hour, source: old, usd: {t4g.large: 0.03}}
  - {group: ebs.storage, unit: GB-month, source: old, usd: {gp3: 0.08, gp2: 0.1}}
""",
    "small.yaml",
)


class Answers:
    """An `Asker` with fixed answers."""

    def __init__(
        self,
        listed: Mapping[str, Sequence[float]] | None = None,
        on_demand: Mapping[str, float] | None = None,
        spot: Mapping[str, float] | None = None,
    ) -> None:
        self.listed, self.hours, self.spots = listed or {}, on_demand or {}, spot or {}

    def list_prices(self) -> Mapping[str, Sequence[float]]:
        return self.listed

    def on_demand(self, instance_type: str) -> Sequence[float]:
        return [self.hours[instance_type]] if instance_type in self.hours else []

    def spot(self, instance_types: Sequence[str]) -> Mapping[str, float]:
        return {name: self.spots[name] for name in instance_types if name in self.spots}


FULL = Answers({"ebs.storage.gp3": [0.085]}, {"t4g.large": 0.0672, "m8g.large": 0.09}, {"t4g.large": 0.031})


def test_answers_replace_prices_with_source_and_date() -> None:
    table = refresh(SMALL, "us-west-2", FULL, TODAY).document.table()
    assert table.price("ebs.storage.gp3").usd == 0.085
    assert table.price("ec2.on_demand.t4g.large").as_of == TODAY
    assert table.price("ec2.on_demand.t4g.large").confidence is Confidence.SOURCE
    assert "spot price history" in table.price("ec2.spot.t4g.large").source
    assert table.compiled == TODAY


def test_what_changed_and_what_was_confirmed_is_counted() -> None:
    result = refresh(SMALL, "us-west-2", FULL, TODAY)
    assert {change.key: (change.old, change.new) for change in result.changes} == {
        "ec2.on_demand.t4g.large": (0.07, 0.0672),
        "ec2.spot.t4g.large": (0.03, 0.031),
        "ebs.storage.gp3": (0.08, 0.085),
    }
    assert result.confirmed == 1
    text = plain(refreshed_document(result, "written: table"))
    assert "3 prices changed, 1 confirmed, 1 not answered" in text
    assert "+6.2%" in text


@pytest.mark.parametrize(("prices", "reason"), [([], "lists none"), ([0.1, 0.12], "AWS lists several: 0.1, 0.12")])
def test_a_price_without_a_single_answer_stays_as_it_was(prices: list[float], reason: str) -> None:
    result = refresh(SMALL, "us-west-2", Answers({"ebs.storage.gp2": prices}, {"t4g.large": 0.07}), TODAY)
    price = result.document.table().price("ebs.storage.gp2")
    assert (price.usd, price.as_of) == (0.1, date(2026, 1, 19))
    assert any(kept.key == "ebs.storage.gp2" and reason in kept.reason for kept in result.kept)


def test_an_instance_type_can_be_added() -> None:
    answers = Answers(on_demand={"c7g.large": 0.0725}, spot={"c7g.large": 0.03})
    result = refresh(SMALL, "us-west-2", answers, TODAY, ["c7g.large"])
    assert result.document.table().price("ec2.spot.c7g.large").usd == 0.03
    assert any(change.key == "ec2.on_demand.c7g.large" and change.old is None for change in result.changes)


def test_a_new_region_takes_the_keys_and_none_of_the_prices() -> None:
    result = refresh(SMALL, "eu-north-1", FULL, TODAY)
    assert result.document.region == "eu-north-1"
    assert set(result.document.table().prices) == {
        "ec2.on_demand.t4g.large", "ec2.on_demand.m8g.large", "ec2.spot.t4g.large", "ebs.storage.gp3",
    }  # fmt: skip
    assert set(result.document.sources) == {LIST_SOURCE, f"{SPOT_SOURCE}-{TODAY}"}
    assert [kept.key for kept in result.kept] == ["ebs.storage.gp2"]
    assert "left out of the new table" in result.kept[0].reason


def test_a_region_that_aws_lists_nothing_for_is_refused() -> None:
    with pytest.raises(ValueError, match="AWS listed no price for region eu-nowhere-1"):
        refresh(SMALL, "eu-nowhere-1", Answers(), TODAY)


def test_a_refresh_without_changes_changes_nothing_but_dates() -> None:
    table = load_prices("us-west-2")
    answers = Answers({key: [price.usd] for key, price in table.prices.items() if not key.startswith("ec2.")})
    result = refresh(DOCUMENT, "us-west-2", answers, TODAY)
    assert result.changes == ()
    after = result.document.table().prices
    assert {key: price.usd for key, price in after.items()} == {key: price.usd for key, price in table.prices.items()}


def test_the_written_file_reads_back_and_a_second_refresh_is_the_same() -> None:
    once = refresh(SMALL, "us-west-2", FULL, TODAY).document
    text = dump_document(once)
    again: PriceDocument = parse_document(text, "x.yaml")
    assert again.table() == once.table()
    assert dump_document(refresh(again, "us-west-2", FULL, TODAY).document) == text
