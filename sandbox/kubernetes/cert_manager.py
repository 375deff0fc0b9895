"""What cert-manager does in a simulated cluster: it issues real certificates for `Certificate` objects.

Of its issuers the self-signed one and the CA are played. A certificate is issued once for each generation of its object
and whenever its Secret is gone; nothing is renewed, because no sandbox lives for weeks.
Source: cert-manager documentation, "Certificate resource", "SelfSigned" and "CA" issuers.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import re

from sandbox.kubernetes.api import ApiClient, ApiError, JsonObject, child, entries
from sandbox.kubernetes.authority import Authority, Issued
from sandbox.kubernetes.events import now

API = "/apis/cert-manager.io/v1"
# Where cert-manager runs as an EKS add-on, and where cluster-wide issuers have their Secrets.
NAMESPACE = "cert-manager"
DEFAULT_DURATION = "2160h"
SECRET_TYPE = "kubernetes.io/tls"
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class CertManager:
    """Call `reconcile` again and again; it does nothing while the cluster has no cert-manager."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._secrets: dict[tuple[str, str], JsonObject] = {}

    def reconcile(self) -> None:
        """Look at every issuer and every certificate."""
        issuers = [(issuer, True) for issuer in self._list("issuers")]
        issuers += [(issuer, False) for issuer in self._list("clusterissuers")]
        if not issuers:
            return
        self._secrets = {
            (secret["metadata"]["namespace"], secret["metadata"]["name"]): secret
            for secret in self._client.list("/api/v1/secrets", field_selector=f"type={SECRET_TYPE}")
        }
        for issuer, namespaced in issuers:
            self._judge(issuer, namespaced)
        for certificate in self._list("certificates"):
            if not self._current(certificate):
                self._issue(certificate)

    def _list(self, resource: str) -> list[JsonObject]:
        try:
            return self._client.list(f"{API}/{resource}")
        except ApiError as error:
            if error.status == 404:
                return []
            raise

    def _judge(self, issuer: JsonObject, namespaced: bool) -> None:
        metadata = issuer["metadata"]
        namespace = metadata["namespace"] if namespaced else NAMESPACE
        ready, message = True, "Signing CA verified"
        if "ca" in issuer["spec"]:
            secret_name = issuer["spec"]["ca"]["secretName"]
            ready = self._pair(namespace, secret_name) is not None
            message = message if ready else f'secret "{secret_name}" not found'
        resource = f"namespaces/{namespace}/issuers" if namespaced else "clusterissuers"
        self._set_ready(f"{API}/{resource}/{metadata['name']}", issuer, ready, message)

    def _current(self, certificate: JsonObject) -> bool:
        metadata = certificate["metadata"]
        ready = _ready(certificate)
        issued = ready.get("status") == "True" and ready.get("observedGeneration") == metadata["generation"]
        return issued and self._pair(metadata["namespace"], certificate["spec"]["secretName"]) is not None

    def _issue(self, certificate: JsonObject) -> None:
        metadata, spec = certificate["metadata"], certificate["spec"]
        path = f"{API}/namespaces/{metadata['namespace']}/certificates/{metadata['name']}"
        try:
            pair, authority = self._sign(metadata["namespace"], spec)
        except (LookupError, ValueError) as error:
            self._set_ready(path, certificate, False, f"Issuing certificate: {error}")
            return
        self._write(metadata["namespace"], spec, pair, authority)
        self._set_ready(path, certificate, True, "Certificate is up to date and has not expired")

    def _sign(self, namespace: str, spec: JsonObject) -> tuple[Issued, bytes]:
        """The certificate, and that of the authority. Raises LookupError or ValueError with the reason why not."""
        lifetime = duration(spec.get("duration", DEFAULT_DURATION))
        common_name = spec.get("commonName", "")
        issuer, issuer_namespace = self._issuer(namespace, spec["issuerRef"])
        if "selfSigned" in issuer["spec"]:
            if not spec.get("isCA"):
                raise ValueError("the sandbox signs no certificate by its own key but a CA's")
            own = Authority.self_signed(common_name, lifetime)
            return own.pair, own.pair.certificate
        signing = self._pair(issuer_namespace, issuer["spec"]["ca"]["secretName"])
        if signing is None:
            raise LookupError(f"the issuer's secret {issuer['spec']['ca']['secretName']} is not there")
        usages, names = spec.get("usages", []), spec.get("dnsNames", [])
        return Authority(signing).issue(common_name, lifetime, usages, names), signing.certificate

    def _issuer(self, namespace: str, reference: JsonObject) -> tuple[JsonObject, str]:
        kind, name = reference.get("kind", "Issuer"), reference["name"]
        cluster_wide = kind == "ClusterIssuer"
        path = f"clusterissuers/{name}" if cluster_wide else f"namespaces/{namespace}/issuers/{name}"
        found = self._client.get(f"{API}/{path}")
        if found is None:
            raise LookupError(f"{kind} {name} is not there")
        return found, NAMESPACE if cluster_wide else namespace

    def _pair(self, namespace: str, secret_name: str) -> Issued | None:
        secret = self._secrets.get((namespace, secret_name), {})
        try:
            return Issued(*(base64.b64decode(child(secret, "data")[key]) for key in ("tls.crt", "tls.key")))
        except (KeyError, binascii.Error):
            return None

    def _write(self, namespace: str, spec: JsonObject, pair: Issued, authority: bytes) -> None:
        data = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority}
        secret: JsonObject = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": spec["secretName"], "namespace": namespace, **child(spec, "secretTemplate")},
            "type": SECRET_TYPE,
            "data": {key: base64.b64encode(content).decode() for key, content in data.items()},
        }
        path = f"/api/v1/namespaces/{namespace}/secrets"
        if not self._client.create_if_absent(path, secret):
            self._client.patch(f"{path}/{spec['secretName']}", {"data": secret["data"]})

    def _set_ready(self, path: str, subject: JsonObject, ready: bool, message: str) -> None:
        wanted: JsonObject = {
            "type": "Ready",
            "status": "True" if ready else "False",
            "reason": "Ready" if ready else "Pending",
            "message": message,
            "observedGeneration": subject["metadata"]["generation"],
        }
        current = _ready(subject)
        if all(current.get(key) == value for key, value in wanted.items()):
            return
        condition = {**wanted, "lastTransitionTime": now()}
        self._client.patch(f"{path}/status", {"status": {"conditions": [condition]}})


def duration(text: str) -> datetime.timedelta:
    """A duration as Go writes it. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"time: invalid duration {text!r}")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _ready(subject: JsonObject) -> JsonObject:
    ready = [one for one in entries(child(subject, "status"), "conditions") if one["type"] == "Ready"]
    return ready[0] if ready else {}
