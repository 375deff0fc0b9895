"""The bearer tokens of `aws eks get-token`, and the webhook through which kube-apiserver has them checked.

A token is `k8s-aws-v1.` and the base64url form, without padding, of a presigned STS GetCallerIdentity URL that has the
cluster's name in the signed header `x-k8s-aws-id`. Whoever can present such a URL holds the credentials that signed it.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

from sandbox.cloud.eks.access import KubernetesUser
from sandbox.providers.narrow import as_object

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
LONGEST_SECONDS = 900


class TokenError(Exception):
    """The token is refused; the message says why and never holds the token."""


@dataclass(frozen=True)
class PresignedIdentity:
    """What a valid token says: which credentials signed it, and for which region."""

    access_key_id: str
    region: str
    url: str


def decode_token(token: str, now: datetime.datetime) -> PresignedIdentity:
    """Check a token's form and age. Raises TokenError. The signature is for `check_signature`."""
    if not token.startswith(PREFIX):
        raise TokenError(f"the token doesn't start with {PREFIX}")
    encoded = token.removeprefix(PREFIX)
    try:
        url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
    except ValueError:
        raise TokenError("the token is not base64url of a URL") from None
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    host = parts.hostname or ""
    if not (host.startswith("sts.") and host.endswith((".amazonaws.com", ".amazonaws.com.cn"))) and not _loopback(host):
        raise TokenError(f"unexpected host {host!r} in the presigned URL")
    if query.get("Action") != "GetCallerIdentity":
        raise TokenError(f"unexpected action {query.get('Action')!r} in the presigned URL")
    if CLUSTER_HEADER not in query.get("X-Amz-SignedHeaders", "").split(";"):
        raise TokenError(f"the header {CLUSTER_HEADER} is not signed")
    _check_age(query, now)
    credential = query.get("X-Amz-Credential", "").split("/")
    if len(credential) != 5 or credential[3] != "sts":
        raise TokenError("the presigned URL has no credential scope of STS")
    return PresignedIdentity(access_key_id=credential[0], region=credential[2], url=url)


def check_signature(identity: PresignedIdentity, cluster_name: str, secret_access_key: str) -> None:
    """Verify the URL's signature (Signature Version 4) for this cluster. Raises TokenError.

    The cluster's name is signed, but not part of the URL: a token for one cluster is none for another.
    """
    parts = urlsplit(identity.url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    signature = query.pop("X-Amz-Signature", "")
    headers = {"host": parts.netloc, CLUSTER_HEADER: cluster_name}
    signed = query["X-Amz-SignedHeaders"].split(";")
    if not set(signed) <= headers.keys():
        raise TokenError(f"unexpected signed headers {query['X-Amz-SignedHeaders']}")
    _, date, region, service, _ = query["X-Amz-Credential"].split("/")
    canonical = "\n".join(
        [
            "GET",
            parts.path or "/",
            "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items())),
            *(f"{name}:{headers[name]}" for name in signed),
            "",
            ";".join(signed),
            hashlib.sha256(b"").hexdigest(),
        ]
    )
    scope = f"{date}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{secret_access_key}".encode()
    for part in (date, region, service, "aws4_request", f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{digest}"):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(key.hex(), signature):
        raise TokenError(f"the signature is not that of {identity.access_key_id} for cluster {cluster_name}")


def _loopback(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")


def _check_age(query: Mapping[str, str], now: datetime.datetime) -> None:
    try:
        signed_at = datetime.datetime.strptime(query.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ")
        lifetime_seconds = int(query.get("X-Amz-Expires", ""))
    except ValueError:
        raise TokenError("X-Amz-Date or X-Amz-Expires is missing or malformed") from None
    if not 0 < lifetime_seconds <= LONGEST_SECONDS:
        raise TokenError(f"X-Amz-Expires is {lifetime_seconds}, more than {LONGEST_SECONDS} seconds or less than 1")
    age_seconds = (now - signed_at.replace(tzinfo=datetime.UTC)).total_seconds()
    # `aws eks get-token` signs for 60 s, but the authenticator lets a token live 15 minutes from its date.
    if not -LONGEST_SECONDS <= age_seconds <= LONGEST_SECONDS:
        raise TokenError("the token has expired")


def review_token(
    review: Mapping[str, Any],
    find_user: Callable[[PresignedIdentity], KubernetesUser | None],
    now: datetime.datetime,
) -> dict[str, Any]:
    """Answer a TokenReview (authentication.k8s.io/v1)."""
    version = str(review.get("apiVersion", "authentication.k8s.io/v1"))
    token = as_object(review.get("spec")).get("token", "")
    status: dict[str, Any]
    try:
        user = find_user(decode_token(str(token), now))
        if user is None:
            raise TokenError("the caller has no access entry in this cluster")
        status = {
            "authenticated": True,
            "user": {"username": user.username, "uid": user.username, "groups": list(user.groups)},
        }
    except TokenError as error:
        status = {"authenticated": False, "error": str(error)}
    return {"apiVersion": version, "kind": "TokenReview", "status": status}
