"""EKS operations on pod identity associations, which moto doesn't have."""

from __future__ import annotations

import secrets
import string
import time

from sandbox.cloud import moto_state
from sandbox.cloud.eks.errors import InvalidParameterException, ResourceInUseException
from sandbox.cloud.eks.requests import EksRequest
from sandbox.cloud.eks.state import Cluster, EksState, Record

# What the List call returns of each association.
SUMMARY = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")


def new_association(cluster: Cluster, asked: Record, owner: str | None = None) -> Record:
    """A new association; one service account has at most one. `owner` is the add-on it belongs to, if any."""
    for existing in cluster.pod_identity_associations.values():
        if (existing["namespace"], existing["serviceAccount"]) == (asked["namespace"], asked["serviceAccount"]):
            raise ResourceInUseException(
                f"Association already exists: {existing['associationId']} (service account "
                f"{asked['namespace']}/{asked['serviceAccount']})"
            )
    if not str(asked["roleArn"]).startswith("arn:aws:iam::") or ":role/" not in str(asked["roleArn"]):
        raise InvalidParameterException(f"roleArn is not the ARN of an IAM role: {asked['roleArn']}")
    letters = string.ascii_lowercase + string.digits
    association_id = "a-" + "".join(secrets.choice(letters) for _ in range(17))
    now = time.time()
    prefix = f"arn:aws:eks:{cluster.region}:{moto_state.ACCOUNT_ID}"
    association: Record = {
        "clusterName": cluster.name,
        "namespace": asked["namespace"],
        "serviceAccount": asked["serviceAccount"],
        "roleArn": asked["roleArn"],
        "associationArn": f"{prefix}:podidentityassociation/{cluster.name}/{association_id}",
        "associationId": association_id,
        "tags": dict(asked.get("tags", {})),
        "createdAt": now,
        "modifiedAt": now,
        "disableSessionTags": asked.get("disableSessionTags", False),
    }
    for setting in ("targetRoleArn", "policy"):
        if setting in asked:
            association[setting] = asked[setting]
    if "targetRoleArn" in asked:
        association["externalId"] = f"{cluster.region}/{moto_state.ACCOUNT_ID}/{cluster.name}/{association_id}"
    if owner is not None:
        association["ownerArn"] = f"{prefix}:addon/{cluster.name}/{owner}"
    return association


def create_pod_identity_association(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    association = new_association(cluster, dict(request.parameters))
    cluster.pod_identity_associations[association["associationId"]] = association
    return {"association": association}


def describe_pod_identity_association(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    return {"association": cluster.pod_identity_association(request.parameters["associationId"])}


def list_pod_identity_associations(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    asked = request.parameters
    return {
        "associations": [
            {name: one[name] for name in SUMMARY if name in one}
            for one in cluster.pod_identity_associations.values()
            if asked.get("namespace") in (None, one["namespace"])
            and asked.get("serviceAccount") in (None, one["serviceAccount"])
        ]
    }


def update_pod_identity_association(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    association = cluster.pod_identity_association(request.parameters["associationId"])
    for setting in ("roleArn", "disableSessionTags", "targetRoleArn", "policy"):
        if setting in request.parameters:
            association[setting] = request.parameters[setting]
    association["modifiedAt"] = time.time()
    return {"association": association}


def delete_pod_identity_association(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    association = cluster.pod_identity_association(request.parameters["associationId"])
    del cluster.pod_identity_associations[association["associationId"]]
    return {"association": association}
