"""Tail-sampling policies against the mission's table."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.models import PlatformSettings
from telemetry.collector.sampling import sampling_policies

Make = Callable[..., PlatformSettings]


def policies(settings: PlatformSettings) -> dict[str, dict[str, Any]]:
    return {policy["name"]: policy for policy in sampling_policies(settings.sampling, settings.services)}


def percent(policy: dict[str, Any]) -> float:
    if policy["type"] == "probabilistic":
        return policy["probabilistic"]["sampling_percentage"]
    (share,) = [sub for sub in policy["and"]["and_sub_policy"] if sub["type"] == "probabilistic"]
    return share["probabilistic"]["sampling_percentage"]


def test_the_table_of_the_mission(make_settings: Make) -> None:
    found = policies(make_settings("prod"))
    assert list(found) == ["errors", "slow", "critical-services", "python", "everything-else"]
    assert found["errors"]["status_code"] == {"status_codes": ["ERROR"]}
    assert found["slow"]["latency"] == {"threshold_ms": 1000}
    assert [percent(found[name]) for name in ("critical-services", "python", "everything-else")] == [25, 30, 5]


def test_critical_services_are_those_of_the_settings(make_settings: Make) -> None:
    only, _ = policies(make_settings("prod"))["critical-services"]["and"]["and_sub_policy"]
    assert only["string_attribute"] == {"key": "service.name", "values": ["api-gateway"]}


def test_python_is_what_the_sdk_says(make_settings: Make) -> None:
    only, _ = policies(make_settings("prod"))["python"]["and"]["and_sub_policy"]
    assert only["string_attribute"] == {"key": "telemetry.sdk.language", "values": ["python"]}


def test_without_critical_services_there_is_no_such_policy(make_settings: Make) -> None:
    services = [{"name": "worker", "language": "python", "port": 8000, "tier": "background"}]
    assert "critical-services" not in policies(make_settings("dev", services=services))


def test_aggressive_thins_ordinary_traces_only(make_settings: Make) -> None:
    found = policies(make_settings("prod", sampling={"mode": "aggressive"}))
    assert [percent(found[name]) for name in ("critical-services", "python", "everything-else")] == [5, 6, 1]
    assert found["errors"] == policies(make_settings("prod"))["errors"]
    assert found["slow"] == policies(make_settings("prod"))["slow"]


def test_full_keeps_everything(make_settings: Make) -> None:
    assert policies(make_settings("prod", sampling={"mode": "full"})) == {
        "everything": {"name": "everything", "type": "always_sample"}
    }


@pytest.mark.parametrize("mode", ["normal", "aggressive", "full"])
def test_every_mode_has_a_policy_that_any_trace_meets(make_settings: Make, mode: str) -> None:
    kinds = [p["type"] for p in policies(make_settings("dev", sampling={"mode": mode})).values()]
    assert kinds[-1] in ("probabilistic", "always_sample")
