"""The lock table and the three places that a chart may come from."""

import hashlib
import re
from pathlib import Path

import pytest

from telemetry.charts import lock
from telemetry.charts.lock import CHARTS, LOCKED, ChartMirrorError, ChartName, ChartSource, ClusterChart, chart_source


@pytest.mark.parametrize("name", list(ChartName))
def test_without_a_mirror_a_chart_comes_from_its_public_repository_at_the_locked_version(name: ChartName) -> None:
    chart, source = CHARTS[name], chart_source(name, None)
    assert source.version == chart.version
    if chart.repository.startswith("oci://"):
        assert source == ChartSource(chart=f"{chart.repository}/{name}", version=chart.version)
    else:
        assert source == ChartSource(chart=name, repository=chart.repository, version=chart.version)


def test_pull_arguments_name_the_chart_where_it_is() -> None:
    assert CHARTS[ChartName.LOKI].pull_arguments() == ["oci://ghcr.io/grafana-community/helm-charts/loki"]
    assert CHARTS[ChartName.MIMIR].pull_arguments() == [
        "mimir-distributed",
        "--repo",
        "https://grafana.github.io/helm-charts",
    ]


@pytest.mark.parametrize("name", list(ClusterChart))
def test_a_cluster_s_charts_come_by_version_where_no_digest_is_published(name: ClusterChart, tmp_path: Path) -> None:
    chart = LOCKED[name]
    assert chart_source(name, None) == ChartSource(chart=f"oci://public.ecr.aws/karpenter/{name}", version="1.13.1")
    (tmp_path / chart.archive).write_bytes(b"any")
    assert chart_source(name, str(tmp_path)) == ChartSource(chart=f"{tmp_path}/{name}-1.13.1.tgz")


@pytest.mark.parametrize("mirror", ["oci://registry.example/charts", "oci://registry.example/charts/"])
def test_an_oci_mirror_holds_every_chart_at_the_locked_version(mirror: str) -> None:
    assert chart_source(ChartName.MIMIR, mirror) == ChartSource(
        chart="oci://registry.example/charts/mimir-distributed", version="6.2.0"
    )


def test_a_directory_mirror_serves_the_released_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loki-18.11.0.tgz").write_bytes(b"released")
    released = CHARTS[ChartName.LOKI].model_copy(update={"digest": hashlib.sha256(b"released").hexdigest()})
    monkeypatch.setattr(lock, "LOCKED", {**LOCKED, ChartName.LOKI: released})
    assert chart_source(ChartName.LOKI, str(tmp_path)) == ChartSource(chart=f"{tmp_path}/loki-18.11.0.tgz")


def test_a_directory_mirror_refuses_an_archive_that_was_not_released(tmp_path: Path) -> None:
    (tmp_path / "loki-18.11.0.tgz").write_bytes(b"another")
    found, locked = hashlib.sha256(b"another").hexdigest(), CHARTS[ChartName.LOKI].digest
    with pytest.raises(ChartMirrorError) as refused:
        chart_source(ChartName.LOKI, str(tmp_path))
    assert str(refused.value) == (
        f"charts.mirror {tmp_path}: {tmp_path}/loki-18.11.0.tgz: its sha256 is {found}, "
        f"and that of the released archive is {locked}; a chart of your own belongs into a folder loki/"
    )


@pytest.mark.parametrize("name", list(ChartName))
def test_every_chart_is_locked_by_its_own_digest(name: ChartName) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", CHARTS[name].digest)
    assert sum(chart.digest == CHARTS[name].digest for chart in CHARTS.values()) == 1


def test_a_directory_mirror_serves_a_folder_of_the_locked_version(tmp_path: Path) -> None:
    chart_folder(tmp_path / "loki", "18.11.0")
    assert chart_source(ChartName.LOKI, f"{tmp_path}/") == ChartSource(chart=f"{tmp_path}/loki")


def test_a_relative_mirror_is_relative_to_the_project_root_and_stays_relative_in_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart_folder(tmp_path / "mirror" / "tempo", "2.2.4")
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.setenv("LGTM_PROJECT", str(tmp_path))
    assert chart_source(ChartName.TEMPO, "./mirror") == ChartSource(chart="./mirror/tempo")


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("18.10.0", "holds version 18.10.0, and the platform's values are written for 18.11.0"),
        (None, "holds version None"),
    ],
)
def test_another_version_is_refused(tmp_path: Path, version: str | None, message: str) -> None:
    chart_folder(tmp_path / "loki", version)
    with pytest.raises(ChartMirrorError, match=message):
        chart_source(ChartName.LOKI, str(tmp_path))


def test_a_missing_chart_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ChartMirrorError, match=r"grafana 12\.11\.1 is missing; put grafana-12\.11\.1\.tgz or a folder"):
        chart_source(ChartName.GRAFANA, str(tmp_path))


def test_a_missing_directory_is_named() -> None:
    with pytest.raises(ChartMirrorError, match=r"charts\.mirror \./nowhere: there is no such directory"):
        chart_source(ChartName.GRAFANA, "./nowhere")


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"- version"])
def test_a_broken_chart_file_is_one_message(tmp_path: Path, content: bytes) -> None:
    chart_folder(tmp_path / "loki", "18.11.0")
    (tmp_path / "loki" / "Chart.yaml").write_bytes(content)
    with pytest.raises(ChartMirrorError, match=r"charts\.mirror"):
        chart_source(ChartName.LOKI, str(tmp_path))


def chart_folder(folder: Path, version: str | None) -> None:
    folder.mkdir(parents=True)
    line = f"version: {version}\n" if version else ""
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {folder.name}\n{line}", encoding="utf-8")
