"""The operator's commands over a real Prometheus in Mimir's place: every query is understood and has an answer.

It holds series made from the inventory, and what the stack's own recording rules make of them.
"""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from telemetry.alerting.rules.files import mimir_groups, mimir_rule_files
from telemetry.alerting.rules.model import recordings
from telemetry.cost.planned import planned_cost
from telemetry.kubernetes.endpoints import POOL_LIMIT, POOL_USAGE
from tests.artefacts.prometheus_driver import Prometheus, QueryError, make_blocks, prometheus
from tests.live_servers import Platform, running_platform
from tests.query_inventory import metric_names
from tests.reference_series import history, long_ago, open_metrics, reference_series
from tests.stacks import stack_settings
from tests.unit.ops.running import run

STACK = "prod"
SETTLED_SECONDS = 40.0
# The reference series have made-up routes, one of them `query`.
ROUTES = re.compile(r'route=~"[^"]*"')
COMMANDS = ("health", "performance", "sampling validate", "review weekly", "connectivity")


def _asked_by_commands() -> set[str]:
    """Every query that a command sends, seen by a platform that has no series."""
    with running_platform() as platform:
        asked: set[str] = set()
        platform.mimir.answers["/prometheus/api/v1/query"] = lambda parameters: _noted(asked, parameters)
        _operate(platform)
    return asked


def _noted(asked: set[str], parameters: Mapping[str, str]) -> Any:
    asked.add(parameters["query"])
    return {"status": "success", "data": {"resultType": "vector", "result": []}}


def _operate(platform: Platform) -> dict[str, str]:
    """What each command prints."""
    platform.loki.answers["/loki/api/v1/labels"] = lambda _: {"data": []}
    platform.tempo.answers["/api/search"] = lambda _: {"traces": []}
    endpoints = [part for one in platform.endpoints for part in ("--endpoint", one)]
    return {command: run(*command.split(), "--stack", STACK, *endpoints).out for command in COMMANDS}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    directory = tmp_path_factory.mktemp("live")
    settings = stack_settings(STACK)
    planned = planned_cost(settings, STACK, None)
    groups = [group for parts in mimir_groups(settings, planned).values() for group in parts]
    made = {rule.record for rule in recordings(groups)}
    texts = [*(rule.expr for rule in recordings(groups)), *_asked_by_commands()]
    asked = {name for text in texts for name in metric_names(text)}
    series = [*(one for one in reference_series() if one.name in asked), *history(asked | made, made)]
    make_blocks(long_ago(series, time.time()), directory / "data")
    make_blocks(open_metrics(series, time.time()), directory / "data")
    with prometheus(directory, directory / "data", mimir_rule_files(settings, planned)) as one:
        deadline = time.monotonic() + SETTLED_SECONDS
        while any(not one.query(f'count({{__name__="{name}"}})') for name in made) and time.monotonic() < deadline:
            time.sleep(0.5)
        yield one


def test_every_query_is_answered(server: Prometheus) -> None:
    refused: list[str] = []
    empty: set[str] = set()

    def answer(parameters: Mapping[str, str]) -> Any:
        query = ROUTES.sub('route="query"', parameters["query"])
        try:
            found = server.query(query)
        except QueryError as error:
            refused.append(str(error))
            return 422
        if not found:
            empty.add(query)
        return {"status": "success", "data": {"resultType": "vector", "result": found}}

    with running_platform() as platform:
        platform.mimir.answers["/prometheus/api/v1/query"] = answer
        printed = _operate(platform)
    assert refused == []
    # The reference platform's cluster has no Karpenter.
    assert empty == {POOL_LIMIT, POOL_USAGE}
    for command in ("performance", "sampling validate"):
        assert " unknown " not in printed[command], printed[command]
    assert "not known" not in printed["review weekly"]
