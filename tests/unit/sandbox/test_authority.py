"""The sandbox's certificates: what an authority puts in, and durations as cert-manager writes them."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.kubernetes.authority import Authority, Issued
from sandbox.kubernetes.cert_manager import duration

DAY = datetime.timedelta(days=1)


def test_a_leaf_is_signed_for_its_names_and_usages_and_can_sign_nothing() -> None:
    authority = Authority.self_signed("ca", 10 * DAY)
    issued = authority.issue("loki", DAY, ["digital signature", "server auth"], ["loki.monitoring.svc"])
    leaf = x509.load_pem_x509_certificate(issued.certificate)
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pair.certificate))
    extensions = leaf.extensions
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["loki.monitoring.svc"]
    usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_an_authority_without_an_elliptic_curve_key_is_refused() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = Authority.self_signed("ca", DAY).pair.certificate
    with pytest.raises(ValueError, match="elliptic-curve"):
        Authority(Issued(certificate, private))


@pytest.mark.parametrize(("text", "hours"), [("2160h0m0s", 2160), ("2160h", 2160), ("1h30m", 1.5), ("90m", 1.5)])
def test_durations_are_read_as_go_writes_them(text: str, hours: float) -> None:
    assert duration(text) == datetime.timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "90d", "h", "1.5h"])
def test_what_go_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        duration(text)
