"""The operator's port-forward, by a real kubectl and API server, to a collector that listens as the rendered one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.backends.errors import LiveError
from ops.backends.http import Address, HttpService
from ops.backends.port_forward import Forwarded, PortForward
from sandbox.kubernetes import port_forward
from sandbox.kubernetes.control_plane import ControlPlane
from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import LOOPBACK, OWN_ADDRESS, Collector, Ports, on_loopback, running
from tests.artefacts.kubernetes_driver import apply, group, kubectl, pod
from tests.artefacts.otlp_sink import Sink
from tests.stacks import stack_settings

NAMESPACE = "monitoring"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One node, and a pod of the gateway's with its service."""
    control_plane = ControlPlane.start(
        name="tested", directory=tmp_path_factory.mktemp("cluster"), authentication_webhook_url=None
    )
    try:
        control_plane.add_node_group(group("general", count=1))
        kubectl(control_plane, "create", "namespace", NAMESPACE)
        body = pod(
            "collector-gateway-0", NAMESPACE, container={"ports": [{"containerPort": 4318, "name": "otlp-http"}]}
        )
        body["metadata"]["labels"] = {"app": "gateway"}
        apply(control_plane, body)
        ports = [{"name": "otlp-http", "port": 4318, "targetPort": "otlp-http"}]
        apply(
            control_plane,
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "collector-gateway", "namespace": NAMESPACE},
                "spec": {"selector": {"app": "gateway"}, "ports": ports},
            },
        )
        kubectl(control_plane, "-n", NAMESPACE, "wait", "--for=condition=Ready", "pod/collector-gateway-0")
        yield control_plane
    finally:
        control_plane.stop()


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    directory = tmp_path_factory.mktemp("gateway")
    (directory / "state").mkdir()
    ports = Ports.free()
    with Sink() as sink:
        document = on_loopback(
            gateway_config(stack_settings("dev")).document(), ports, directory / "state", sink.back_ends
        )
        with running(document, ports, directory) as one:
            yield one


def asked(cluster: ControlPlane, folder: Path) -> None:
    """One request through the way that `lgtm connectivity` and `load-test` take. Raises `LiveError`."""
    what = Forwarded(NAMESPACE, "svc/collector-gateway", 4318)
    forward = PortForward(what, cluster.admin_kubeconfig, folder)
    try:
        address = Address("otlp", "http://collector-gateway:4318", (LOOPBACK, forward.port))
        HttpService(address, timeout_seconds=10).get("/", attempts=1)
    finally:
        forward.close()


def test_a_port_that_nothing_listens_on_is_refused(cluster: ControlPlane, tmp_path: Path) -> None:
    with pytest.raises(LiveError) as refused:
        asked(cluster, tmp_path)
    assert refused.value.status is None


def test_the_collector_is_reached_as_a_kubelet_reaches_it(
    cluster: ControlPlane, collector: Collector, tmp_path: Path
) -> None:
    """By localhost inside the pod; its HTTP port answers 404 to a GET of its root."""
    port_forward.listen(cluster.client, NAMESPACE, "collector-gateway-0", {4318: collector.ports.http})
    with pytest.raises(LiveError) as answered:
        asked(cluster, tmp_path)
    assert answered.value.status == 404


def test_loopback_isnt_the_pods_own_address() -> None:
    """What the driver binds for a listener on the pod's address alone, which this way never reaches."""
    assert port_forward.INSIDE_THE_POD == LOOPBACK != OWN_ADDRESS
