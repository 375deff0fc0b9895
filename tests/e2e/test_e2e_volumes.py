"""Volumes that grow, on an API server that refuses a changed claim template as every cluster does."""

import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.e2e.conftest import Platform
from tests.e2e.lost_runs import kill
from tests.e2e.outside_cluster import STORAGE_CLASS, existing, outside_cluster, set_object_store_keys

UP = ("up", "--yes", "--skip-preview", "--stack", "dev")


@pytest.fixture(scope="module")
def kubeconfig(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """Stack dev, up on a cluster that is there already."""
    with outside_cluster(platform, tmp_path_factory.mktemp("outside")) as plane:
        platform.change_settings("dev", cluster=existing(plane.admin_kubeconfig))
        set_object_store_keys(platform, "correct-horse-battery-staple")
        platform.pulumi(*UP)
        yield plane.admin_kubeconfig


def grow(platform: Platform, *more: str) -> CompletedProcess[str]:
    """`lgtm volumes grow`, as an operator runs it."""
    return platform.sandbox.capture(sys.executable, "-m", "ops", "volumes", "grow", "--stack", "dev", *more)


def pods(platform: Platform, kubeconfig: Path) -> dict[str, str]:
    """Uid of every pod."""
    found = platform.kubectl_json(kubeconfig, "get", "pods", "-n", "monitoring-dev")
    return {one["metadata"]["name"]: one["metadata"]["uid"] for one in found}


def claimed(platform: Platform, kubeconfig: Path) -> dict[str, str]:
    """Size of every claim."""
    found = platform.kubectl_json(kubeconfig, "get", "pvc", "-n", "monitoring-dev")
    return {one["metadata"]["name"]: one["spec"]["resources"]["requests"]["storage"] for one in found}


def test_up_alone_is_refused_by_the_api_server(platform: Platform, kubeconfig: Path) -> None:
    assert grow(platform).returncode == 0
    platform.change_settings(
        "dev", sizes={"loki": {"monolithic": {"volume_gib": 12}}, "mimir": {"ingester": {"volume_gib": 15}}}
    )
    refused = platform.pulumi(*UP, code=None)
    assert refused.returncode != 0
    assert "spec.volumeClaimTemplates: Invalid value" in refused.stdout + refused.stderr, refused.stdout
    assert "has been rolled back due to atomic being set" in refused.stdout + refused.stderr
    assert claimed(platform, kubeconfig)["storage-loki-0"] == "10Gi"


def test_a_storage_class_that_cannot_grow_is_named_before_anything_is_changed(
    platform: Platform, kubeconfig: Path
) -> None:
    refused = grow(platform, "--apply", "--yes")
    assert refused.returncode == 2
    assert "StorageClass standard: allowVolumeExpansion isn't true, so none of its volumes can grow" in refused.stderr
    path = platform.sandbox.directory / "growing-class.json"
    path.write_text(json.dumps(STORAGE_CLASS | {"allowVolumeExpansion": True}), encoding="utf-8")
    platform.kubectl(kubeconfig, "apply", "-f", str(path))
    shown = grow(platform)
    assert shown.returncode == 1
    assert "storage-loki-0 (10 GiB)" in shown.stdout
    assert "nothing was changed: --apply grows them" in shown.stdout


def test_grown_with_a_run_lost_on_the_way_and_no_pod_deleted(platform: Platform, kubeconfig: Path) -> None:
    before = pods(platform, kubeconfig)
    lose_a_run_when_a_stateful_set_goes(platform, kubeconfig)
    grown = grow(platform, "--apply", "--yes")
    assert grown.returncode == 0, grown.stdout + grown.stderr
    assert grow(platform).returncode == 0
    platform.pulumi(*UP)
    platform.pulumi("preview", "--stack", "dev", "--expect-no-changes")
    sizes = claimed(platform, kubeconfig)
    assert (sizes["storage-loki-0"], sizes["storage-mimir-ingester-0"]) == ("12Gi", "15Gi")
    assert pods(platform, kubeconfig) == before
    found = platform.kubectl_json(kubeconfig, "get", "pods", "-n", "monitoring-dev")
    owners = {one["metadata"]["name"]: one["metadata"]["ownerReferences"][0]["kind"] for one in found}
    assert owners["loki-0"] == owners["mimir-ingester-0"] == "StatefulSet", "adopted, not left alone"


def lose_a_run_when_a_stateful_set_goes(platform: Platform, kubeconfig: Path) -> None:
    """A run that is killed as soon as the API server says that Loki's StatefulSet is being deleted."""
    watch = subprocess.Popen(
        [
            "kubectl", "--kubeconfig", str(kubeconfig), "get", "statefulset", "loki", "-n", "monitoring-dev",
            "--watch-only", "--output", "name",
        ],
        env=platform.sandbox.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    run = subprocess.Popen(
        [sys.executable, "-m", "ops", "volumes", "grow", "--stack", "dev", "--apply", "--yes"],
        cwd=platform.sandbox.project, env=platform.sandbox.environment, text=True, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert watch.stdout is not None
        watch.stdout.readline()
    finally:
        kill(run)
        watch.kill()
        watch.communicate()


def test_a_smaller_size_is_one_message(platform: Platform, kubeconfig: Path) -> None:
    platform.change_settings("dev", sizes={"loki": {"monolithic": {"volume_gib": 11}}})
    refused = grow(platform, "--apply", "--yes")
    assert refused.returncode == 2
    assert refused.stderr == (
        "error: sizes.loki.monolithic.volume_gib: 11; a volume of loki has 12 GiB, and none can shrink; "
        "accepted: 12 or more\n"
    )
    assert claimed(platform, kubeconfig)["storage-loki-0"] == "12Gi"
