"""A killed back end is left to replay its log, and a stopped one to flush: judged by the rendered objects."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from sandbox.bootstrap.paths import PROJECT_ROOT
from telemetry.charts.lock import ChartName
from telemetry.charts.start_up import full_logs, loki_flush_seconds
from tests.artefacts.helm_driver import Json, render
from tests.chart_facts.objects import Facts, facts_of
from tests.chart_facts.recorded import chart_facts
from tests.chart_facts.values import RELEASES, STACKS, stack_values
from tests.stacks import settings_of

WORKLOADS = {"loki": "StatefulSet/loki", "tempo": "StatefulSet/tempo", "mimir": "StatefulSet/mimir-ingester"}
# Loki's memberlist: ten tries, the wait doubling from 1 s to 1 min and shortened by chance (the chart's configuration).
LEAST_JOIN_SECONDS = 159


def rendered(stack: str, release: str) -> dict[str, Facts]:
    return facts_of(render(RELEASES[release], stack_values(stack)[release], release))


def recorded(stack: str, release: str) -> dict[str, Facts]:
    return chart_facts(RELEASES[release]).rendering(release, stack).objects


def asks_whether_ready(probe: Json) -> bool:
    return probe.get("httpGet", {}).get("path", "").endswith("/ready")


def allowed_seconds(workload: Facts) -> float:
    """What probes leave a container from its start to ready, before one of them has it killed."""
    (container,) = workload["containers"].values()
    killers: list[Json] = [container[kind] for kind in ("startupProbe", "livenessProbe") if kind in container]
    return min((patience(probe) for probe in killers if asks_whether_ready(probe)), default=math.inf)


def patience(probe: Json) -> float:
    return probe["initialDelaySeconds"] + probe["failureThreshold"] * probe["periodSeconds"]


@pytest.mark.parametrize("objects", [rendered, recorded])
@pytest.mark.parametrize("release", WORKLOADS)
@pytest.mark.parametrize("stack", STACKS)
def test_probes_leave_the_time_that_the_fullest_log_takes(stack: str, release: str, objects: Any) -> None:
    log = full_logs(settings_of(stack))[WORKLOADS[release]]
    assert log.replay_seconds <= allowed_seconds(objects(stack, release)[WORKLOADS[release]])


@pytest.mark.parametrize("stack", STACKS)
def test_tempos_own_probe_would_kill_it_while_it_replays(stack: str) -> None:
    values = stack_values(stack)["tempo"]
    del values["tempo"]["livenessProbe"]
    workload = facts_of(render(ChartName.TEMPO, values))[WORKLOADS["tempo"]]
    assert allowed_seconds(workload) == 60
    assert full_logs(settings_of(stack))[WORKLOADS["tempo"]].replay_seconds > 60


@pytest.mark.parametrize("objects", [rendered, recorded])
@pytest.mark.parametrize("stack", STACKS)
def test_lokis_replicas_find_one_another_before_they_are_ready(stack: str, objects: Any) -> None:
    loki = objects(stack, "loki")
    gossip = loki["ConfigMap/loki"]["entries"]["config.yaml"]["memberlist"]
    assert gossip["abort_if_cluster_join_fails"] is True
    assert full_logs(settings_of(stack))[WORKLOADS["loki"]].replay_seconds > LEAST_JOIN_SECONDS
    (name,) = gossip["join_members"]
    assert loki[f"Service/{name.partition('.')[0]}"]["publishNotReadyAddresses"] is True


@pytest.mark.parametrize("objects", [rendered, recorded])
@pytest.mark.parametrize("service", ["loki", "loki-headless"])
@pytest.mark.parametrize("stack", STACKS)
def test_only_ready_replicas_of_loki_are_written_to_and_asked(stack: str, service: str, objects: Any) -> None:
    assert "publishNotReadyAddresses" not in objects(stack, "loki")[f"Service/{service}"]


@pytest.mark.parametrize("objects", [rendered, recorded])
@pytest.mark.parametrize("stack", STACKS)
def test_loki_may_flush_before_it_is_killed(stack: str, objects: Any) -> None:
    loki = objects(stack, "loki")
    wal = loki["ConfigMap/loki"]["entries"]["config.yaml"]["ingester"]["wal"]
    assert wal["flush_on_shutdown"] is True
    needed = loki_flush_seconds(settings_of(stack).sizes.loki.monolithic)
    assert needed <= loki[WORKLOADS["loki"]]["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("stack", STACKS)
def test_a_replay_of_loki_flushes_before_the_kernel_kills_it(stack: str) -> None:
    loki = rendered(stack, "loki")
    ceiling = loki["ConfigMap/loki"]["entries"]["config.yaml"]["ingester"]["wal"]["replay_memory_ceiling"]
    limit = loki[WORKLOADS["loki"]]["containers"]["loki"]["resources"]["limits"]["memory"]
    # Loki's reader of sizes (c2h5oh/datasize) has MB for 2**20 bytes and refuses MiB.
    assert re.fullmatch(r"\d+MB", ceiling)
    assert int(ceiling.removesuffix("MB")) <= 0.75 * int(limit.removesuffix("Mi"))


@pytest.mark.parametrize(("release", "named"), [("loki", "Loki"), ("tempo", "Tempo"), ("mimir", "Mimir's ingesters")])
def test_the_page_on_recovery_says_how_long_the_fullest_log_takes(release: str, named: str) -> None:
    seconds = [full_logs(settings_of(stack))[WORKLOADS[release]].replay_seconds for stack in STACKS]
    row = " | ".join(f"{math.ceil(one / 60)} min" for one in seconds)
    page = (PROJECT_ROOT / "docs" / "backup-recovery.md").read_text(encoding="utf-8")
    assert f"| {named} | {row} |" in page
