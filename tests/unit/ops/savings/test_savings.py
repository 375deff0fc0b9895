"""`cost savings`: the dearest first, what can't be asked said, and what was applied measured a week later."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.errors import CommandError
from ops.savings.record import Applied, applied
from tests.live_servers import DOWN, Platform, streams, vector
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

NAMES = ("shop_orders_total", "old_a_total")
LINE = "served 5 items to somebody in the shop"


@pytest.fixture
def saving(platform: Platform, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """One unused metric, one form of lines, a sampler that keeps too much."""
    monkeypatch.setenv("LGTM_PROJECT", str(checkout))
    answers = platform.mimir.answers
    answers["/prometheus/api/v1/label/__name__/values"] = lambda _: {"status": "success", "data": NAMES}
    answers["/prometheus/api/v1/rules"] = lambda _: {"status": "success", "data": {"groups": []}}
    answers["/prometheus/api/v1/labels"] = lambda _: {"status": "success", "data": ["__name__"]}
    platform.tell("count by (__name__)", *(({"__name__": name}, 100.0) for name in NAMES))
    platform.tell("count_traces_sampled_total", ({"policy": "errors"}, 2.0), ({"policy": "ordinary"}, 18.0))
    platform.tell("global_count_traces_sampled_total", ({"sampled": "true"}, 20.0))
    platform.tell("tempo_distributor_bytes_received_total", ({}, 200_000.0))
    platform.grafana.answers["/api/library-elements"] = lambda _: {"result": {"elements": []}}
    platform.grafana.answers["/api/v1/provisioning/alert-rules"] = lambda _: []
    panels = [{"type": "stat", "title": "Orders", "targets": [{"expr": "max(shop_orders_total)"}]}]
    platform.dashboard({"uid": "shop", "title": "Shop", "refresh": "1s", "panels": panels})
    platform.loki.answers["/loki/api/v1/query_range"] = lambda given: (
        streams(({}, LINE)) if "service_name" in given["query"] else streams()
    )
    platform.loki.answers["/loki/api/v1/index/volume"] = lambda _: vector(({"service_name": "shop"}, 1e9))
    return platform


@pytest.fixture
def command(saving: Platform) -> Callable[..., Ran]:
    endpoints = [part for one in saving.endpoints for part in ("--endpoint", one)]
    return lambda *given: run(*given, "--stack", "staging", *endpoints)


def test_all_kinds_are_joined_by_their_dollars(command: Callable[..., Ran]) -> None:
    ran = command("cost", "savings", "--traces-gb-per-day", "5", "--json")
    found = json.loads(ran.out)
    assert ran.code == 1, ran.err
    assert {one["kind"] for one in found["top"]} == {"metrics", "logs", "traces"}
    dollars = [one["usd_per_month"] for one in found["top"]]
    assert dollars == sorted(dollars, reverse=True)
    assert sum(dollars) == pytest.approx(found["usd_per_month"])
    assert all(one["risk"] and one["undo"] for one in found["top"])
    assert found["unknown"] == []
    assert "faster than metrics arrive" in found["dashboards"][0]
    assert "metrics unused --apply" in command("cost", "savings").out


def test_what_cannot_be_asked_is_said_and_the_rest_is_shown(saving: Platform, command: Callable[..., Ran]) -> None:
    saving.grafana.failure = DOWN
    found: Any = json.loads(command("cost", "savings", "--json").out)
    assert [one["kind"] for one in found["top"]] == ["logs"]
    assert [one.partition(":")[0] for one in found["unknown"]] == ["metrics", "dashboards"]


def test_what_was_applied_is_measured_a_week_later(
    saving: Platform, command: Callable[..., Ran], checkout: Path
) -> None:
    for one in (("metrics", "unused"), ("logs", "patterns"), ("traces", "advice", "--gb-per-day", "10")):
        ran = command(*one, "--apply", "--yes")
        assert ran.code == 0, ran.err
    record = checkout / "savings.staging.json"
    entries = json.loads(record.read_text())
    assert [(one["kind"], one["name"]) for one in entries] == [
        ("metrics", "old_a_total"), ("logs", "shop"), ("traces", "traces"),
    ]  # fmt: skip
    assert (entries[0]["before"], entries[0]["expected"]) == (100, 0)
    waiting = json.loads(command("cost", "savings", "--json").out)["applied"]
    assert [one["real"] for one in waiting] == [None, None, None]

    week = str(date.fromisoformat(entries[0]["on"]) - timedelta(days=7))
    record.write_text(json.dumps([one | {"on": week} for one in entries]))
    saving.tell('count({__name__=~"old_a_total', ({}, 20.0))
    found = json.loads(command("cost", "savings", "--json").out)["applied"]
    assert [one["real"] for one in found] == [20, 1e9, 17.28e9 / 86_400]
    text = command("cost", "savings").out
    assert "80%" in text, "a fifth of the series is still there"


def test_a_record_of_another_shape_is_refused(tmp_path: Path) -> None:
    assert applied(tmp_path, "prod") == ()
    (tmp_path / "savings.prod.json").write_text('[{"on": "yesterday"}]')
    with pytest.raises(CommandError, match=r"savings\.prod\.json: another shape"):
        applied(tmp_path, "prod")


def test_an_entry_has_its_unit() -> None:
    one = Applied(on=date(2026, 11, 28), kind="logs", name="shop", before=2.0, expected=1.0, usd_per_month=None)
    assert Applied.model_validate_json(one.model_dump_json()) == one
