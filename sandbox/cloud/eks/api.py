"""The EKS REST API: which function answers which operation, tags, and errors as JSON."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sandbox.cloud.eks import access, addons, clusters, node_groups, pod_identity
from sandbox.cloud.eks.errors import EksError, InvalidRequestException, ResourceNotFoundException, ServerException
from sandbox.cloud.eks.requests import EksRequest, parse_request
from sandbox.cloud.eks.state import EksState, Record

Operation = Callable[[EksState, EksRequest], Record]


class Answer(NamedTuple):
    """An HTTP answer of the API."""

    status: int
    body: bytes
    headers: dict[str, str]


def tag_resource(state: EksState, request: EksRequest) -> Record:
    _record_of_arn(state, request.parameters["resourceArn"])["tags"].update(request.parameters["tags"])
    return {}


def untag_resource(state: EksState, request: EksRequest) -> Record:
    tags = _record_of_arn(state, request.parameters["resourceArn"])["tags"]
    for key in request.parameters["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(state: EksState, request: EksRequest) -> Record:
    return {"tags": _record_of_arn(state, request.parameters["resourceArn"])["tags"]}


def _record_of_arn(state: EksState, arn: str) -> Record:
    for record in _tagged_records(state):
        if arn in (
            record.get("arn"), record.get("nodegroupArn"), record.get("addonArn"), record.get("accessEntryArn"),
            record.get("associationArn"),
        ):  # fmt: skip
            return record
    raise ResourceNotFoundException(f"No resource found for ARN: {arn}")


def _tagged_records(state: EksState) -> Iterator[Record]:
    for cluster in list(state.clusters.values()):
        # A node group and the like name their cluster too, so each record is told by its own kind of ARN.
        yield cluster.record
        yield from cluster.node_groups.values()
        yield from cluster.addons.values()
        yield from (entry.record for entry in cluster.access_entries.values())
        yield from cluster.pod_identity_associations.values()


OPERATIONS: dict[str, Operation] = {
    "CreateCluster": clusters.create_cluster,
    "DescribeCluster": clusters.describe_cluster,
    "ListClusters": clusters.list_clusters,
    "DeleteCluster": clusters.delete_cluster,
    "UpdateClusterConfig": clusters.update_cluster_config,
    "UpdateClusterVersion": clusters.update_cluster_version,
    "AssociateEncryptionConfig": clusters.associate_encryption_config,
    "DescribeUpdate": clusters.describe_update,
    "ListUpdates": clusters.list_updates,
    "DescribeClusterVersions": clusters.describe_cluster_versions,
    "CreateNodegroup": node_groups.create_nodegroup,
    "DescribeNodegroup": node_groups.describe_nodegroup,
    "ListNodegroups": node_groups.list_nodegroups,
    "DeleteNodegroup": node_groups.delete_nodegroup,
    "UpdateNodegroupConfig": node_groups.update_nodegroup_config,
    "UpdateNodegroupVersion": node_groups.update_nodegroup_version,
    "CreateAddon": addons.create_addon,
    "DescribeAddon": addons.describe_addon,
    "ListAddons": addons.list_addons,
    "UpdateAddon": addons.update_addon,
    "DeleteAddon": addons.delete_addon,
    "DescribeAddonVersions": addons.describe_addon_versions,
    "CreateAccessEntry": access.create_access_entry,
    "DescribeAccessEntry": access.describe_access_entry,
    "ListAccessEntries": access.list_access_entries,
    "UpdateAccessEntry": access.update_access_entry,
    "DeleteAccessEntry": access.delete_access_entry,
    "AssociateAccessPolicy": access.associate_access_policy,
    "DisassociateAccessPolicy": access.disassociate_access_policy,
    "ListAssociatedAccessPolicies": access.list_associated_access_policies,
    "ListAccessPolicies": access.list_access_policies,
    "CreatePodIdentityAssociation": pod_identity.create_pod_identity_association,
    "DescribePodIdentityAssociation": pod_identity.describe_pod_identity_association,
    "ListPodIdentityAssociations": pod_identity.list_pod_identity_associations,
    "UpdatePodIdentityAssociation": pod_identity.update_pod_identity_association,
    "DeletePodIdentityAssociation": pod_identity.delete_pod_identity_association,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}


def answer(
    state: EksState, *, method: str, raw_path: str, query: str, body: bytes, region: str, access_key_id: str
) -> Answer:
    """Answer one HTTP request to EKS; every refusal is an error of the API, never an exception."""
    try:
        request = parse_request(
            method=method, raw_path=raw_path, query=query, body=body, region=region, access_key_id=access_key_id
        )
        if request is None:
            raise InvalidRequestException(f"No EKS operation is at {method} {raw_path}")
        operation = OPERATIONS.get(request.operation)
        if operation is None:
            raise InvalidRequestException(f"The simulated EKS has no {request.operation}")
        return _json_answer(200, operation(state, request))
    except EksError as error:
        return _json_answer(error.status, {"message": error.message}, error.code)
    except Exception as error:
        # A control plane below that fails is a server error of the API, and its details belong into the log.
        logging.exception("%s %s", method, raw_path)
        return _json_answer(500, {"message": f"{type(error).__name__}: {error}"}, ServerException.code)


def _json_answer(status: int, content: Any, error_code: str | None = None) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": str(uuid.uuid4())}
    if error_code is not None:
        headers["x-amzn-ErrorType"] = error_code
    return Answer(status=status, body=json.dumps(content).encode(), headers=headers)
