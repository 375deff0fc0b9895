"""Bearer tokens of `aws eks get-token`: their form, their age, and whose they are for."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.cloud.eks.access import KubernetesUser
from sandbox.cloud.tokens import PresignedIdentity, TokenError, check_signature, decode_token, review_token

STS = "https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"


def presigned(cluster: str = "mine", expires_seconds: int = 60, url: str = STS) -> str:
    request = AWSRequest(method="GET", url=url, headers={"x-k8s-aws-id": cluster})
    SigV4QueryAuth(Credentials("key", "secret"), "sts", "us-west-2", expires=expires_seconds).add_auth(request)
    return str(request.url)


def token_of(url: str) -> str:
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def changed(url: str, **query: str | None) -> str:
    """The URL with other query parameters; None takes one away."""
    parts = urlsplit(url)
    values = {**dict(parse_qsl(parts.query)), **{name.replace("_", "-"): value for name, value in query.items()}}
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in values.items() if v is not None})))


def test_good_token() -> None:
    identity = decode_token(token_of(presigned()), now())
    assert (identity.access_key_id, identity.region) == ("key", "us-west-2")
    check_signature(identity, "mine", "secret")


BAD: list[tuple[Callable[[], str], str]] = [
    (lambda: "eyJhbGciOi", "doesn't start with"),
    (lambda: "k8s-aws-v1.ü", "not base64url"),
    (lambda: "k8s-aws-v1.a", "not base64url"),
    (lambda: token_of(changed(presigned(), Action="AssumeRole")), "unexpected action"),
    (lambda: token_of(presigned(url=STS.replace("sts.us-west-2.amazonaws.com", "example.com"))), "unexpected host"),
    (lambda: token_of(changed(presigned(), X_Amz_SignedHeaders="host")), "is not signed"),
    (lambda: token_of(presigned(expires_seconds=901)), "more than 900"),
    (lambda: token_of(changed(presigned(), X_Amz_Expires="0")), "less than 1"),
    (lambda: token_of(changed(presigned(), X_Amz_Date=None)), "missing or malformed"),
    (lambda: token_of(changed(presigned(), X_Amz_Credential="key")), "no credential scope"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_bad_token(make: Callable[[], str], message: str) -> None:
    token = make()
    with pytest.raises(TokenError, match=message) as error:
        decode_token(token, now())
    assert token not in str(error.value)


@pytest.mark.parametrize(("minutes", "valid"), [(-16, False), (0, True), (14, True), (16, False)])
def test_age(minutes: int, valid: bool) -> None:
    token = token_of(presigned())
    later = now() + datetime.timedelta(minutes=minutes)
    if valid:
        decode_token(token, later)
    else:
        with pytest.raises(TokenError, match="expired"):
            decode_token(token, later)


@pytest.mark.parametrize(
    ("cluster", "secret", "change"),
    [
        ("other", "secret", {}),
        ("mine", "guessed", {}),
        ("mine", "secret", {"Version": "2011-06-16"}),
        ("mine", "secret", {"X_Amz_Signature": "0" * 64}),
        ("mine", "secret", {"X_Amz_SignedHeaders": "host;x-k8s-aws-id;x-other"}),
    ],
)
def test_signature(cluster: str, secret: str, change: dict[str, str]) -> None:
    identity = decode_token(token_of(changed(presigned(), **change)), now())
    with pytest.raises(TokenError, match="sign"):
        check_signature(identity, cluster, secret)


def reviewed(token: str, user: KubernetesUser | None) -> dict[str, Any]:
    def find(identity: PresignedIdentity) -> KubernetesUser | None:
        return user

    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    answer = review_token(review, find, now())
    assert (answer["apiVersion"], answer["kind"]) == (review["apiVersion"], "TokenReview")
    status: dict[str, Any] = answer["status"]
    return status


def test_review() -> None:
    user = KubernetesUser("ann", ("people",))
    assert reviewed(token_of(presigned()), user) == {
        "authenticated": True,
        "user": {"username": "ann", "uid": "ann", "groups": ["people"]},
    }
    assert "no access entry" in reviewed(token_of(presigned()), None)["error"]
    assert not reviewed("nonsense", user)["authenticated"]
    assert not review_token({}, lambda _: user, now())["status"]["authenticated"]
