"""`traces advice` over a server that answers as Mimir does, and fails as it does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ops.savings.traces_advice import scaled
from tests.live_servers import DOWN, Platform
from tests.stacks import settings_of
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
# 100 traces a second: 2 errors, 3 slow and 15 ordinary ones are kept, of 10 kB each: 17.28 GB a day.
KEPT, BYTES = 20.0, 200_000.0
DAY, MUST = 17.28, 4.32


@pytest.fixture
def sampling(platform: Platform) -> Platform:
    platform.tell(
        "count_traces_sampled_total",
        ({"policy": "errors"}, 2.0),
        ({"policy": "slow"}, 3.0),
        ({"policy": "ordinary"}, 15.0),
    )
    platform.tell("global_count_traces_sampled_total", ({"sampled": "true"}, KEPT), ({"sampled": "false"}, 80.0))
    platform.tell("tempo_distributor_bytes_received_total", ({}, BYTES))
    return platform


def found(operate: Operate, gb: str) -> tuple[int, Any]:
    ran = operate("traces", "advice", "--gb-per-day", gb, "--json")
    return ran.code, json.loads(ran.out)


def test_shares_are_scaled_to_what_errors_and_slow_traces_leave(sampling: Platform, operate: Operate) -> None:
    now = settings_of("staging").sampling
    code, answer = found(operate, "10.8")
    assert code == 1
    assert (answer["gb_per_day"], answer["must_gb_per_day"]) == (pytest.approx(DAY), pytest.approx(MUST))
    factor = (10.8 - MUST) / (DAY - MUST)
    assert answer["shares"]["standard_percent"] == pytest.approx(now.standard_percent * factor, abs=0.005)
    assert answer["shares"]["slow_threshold_ms"] == now.slow_threshold_ms
    assert answer["expected_gb_per_day"] == pytest.approx(10.8, rel=0.02)
    assert answer["saved_usd_per_month"] > 0


def test_a_target_below_errors_and_slow_traces_is_said(sampling: Platform, operate: Operate) -> None:
    _, answer = found(operate, "2")
    assert (answer["reachable"], answer["shares"]["standard_percent"]) == (False, 0)
    assert answer["expected_gb_per_day"] == pytest.approx(MUST)
    assert "Errors and slow traces alone are 4.32 GB a day" in operate("traces", "advice", "--gb-per-day", "2").out


def test_a_target_that_is_met_changes_nothing(sampling: Platform, operate: Operate) -> None:
    code, answer = found(operate, "17.5")
    assert (code, answer["shares"]) == (0, None)
    assert "The target is met" in operate("traces", "advice", "--gb-per-day", "17.5", "--apply", "--yes").out


def test_apply_writes_the_shares(sampling: Platform, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LGTM_PROJECT", str(checkout))
    endpoints = [part for one in sampling.endpoints for part in ("--endpoint", one)]
    ran = run("traces", "advice", "--stack", "staging", *endpoints, "--gb-per-day", "10.8", "--apply", "--yes")
    assert ran.code == 0, ran.err
    written = yaml.safe_load((checkout / "Pulumi.staging.yaml").read_text())["config"]["lgtm:platform"]["sampling"]
    now = settings_of("staging").sampling
    assert written["standard_percent"] == pytest.approx(now.standard_percent / 2, abs=0.01)


def test_no_traffic_and_no_mimir(platform: Platform, operate: Operate) -> None:
    ran = operate("traces", "advice", "--gb-per-day", "5")
    assert (ran.code, "no trace was kept in the last 24 h" in ran.err) == (2, True)
    platform.mimir.failure = DOWN
    assert operate("traces", "advice", "--gb-per-day", "5").code == 3


@given(st.floats(0, 50))
def test_shares_stay_in_order_and_below_all(factor: float) -> None:
    now = settings_of("prod").sampling
    then = scaled(now, factor)
    assert then.critical_percent >= then.standard_percent
    assert max(then.critical_percent, then.standard_percent, then.background_percent) <= 100
