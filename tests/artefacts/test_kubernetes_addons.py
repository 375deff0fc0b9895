"""What EKS's community add-ons leave in a simulated cluster: namespaces, and cert-manager's kinds with their rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.kubernetes import port_forward
from sandbox.kubernetes.control_plane import ControlPlane
from tests.artefacts.kubernetes_driver import apply, kubectl

CERT_MANAGER = "cert-manager"
ISSUER = {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "ca"}
NAMES = ["certificates.cert-manager.io", "clusterissuers.cert-manager.io", "issuers.cert-manager.io"]


def certificate(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "tested", "namespace": "default"},
        "spec": {"secretName": "tested", "issuerRef": ISSUER, "duration": "2160h", **spec},
    }


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    started = ControlPlane.start(
        name="tested", directory=tmp_path_factory.mktemp("addons"), authentication_webhook_url=None
    )
    try:
        started.install_addon(CERT_MANAGER, CERT_MANAGER)
        yield started
    finally:
        started.stop()


SANDBOX_KIND = f"{port_forward.PLURAL}.{port_forward.GROUP}"


def kinds(control_plane: ControlPlane) -> list[str]:
    listed = kubectl(control_plane, "get", "customresourcedefinitions", "-o", "name").stdout.split()
    # The sandbox's own is there from the start.
    return sorted(name for one in listed if (name := one.partition("/")[2]) != SANDBOX_KIND)


def test_objects_are_accepted_at_once(control_plane: ControlPlane) -> None:
    assert kinds(control_plane) == NAMES
    assert kubectl(control_plane, "get", "namespace", CERT_MANAGER).returncode == 0
    apply(
        control_plane,
        certificate(
            isCA=True,
            commonName="tested",
            dnsNames=["tested.example"],
            renewBefore="720h",
            privateKey={"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            usages=["digital signature", "server auth"],
            secretTemplate={"labels": {"a": "b"}},
            revisionHistoryLimit=3,
        ),
    )
    kept = kubectl(control_plane, "get", "certificate", "tested", "-o", "jsonpath={.spec.revisionHistoryLimit}").stdout
    assert kept == "3"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"secretName": ""}, "spec.secretName"),
        ({"issuerRef": {"kind": "Issuer"}}, "spec.issuerRef.name"),
        ({"duration": "90d"}, "spec.duration"),
        ({"privateKey": {"algorithm": "DSA"}}, "spec.privateKey.algorithm"),
        ({"usages": ["serving"]}, "spec.usages"),
        ({"dnsNames": "tested.example"}, "spec.dnsNames"),
    ],
)
def test_wrong_values_are_refused(control_plane: ControlPlane, spec: dict[str, Any], message: str) -> None:
    result = kubectl(control_plane, "apply", "-f", "-", given=certificate(**spec), check=False)
    assert result.returncode != 0
    assert message in result.stderr


def test_removal_takes_everything_and_can_be_undone(control_plane: ControlPlane) -> None:
    control_plane.remove_addon(CERT_MANAGER, CERT_MANAGER)
    assert kinds(control_plane) == []
    assert kubectl(control_plane, "get", "namespace", CERT_MANAGER, check=False).returncode != 0
    control_plane.install_addon(CERT_MANAGER, CERT_MANAGER)
    assert kinds(control_plane) == NAMES


def test_installing_twice_changes_nothing(control_plane: ControlPlane) -> None:
    control_plane.install_addon(CERT_MANAGER, CERT_MANAGER)
    assert kinds(control_plane) == NAMES


def test_other_add_ons_bring_their_namespace_only(control_plane: ControlPlane) -> None:
    before = kinds(control_plane)
    control_plane.install_addon("kube-state-metrics", "kube-state-metrics")
    control_plane.install_addon("coredns", "kube-system")
    assert kubectl(control_plane, "get", "namespace", "kube-state-metrics").returncode == 0
    assert kinds(control_plane) == before
    control_plane.remove_addon("coredns", "kube-system")
    assert kubectl(control_plane, "get", "namespace", "kube-system").returncode == 0
