"""`metrics unused` over servers that answer as Mimir, Grafana and Loki do, and fail as they do."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from ops.savings.demand import OWN_MARK
from tests.live_servers import DOWN, GARBAGE, UNAUTHORIZED, Platform, Server, streams, vector
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
SERIES = {
    "shop_orders_total": 40,
    "shop_queue_length": 12,
    "old_thing_a_total": 10,
    "old_thing_b_total": 20,
    "old_thing_c_total": 30,
    "lgtm:active_series": 1,
    "users_recorded": 7,
    "ALERTS": 9,
}
LOGGED = 'msg="query stats" response_time=1s param_query="max(shop_queue_length)"'


@pytest.fixture
def shop(platform: Platform) -> Platform:
    """A platform with a few metrics, a user's rules, dashboard and alert, and a query log."""
    answers = platform.mimir.answers
    answers["/prometheus/api/v1/label/__name__/values"] = lambda _: {"status": "success", "data": sorted(SERIES)}
    answers["/prometheus/api/v1/labels"] = lambda _: {
        "status": "success",
        "data": ["__name__", "http_route", "service_name", "status"],
    }
    rules = [{"name": "users_recorded", "query": "sum(shop_orders_total)", "type": "recording", "labels": {}}]
    groups = {"groups": [{"name": "users", "rules": rules}]}
    answers["/prometheus/api/v1/rules"] = lambda _: {"status": "success", "data": groups}
    answers["/prometheus/api/v1/query"] = _query
    platform.grafana.answers["/api/library-elements"] = lambda _: {"result": {"elements": []}}
    platform.grafana.answers["/api/v1/provisioning/alert-rules"] = lambda _: []
    panel = {"type": "stat", "targets": [{"expr": "sum by (status) (rate(shop_orders_total[$__rate_interval]))"}]}
    platform.dashboard({"uid": "shop", "title": "Shop", "panels": [panel]})
    platform.loki.answers["/loki/api/v1/query_range"] = lambda _: streams(({}, LOGGED))
    return platform


def _query(parameters: Mapping[str, str]) -> Any:
    query = parameters["query"]
    if query.startswith("count(count without (http_route)"):
        return vector(({}, 4))
    named = query.partition('__name__=~"')[2].partition('"')[0].split("|")
    return vector(*(({"__name__": name}, float(SERIES[name])) for name in named if name in SERIES))


def found(ran: Ran) -> Any:
    return json.loads(ran.out)


def test_what_nobody_asks_for_is_proposed_with_its_price(shop: Platform, operate: Operate) -> None:
    ran = operate("metrics", "unused", "--json")
    answer = found(ran)
    assert ran.code == 1, ran.err
    assert [(one["name"], one["without"], one["series"]) for one in answer["proposals"]] == [
        ("old_thing_*", [], 60),
        ("shop_orders_total", ["http_route"], 36),
    ]
    assert (answer["series"], answer["others"]) == (112, 17)
    for one in answer["proposals"]:
        assert one["usd_per_month"] == pytest.approx(one["series"] * answer["usd_per_series"])
        assert one["risk"]
        assert one["undo"]
        assert "IsMatch(metric.name" in one["filter"]
    text = operate("metrics", "unused").out
    assert "96 of 112 series (86%) can go" in text
    assert "The bill itself changes by" in text


def test_own_questions_are_no_demand(shop: Platform, operate: Operate) -> None:
    logged = (
        f'msg="query stats" param_query="count by (__name__) ({{__name__=~\\"old_thing_a_total\\",{OWN_MARK}=\\"\\"}})"'
    )
    shop.loki.answers["/loki/api/v1/query_range"] = lambda _: streams(({}, logged), ({}, LOGGED))
    operate("metrics", "unused")
    asked = [parse_qs(urlsplit(one).query).get("query", [""])[0] for one in shop.mimir.requests]
    assert all(OWN_MARK in one for one in asked if "__name__=~" in one)
    assert found(operate("metrics", "unused", "--json"))["proposals"][0]["series"] == 60


def test_apply_writes_the_settings_after_it_has_shown_the_plan(
    shop: Platform, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LGTM_PROJECT", str(checkout))
    endpoints = [part for one in shop.endpoints for part in ("--endpoint", one)]
    command = ("metrics", "unused", "--stack", "staging", *endpoints, "--apply")
    before = (checkout / "Pulumi.staging.yaml").read_text()
    asked = run(*command)
    assert asked.code == 1
    assert "nothing written" in asked.out
    assert (checkout / "Pulumi.staging.yaml").read_text() == before
    ran = run(*command, "--yes")
    assert ran.code == 0, ran.err
    assert "memory requests, MiB" in ran.out
    assert "old_thing_*" in ran.out.partition("(then)")[2]
    settings = yaml.safe_load((checkout / "Pulumi.staging.yaml").read_text())["config"]["lgtm:platform"]["metrics"]
    assert settings == {
        "drop": ["old_thing_*"],
        "aggregate": [{"name": "shop_orders_total", "without": ["http_route"], "merge": "sum"}],
    }
    assert "says so already" in run(*command, "--yes").out


def test_a_query_log_that_is_not_there_is_said(shop: Platform, operate: Operate) -> None:
    shop.loki.failure = DOWN
    answer = found(operate("metrics", "unused", "--json"))
    assert "not seen: loki" in answer["sources"][-1]["remark"]
    assert [one["name"] for one in answer["proposals"]] == ["old_thing_*", "shop_orders_total", "shop_queue_length"]
    shop.loki.failure = None
    shop.loki.answers["/loki/api/v1/query_range"] = lambda _: streams()
    assert "empty" in found(operate("metrics", "unused", "--json"))["sources"][-1]["remark"]


@pytest.mark.parametrize("server", ["mimir", "grafana"])
@pytest.mark.parametrize("failure", [DOWN, UNAUTHORIZED, GARBAGE], ids=["down", "unauthorized", "garbage"])
def test_nothing_is_proposed_unless_rules_and_dashboards_could_be_read(
    shop: Platform, operate: Operate, server: str, failure: Any
) -> None:
    broken: Server = getattr(shop, server)
    broken.failure = failure
    ran = operate("metrics", "unused", "--json")
    assert (ran.code, ran.out) == (3, "")
    assert server in ran.err


def test_a_stack_where_everything_is_asked_for_is_healthy(shop: Platform, operate: Operate) -> None:
    shop.mimir.answers["/prometheus/api/v1/label/__name__/values"] = lambda _: {"status": "success", "data": []}
    ran = operate("metrics", "unused", "--apply", "--yes")
    assert (ran.code, "Every series is asked for" in ran.out) == (0, True)
