"""The stand-in charts make of our values what the real charts made of them when their facts were recorded."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import cast

import pytest

from sandbox.chart_source import pull
from telemetry.charts.lock import CHARTS, ChartName
from tests.artefacts.helm_driver import STAND_INS, Json, helm, render
from tests.chart_facts import sources
from tests.chart_facts.__main__ import changes, record
from tests.chart_facts.objects import differences, facts_of
from tests.chart_facts.recorded import chart_facts
from tests.chart_facts.sources import ChartError
from tests.chart_facts.values import RELEASES, STACKS, recorded_values


@pytest.mark.parametrize("chart", ChartName)
def test_facts_are_those_of_the_locked_version(chart: ChartName) -> None:
    facts = chart_facts(chart)
    assert (facts.chart, facts.version) == (chart, CHARTS[chart].version)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("stack", STACKS)
def test_stand_in_makes_what_the_real_chart_makes(stack: str, release: str) -> None:
    chart = RELEASES[release]
    recorded = chart_facts(chart).rendering(release, stack)
    assert differences(recorded.objects, facts_of(render(chart, recorded.values, release))) == []


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("stack", STACKS)
def test_every_key_that_is_set_was_set_when_facts_were_recorded(stack: str, release: str) -> None:
    """A key that the real chart never saw is one that the stand-in may flatter: `make chart-facts` records it."""
    keys = chart_facts(RELEASES[release]).keys
    recorded = chart_facts(RELEASES[release]).rendering(release, stack).values
    assert _set(recorded_values(stack, release), keys) - _set(recorded, keys) == set()


def _set(values: Json, keys: dict[str, str], prefix: str = "") -> set[str]:
    """Paths of the chart's keys, as deep as its values.yaml goes; what it hands on is one key."""
    return {
        path
        for key, value in values.items()
        for path in (
            _set(cast("Json", value), keys, f"{prefix}{key}.")
            if isinstance(value, dict) and any(known.startswith(f"{prefix}{key}.") for known in keys)
            else {f"{prefix}{key}"}
        )
    }


SERVICE: Json = {
    "kind": "Service",
    "metadata": {"name": "ring", "labels": {"helm.sh/chart": "x-1"}},
    "spec": {"clusterIP": "None", "ports": [{"name": "tcp", "port": 7946}], "selector": {"app": "x"}},
}


def test_facts_leave_out_what_kubernetes_takes_anyway() -> None:
    said = {**SERVICE, "spec": {**SERVICE["spec"], "internalTrafficPolicy": "Cluster", "type": "ClusterIP"}}
    assert facts_of([said]) == facts_of([SERVICE])


def test_a_difference_names_its_object_and_both_sides() -> None:
    published = {**SERVICE, "spec": {**SERVICE["spec"], "publishNotReadyAddresses": True}}
    assert differences(facts_of([SERVICE]), facts_of([published])) == [
        "Service/ring · publishNotReadyAddresses · real absent, stand-in True"
    ]


def test_an_object_that_one_side_lacks_is_a_difference() -> None:
    assert differences(facts_of([SERVICE]), {}) == [
        "Service/ring · real {'headless': True, 'ports': {'tcp': '7946/TCP to 7946'}, 'selector': {'app': 'x'}}, "
        "stand-in absent"
    ]


def test_what_helm_runs_as_a_test_is_no_part_of_a_release() -> None:
    hook = {"kind": "Pod", "metadata": {"name": "t", "annotations": {"helm.sh/hook": "test"}}}
    assert facts_of([hook]) == {}


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """A chart repository on loopback with one chart."""
    folder = tmp_path / "repository"
    helm("package", str(STAND_INS / ChartName.TEMPO), "--destination", str(folder))
    helm("repo", "index", str(folder))
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_chart_is_recorded_from_a_folder_an_archive_and_a_repository(repository: str, tmp_path: Path) -> None:
    places = (str(STAND_INS / ChartName.TEMPO), str(STAND_INS), str(tmp_path / "repository"), repository)
    found = [record(ChartName.TEMPO, place, "here") for place in places]
    assert found[1:] == found[:1] * 3
    assert [rendering.stack for rendering in found[0].renderings] == list(STACKS)
    assert all("StatefulSet/tempo" in rendering.objects for rendering in found[0].renderings)


def test_the_sandbox_takes_no_archive_but_the_released_one(repository: str, tmp_path: Path) -> None:
    chart = CHARTS[ChartName.TEMPO].model_copy(update={"repository": repository})
    problem = pull(Path(sources.helm()), chart, tmp_path)
    assert problem is not None
    assert f"and that of the released archive is {chart.digest}" in problem
    assert not (tmp_path / chart.archive).exists()
    packed = hashlib.sha256((tmp_path / "repository" / chart.archive).read_bytes()).hexdigest()
    assert pull(Path(sources.helm()), chart.model_copy(update={"digest": packed}), tmp_path) is None
    assert (tmp_path / chart.archive).is_file()


def test_a_check_names_what_is_not_as_recorded() -> None:
    recorded = chart_facts(ChartName.TEMPO)
    first, *rest = recorded.renderings
    moved = first.model_copy(update={"objects": {**first.objects, "ServiceAccount/tempo": {}}})
    assert changes(recorded, recorded) == []
    assert changes(recorded, recorded.model_copy(update={"renderings": (moved, *rest)})) == [
        "tempo of dev · objects · ServiceAccount/tempo · token · real False, stand-in absent"
    ]


def test_another_version_is_not_recorded(tmp_path: Path) -> None:
    folder = shutil.copytree(STAND_INS / ChartName.TEMPO, tmp_path / "tempo")
    chart = folder / "Chart.yaml"
    chart.write_text(chart.read_text(encoding="utf-8").replace("2.2.4", "2.2.3"), encoding="utf-8")
    with pytest.raises(ChartError, match=r"holds tempo 2\.2\.3, and 2\.2\.4 is locked"):
        record(ChartName.TEMPO, str(tmp_path), None)
