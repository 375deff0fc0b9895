"""A certificate authority in memory, with what cert-manager's `Certificate` can ask of one."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.kubernetes.x509_parts import certificate_builder, key_usage, private_key_pem

EXTENDED_USAGES = {
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
}
CURVE = ec.SECP256R1
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key, as PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Issues certificates with a key of its own."""

    def __init__(self, pair: Issued) -> None:
        key = serialization.load_pem_private_key(pair.key, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("an authority's key must be an elliptic-curve key")
        self.pair = pair
        self._key = key
        self._certificate = x509.load_pem_x509_certificate(pair.certificate)

    @classmethod
    def self_signed(cls, common_name: str, lifetime: datetime.timedelta) -> Authority:
        """A new authority."""
        key = ec.generate_private_key(CURVE())
        name = _name(common_name)
        builder = _builder(name, name, key.public_key(), lifetime, signs=True)
        return cls(_issued(builder.sign(key, hashes.SHA256()), key))

    def issue(
        self, common_name: str, lifetime: datetime.timedelta, usages: Sequence[str], dns_names: Sequence[str] = ()
    ) -> Issued:
        """A certificate; `usages` in cert-manager's words, of which the extended ones are put in."""
        key = ec.generate_private_key(CURVE())
        builder = _builder(_name(common_name), self._certificate.subject, key.public_key(), lifetime, signs=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        extended = [EXTENDED_USAGES[usage] for usage in usages if usage in EXTENDED_USAGES]
        if extended:
            builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
        if dns_names:
            names = x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names])
            builder = builder.add_extension(names, critical=False)
        return _issued(builder.sign(self._key, hashes.SHA256()), key)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    lifetime: datetime.timedelta,
    *,
    signs: bool,
) -> x509.CertificateBuilder:
    return (
        certificate_builder(subject, issuer, public_key, lifetime)
        .add_extension(x509.BasicConstraints(ca=signs, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=signs), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _issued(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Issued:
    return Issued(certificate.public_bytes(PEM), private_key_pem(key))
