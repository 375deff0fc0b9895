"""The sandbox's cert-manager on a real API server: Certificates lead to Secrets with real certificates."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.kubernetes.control_plane import ControlPlane
from tests.artefacts.kubernetes_driver import apply, eventually, get, kubectl

GROUP = "cert-manager.io"


def cert_manager_object(kind: str, name: str, namespace: str | None, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    control_plane = ControlPlane.start(
        name="certified", directory=tmp_path_factory.mktemp("control-plane"), authentication_webhook_url=None
    )
    try:
        control_plane.install_addon("cert-manager", "cert-manager")
        kubectl(control_plane, "create", "namespace", "monitoring")
        yield control_plane
    finally:
        control_plane.stop()


@pytest.fixture(scope="module")
def authority(cluster: ControlPlane) -> ControlPlane:
    """A cluster with an issuer that is ready."""
    apply(cluster, cert_manager_object("Issuer", "root", "cert-manager", {"selfSigned": {}}))
    ca = {"isCA": True, "commonName": "our-ca", "secretName": "our-ca", "duration": "87600h0m0s"}
    ca |= {"issuerRef": {"kind": "Issuer", "name": "root"}}
    apply(cluster, cert_manager_object("Certificate", "our-ca", "cert-manager", ca))
    apply(cluster, cert_manager_object("ClusterIssuer", "our-ca", None, {"ca": {"secretName": "our-ca"}}))
    eventually(lambda: ready(get(cluster, "clusterissuer", "our-ca")) == "True")
    return cluster


def ready(found: dict[str, Any]) -> str:
    conditions = found.get("status", {}).get("conditions", [])
    return next((one["status"] for one in conditions if one["type"] == "Ready"), "")


def leaf(**changes: Any) -> dict[str, Any]:
    spec = {
        "commonName": "loki",
        "dnsNames": ["loki.monitoring.svc"],
        "secretName": "loki-tls",
        "duration": "2160h0m0s",
        "usages": ["digital signature", "server auth"],
        "issuerRef": {"kind": "ClusterIssuer", "name": "our-ca"},
    }
    return cert_manager_object("Certificate", "loki", "monitoring", spec | changes)


def files(cluster: ControlPlane, secret: str, directory: Path) -> dict[str, Path]:
    data = get(cluster, "secret", secret, "-n", "monitoring")["data"]
    for key, content in data.items():
        (directory / key).write_bytes(base64.b64decode(content))
    return {key: directory / key for key in data}


def issued(authority: ControlPlane) -> None:
    eventually(lambda: ready(get(authority, "certificate", "loki", "-n", "monitoring")) == "True")


def test_a_certificate_is_issued_that_openssl_verifies(authority: ControlPlane, tmp_path: Path) -> None:
    apply(authority, leaf())
    issued(authority)
    found = files(authority, "loki-tls", tmp_path)
    assert set(found) == {"ca.crt", "tls.crt", "tls.key"}
    check = ["openssl", "verify", "-CAfile", found["ca.crt"], "-purpose", "sslserver", "-verify_hostname"]
    verdict = subprocess.run([*check, "loki.monitoring.svc", found["tls.crt"]], capture_output=True, check=False)
    assert verdict.returncode == 0, verdict.stderr
    other = subprocess.run([*check, "tempo.monitoring.svc", found["tls.crt"]], capture_output=True, check=False)
    assert other.returncode != 0
    certificate = x509.load_pem_x509_certificate(found["tls.crt"].read_bytes())
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 90


def test_a_changed_certificate_is_issued_again_and_a_lost_secret_comes_back(
    authority: ControlPlane, tmp_path: Path
) -> None:
    apply(authority, leaf())
    issued(authority)
    first = files(authority, "loki-tls", tmp_path)["tls.crt"].read_bytes()
    apply(authority, leaf(dnsNames=["loki"]))
    eventually(lambda: files(authority, "loki-tls", tmp_path)["tls.crt"].read_bytes() != first)
    kubectl(authority, "delete", "secret", "loki-tls", "-n", "monitoring")
    eventually(lambda: kubectl(authority, "get", "secret", "loki-tls", "-n", "monitoring", check=False).returncode == 0)


def test_a_certificate_of_an_issuer_that_is_not_there_says_so(authority: ControlPlane) -> None:
    lost = leaf(secretName="lost-tls", issuerRef={"kind": "ClusterIssuer", "name": "nobody"})
    lost["metadata"]["name"] = "lost"
    apply(authority, lost)

    def condition() -> dict[str, Any]:
        found = get(authority, "certificate", "lost", "-n", "monitoring")
        return next(iter(found.get("status", {}).get("conditions", [])), {})

    eventually(lambda: condition().get("status") == "False")
    assert condition()["message"] == "Issuing certificate: ClusterIssuer nobody is not there"
