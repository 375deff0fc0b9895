"""The metrics that rules and dashboards may name really come out of agent and gateway, under these names and labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml

from telemetry.alerting.rules.inventory import InventoryFile, inventory_files
from telemetry.alerting.rules.kubernetes import PENDING
from telemetry.collector.scrapes import Scrape, scrapes
from tests.artefacts.agent_driver import Cluster, running_cluster
from tests.artefacts.collector_inventory import (
    COLLECTOR_INVENTORY,
    DOCUMENTED,
    HEADER,
    SELF_SCRAPED,
    STACK,
    Arrived,
    arrived,
    every_metric,
    run,
)
from tests.artefacts.kubernetes_driver import apply, kubectl, pod
from tests.artefacts.otlp_sink import Sink, attributes
from tests.artefacts.prometheus_names import metric_name
from tests.artefacts.scrape_targets import CLAIM, COMPONENT, UNLISTED
from tests.stacks import stack_settings

WAITING = "waiting"
JOBS = scrapes(stack_settings(STACK))
LISTED = [job for job in JOBS if job.inventory is not None]


class Run(NamedTuple):
    cluster: Cluster
    sink: Sink
    found: dict[str, Arrived]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Both collectors with everything to collect, once."""
    directory = tmp_path_factory.mktemp("inventory")
    with running_cluster(directory / "cluster") as cluster:
        # No node has its label: the scheduler never places it.
        kubectl(cluster.control_plane, "create", "namespace", WAITING)
        apply(cluster.control_plane, pod("homeless", WAITING, nodeSelector={"no": "node"}))
        sink = run(cluster, directory / "run")
        yield Run(cluster, sink, arrived(sink))


def test_every_recorded_metric_arrives_with_its_type_and_labels(result: Run) -> None:
    recorded = inventory_files()["collector"].metrics
    produced = {name: metric for name, metric in recorded.items() if name not in DOCUMENTED}
    assert len(produced) > 100
    assert [name for name in produced if name not in result.found] == []
    for name, metric in produced.items():
        found = result.found[name]
        assert (name, metric.type, set(metric.labels) - found.labels) == (name, found.kind, set())


def test_the_file_says_how_it_was_made() -> None:
    text = COLLECTOR_INVENTORY.read_text()
    assert text.startswith(HEADER)
    assert list(yaml.safe_load(text)["metrics"]) == sorted(yaml.safe_load(text)["metrics"])


@pytest.mark.parametrize("job", LISTED, ids=lambda job: job.job)
def test_listed_metrics_of_a_scraped_target_are_kept_under_their_names(result: Run, job: Scrape) -> None:
    file: InventoryFile = inventory_files()[str(job.inventory)]
    of_job = {
        metric_name(metric.name, metric.unit, counter=_counts(metric), gauge=False): metric
        for resource, _, metric in every_metric(result.sink)
        if attributes(resource).get("service.name") == job.job
    }
    # A counter without its suffix gets it from Mimir.
    wanted = {name if metric.type != "counter" else f"{name.removesuffix('_total')}_total"
              for name, metric in file.metrics.items()}  # fmt: skip
    assert len(wanted) >= 3
    assert wanted - of_job.keys() == set()
    assert UNLISTED not in of_job


def _counts(metric: Any) -> bool:
    return metric.WhichOneof("data") == "sum" and metric.sum.is_monotonic


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.job)
def test_scraped_series_say_where_they_come_from(result: Run, job: Scrape) -> None:
    resources = [r for r, _ in result.sink.measured("up") if attributes(r)["service.name"] == job.job]
    about = attributes(resources[-1])
    assert about["service.instance.id"] == about["k8s.pod.name"]
    assert about["k8s.pod.name"].startswith(f"{job.job}-")
    assert about["k8s.namespace.name"] == job.namespace
    assert about["k8s.node.name"] == result.cluster.node
    assert about["k8s.container.name"] == "main"
    assert about["k8s.cluster.name"] == "tested"
    assert about["deployment.environment.name"] == STACK
    # Mimir would make job of both: <namespace>/<name>.
    assert "service.namespace" not in about


def test_only_mimirs_series_carry_their_component(result: Run) -> None:
    components = {
        (attributes(resource)["service.name"], attributes(point).get("component"))
        for resource, metric in result.sink.measured("up")
        for point in metric.gauge.data_points
    }
    assert components == {(job.job, COMPONENT if job.job == "mimir" else None) for job in JOBS}


def test_every_target_is_up(result: Run) -> None:
    last = {
        attributes(resource)["service.instance.id"]: point.as_double
        for resource, metric in result.sink.measured("up")
        for point in metric.gauge.data_points
    }
    assert len(last) == len(JOBS) + 3
    assert set(last.values()) == {1.0}


def test_state_metrics_speak_of_their_own_objects(result: Run) -> None:
    """honor_labels: the pod in kube-state-metrics' series is the one that it speaks of."""
    labels = [
        attributes(point)
        for _, metric in result.sink.measured("kube_pod_status_phase")
        for point in metric.gauge.data_points
    ]
    assert labels
    assert all({"namespace", "pod", "phase"} <= one.keys() for one in labels)
    assert not any(key.startswith("exported_") for one in labels for key in one)


def test_collectors_dont_repeat_their_resource_on_every_series(result: Run) -> None:
    for resource, _, metric in every_metric(result.sink):
        if attributes(resource).get("service.name") in SELF_SCRAPED:
            for point in getattr(metric, str(metric.WhichOneof("data"))).data_points:
                assert not {"service_name", "service_version", "service_instance_id"} & attributes(point).keys()


def test_calls_are_counted_by_tenant_without_operations(result: Run) -> None:
    points = [
        attributes(point)
        for _, metric in result.sink.measured("traces.tenants.calls")
        for point in metric.sum.data_points
    ]
    assert {point["tenant.id"] for point in points} == {"acme"}
    assert not any("span.name" in point for point in points)
    assert "traces_tenants_duration_seconds" not in result.found


def test_span_metrics_know_the_http_status_and_no_pod(result: Run) -> None:
    measured = list(result.sink.measured("traces.span.metrics.calls"))
    codes = {attributes(p)["http.response.status_code"] for _, metric in measured for p in metric.sum.data_points}
    assert codes == {"200", "503"}
    for resource, _ in measured:
        assert {"service.instance.id", "k8s.pod.name", "k8s.node.name"}.isdisjoint(attributes(resource))


def test_volumes_are_known_by_their_claims(result: Run) -> None:
    claims = {
        attributes(r).get("k8s.persistentvolumeclaim.name") for r, _ in result.sink.measured("k8s.volume.available")
    }
    assert claims == {CLAIM}


def test_a_pod_without_a_node_says_so(result: Run) -> None:
    """The alert NodesDontCome asks for pods that are pending and have no node."""
    phases = {
        about["k8s.namespace.name"]: (about.get("k8s.node.name", ""), point.as_int)
        for resource, metric in result.sink.measured("k8s.pod.phase")
        for point in metric.gauge.data_points
        for about in (attributes(resource),)
    }
    assert phases[WAITING] == ("", PENDING)
    assert phases["shop"][0] == result.cluster.node


def test_object_states_dont_name_the_elected_agents_node(result: Run) -> None:
    resources = [attributes(resource) for resource, _ in result.sink.measured("k8s.deployment.available")]
    assert {about["k8s.deployment.name"] for about in resources} == {"checkout"}
    assert not any("k8s.node.name" in about for about in resources)
