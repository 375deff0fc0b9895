"""What S3 refuses in buckets, encryption, ownership and versioning."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from sandbox.providers.narrow import as_list, as_object, is_list
from sandbox.providers.rules.refusal import Refusal, one_of

RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
SSE_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
OBJECT_OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
VERSIONING_STATUSES = ("Enabled", "Suspended", "Disabled")


def bucket_name_refusals(name: object) -> list[Refusal]:
    """The naming rules of general purpose buckets (S3 user guide, "Bucket naming rules")."""
    if not isinstance(name, str):
        return []
    problem = _name_problem(name)
    if problem is None:
        return []
    return [Refusal("bucket", "InvalidBucketName", f"The specified bucket is not valid: {name!r} {problem}.")]


def _name_problem(name: str) -> str | None:
    if not 3 <= len(name) <= 63:
        return f"has {len(name)} characters, a name has 3 to 63"
    if not re.fullmatch(r"[a-z0-9.-]+", name):
        return "has other characters than lowercase letters, digits, dots and hyphens"
    if not (name[0].isalnum() and name[-1].isalnum()):
        return "doesn't begin and end with a letter or digit"
    if ".." in name:
        return "has two dots in a row"
    if name.startswith(RESERVED_PREFIXES) or name.endswith(RESERVED_SUFFIXES):
        return "has a prefix or suffix that AWS reserves"
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return None
    return "looks like an IP address"


def encryption_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """Algorithms of default encryption, and a KMS key only with KMS."""
    refusals: list[Refusal] = []
    rules = inputs.get("rules")
    if is_list(rules) and len(rules) != 1:
        message = "a bucket has exactly one default encryption rule."
        refusals.append(Refusal("rules", "MalformedXML", message))
    for index, rule in enumerate(as_list(rules)):
        default = as_object(as_object(rule).get("applyServerSideEncryptionByDefault"))
        path = f"rules[{index}].applyServerSideEncryptionByDefault"
        algorithm = default.get("sseAlgorithm")
        key = default.get("kmsMasterKeyId")
        refusals += one_of(f"{path}.sseAlgorithm", algorithm, SSE_ALGORITHMS, "MalformedXML")
        if algorithm == "AES256" and key:
            message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse."
            refusals.append(Refusal(f"{path}.kmsMasterKeyId", "InvalidArgument", message))
        if isinstance(key, str) and not _is_key(key):
            message = f"{key!r} is no KMS key id, ARN or alias."
            refusals.append(Refusal(f"{path}.kmsMasterKeyId", "KMS.NotFoundException", message))
    return refusals


def _is_key(key: str) -> bool:
    key_id = r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    alias = r"alias/[A-Za-z0-9/_-]+"
    return (
        re.fullmatch(rf"({key_id}|{alias}|arn:aws[\w-]*:kms:[\w-]+:\d{{12}}:(key/{key_id}|{alias}))", key) is not None
    )


def ownership_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """The object ownership setting."""
    ownership = as_object(inputs.get("rule")).get("objectOwnership")
    return one_of("rule.objectOwnership", ownership, OBJECT_OWNERSHIPS, "MalformedXML")


def versioning_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """The versioning status."""
    status = as_object(inputs.get("versioningConfiguration")).get("status")
    return one_of(
        "versioningConfiguration.status", status, VERSIONING_STATUSES, "IllegalVersioningConfigurationException"
    )
