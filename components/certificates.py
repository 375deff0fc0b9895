"""The stack's own CA and the certificates of the platform's parts, as objects of cert-manager.

The agents have a namespace of their own, so the CA's issuer is a cluster-wide one, whose key cert-manager looks for in
its own namespace. Source: cert-manager documentation, "CA" and "SelfSigned" issuers, "Certificate".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.namespace import PART_OF, PlatformNamespace
from planning.backends import LOKI
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.tls import CA_DAYS, CA_ENTRY, Certificate, ca_name, certificates, duration_of, renewal_before

API_GROUP = "cert-manager.io"
API_VERSION = f"{API_GROUP}/v1"
# Of both cert-manager's own objects and the Secrets that it makes.
LABELS: Mapping[str, str] = {"app.kubernetes.io/part-of": PART_OF}
# Pulumi's Kubernetes provider waits for this condition, so that a certificate that isn't issued is an error by its name
# and not a pod that hangs.
WAIT_FOR = {"pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "300"}


@dataclass(frozen=True)
class CertificatesArgs:
    """Inputs of `Certificates`."""

    settings: PlatformSettings
    namespace: PlatformNamespace


class Certificates(pulumi.ComponentResource):
    """A self-signed CA, its cluster-wide issuer, and one certificate for each part; nothing in plain mode."""

    secret_names: Mapping[str, str]
    """Secret by certificate."""

    def __init__(self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Certificates", name, None, opts)
        self._args = args
        wanted = certificates(args.settings)
        self.secret_names = {certificate.name: certificate.secret_name for certificate in wanted}
        if wanted:
            issuer = self._authority()
            for certificate in wanted:
                self._leaf(certificate, issuer)
        self.register_outputs({"secretNames": dict(self.secret_names)})

    def exports(self) -> dict[str, Any]:
        """Stack outputs: where clients from outside find the CA's certificate; nothing in plain mode."""
        if not self.secret_names:
            return {}
        secret = {"namespace": self._args.namespace.name, "name": self.secret_names[LOKI.name], "key": CA_ENTRY}
        return {"ca_certificate_secret": secret}

    def _authority(self) -> CustomResource:
        """From nothing to an issuer: self-signed issuer, CA certificate, CA issuer."""
        name, namespace = ca_name(self._args.settings), self._args.settings.tls.cert_manager_namespace
        root = self._object("Issuer", f"{name}-root", namespace, {"selfSigned": {}}, [])
        authority = self._object(
            "Certificate",
            name,
            namespace,
            {
                "isCA": True,
                "commonName": name,
                "secretName": name,
                "duration": duration_of(CA_DAYS),
                "renewBefore": renewal_before(CA_DAYS),
                # A renewed CA keeps its key: what it has signed stays valid, and nothing needs to be read again.
                "privateKey": _private_key("Never"),
                "usages": ["digital signature", "cert sign", "crl sign"],
                "issuerRef": {"group": API_GROUP, "kind": "Issuer", "name": f"{name}-root"},
                "secretTemplate": {"labels": dict(LABELS)},
            },
            [root],
        )
        return self._object("ClusterIssuer", name, None, {"ca": {"secretName": name}}, [authority])

    def _leaf(self, certificate: Certificate, issuer: CustomResource) -> None:
        settings, days = self._args.settings, self._args.settings.tls.certificate_days
        self._object(
            "Certificate",
            certificate.name,
            certificate.namespace,
            {
                "commonName": certificate.name,
                **({"dnsNames": list(certificate.dns_names)} if certificate.dns_names else {}),
                "secretName": certificate.secret_name,
                "duration": duration_of(days),
                "renewBefore": renewal_before(days),
                "privateKey": _private_key("Always"),
                "usages": ["digital signature", certificate.usage.value],
                "issuerRef": {"group": API_GROUP, "kind": "ClusterIssuer", "name": ca_name(settings)},
                "secretTemplate": {"labels": dict(LABELS)},
            },
            [issuer, self._args.namespace],
        )

    def _object(
        self,
        kind: str,
        name: str,
        namespace: str | None,
        spec: dict[str, Any],
        depends_on: Sequence[pulumi.Resource],
    ) -> CustomResource:
        return CustomResource(
            f"{kind.lower()}-{name}",
            api_version=API_VERSION,
            kind=kind,
            metadata=ObjectMetaArgs(name=name, namespace=namespace, labels=LABELS, annotations=WAIT_FOR),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )


def _private_key(rotation_policy: str) -> dict[str, Any]:
    """ECDSA on P-256, a fraction of RSA's work; `rotation_policy` says whether a renewal makes a new key."""
    return {"algorithm": "ECDSA", "size": 256, "rotationPolicy": rotation_policy}
