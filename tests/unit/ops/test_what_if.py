"""What-if: expected resources cost what recorded previews cost, and the answer's edits make a stack that fits."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.cost.what_if import what_if
from ops.cost.what_if_model import WhatIf
from ops.errors import CommandError
from ops.report.terminal import plain
from ops.report.what_if import what_if_document
from ops.stacks import owner_of
from planning.capacity.compute import Fit
from planning.capacity.estimate import compute_at
from planning.cost.engine import price_resources
from planning.retention import Signal
from settings.document.loader import FULL_KEY, parse_settings
from settings.document.stack_files import StackFileError
from settings.models.platform import PlatformSettings
from settings.rules.capacity import capacity_of
from settings.rules.cost_inputs import cost_inputs
from telemetry.cost.expected_resources import expected_resources
from tests.stacks import settings_of, stack_file
from tests.unit.planning.cost_cases import DATA, STACKS, TABLE, TODAY, amounts, stack_report

# Recordings may be older than the back ends' compression; these lines follow from it.
COMPRESSED = {("loki", "replication inside loki"), ("mimir", "replication inside mimir")}
LOAD_BALANCER_USD = 16.43


def ask(stack: str = "prod", **asked: Any) -> WhatIf:
    return what_if(stack, today=TODAY, **asked)


def edited(stack: str, edits: Mapping[str, Any]) -> PlatformSettings:
    """The stack's file with the answer's edits, validated as any file is."""
    document: Any = stack_file(stack)
    platform = document["config"][FULL_KEY]
    for key, value in edits.items():
        *parents, leaf = key.split(".")
        table = platform
        for parent in parents:
            table = table.setdefault(parent, {})
        table[leaf] = value
    return parse_settings(platform, stack=stack)


@pytest.mark.parametrize("stack", STACKS)
def test_expected_resources_cost_what_the_recorded_preview_costs(stack: str) -> None:
    recorded = stack_report(stack)
    settings = settings_of(stack)
    owner = owner_of(settings)
    inputs = cost_inputs(settings, owner)
    expected = price_resources(expected_resources(settings, stack, owner), TABLE, inputs, today=TODAY)
    assert not expected.unpriced
    differing = set(amounts(recorded).items()) ^ set(amounts(expected).items())
    assert {line for line, _ in differing} <= COMPRESSED


@pytest.mark.parametrize("stack", STACKS)
def test_what_changes_nothing_takes_nothing(stack: str) -> None:
    now = settings_of(stack)
    answer = ask(
        stack,
        requests_per_second=now.workload.requests_per_second,
        days={signal: now.retention.of(signal).delete_days for signal in now.retention.signals},
    )
    assert not answer.edits
    assert answer.nodes is None
    assert answer.cost.before == answer.cost.after == answer.verdict.usd_per_month
    assert answer.verdict.within
    assert "nothing to edit" in plain(what_if_document(answer))


def test_six_times_the_traffic_and_twice_the_days_in_prod() -> None:
    answer = ask(requests_per_second=2500, days={Signal.LOGS: 30})
    after = edited("prod", answer.edits)
    assert after.workload.requests_per_second == 2500
    assert after.retention.logs.delete_days == 30
    assert not Fit(capacity_of(after), compute_at(after.capacity_inputs)).shortfalls
    assert answer.nodes is not None
    assert answer.nodes.before == "3 x t4g.large/t4g.xlarge/t4g.2xlarge"
    assert not answer.verdict.within
    # The edited stack is the one that was priced, and it takes nothing more.
    again = ask(settings=after)
    assert not again.edits
    assert again.cost.before == pytest.approx(answer.cost.after)
    text = plain(what_if_document(answer))
    assert f"spot {answer.nodes.before} -> {answer.nodes.after}" in text
    assert "OVER BUDGET" in text
    assert "retention.logs.delete_days: 30" in text


def test_days_of_logs_alone_cost_storage_alone() -> None:
    answer = ask(days={Signal.LOGS: 60})
    assert set(answer.edits) == {"retention.logs.delete_days"}
    assert {change.resource for change in answer.cost.changes} == {"storage-loki-chunks"}
    plan = next(plan for plan in answer.plans if plan.bucket == "loki-chunks")
    assert plan.usd_per_month[1] > plan.usd_per_month[0]
    others = [plan for plan in answer.plans if plan.bucket != "loki-chunks"]
    assert all(plan.before == plan.after and plan.usd_per_month[0] == plan.usd_per_month[1] for plan in others)


def test_a_year_of_logs_moves_them_to_a_colder_class() -> None:
    plan = next(plan for plan in ask(days={Signal.LOGS: 365}).plans if plan.bucket == "loki-chunks")
    assert plan.before == "STANDARD"
    assert "GLACIER_IR" in plan.after


@settings(max_examples=12, deadline=None)
@given(
    stack=st.sampled_from(STACKS),
    rate=st.floats(10, 10_000),
    log_days=st.integers(8, 400),
    trace_days=st.integers(4, 60),
    metric_days=st.integers(31, 800),
)
def test_edits_make_a_stack_that_the_settings_accept(
    stack: str, rate: float, log_days: int, trace_days: int, metric_days: int
) -> None:
    days = {Signal.LOGS: log_days, Signal.TRACES: trace_days, Signal.METRICS: metric_days}
    answer = ask(stack, requests_per_second=rate, days=days)
    after = edited(stack, answer.edits)
    again = ask(stack, settings=after)
    assert not again.edits
    assert again.cost.before == pytest.approx(answer.cost.after)
    for size in answer.sizes:
        for pair in (size.cores, size.gib, size.volume_gib):
            assert pair is None or pair[0] <= pair[1]


def test_more_traffic_is_never_cheaper() -> None:
    totals = [ask(requests_per_second=rate).cost.after for rate in (400, 800, 1600, 3200, 6400, 12_800)]
    assert totals == sorted(totals)
    assert totals[0] < totals[-1]


def test_what_else_a_preview_shows_is_counted_on_both_sides(tmp_path: Path) -> None:
    urn = "urn:pulumi:prod::lgtm::aws:lb/loadBalancer:LoadBalancer::mine"
    state = {"urn": urn, "type": "aws:lb/loadBalancer:LoadBalancer", "inputs": {"loadBalancerType": "network"}}
    event = {"sequence": 9999, "resourcePreEvent": {"metadata": {"op": "create", "urn": urn, "new": state}}}
    preview = tmp_path / "prod.jsonl"
    preview.write_text((DATA / "prod.jsonl").read_text(encoding="utf-8") + json.dumps(event) + "\n", encoding="utf-8")
    with_file, without = ask(days={Signal.LOGS: 60}, registered=preview), ask(days={Signal.LOGS: 60})
    assert with_file.cost.before > stack_report("prod").usd_per_month + LOAD_BALANCER_USD
    assert with_file.cost.after > without.cost.after + LOAD_BALANCER_USD
    assert not any(change.resource == "mine" for change in with_file.cost.changes)


def test_nodes_of_somebody_else_s_cluster_are_not_sized(make_settings: Callable[..., PlatformSettings]) -> None:
    store = {"endpoint": "http://seaweedfs.storage.svc:8333", "credentials_secret": "object-store"}
    elsewhere = make_settings("dev", cluster={"mode": "existing", "context": "kind-lgtm", "object_store": store})
    answer = ask("dev", settings=elsewhere, requests_per_second=5000)
    assert answer.nodes is None
    assert any("isn't managed here" in note for note in answer.notes)
    assert not any(key.startswith("cluster.") for key in answer.edits)
    assert "sizes.tempo.cpu_request_millicores" in answer.edits


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"requests_per_second": -1}, "workload.requests_per_second: got -1; Input should be greater than 0"),
        ({"requests_per_second": float("nan")}, "workload.requests_per_second: got nan"),
        ({"days": {Signal.LOGS: 3}}, "retention.logs: hot_days 3 < warm_days 7 < delete_days 3 must hold"),
        ({"days": {Signal.TRACES: 0}}, "retention.traces.delete_days: got 0"),
        ({"days": {Signal.METRICS: 3650}}, "retention.metrics.delete_days: got 3650; accepted: up to 3643"),
        ({"requests_per_second": 100_000}, "tempo would need 80.8 cores"),
        ({"registered": Path("nowhere.json")}, "nowhere.json can't be read"),
    ],
)
def test_what_can_t_be_answered_is_one_clear_message(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError) as caught:
        ask(**asked)
    assert message in str(caught.value)


def test_an_unknown_stack_is_named() -> None:
    with pytest.raises(StackFileError, match="there is no stack 'nowhere'"):
        ask("nowhere", days={Signal.LOGS: 30})


def test_ingestion_limits_are_raised_where_the_mean_would_pass_them(
    make_settings: Callable[..., PlatformSettings],
) -> None:
    tight = make_settings("prod", ingestion={"traces_mb_per_second": 0.5, "traces_burst_mb": 1})
    answer = ask(settings=tight, requests_per_second=2500)
    # 2500 requests/s x 8 spans x 400 bytes, of which sampling keeps 14.5 %: 1.16 MB/s, twice that and rounded up.
    assert answer.edits["ingestion.traces_mb_per_second"] == 3
    assert answer.edits["ingestion.traces_burst_mb"] == 3
    assert "ingestion.logs_mb_per_second" not in answer.edits


def test_a_load_beyond_every_node_is_one_clear_message() -> None:
    with pytest.raises(CommandError, match="no node type of the price table carries"):
        ask(requests_per_second=75_000)
