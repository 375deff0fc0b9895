"""What IAM, S3 and KMS refuse in policy documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.providers.narrow import is_list, is_object
from sandbox.providers.rules.refusal import Refusal

MALFORMED_IAM = "MalformedPolicyDocument"
MALFORMED_S3 = "MalformedPolicy"
MALFORMED_KMS = "MalformedPolicyDocumentException"
VERSIONS = ("2012-10-17", "2008-10-17")
STATEMENT_KEYS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
# Conditions that make a statement for everyone not public, as S3 sees it (with fixed values).
NARROWING_KEYS = frozenset(
    {
        "aws:sourceip",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:userid",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)


def _parse(path: str, text: object, code: str) -> tuple[Mapping[str, Any] | None, list[Refusal]]:
    """The document, or why it is none. Both empty for a text that isn't known yet."""
    if not isinstance(text, str):
        return None, []
    try:
        document: Any = json.loads(text)
    except ValueError as error:
        return None, [Refusal(path, code, f"the policy is no valid JSON: {error}.")]
    if not is_object(document) or "Statement" not in document:
        return None, [Refusal(path, code, "a policy is a JSON object with a Statement.")]
    return document, []


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a document, whether it has one or a list."""
    found = document["Statement"]
    return [one for one in (found if is_list(found) else [found]) if is_object(one)]


def _strings(value: object) -> list[str]:
    return [item for item in (value if is_list(value) else [value]) if isinstance(item, str)]


def _statement_refusals(
    path: str, document: Mapping[str, Any], code: str, *, principal: bool, resource: bool
) -> list[Refusal]:
    """Syntax that all policy languages of AWS share, with or without Principal and Resource."""
    refusals: list[Refusal] = []
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        refusals.append(Refusal(path, code, f"Version must be one of {', '.join(VERSIONS)}."))
    for index, statement in enumerate(statements(document)):
        where = f"statement {statement.get('Sid', index)}"
        unknown = sorted(statement.keys() - STATEMENT_KEYS)
        if unknown:
            refusals.append(Refusal(path, code, f"{where}: unknown elements {', '.join(unknown)}."))
        if statement.get("Effect") not in ("Allow", "Deny"):
            refusals.append(Refusal(path, code, f"{where}: Effect must be Allow or Deny."))
        has_principal = "Principal" in statement or "NotPrincipal" in statement
        if principal and not has_principal:
            refusals.append(Refusal(path, code, f"{where}: Missing required field Principal."))
        if not principal and has_principal:
            refusals.append(Refusal(path, code, f"{where}: Policy document should not specify a principal."))
        if resource and not ("Resource" in statement or "NotResource" in statement):
            refusals.append(Refusal(path, code, f"{where}: Policy statement must contain resources."))
        refusals += _action_refusals(path, code, where, statement)
    return refusals


def _action_refusals(path: str, code: str, where: str, statement: Mapping[str, Any]) -> list[Refusal]:
    actions = _strings(statement.get("Action")) + _strings(statement.get("NotAction"))
    if not actions:
        return [Refusal(path, code, f"{where}: Missing required field Action.")]
    return [
        Refusal(
            path,
            code,
            f"{where}: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, not {action!r}.",
        )
        for action in actions
        if not ACTION.fullmatch(action)
    ]


def identity_policy_refusals(path: str, text: object) -> list[Refusal]:
    """A policy attached to a role: no Principal, but resources."""
    document, refusals = _parse(path, text, MALFORMED_IAM)
    if document is not None:
        refusals += _statement_refusals(path, document, MALFORMED_IAM, principal=False, resource=True)
    return refusals


def trust_policy_refusals(path: str, text: object) -> list[Refusal]:
    """Who may assume a role: a Principal and only actions of STS, no resources."""
    document, refusals = _parse(path, text, MALFORMED_IAM)
    if document is None:
        return refusals
    refusals += _statement_refusals(path, document, MALFORMED_IAM, principal=True, resource=False)
    for statement in statements(document):
        if "Resource" in statement:
            refusals.append(Refusal(path, MALFORMED_IAM, "Has prohibited field Resource."))
        foreign = [one for one in _strings(statement.get("Action")) if not one.startswith("sts:")]
        if foreign:
            message = f"AssumeRole policy may only specify STS AssumeRole actions, not {', '.join(foreign)}."
            refusals.append(Refusal(path, MALFORMED_IAM, message))
    return refusals


def bucket_policy_refusals(path: str, text: object, bucket: object) -> list[Refusal]:
    """A bucket's policy: principals, and resources in this bucket only."""
    document, refusals = _parse(path, text, MALFORMED_S3)
    if document is None:
        return refusals
    refusals += _statement_refusals(path, document, MALFORMED_S3, principal=True, resource=True)
    if isinstance(bucket, str):
        for statement in statements(document):
            for resource in _strings(statement.get("Resource")):
                name = resource.split(":", 5)[-1].split("/")[0]
                if resource != "*" and name != bucket and "*" not in name:
                    message = f"Policy has invalid resource: {resource} is not in bucket {bucket}."
                    refusals.append(Refusal(path, MALFORMED_S3, message))
    return refusals


def is_public(text: str) -> bool:
    """Whether S3 calls a bucket policy public: it allows everyone something, with no condition that narrows it."""
    try:
        document: Any = json.loads(text)
    except ValueError:
        return False
    if not is_object(document) or "Statement" not in document:
        return False
    return any(_allows_everyone(statement) for statement in statements(document))


def _allows_everyone(statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    aws = principal.get("AWS") if is_object(principal) else principal
    if "*" not in _strings(aws) and "NotPrincipal" not in statement:
        return False
    conditions: Any = statement.get("Condition", {})
    keys = {key.lower() for operator in conditions.values() for key in operator}
    return not keys & NARROWING_KEYS


def key_policy_refusals(path: str, text: object) -> list[Refusal]:
    """A KMS key's policy."""
    document, refusals = _parse(path, text, MALFORMED_KMS)
    if document is not None:
        refusals += _statement_refusals(path, document, MALFORMED_KMS, principal=True, resource=True)
    return refusals


def open_id_connect_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """An issuer is an https URL without port and query; thumbprints are 40 hexadecimal digits."""
    refusals: list[Refusal] = []
    url = inputs.get("url")
    if isinstance(url, str) and not re.fullmatch(r"(https://)?[A-Za-z0-9.-]+(/[^?#\s]*)?", url):
        refusals.append(Refusal("url", "ValidationError", f"Invalid Open ID Connect Provider URL {url!r}."))
    thumbprints: Any = inputs.get("thumbprintLists")
    for thumbprint in _strings(thumbprints):
        if not re.fullmatch(r"[0-9A-Fa-f]{40}", thumbprint):
            message = f"Thumbprint {thumbprint!r} must have 40 hexadecimal digits."
            refusals.append(Refusal("thumbprintLists", "ValidationError", message))
    return refusals
