"""EKS operations on access entries and their policies, and the mapping of a caller to a Kubernetes user."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from sandbox.cloud import moto_state
from sandbox.cloud.eks.errors import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from sandbox.cloud.eks.requests import EksRequest
from sandbox.cloud.eks.state import AccessEntry, Cluster, EksState, Record

POLICY_ARN_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
POLICIES = (
    "AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy", "AmazonEKSSecretReaderPolicy",
)  # fmt: skip
ADMIN_POLICY = f"{POLICY_ARN_PREFIX}AmazonEKSClusterAdminPolicy"
VIEW_POLICIES = frozenset(f"{POLICY_ARN_PREFIX}{name}" for name in ("AmazonEKSViewPolicy", "AmazonEKSAdminViewPolicy"))
ENTRY_TYPES = ("STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX")


def new_entry(cluster: Cluster, principal_arn: str, asked: Record) -> AccessEntry:
    """An access entry without policies."""
    now = time.time()
    principal = principal_arn.split(":", 5)[-1]
    kind, _, name = principal.partition("/")
    return AccessEntry(
        record={
            "clusterName": cluster.name,
            "principalArn": principal_arn,
            "kubernetesGroups": list(asked.get("kubernetesGroups", [])),
            "accessEntryArn": f"arn:aws:eks:{cluster.region}:{moto_state.ACCOUNT_ID}:access-entry/{cluster.name}/"
            f"{kind}/{moto_state.ACCOUNT_ID}/{name}/{uuid.uuid4()}",
            "createdAt": now,
            "modifiedAt": now,
            "tags": dict(asked.get("tags", {})),
            "username": asked.get("username", principal_arn),
            "type": asked.get("type", "STANDARD"),
        }
    )


def entry_of_creator(cluster: Cluster, caller_arn: str) -> AccessEntry:
    """The entry that bootstrapClusterCreatorAdminPermissions makes: cluster admin for whoever called CreateCluster."""
    entry = new_entry(cluster, principal_of(caller_arn), {})
    entry.policies[ADMIN_POLICY] = _association(ADMIN_POLICY, {"type": "cluster", "namespaces": []})
    return entry


def _association(policy_arn: str, scope: Record) -> Record:
    now = time.time()
    kept: Record = {"type": scope["type"], "namespaces": list(scope.get("namespaces", []))}
    return {"policyArn": policy_arn, "accessScope": kept, "associatedAt": now, "modifiedAt": now}


def _cluster_with_entries(state: EksState, request: EksRequest) -> Cluster:
    cluster = state.cluster(request.parameters["clusterName"])
    if cluster.record["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        raise InvalidRequestException(
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
            "to perform this operation."
        )
    return cluster


def create_access_entry(state: EksState, request: EksRequest) -> Record:
    """CreateAccessEntry: refuses a principal that already has one, and groups that start with `system:`."""
    cluster = _cluster_with_entries(state, request)
    asked = request.parameters
    principal_arn = str(asked["principalArn"])
    if not principal_arn.startswith("arn:aws:iam::"):
        raise InvalidParameterException(f"The principalArn parameter format is not valid: {principal_arn}")
    if principal_arn in cluster.access_entries:
        raise ResourceInUseException(
            f"The specified access entry resource is already in use on this cluster: {principal_arn}"
        )
    _check_groups(list(asked.get("kubernetesGroups", [])))
    if asked.get("type", "STANDARD") not in ENTRY_TYPES:
        raise InvalidParameterException(f"type {asked['type']!r} is not one of {', '.join(ENTRY_TYPES)}")
    entry = new_entry(cluster, principal_arn, dict(asked))
    cluster.access_entries[principal_arn] = entry
    return {"accessEntry": entry.record}


def _check_groups(groups: list[str]) -> None:
    for group in groups:
        if group.startswith(("system:", "eks:", "aws:", "amazon:", "iam:")):
            raise InvalidParameterException(
                f"The kubernetes group name {group} is invalid, "
                "it cannot start with system:, eks:, aws:, amazon: or iam:"
            )


def describe_access_entry(state: EksState, request: EksRequest) -> Record:
    cluster = _cluster_with_entries(state, request)
    return {"accessEntry": cluster.access_entry(request.parameters["principalArn"]).record}


def list_access_entries(state: EksState, request: EksRequest) -> Record:
    cluster = _cluster_with_entries(state, request)
    policy = request.parameters.get("associatedPolicyArn")
    return {
        "accessEntries": sorted(
            arn for arn, entry in cluster.access_entries.items() if policy is None or policy in entry.policies
        )
    }


def update_access_entry(state: EksState, request: EksRequest) -> Record:
    cluster = _cluster_with_entries(state, request)
    entry = cluster.access_entry(request.parameters["principalArn"])
    for name in ("kubernetesGroups", "username"):
        if name in request.parameters:
            entry.record[name] = request.parameters[name]
    _check_groups(entry.record["kubernetesGroups"])
    entry.record["modifiedAt"] = time.time()
    return {"accessEntry": entry.record}


def delete_access_entry(state: EksState, request: EksRequest) -> Record:
    cluster = _cluster_with_entries(state, request)
    cluster.access_entry(request.parameters["principalArn"])
    del cluster.access_entries[request.parameters["principalArn"]]
    return {}


def associate_access_policy(state: EksState, request: EksRequest) -> Record:
    cluster = _cluster_with_entries(state, request)
    asked = request.parameters
    entry = cluster.access_entry(asked["principalArn"])
    policy_arn, scope = str(asked["policyArn"]), dict(asked["accessScope"])
    if policy_arn.removeprefix(POLICY_ARN_PREFIX) not in POLICIES:
        raise InvalidParameterException(
            f"The policyArn parameter format is not valid: {policy_arn}. Known: "
            + ", ".join(POLICY_ARN_PREFIX + name for name in POLICIES)
        )
    if scope["type"] == "namespace" and not scope.get("namespaces"):
        raise InvalidParameterException("accessScope of type namespace must name at least one namespace")
    if scope["type"] == "cluster" and scope.get("namespaces"):
        raise InvalidParameterException("accessScope of type cluster must not name namespaces")
    entry.policies[policy_arn] = _association(policy_arn, scope)
    return {
        "clusterName": cluster.name,
        "principalArn": asked["principalArn"],
        "associatedAccessPolicy": entry.policies[policy_arn],
    }


def disassociate_access_policy(state: EksState, request: EksRequest) -> Record:
    cluster = _cluster_with_entries(state, request)
    entry = cluster.access_entry(request.parameters["principalArn"])
    policy_arn = request.parameters["policyArn"]
    if policy_arn not in entry.policies:
        raise ResourceNotFoundException(f"No associated access policy found: {policy_arn}")
    del entry.policies[policy_arn]
    return {}


def list_associated_access_policies(state: EksState, request: EksRequest) -> Record:
    cluster = _cluster_with_entries(state, request)
    entry = cluster.access_entry(request.parameters["principalArn"])
    return {
        "clusterName": cluster.name,
        "principalArn": request.parameters["principalArn"],
        "associatedAccessPolicies": list(entry.policies.values()),
    }


def list_access_policies(_: EksState, __: EksRequest) -> Record:
    return {"accessPolicies": [{"name": name, "arn": POLICY_ARN_PREFIX + name} for name in POLICIES]}


@dataclass(frozen=True)
class KubernetesUser:
    """Who a caller is to Kubernetes."""

    username: str
    groups: tuple[str, ...]


def principal_of(caller_arn: str) -> str:
    """The IAM principal behind a caller's ARN.

    A session of a role stands for the role; moto names its default user in STS.
    """
    parts = caller_arn.split(":", 5)
    account, resource = parts[4], parts[5]
    if resource.startswith("assumed-role/"):
        return f"arn:aws:iam::{account}:role/{resource.split('/')[1]}"
    return f"arn:aws:iam::{account}:{resource}"


def find_entry(cluster: Cluster, caller_arn: str) -> AccessEntry | None:
    """The caller's access entry. A role's path is not part of a session's ARN, so roles are compared by name.

    The sandbox's own credentials are moto's default user; an entry for the account's root covers them too.
    """
    principal = principal_of(caller_arn)
    account, resource = principal.split(":", 5)[4:]
    for arn, entry in cluster.access_entries.items():
        of_role = resource.startswith("role/") and ":role/" in arn
        if arn == principal or (of_role and arn.split(":", 5)[4] == account and _last(arn) == _last(resource)):
            return entry
    if resource == "user/moto":
        return cluster.access_entries.get(f"arn:aws:iam::{account}:root")
    return None


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def kubernetes_user(cluster: Cluster, caller_arn: str) -> KubernetesUser | None:
    """What the authenticator tells kube-apiserver of this caller; None when the cluster has no entry for it."""
    entry = find_entry(cluster, caller_arn)
    if entry is None:
        return None
    groups = list(entry.record["kubernetesGroups"])
    for policy_arn, association in entry.policies.items():
        cluster_wide = association["accessScope"]["type"] == "cluster"
        if policy_arn == ADMIN_POLICY and cluster_wide:
            groups.append("system:masters")
        elif policy_arn in VIEW_POLICIES and cluster_wide:
            groups.append("eks:view")
    username = str(entry.record["username"]).replace("{{SessionName}}", _last(caller_arn))
    return KubernetesUser(username=username, groups=tuple(dict.fromkeys(groups)))
