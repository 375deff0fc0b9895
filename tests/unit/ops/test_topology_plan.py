"""`plan` over loads: the bill of topologies, its curve, and what the command prints."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ops.__main__ import main
from ops.cost.topology import CURVE, curve, topology_answer
from ops.errors import CommandError
from planning.topology.availability import Availability
from planning.topology.model import LokiMode
from settings.models.cluster import ExistingCluster
from tests.large_stack import large_settings
from tests.stacks import settings_of
from tests.unit.planning.cost_cases import STACKS, TODAY

PROD = settings_of("prod")
# What rounding to whole pods and nodes may do to a bill that would otherwise be flat.
ROUNDING = 1.05


def usd(rate: float, availability: Availability | None = None) -> float:
    return topology_answer("prod", PROD, rate, availability, TODAY).point.usd_per_month


@hypothesis_settings(max_examples=40, deadline=None)
@given(rate=st.floats(20, 900_000), availability=st.sampled_from(Availability))
def test_ten_percent_more_load_never_doubles_the_bill(rate: float, availability: Availability) -> None:
    few, many = usd(rate, availability), usd(rate * 1.1, availability)
    assert many <= 2 * few, f"{rate:g} requests/s: {few:.0f} -> {many:.0f}"


@hypothesis_settings(max_examples=40, deadline=None)
@given(rate=st.floats(20, 500_000), factor=st.floats(2, 100))
def test_a_gb_never_gets_dearer_with_scale(rate: float, factor: float) -> None:
    few, many = (topology_answer("prod", PROD, load, today=TODAY).point for load in (rate, min(1e6, rate * factor)))
    if many.requests_per_second >= 2 * few.requests_per_second:
        assert many.usd_per_gb <= few.usd_per_gb * ROUNDING, f"{few} {many}"


def test_the_curve_reaches_from_twenty_to_a_million_in_two_seconds() -> None:
    started = time.process_time()
    points = curve("prod", PROD, today=TODAY)
    assert time.process_time() - started < 2
    assert [point.requests_per_second for point in points] == sorted(CURVE)
    assert (CURVE[0], CURVE[-1]) == (20, 1_000_000)
    assert points[0].loki is not LokiMode.DISTRIBUTED
    assert points[-1].loki is LokiMode.DISTRIBUTED
    assert [point.usd_per_month for point in points] == sorted(point.usd_per_month for point in points)


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_a_topology(stack: str) -> None:
    answer = topology_answer(stack, settings_of(stack), 1000, today=TODAY)
    assert answer.point.nodes == answer.topology.nodes
    assert sum(answer.by_category.values()) == pytest.approx(answer.point.usd_per_month)


def test_a_load_beyond_the_settings_is_refused() -> None:
    with pytest.raises(CommandError, match=r"--requests-per-second: got 2,000,000; accepted: above 0, up to 1,000,000"):
        usd(2_000_000)


def test_plan_shows_the_topology_beside_the_stack_s_own_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--stack", "prod", "--requests-per-second", "2500"]) == 0
    text = capsys.readouterr().out
    assert "to write below lgtm:platform" in text
    assert "By the topology planner" in text
    assert "Loki HA Monolithic, Tempo Monolithic" in text


def test_beyond_the_stack_s_own_layout_there_is_the_topology_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--stack", "prod", "--requests-per-second", "20000", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"topology"}
    assert found["topology"]["topology"]["loki"] == "Distributed"
    assert found["topology"]["point"]["usd_per_million_requests"] == pytest.approx(0.08, rel=0.2)
    assert main(["plan", "--stack", "prod", "--requests-per-second", "20000"]) == 0
    text = capsys.readouterr().out
    assert "loki.distributed.ingester" in text
    assert "not vouched for:" in text


def test_the_curve_as_a_table_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--stack", "prod", "--curve"]) == 0
    text = capsys.readouterr().out
    assert "the bill from 20 to 1,000,000 requests/s" in text
    assert main(["plan", "--stack", "prod", "--curve", "--json"]) == 0
    assert [point["requests_per_second"] for point in json.loads(capsys.readouterr().out)["curve"]] == sorted(CURVE)


def test_another_mode_comes_with_its_order() -> None:
    change = topology_answer("prod", PROD, 20_000, today=TODAY).mode_change
    assert [step.split()[0] for step in change[:4]] == ["Write", "Let", "Where", "`pulumi"]
    assert any("storage-loki-*" in step for step in change)
    assert not topology_answer("prod", PROD, 1000, today=TODAY).mode_change
    large = large_settings()
    assert not topology_answer("large", large, 20_000, today=TODAY).mode_change
    back = topology_answer("large", large, 300, today=TODAY).mode_change
    assert any("data-loki-*" in step for step in back)


def test_the_large_example_is_priced_within_its_budget() -> None:
    answer = topology_answer("large", large_settings(), 20_000, today=TODAY)
    assert answer.topology.loki is LokiMode.DISTRIBUTED
    assert answer.verdict.within
    assert answer.point.usd_per_month > 5_000
    assert answer.edits == {}
    assert large_settings().ingestion.logs_mb_per_second == 75


def test_nodes_of_a_cluster_that_is_not_managed_here_are_not_in_the_bill() -> None:
    outside = ExistingCluster.model_validate(
        {"mode": "existing", "context": "kind", "eks_cluster_name": "theirs", "storage_class": "gp3"}
    )
    answer = topology_answer("prod", PROD.model_copy(update={"cluster": outside, "network": None}), 1000, today=TODAY)
    assert any("its nodes are what the pods would take" in sentence for sentence in answer.topology.unvouched)
    assert answer.point.usd_per_month < topology_answer("prod", PROD, 1000, today=TODAY).point.usd_per_month
