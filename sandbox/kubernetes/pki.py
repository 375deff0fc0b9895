"""The certificates of one simulated cluster: a certificate authority, the API server's certificate, client
certificates, and the key that signs service-account tokens.

A directory that holds a certificate authority already keeps it, so a kubeconfig stays valid when a control plane is
started again; leaf certificates are issued anew at every start.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.kubernetes.x509_parts import certificate_builder, key_usage, private_key_pem

CA_LIFETIME = datetime.timedelta(days=3650)
LEAF_LIFETIME = datetime.timedelta(days=365)
# The first address of EKS's default service range 10.100.0.0/16 is the `kubernetes` Service's.
KUBERNETES_SERVICE_IP = "10.100.0.1"
SERVER_DNS_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)


@dataclass(frozen=True)
class KeyPair:
    """Where a certificate and its private key (PEM) are."""

    certificate_file: Path
    key_file: Path


class CertificateAuthority:
    """Issues the certificates of one cluster into `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate_file = directory / "ca.crt"
        self._key_file = directory / "ca.key"
        if not (self.certificate_file.exists() and self._key_file.exists()):
            self._create()
        self._certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        self._key = _load_key(self._key_file)

    @property
    def certificate_pem(self) -> str:
        return self.certificate_file.read_text()

    def server_certificate(self) -> KeyPair:
        """The API server's certificate, valid on loopback and for the in-cluster names."""
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in SERVER_DNS_NAMES]
        names += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ("127.0.0.1", KUBERNETES_SERVICE_IP)]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")])
        return self._issue("apiserver", subject, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client_certificate(self, file_name: str, *, user: str, group: str) -> KeyPair:
        """A client certificate; Kubernetes reads the user from CN and the group from O."""
        subject = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group), x509.NameAttribute(NameOID.COMMON_NAME, user)]
        )
        return self._issue(file_name, subject, ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def service_account_key(self) -> Path:
        """The RSA key that signs service-account tokens (RS256, as in EKS); kept if it exists."""
        path = self.directory / "service-account.key"
        if not path.exists():
            write_private(path, private_key_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
        return path

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
        certificate = (
            certificate_builder(name, name, key.public_key(), CA_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_private(self._key_file, private_key_pem(key))
        self.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _issue(
        self, file_name: str, subject: x509.Name, usage: x509.ObjectIdentifier, names: list[x509.GeneralName]
    ) -> KeyPair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            certificate_builder(subject, self._certificate.subject, key.public_key(), LEAF_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        pair = KeyPair(self.directory / f"{file_name}.crt", self.directory / f"{file_name}.key")
        pair.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        write_private(pair.key_file, private_key_pem(key))
        return pair


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, also while it is being written."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    raise ValueError(f"{path} does not hold an elliptic-curve key: delete {path.parent} to start anew")
