"""IAM policy documents as JSON: pure functions, so that least privilege is tested without an engine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.aws_environment import AwsLocation

# A key's value: condition keys hold one or several strings.
Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True)
class Statement:
    """One statement in IAM's own words."""

    actions: Sequence[str]
    """Actions, such as s3:GetObject."""
    resources: Sequence[str] = ()
    """ARNs; empty only in trust policies, whose resource is the role itself."""
    effect: str = "Allow"
    """Allow or Deny."""
    principal: str | Mapping[str, str] | None = None
    """Only in trust and resource policies."""
    condition: Condition | None = None
    """When it applies."""
    sid: str | None = None
    """Letters and digits: what the statement is for."""


def policy_document(*statements: Statement) -> str:
    """The policy as JSON, keys in the order that IAM documents use."""
    return json.dumps({"Version": "2012-10-17", "Statement": [_statement(statement) for statement in statements]})


def service_trust(service: str, condition: Condition | None = None) -> str:
    """Trust policy for an AWS service principal, such as eks.amazonaws.com."""
    return policy_document(Statement(actions=["sts:AssumeRole"], principal={"Service": service}, condition=condition))


def own_account(location: AwsLocation, service: str, resource: str) -> Condition:
    """That a service acts for a resource of this account: another account's can't borrow the role or the bucket.

    AWS IAM User Guide, "The confused deputy problem"; Amazon EKS User Guide, "Cross-service confused deputy prevention"
    (2025-08-19).
    """
    arn = f"arn:{location.partition}:{service}:{location.region}:{location.account_id}:{resource}"
    return {"StringEquals": {"aws:SourceAccount": location.account_id}, "ArnLike": {"aws:SourceArn": arn}}


def pod_identity_trust(cluster_arn: str, namespace: str, service_account: str) -> str:
    """Trust policy for EKS Pod Identity, narrowed to one service account of one cluster.

    Amazon EKS User Guide, "Create IAM role with trust policy required by EKS Pod Identity": the session tags that Pod
    Identity adds are condition keys of the trust policy.
    """
    return policy_document(
        Statement(
            sid="AllowEksAuthToAssumeRoleForPodIdentity",
            actions=["sts:AssumeRole", "sts:TagSession"],
            principal={"Service": "pods.eks.amazonaws.com"},
            condition={
                "StringEquals": {
                    "aws:RequestTag/eks-cluster-arn": cluster_arn,
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                }
            },
        )
    )


def service_account_trust(provider_arn: str, issuer_url: str, namespace: str, service_account: str) -> str:
    """Trust policy for IAM roles for service accounts (IRSA): audience and subject of the cluster's own issuer."""
    issuer = issuer_url.removeprefix("https://")
    return policy_document(
        Statement(
            actions=["sts:AssumeRoleWithWebIdentity"],
            principal={"Federated": provider_arn},
            condition={
                "StringEquals": {
                    f"{issuer}:aud": "sts.amazonaws.com",
                    f"{issuer}:sub": f"system:serviceaccount:{namespace}:{service_account}",
                }
            },
        )
    )


def _statement(statement: Statement) -> dict[str, object]:
    document: dict[str, object] = {"Sid": statement.sid} if statement.sid else {}
    document["Effect"] = statement.effect
    if statement.principal is not None:
        document["Principal"] = statement.principal
    document["Action"] = list(statement.actions)
    if statement.resources:
        document["Resource"] = list(statement.resources)
    if statement.condition is not None:
        document["Condition"] = statement.condition
    return document
