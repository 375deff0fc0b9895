"""`cost services`, `services-measured`, `add-service` and `forecast`, as an operator runs them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.cost.add_service import added
from ops.errors import CommandError
from ops.tuning.effects import priced_settings
from planning.retention import Signal
from settings.document.loader import FULL_KEY, parse_settings
from settings.models.platform import PlatformSettings
from settings.rules.senders import ServiceLoad, senders, service_loads
from tests.live_servers import DOWN, Platform
from tests.stacks import settings_of, stack_file
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
GENERATED = 200


def with_loads(stack: str, **loads: dict[str, Any]) -> PlatformSettings:
    """A stack whose first services have loads and teams of their own."""
    document = stack_file(stack)["config"][FULL_KEY]
    services = [{**one, **loads.get(one["name"].replace("-", "_"), {})} for one in document["services"]]
    return parse_settings({**document, "services": services}, stack=stack)


def test_the_plans_bill_by_service_adds_up_and_says_its_rule() -> None:
    ran = run("cost", "services", "--stack", "prod")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0].startswith("Who pays for prod: ")
    total = float(lines[0].split(": ")[1].split()[0])
    rows = [line.split() for line in lines if line.startswith(tuple(one.name for one in settings_of("prod").services))]
    assert len(rows) == 6
    assert sum(float(row[5]) for row in rows) == pytest.approx(total, abs=0.03)
    assert "paid whatever arrives" in ran.out
    assert "A service bears what it sends of a signal" in ran.out


def test_as_json_and_by_team() -> None:
    bill = json.loads(run("cost", "services", "--stack", "prod", "--json").out)
    assert sum(one["usd_per_month"] for one in bill["services"]) == pytest.approx(bill["usd_per_month"], rel=1e-3)
    assert bill["by_team"] == {"platform-team": pytest.approx(bill["usd_per_month"])}
    assert "platform-team" in run("cost", "services", "--stack", "prod", "--team").out


def test_services_with_numbers_bear_what_they_send_and_teams_add_up() -> None:
    of = with_loads(
        "prod",
        api_gateway={"requests_per_second": 200, "series": 30_000, "log_lines_per_second": 400, "team": "web"},
        web_search={"requests_per_second": 0, "series": 0, "log_lines_per_second": 0, "team": "search"},
    )
    loads = service_loads(of)
    assert loads["api-gateway"] == ServiceLoad(requests_per_second=200, log_lines_per_second=400, series=30_000)
    # Four others share what is left of 400 requests/s, 800 lines/s and 48,000 series.
    assert loads["payments-gateway"] == ServiceLoad(requests_per_second=50, log_lines_per_second=100, series=4_500)
    shares = {one.service: one for one in senders(of)}
    assert shares["api-gateway"].team == "web"
    assert shares["payments-gateway"].team == "platform-team"
    assert shares["api-gateway"].shares[Signal.LOGS] == pytest.approx(0.5)
    assert shares["api-gateway"].shares[Signal.METRICS] == pytest.approx(30 / 48)
    assert shares["web-search"].shares == {Signal.LOGS: 0, Signal.TRACES: 0, Signal.METRICS: 0}
    # Of a Go service at 25 % and a Python service at 30 %, with the 2 % that are always kept.
    kept = (2 + 98 * 0.25) * 200, (2 + 98 * 0.30) * 50
    traces = (shares[name].shares[Signal.TRACES] for name in ("api-gateway", "payments-gateway"))
    assert next(traces) / next(traces) == pytest.approx(kept[0] / kept[1])


def _measured(platform: Platform) -> None:
    platform.tell("lgtm:cost_usd_per_day", *(({"signal": signal}, 3.0) for signal in ("logs", "traces", "metrics")))
    for signal in ("traces", "metrics"):
        platform.tell(
            f'lgtm:ingestion_bytes_by_service:rate1h{{signal="{signal}"}}',
            ({"service_name": "api-gateway"}, 300.0),
            ({"service_name": "loki"}, 100.0),
        )

    def volume(asked: Any) -> Any:
        assert asked["targetLabels"] == "service_name"
        return {
            "data": {
                "resultType": "vector",
                "result": [
                    {"metric": {"service_name": "api-gateway"}, "value": [1700000000, "900"]},
                    {"metric": {"service_name": "somebody"}, "value": [1700000000, "100"]},
                ],
            }
        }

    platform.loki.answers["/loki/api/v1/index/volume"] = volume


def test_the_measured_bill_is_the_recorded_one_by_what_arrived(operate: Operate, platform: Platform) -> None:
    _measured(platform)
    bill = json.loads(operate("cost", "services-measured", "--hours", "48", "--json").out)
    assert bill["usd_per_month"] == pytest.approx(9 * 30.4375)
    month = 3 * 30.4375
    costs = {one["service"]: one["by_signal"] for one in bill["services"]}
    assert costs["api-gateway"] == {
        "logs": pytest.approx(0.9 * month),
        "traces": pytest.approx(0.75 * month),
        "metrics": pytest.approx(0.75 * month),
    }
    assert costs["somebody"]["logs"] == pytest.approx(0.1 * month)
    assert {one["service"]: one["team"] for one in bill["services"]} == {
        "api-gateway": "platform-team",
        "loki": "(unlisted)",
        "somebody": "(unlisted)",
    }
    assert any("48h" in request for request in platform.mimir.requests)


def test_a_platform_that_has_recorded_nothing_says_so(operate: Operate, platform: Platform) -> None:
    ran = operate("cost", "services-measured")
    assert ran.code == 3
    assert "the cost rules have recorded nothing yet" in ran.err
    platform.mimir.failure = DOWN
    assert operate("cost", "services-measured").code == 3


def forecast_told(platform: Platform, low: float) -> None:
    platform.tell('lgtm:cost_forecast_usd_per_month{horizon="three months"}',
        *(({"edge": edge}, low + more) for edge, more in (("low", 0.0), ("expected", 10.0), ("high", 20.0))),
    )  # fmt: skip
    platform.tell("lgtm:cost_usd_per_month:slope28d", ({}, 0.25))


def test_a_forecast_below_the_budget_is_no_finding(operate: Operate, platform: Platform) -> None:
    forecast_told(platform, 150.0)
    ran = operate("cost", "forecast")
    assert ran.code == 0, ran.err
    assert "three months  150.00    160.00  170.00" in ran.out
    assert "the band's lower edge stays within the budget of 165.00 USD a month" in ran.out


def test_a_lower_edge_beyond_the_budget_is_a_finding(operate: Operate, platform: Platform) -> None:
    forecast_told(platform, 165.5)
    ran = operate("cost", "forecast")
    assert ran.code == 1
    assert "even the lower edge of the band passes the budget of 165.00 USD a month" in ran.out


def test_the_first_week_has_no_trend(operate: Operate) -> None:
    ran = operate("cost", "forecast")
    assert ran.code == 0
    assert "no trend yet: it takes 7d of recordings" in ran.out


def test_add_service_needs_a_load_and_a_name_that_is_there() -> None:
    none, unknown = (run("cost", "add-service", "--stack", "prod", *more) for more in ([], ["--like", "nobody"]))
    assert (none.code, unknown.code) == (2, 2)
    assert "needed: --like SERVICE, or at least one of" in none.err
    assert "--like: got 'nobody'; accepted: a service of the stack: api-gateway, " in unknown.err


def test_add_service_says_what_to_write() -> None:
    ran = run("cost", "add-service", "--stack", "prod", "--like", "api-gateway", "--series", "1000")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("One more service in prod: +")
    assert "  series: 1000" in ran.out
    assert "workload.active_series: 61000" in ran.out
    assert "undo: " in ran.out


@st.composite
def stacks(draw: st.DrawFn) -> tuple[str, PlatformSettings, ServiceLoad]:
    """A stack with another load, and a service that it gets."""
    stack = draw(st.sampled_from(["staging", "prod"]))
    document = stack_file(stack)["config"][FULL_KEY]
    workload = {
        "requests_per_second": draw(st.integers(20, 300)),
        "log_lines_per_request": draw(st.integers(1, 4)),
        "active_series": draw(st.integers(15_000, 60_000)),
    }
    of = parse_settings({**document, "workload": workload}, stack=stack)
    load = ServiceLoad(
        requests_per_second=draw(st.integers(0, 100)),
        log_lines_per_second=draw(st.integers(0, 400)),
        series=draw(st.integers(0, 20_000)),
    )
    return stack, of, load


@given(stacks())
@settings(deadline=None, max_examples=GENERATED)
def test_the_price_of_one_more_is_the_difference_of_two_plans(case: tuple[str, PlatformSettings, ServiceLoad]) -> None:
    stack, before, load = case
    try:
        answer = added(stack, before, load)
    except CommandError as error:
        pytest.fail(str(error))
    # The other plan is a file as somebody would write it: the answer's edits and the service, read and checked anew.
    document: Any = before.model_dump(mode="json", exclude_none=True)
    document.pop("tier_plans", None)
    for key, value in answer.plan.edits.items():
        *parents, leaf = key.split(".")
        table = document
        for parent in parents:
            table = table.setdefault(parent, {})
        table[leaf] = value
    new = {"name": "one-more", "language": "go", "tier": "background", **load.model_dump()}
    new["series"] = round(load.series)
    document["services"].append(new)
    document["budget"] = {"usd_per_month": 100_000}
    after = parse_settings(document, stack=stack)
    difference = priced_settings(stack, after).usd_per_month - priced_settings(stack, before).usd_per_month
    assert answer.usd_per_month == pytest.approx(difference, rel=0.05, abs=0.01)
    assert answer.usd_per_month >= -0.01
