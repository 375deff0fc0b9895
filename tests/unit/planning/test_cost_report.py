"""Whole reports: the three stacks as recorded on the real engine, budgets, comparisons, and the cost study's totals."""

import json
from datetime import date
from typing import Any

import pytest

from ops.report.cost import assumptions_document, comparison_document, cost_document
from ops.report.terminal import plain
from planning.budget import Baseline, Budget, Category
from planning.cost.budget import budget_verdict
from planning.cost.comparison import compare
from planning.cost.engine import price_resources
from planning.cost.inputs import CostInputs
from planning.cost.model import CostReport, LineKind, QuantityBasis
from planning.prices.table import PriceTable
from planning.registered import Resource
from tests.stacks import settings_of
from tests.unit.planning.cost_cases import (
    DATA,
    STACKS,
    TABLE,
    TODAY,
    golden,
    node_group,
    priced,
    recorded,
    resource,
    stack_load,
    stack_report,
)

CLUSTER = resource("aws:eks/cluster:Cluster", "cluster", version="1.35")
# Mean spot prices of the cost study, us-west-2, USD an hour.
MEAN_SPOT = {"t4g.medium": 0.0161, "t4g.large": 0.0297, "t4g.xlarge": 0.0657}


@pytest.mark.parametrize("stack", STACKS)
def test_the_recorded_previews_give_the_golden_reports(stack: str) -> None:
    """Written again by `python -m tests.unit.planning.cost_cases` when prices, rules or settings change on purpose."""
    assert golden(stack) == (DATA / f"{stack}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_is_within_its_budget(stack: str) -> None:
    verdict = budget_verdict(stack_report(stack), settings_of(stack).budget)
    assert verdict.within, verdict.message


def _at_mean_spot(*resources: Resource) -> float:
    prices = {
        **TABLE.prices,
        **{
            f"ec2.spot.{name}": TABLE.price("ec2.spot.t4g.medium").model_copy(update={"key": name, "usd": usd})
            for name, usd in MEAN_SPOT.items()
        },
    }
    table = PriceTable(region=TABLE.region, compiled=TABLE.compiled, prices=prices)
    report = price_resources(resources, table, CostInputs(assumptions=_shares(), load=stack_load("dev")), today=TODAY)
    return report.by_category[Category.COMPUTE] - sum(
        line.usd_per_month for line in report.lines if line.kind is LineKind.CPU_CREDITS
    )


def _shares() -> Any:
    return priced(CLUSTER).assumptions.model_copy(update={"spot_share_of_on_demand": 0})


def _group(name: str, instance_type: str, count: int, *, spot: bool) -> Resource:
    return node_group(
        name,
        instanceTypes=[instance_type],
        scalingConfig={"desiredSize": count},
        capacityType="SPOT" if spot else "ON_DEMAND",
    )


@pytest.mark.parametrize(
    ("design", "groups", "usd"),
    [
        ("D2: 2 t4g.medium spot", [("t4g.medium", 2, True)], 73 + 23.51),
        ("S1: 3 t4g.medium spot", [("t4g.medium", 3, True)], 73 + 35.26),
        ("S2: 1 on-demand, 2 spot t4g.medium", [("t4g.medium", 1, False), ("t4g.medium", 2, True)], 73 + 48.03),
        ("P1: 1 on-demand, 3 spot t4g.large", [("t4g.large", 1, False), ("t4g.large", 3, True)], 187.10),
        ("P3: 2 t4g.large, 1 spot t4g.xlarge", [("t4g.large", 2, False), ("t4g.xlarge", 1, True)], 219.07),
        ("P4: 2 t4g.xlarge on-demand", [("t4g.xlarge", 2, False)], 73 + 196.22),
    ],
)
def test_compute_of_the_cost_studys_designs(design: str, groups: list[tuple[str, int, bool]], usd: float) -> None:
    """The study of 2026-11-24 counts spot at its mean, budgets count it dearer; it counts no CPU credits."""
    resources = [_group(f"g{index}", name, count, spot=spot) for index, (name, count, spot) in enumerate(groups)]
    assert _at_mean_spot(CLUSTER, *resources) == pytest.approx(usd, abs=0.011), design


def test_parts_of_the_cost_study() -> None:
    """NAT with its address and 50 GB 38.75, extended support 365.00 more, 350 GB of volumes 28.00."""
    nat = priced(resource("aws:ec2/natGateway:NatGateway"), resource("aws:ec2/eip:Eip"))
    assert round(nat.usd_per_month, 2) == 38.75
    extended = priced(CLUSTER, today=date(2028, 1, 1)).usd_per_month - priced(CLUSTER).usd_per_month
    assert extended == pytest.approx(365)
    assert priced(resource("aws:ebs/volume:Volume", size=350, type="gp3")).usd_per_month == pytest.approx(28)


def _report(*resources: Resource) -> CostReport:
    return priced(*(resources or (CLUSTER, node_group())))


def test_a_budget_verdict_names_the_total_the_budget_the_dearest_and_what_would_help() -> None:
    report = _report()
    verdict = budget_verdict(report, Budget(usd_per_month=100))
    assert not verdict.within
    assert len(verdict.top_costs) == 3
    assert f"{report.usd_per_month:.2f} USD a month is {report.usd_per_month - 100:.2f} over" in verdict.message
    assert "t4g.large spot of spot 80.94, EKS control plane, standard support of cluster 73.00" in verdict.message
    assert "what would help: fewer nodes in spot (each saves 27)" in verdict.message
    assert "\n" not in verdict.message


# Without cents, with cents, and with a part of a cent.
_SUMS = {
    "73.00": (CLUSTER,),
    "76.65": (CLUSTER, resource("aws:ec2/eip:Eip")),
    "83.46": (CLUSTER, resource("aws:ebs/volume:Volume", size=130.7, type="gp3")),
}


@pytest.mark.parametrize("usd", _SUMS)
@pytest.mark.parametrize(("left", "within"), [(0.00, True), (0.01, True), (-0.01, False), (-0.04, False)])
def test_a_cent_over_is_over(usd: str, left: float, within: bool) -> None:
    report = _report(*_SUMS[usd])
    assert f"{report.usd_per_month:.2f}" == usd
    verdict = budget_verdict(report, Budget(usd_per_month=round(float(usd) + left, 2)))
    assert verdict.within is within, verdict.message


@pytest.mark.parametrize(("left", "over"), [(0.00, False), (0.01, False), (-0.01, True), (-0.04, True)])
def test_a_cent_over_a_part_is_over(left: float, over: bool) -> None:
    report = _report(*_SUMS["83.46"])
    part = round(report.by_category[Category.STORAGE] + left, 2)
    assert f"{part - left:.2f}"[-1] != "0", "a sum without cents can't tell a cent from a dime"
    verdict = budget_verdict(report, Budget(usd_per_month=100, storage_usd_per_month=part))
    assert [found.category for found in verdict.over_parts] == [Category.STORAGE] * over, verdict


def test_parts_are_named_and_only_the_whole_decides() -> None:
    verdict = budget_verdict(_report(), Budget(usd_per_month=500, compute_usd_per_month=100, storage_usd_per_month=50))
    assert verdict.within
    assert [part.category for part in verdict.over_parts] == [Category.COMPUTE]
    assert verdict.recommendations == ("fewer nodes in spot (each saves 27)",)


@pytest.mark.parametrize(
    ("resources", "help_text"),
    [
        (
            [resource("aws:eks/cluster:Cluster", version="1.30")],
            "a Kubernetes version in standard support (saves 365 of 438)",
        ),
        ([node_group(capacityType="ON_DEMAND")], "or spot for what may be interrupted"),
        ([resource("aws:ec2/natGateway:NatGateway", name) for name in "abc"], "network.nat: one (saves about 67)"),
        ([resource("aws:ec2/natGateway:NatGateway", name) for name in "ab"], "network.nat: one (saves about 34)"),
        ([resource("aws:ec2/natGateway:NatGateway")], "network.nat: none"),
        ([node_group(subnetIds=["a", "b", "c"])], "gRPC compression from distributors to ingesters"),
        ([resource("aws:ebs/volume:Volume", size=100, type="gp3")], "smaller data volumes"),
        ([resource("aws:lb/loadBalancer:LoadBalancer")], "one load balancer for all services"),
    ],
)
def test_what_would_help(resources: list[Resource], help_text: str) -> None:
    verdict = budget_verdict(priced(*resources), Budget(usd_per_month=1))
    assert any(help_text in text for text in verdict.recommendations), verdict.recommendations


def test_a_comparison_names_what_is_new_gone_and_different() -> None:
    eip, key = resource("aws:ec2/eip:Eip", "address"), resource("aws:kms/key:Key", "key")
    larger = node_group(scalingConfig={"desiredSize": 4})
    comparison = compare(priced(CLUSTER, node_group(), eip), priced(CLUSTER, larger, key))
    found = {(change.resource, change.item): round(change.difference, 2) for change in comparison.changes}
    assert found["address", "public IPv4 address"] == -3.65
    assert found["key", "KMS key"] == 1.00
    assert found["spot", "t4g.large spot"] == 26.98
    assert not [name for name, _ in found if name == "cluster"]
    text = plain(comparison_document(comparison))
    assert f"({comparison.difference:+.2f})" in text.splitlines()[0]
    assert "+26.98" in text


def test_no_change_is_said_in_one_line() -> None:
    assert plain(comparison_document(compare(priced(CLUSTER), priced(CLUSTER)))) == "no change: 73.00 USD a month"


def test_the_report_compares_with_a_baseline_where_one_is_given() -> None:
    report, settings = stack_report("prod"), settings_of("prod")
    assert "664.00" in plain(cost_document(report, "prod", settings.budget, settings.baseline))
    assert settings_of("dev").baseline is None
    assert "before" not in plain(cost_document(stack_report("dev"), "dev", settings_of("dev").budget))


def test_a_baseline_that_is_a_total_alone_leaves_its_parts_open() -> None:
    budget = Budget(usd_per_month=75)
    text = plain(cost_document(stack_report("dev"), "dev", budget, Baseline(usd_per_month=200)))
    (compute,) = (line for line in text.splitlines() if line.startswith("compute"))
    (total,) = (line for line in text.splitlines() if line.startswith("total"))
    assert compute.split()[-1] == "-"
    assert total.split()[-1] == "200.00"
    assert "less than before" in text
    dearer = plain(cost_document(stack_report("dev"), "dev", budget, Baseline(usd_per_month=10)))
    assert "it costs more than before" in dearer


def test_a_baseline_says_its_whole() -> None:
    parts = {"compute_usd_per_month": 255, "storage_usd_per_month": 104, "operations_usd_per_month": 305}
    assert Baseline.model_validate(parts).total == 664
    assert Baseline.model_validate({**parts, "usd_per_month": 700}).total == 700
    with pytest.raises(ValueError, match="needs usd_per_month, or all three of its parts"):
        Baseline(compute_usd_per_month=255)
    with pytest.raises(ValueError, match="add up to 664 USD, more than usd_per_month 600"):
        Baseline.model_validate({**parts, "usd_per_month": 600})


def test_unpriced_resources_and_old_prices_are_in_the_text() -> None:
    report = priced(resource("aws:rds/instance:Instance", "database"), CLUSTER, today=date(2027, 6, 1))
    text = plain(cost_document(report, "prod", Budget(usd_per_month=100)))
    assert "Not in the sum\n" in text
    assert "aws:rds/instance:Instance" in text
    assert "days old" in text


def test_every_assumption_has_its_reason() -> None:
    lines = plain(assumptions_document(priced(CLUSTER).assumptions), width=400).splitlines()[1:]
    assert len(lines) == len(type(priced(CLUSTER).assumptions).model_fields)
    assert all(len(line.split(maxsplit=2)) == 3 for line in lines)


def test_json_holds_sums_and_reads_back() -> None:
    report = stack_report("prod")
    document = json.loads(report.model_dump_json())
    assert document["usd_per_month"] == pytest.approx(report.usd_per_month)
    assert document["by_category"]["compute"] == pytest.approx(report.by_category[Category.COMPUTE])
    assert sum(line["usd_per_month"] for line in document["lines"]) == pytest.approx(document["usd_per_month"])


def test_lines_are_sorted_and_carry_source_and_date() -> None:
    lines = stack_report("prod").lines
    assert [line.usd_per_month for line in lines] == sorted((line.usd_per_month for line in lines), reverse=True)
    assert all(line.source and line.as_of <= TODAY for line in lines)


def test_prod_has_no_line_of_a_kind_that_it_should_not_have() -> None:
    kinds = {line.kind for line in stack_report("prod").lines}
    assert LineKind.NAT_GATEWAY in kinds
    assert not kinds & {LineKind.LOAD_BALANCER, LineKind.ENDPOINT}


def test_the_dollars_of_each_kind_of_quantity_add_up_and_stand_in_the_first_lines() -> None:
    report = stack_report("prod")
    assert sum(report.by_basis.values()) == pytest.approx(report.usd_per_month)
    assert all(report.by_basis.values())
    how = {line.item: line.basis for line in report.lines}
    assert how["audit log"] is QuantityBasis.MEASURED
    assert how["unlimited CPU credits"] is QuantityBasis.DOCUMENTED
    assert how["NAT gateway"] is QuantityBasis.REGISTERED
    for item in ("NAT traffic", "KMS requests", "telemetry from collectors", "PUT and LIST requests (STANDARD)"):
        assert how[item] is QuantityBasis.ASSUMED, item
    second = golden("prod").splitlines()[2]
    assert second.startswith("Of it rest ")
    assert f"{report.by_basis[QuantityBasis.ASSUMED]:.2f} USD on quantities assumed" in second


def test_a_recorded_preview_holds_no_secret() -> None:
    for stack in STACKS:
        assert all("password" not in key.lower() for found in recorded(stack) for key in found.properties)
