"""The list that the program and `validate` go through: each check has a stack that it is about, and a good one."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from settings.models.platform import PlatformSettings
from telemetry.preflight import CHECKS, Concern, Situation, concerns

Make = Callable[..., PlatformSettings]
OFFICE = {"public_access_cidrs": ["8.8.8.0/24"]}
# One node more holds the controller.
KARPENTER = {"autoscaling": "karpenter", "node_groups": {"on-demand": {"nodes": 2, "max_nodes": 2}}}
ALL_SPOT = {"node_groups": {"on-demand": {"capacity_type": "spot"}}}
BAD: dict[str, tuple[dict[str, Any], str, bool]] = {
    "load": (
        {"workload": {"requests_per_second": 20_000}},
        "20,000 requests/s don't fit: .*CPU .* of 8 cores.*; raise the sizes, or write `sizes: auto`",
        True,
    ),
    "budget": (
        {"budget": {"usd_per_month": 300, "compute_usd_per_month": None}, "region": "eu-central-1"},
        r"over the budget of 300.*eu-central-1, where default budgets are 1\.14 times those of us-west-2",
        True,
    ),
    "region": (
        {"region": "il-central-1"},
        "il-central-1 has no price table: these are the prices of",
        False,
    ),
    "kubernetes": ({"cluster": {"kubernetes_version": "1.99"}}, '"1.99" is none that this release knows of', True),
    "access": (
        {"cluster": {"public_access_cidrs": ["198.51.100.7/32"]}},
        "198.51.100.7/32 are documentation addresses; put the blocks of your offices, VPN and CI there",
        False,
    ),
    "shares": (
        {"sampling": {"critical_percent": 0.25}},
        r"sampling\.critical_percent: 0\.25 is below one percent; a share of 0\.25 is 25",
        False,
    ),
    "nodes": ({"cluster": ALL_SPOT}, "prod is on spot alone", True),
    "pool": (
        {"cluster": KARPENTER},
        r"cluster\.autoscaling: karpenter has no room: budget\.usd_per_month of 387 leaves -?\d+\.\d\d USD a month",
        True,
    ),
    "links": (
        {"alerting": {"receivers": {"critical": ["webhook"]}}},
        "alerts link to http://localhost:3000, which opens only beside a port-forward; set it, or alerting.runbook",
        False,
    ),
}


def found(settings: PlatformSettings, **more: Any) -> dict[str, Concern]:
    return {one.check: one for one in concerns(Situation(settings, "prod", more.get("owner"), more.get("assumed", ())))}


def good(make_settings: Make, **changes: Any) -> PlatformSettings:
    cluster = {**OFFICE, **changes.pop("cluster", {})}
    return make_settings("prod", cluster=cluster, **changes)


def test_a_good_stack_has_nothing_to_look_at(make_settings: Make) -> None:
    assert found(good(make_settings)) == {}


@pytest.mark.parametrize("check", BAD)
def test_each_check_finds_what_it_is_for(check: str, make_settings: Make) -> None:
    changes, said, wrong = BAD[check]
    concern = found(good(make_settings, **changes))[check]
    assert concern.wrong == wrong
    assert re.search(said, concern.sentence), concern.sentence


def test_a_default_load_is_said_to_be_one(make_settings: Make) -> None:
    concern = found(good(make_settings), assumed=("requests_per_second", "active_series"))["workload"]
    assert "requests_per_second 400, active_series 60000 are prod's defaults" in concern.sentence
    assert not concern.wrong


def test_automatic_sizes_carry_any_load(make_settings: Make) -> None:
    settings = good(make_settings, workload={"requests_per_second": 20_000}, sizes="auto")
    assert "load" not in found(settings)


def test_rare_kinds_may_be_below_one_percent(make_settings: Make) -> None:
    assert found(good(make_settings, workload={"error_percent": 0.25, "slow_percent": 0.5})) == {}


def test_a_tenant_stack_needs_its_owner(make_settings: Make) -> None:
    tenant, owner = make_settings("dev"), make_settings("staging")
    assert found(tenant, owner=owner) == {}
    assert "Pulumi.staging.yaml isn't here" in found(tenant)["owner"].sentence
    assert "has cluster mode shared" in found(tenant, owner=tenant)["owner"].sentence
    elsewhere = make_settings("staging", region="us-east-1")
    assert "whose cluster this is, is in us-east-1" in found(tenant, owner=elsewhere)["owner"].sentence


def test_a_pool_that_fits_is_fine_until_pods_may_outgrow_it(make_settings: Make) -> None:
    assert found(good(make_settings, cluster=KARPENTER, budget={"usd_per_month": 600})) == {}
    many = {"mimir": {"querier": {"max_replicas": 20, "cpu_request_millicores": 800, "memory_request_mib": 256}}}
    room = {"cpu_cores": 64, "memory_gb": 64}
    settings = good(make_settings, cluster=KARPENTER, budget={"usd_per_month": 600}, sizes=many, capacity=room)
    concern = found(settings)["pool"]
    assert re.search(r"sizes: at max_replicas pods ask for \d+\.\d cores more than node_groups have", concern.sentence)


def test_every_check_has_its_test() -> None:
    assert set(CHECKS) == {*BAD, "workload", "owner", "hours"}


def _hours(start: str, end: str, *days: str, zone: str = "UTC") -> dict[str, Any]:
    return {"time_zone": zone, "hours": [{"days": list(days), "start": start, "end": end}]}


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (_hours("08:00", "18:00", "monday"), False),
        (_hours("07:00", "19:00", "monday", "friday"), False),
        (_hours("06:59", "19:00", "monday"), True),
        (_hours("07:00", "19:01", "monday"), True),
        (_hours("08:00", "18:00", "sunday"), True),
        (_hours("08:00", "18:00", "monday", zone="Europe/Berlin"), True),
        (None, True),
    ],
)
def test_a_tenant_stack_works_while_its_owner_does(
    hours: dict[str, Any] | None, said: bool, make_settings: Make
) -> None:
    owner = make_settings("staging", schedule=_hours("07:00", "19:00", "monday", "friday"))
    tenant = make_settings("dev", **({"schedule": hours} if hours else {}))
    concern = found(tenant, owner=owner).get("hours")
    assert (concern is not None) == said
    if concern is not None:
        assert "outside the hours of staging" in concern.sentence
        assert not concern.wrong


def test_an_owner_without_hours_is_always_there(make_settings: Make) -> None:
    tenant = make_settings("dev", schedule=_hours("07:00", "19:00", "monday"))
    assert "hours" not in found(tenant, owner=make_settings("staging"))


def test_links_that_lead_somewhere_are_no_concern(make_settings: Make) -> None:
    alerting = {"receivers": {"critical": ["webhook"]}}
    assert found(good(make_settings, alerting=alerting, grafana={"hostname": "grafana.acme.io"})) == {}
    published = alerting | {"runbook_base_url": "https://docs.acme.io/run"}
    assert found(good(make_settings, alerting=published)) == {}


def test_what_is_so_and_what_to_do_are_two_things(make_settings: Make) -> None:
    """`validate` shows them in two columns; a list of what costs most has its own semicolons."""
    over = found(good(make_settings, budget={"usd_per_month": 300, "compute_usd_per_month": None}))["budget"]
    assert over.what.endswith("over the budget of 300.00 (in us-west-2)")
    assert over.advice.startswith("dearest: ")
    assert "; what would help: " in over.advice
