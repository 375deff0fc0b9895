"""Tail-sampling policies against the published table; what they do is tested on the real collector."""

from collections.abc import Callable
from typing import Any

import pytest

from planning.sampling_estimate import SurgeBudget
from settings.models.platform import PlatformSettings
from telemetry.collector.sampling import LEAST_SPANS_PER_SECOND, sampling_policies

Make = Callable[..., PlatformSettings]
BUDGET = SurgeBudget(spans_per_second=9000, bytes_per_second=6_000_000)


def policies(settings: PlatformSettings, budget: SurgeBudget = BUDGET) -> dict[str, dict[str, Any]]:
    return {policy["name"]: policy for policy in sampling_policies(settings.sampling, settings.services, budget)}


def parts(settings: PlatformSettings, budget: SurgeBudget = BUDGET) -> dict[str, list[dict[str, Any]]]:
    """The conditions of each kind of ordinary trace."""
    ordinary = policies(settings, budget)["ordinary"]["composite"]
    return {part["name"]: part["and"]["and_sub_policy"] for part in ordinary["composite_sub_policy"]}


def percents(settings: PlatformSettings) -> dict[str, float]:
    return {name: conditions[0]["probabilistic"]["sampling_percentage"] for name, conditions in parts(settings).items()}


PYTHON = {"standard_percent": 5, "overrides": [{"language": "python", "percent": 30}]}


def only(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return conditions[1]["string_attribute"]


def test_the_published_table(make_settings: Make) -> None:
    found = policies(make_settings("prod"))
    assert list(found) == ["errors", "slow", "ordinary"]
    assert found["errors"]["status_code"] == {"status_codes": ["ERROR"]}
    assert found["slow"]["latency"] == {"threshold_ms": 1000}
    assert percents(make_settings("prod")) == {"critical-services": 25, "everything-else": 10}
    agreed = make_settings("prod", sampling=PYTHON)
    assert percents(agreed) == {"python-services": 30, "critical-services": 25, "everything-else": 5}


def test_unknown_services_are_standard_and_background_ones_are_kept_out_of_that(make_settings: Make) -> None:
    services = [
        {"name": "shop", "language": "java", "tier": "critical"},
        {"name": "mailer", "language": "nodejs", "tier": "background"},
    ]
    settings = make_settings("prod", services=services)
    assert percents(settings) == {"critical-services": 25, "everything-else": 10, "background-services": 5}
    (other,) = parts(settings)["everything-else"][1]["ottl_condition"]["span"]
    assert other == 'resource.attributes["service.name"] != "mailer"'
    assert only(parts(settings)["background-services"]) == {"key": "service.name", "values": ["mailer"]}


def test_an_override_stands_in_for_a_tiers_share(make_settings: Make) -> None:
    services = [
        {"name": "shop", "language": "java", "tier": "critical"},
        {"name": "chatty", "language": "go", "tier": "standard"},
        {"name": "mailer", "language": "nodejs", "tier": "background"},
    ]
    overrides = [
        {"service": "shop", "percent": 60},
        {"service": "chatty", "percent": 1},
        {"language": "dotnet", "percent": 2},
    ]
    settings = make_settings("prod", services=services, sampling={"overrides": overrides, "background_percent": 10})
    assert percents(settings) == {"service-shop": 60, "everything-else": 10, "dotnet-services": 2, "service-chatty": 1}
    (other,) = parts(settings)["everything-else"][1]["ottl_condition"]["span"]
    assert other == (
        'resource.attributes["service.name"] != "chatty" and resource.attributes["telemetry.sdk.language"] != "dotnet"'
    )


def test_the_highest_share_is_tried_first_whichever_it_is(make_settings: Make) -> None:
    settings = make_settings("prod", sampling=PYTHON | {"critical_percent": 60})
    assert list(parts(settings)) == ["critical-services", "python-services", "everything-else"]
    assert policies(settings)["ordinary"]["composite"]["policy_order"] == list(parts(settings))


def test_kinds_are_known_by_name_and_language(make_settings: Make) -> None:
    found = parts(make_settings("prod", sampling=PYTHON))
    assert only(found["critical-services"]) == {"key": "service.name", "values": ["api-gateway"]}
    assert only(found["python-services"]) == {"key": "telemetry.sdk.language", "values": ["python"]}


def test_without_critical_services_there_is_no_such_kind(make_settings: Make) -> None:
    services = [{"name": "worker", "language": "python", "port": 8000, "tier": "background"}]
    assert list(parts(make_settings("dev", services=services, sampling=PYTHON))) == [
        "python-services",
        "everything-else",
    ]


def test_no_share_has_a_salt_of_its_own(make_settings: Make) -> None:
    for conditions in parts(make_settings("prod")).values():
        assert set(conditions[0]["probabilistic"]) == {"sampling_percentage"}


def test_every_ordinary_kind_leaves_health_checks_out(make_settings: Make) -> None:
    for conditions in parts(make_settings("prod")).values():
        excluded = {c["string_attribute"]["key"] for c in conditions[1:-1] if c["string_attribute"].get("invert_match")}
        assert excluded == {"url.path", "http.route", "http.target", "rpc.service"}


@pytest.mark.parametrize("services", [None, [{"name": "w", "language": "go", "port": 1, "tier": "standard"}]])
def test_the_surge_budget_is_shared_out_whole(make_settings: Make, services: list[dict[str, Any]] | None) -> None:
    settings = make_settings("prod", **({"services": services} if services else {}))
    composite = policies(settings)["ordinary"]["composite"]
    assert composite["max_total_spans_per_second"] == BUDGET.spans_per_second
    assert sum(allocation["percent"] for allocation in composite["rate_allocation"]) == 100
    limits = [conditions[-1]["bytes_limiting"]["bytes_per_second"] for conditions in parts(settings).values()]
    assert sum(limits) == pytest.approx(BUDGET.bytes_per_second, rel=0.001)


def test_a_small_stack_still_keeps_long_traces(make_settings: Make) -> None:
    tiny = SurgeBudget(spans_per_second=10, bytes_per_second=4000)
    settings = make_settings("dev")
    assert policies(settings, tiny)["ordinary"]["composite"]["max_total_spans_per_second"] == LEAST_SPANS_PER_SECOND
    for conditions in parts(settings, tiny).values():
        assert conditions[-1]["bytes_limiting"]["burst_capacity"] == 2 * 1024 * 1024


def test_aggressive_thins_ordinary_traces_only(make_settings: Make) -> None:
    settings = make_settings("prod", sampling=PYTHON | {"mode": "aggressive"})
    assert percents(settings) == {"python-services": 6, "critical-services": 5, "everything-else": 1}
    for name in ("errors", "slow"):
        assert policies(settings)[name] == policies(make_settings("prod"))[name]


def test_full_keeps_everything(make_settings: Make) -> None:
    assert policies(make_settings("prod", sampling={"mode": "full"})) == {
        "everything": {"name": "everything", "type": "always_sample"}
    }
