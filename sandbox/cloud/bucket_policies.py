"""Bucket policies: moto applies a Deny without looking at its conditions, so that a TLS-only policy denies everything.

Here loopback stands for TLS, and the conditions on transport and encryption headers are evaluated as S3 does for it.
Whether the logging service may write is read from policies with several principals and resources too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

# What holds for a request of ours: it counts as TLS of the newest version, with no encryption header of its own.
SECURE_TRANSPORT = "true"
TLS_VERSION = 1.3
LOGGING_SERVICE = "logging.s3.amazonaws.com"


def applies(statement: dict[str, Any]) -> bool:
    """Whether every condition that we know of holds; one that we don't know leaves the statement as moto takes it."""
    conditions: dict[str, dict[str, Any]] = statement.get("Condition") or {}
    for operator, tests in conditions.items():
        for key, wanted in tests.items():
            values = [str(value) for value in (wanted if isinstance(wanted, list) else [wanted])]  # type: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if not _holds(operator, key, values):
                return False
    return True


def _holds(operator: str, key: str, wanted: list[str]) -> bool:
    match operator, key:
        case "Bool", "aws:SecureTransport":
            return SECURE_TRANSPORT in wanted
        case "NumericLessThan", "s3:TlsVersion":
            return all(float(value) > TLS_VERSION for value in wanted)
        case "Null", name if name.startswith("s3:x-amz-server-side-encryption"):
            return "true" in wanted
        case op, name if name.startswith("s3:x-amz-server-side-encryption"):
            # An absent header: IfExists and negated operators hold, the others don't.
            return op.endswith("IfExists") or "Not" in op
        case _:
            return True


def evaluate_conditions() -> None:
    """Teaches moto's buckets to look at conditions; called once when the server is made."""
    from moto.s3.models import FakeBucket

    original: Any = FakeBucket.get_permission

    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return original(self, action, resource)
        document = json.loads(self.policy)
        document["Statement"] = [one for one in document["Statement"] if applies(one)]
        # moto parses the policy anew at each request; the stored text is what clients read back.
        stand_in = type("Policy", (), {"policy": json.dumps(document).encode()})()
        return original(stand_in, action, resource)

    FakeBucket.get_permission = get_permission  # type: ignore[method-assign]


def lets_logs_in(policy: bytes | None, bucket_arn: str, prefix: str) -> bool:
    """Whether S3's logging service may put objects below a prefix."""
    statements: Iterable[dict[str, Any]] = json.loads(policy)["Statement"] if policy else ()
    return any(
        one["Effect"] == "Allow"
        and one["Principal"] != "*"
        and LOGGING_SERVICE in _listed(one["Principal"].get("Service"))
        and any(fnmatchcase("s3:PutObject", action) for action in _listed(one["Action"]))
        and any(fnmatchcase(f"{bucket_arn}/{prefix}x", resource) for resource in _listed(one["Resource"]))
        for one in statements
    )


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def read_logging_permissions() -> None:
    """Teaches moto's buckets to read the policy of a bucket that gets access logs; called once, as the above."""
    from moto.s3.models import FakeBucket

    def permitted(target_bucket: Any, target_prefix: str | None) -> bool:
        return lets_logs_in(target_bucket.policy, target_bucket.arn, target_prefix or "")

    FakeBucket._log_permissions_enabled_policy = staticmethod(permitted)  # type: ignore[method-assign]
