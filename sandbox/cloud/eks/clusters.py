"""EKS operations on clusters. Each cluster is backed by a real Kubernetes control plane."""

from __future__ import annotations

import base64
import hashlib
import shutil
import time
import uuid
from pathlib import Path
from typing import Any

from sandbox.cloud import moto_state
from sandbox.cloud.eks.access import entry_of_creator
from sandbox.cloud.eks.errors import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
    ServerException,
    refuse,
)
from sandbox.cloud.eks.requests import EksRequest
from sandbox.cloud.eks.state import Cluster, EksState, Record
from sandbox.providers.rules import eks as rules

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
# Settings that CreateCluster and UpdateClusterConfig take and DescribeCluster gives back unchanged.
KEPT_SETTINGS = (
    "outpostConfig", "zonalShiftConfig", "remoteNetworkConfig", "computeConfig", "storageConfig", "deletionProtection",
    "controlPlaneScalingConfig", "kubeApiServerConfig", "kubeSchedulerConfig", "kubeControllerManagerConfig",
)  # fmt: skip


def create_cluster(state: EksState, request: EksRequest) -> Record:
    """CreateCluster: blocks for the seconds a control plane takes to come up, then the cluster is ACTIVE."""
    asked = request.parameters
    name = str(asked["name"])
    support_type = asked.get("upgradePolicy", {}).get("supportType")
    version = str(asked.get("version", rules.DEFAULT_VERSION))
    refuse(rules.cluster_name_refusals(name))
    refuse(rules.version_refusals(version, support_type))
    vpc_config = _vpc_config(request.region, request.parameters["resourcesVpcConfig"])
    with state.lock:
        if name in state.clusters or name in state.starting:
            raise ResourceInUseException(f"Cluster already exists with name: {name}")
        state.starting.add(name)
    try:
        vpc_config["clusterSecurityGroupId"] = moto_state.create_cluster_security_group(
            request.region, name, vpc_config["vpcId"]
        )
        control_plane = _start_control_plane(state, name)
        record = _cluster_record(request, name, version, vpc_config)
        record["endpoint"] = control_plane.endpoint
        authority = control_plane.certificate_authority_pem.encode()
        record["certificateAuthority"] = {"data": base64.b64encode(authority).decode()}
        cluster = Cluster(name=name, region=request.region, record=record, control_plane=control_plane)
        if record["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]:
            creator = entry_of_creator(cluster, moto_state.caller_arn(request.access_key_id, request.region))
            cluster.access_entries[creator.record["principalArn"]] = creator
        with state.lock:
            state.clusters[name] = cluster
    finally:
        with state.lock:
            state.starting.discard(name)
    return {"cluster": record}


def _start_control_plane(state: EksState, name: str) -> Any:
    try:
        return state.start_control_plane(name, _directory(state, name), f"{state.authentication_webhook_url}/{name}")
    except Exception as error:
        # Whatever went wrong below, the caller of the API sees one message and no traceback.
        raise ServerException(f"The control plane of cluster {name} did not start: {error}") from error


def _directory(state: EksState, name: str) -> Path:
    return state.directory / "clusters" / name


def _vpc_config(region: str, asked: Record) -> Record:
    subnet_ids: list[str] = asked.get("subnetIds", [])
    zones: list[str] = []
    vpc_ids: set[str] = set()
    for subnet_id in subnet_ids:
        subnet = moto_state.find_subnet(region, subnet_id)
        if subnet is None:
            raise InvalidParameterException(f"The subnet ID '{subnet_id}' does not exist")
        zones.append(subnet.zone)
        vpc_ids.add(subnet.vpc_id)
    refuse(rules.cluster_subnet_refusals(subnet_ids, zones))
    if len(vpc_ids) > 1:
        raise InvalidParameterException(f"Subnets specified must be in the same VPC, not in {sorted(vpc_ids)}")
    return {
        "subnetIds": subnet_ids,
        "securityGroupIds": asked.get("securityGroupIds", []),
        "vpcId": vpc_ids.pop(),
        "endpointPublicAccess": asked.get("endpointPublicAccess", True),
        "endpointPrivateAccess": asked.get("endpointPrivateAccess", False),
        "publicAccessCidrs": asked.get("publicAccessCidrs", ["0.0.0.0/0"]),
    }


def _cluster_record(request: EksRequest, name: str, version: str, vpc_config: Record) -> Record:
    asked = request.parameters
    issuer_id = hashlib.sha256(f"{request.region}/{name}/{uuid.uuid4()}".encode()).hexdigest()[:32].upper()
    access: Record = asked.get("accessConfig", {})
    network: Record = asked.get("kubernetesNetworkConfig", {})
    record: Record = {
        "name": name,
        "arn": f"arn:aws:eks:{request.region}:{moto_state.ACCOUNT_ID}:cluster/{name}",
        "createdAt": time.time(),
        "version": version,
        "roleArn": asked["roleArn"],
        "resourcesVpcConfig": vpc_config,
        "kubernetesNetworkConfig": {
            "serviceIpv4Cidr": network.get("serviceIpv4Cidr", "10.100.0.0/16"),
            "ipFamily": network.get("ipFamily", "ipv4"),
            "elasticLoadBalancing": network.get("elasticLoadBalancing", {"enabled": False}),
        },
        "logging": _logging(asked.get("logging", {})),
        "identity": {"oidc": {"issuer": f"https://oidc.eks.{request.region}.amazonaws.com/id/{issuer_id}"}},
        "status": "ACTIVE",
        "platformVersion": "eks.1",
        "tags": dict(asked.get("tags", {})),
        "encryptionConfig": asked.get("encryptionConfig", []),
        "health": {"issues": []},
        "accessConfig": {
            "authenticationMode": access.get("authenticationMode", "CONFIG_MAP"),
            "bootstrapClusterCreatorAdminPermissions": access.get("bootstrapClusterCreatorAdminPermissions", True),
        },
        "upgradePolicy": {"supportType": asked.get("upgradePolicy", {}).get("supportType", "EXTENDED")},
        "deletionProtection": False,
    }
    record.update({setting: asked[setting] for setting in KEPT_SETTINGS if setting in asked})
    return record


def _logging(asked: Record) -> Record:
    enabled = [kind for group in asked.get("clusterLogging", []) if group.get("enabled") for kind in group["types"]]
    unknown = sorted(set(enabled) - set(LOG_TYPES))
    if unknown:
        raise InvalidParameterException(f"Unknown log types {unknown}: choose from {', '.join(LOG_TYPES)}")
    groups: list[Record] = []
    if enabled:
        groups.append({"types": [kind for kind in LOG_TYPES if kind in enabled], "enabled": True})
    if len(set(enabled)) < len(LOG_TYPES):
        groups.append({"types": [kind for kind in LOG_TYPES if kind not in enabled], "enabled": False})
    return {"clusterLogging": groups}


def describe_cluster(state: EksState, request: EksRequest) -> Record:
    return {"cluster": state.cluster(request.parameters["name"]).record}


def list_clusters(state: EksState, request: EksRequest) -> Record:
    return {"clusters": sorted(name for name, one in state.clusters.items() if one.region == request.region)}


def delete_cluster(state: EksState, request: EksRequest) -> Record:
    """DeleteCluster: refused while node groups are attached or deletion protection is on."""
    cluster = state.cluster(request.parameters["name"])
    if cluster.node_groups:
        raise ResourceInUseException(f"Cluster has nodegroups attached: {', '.join(sorted(cluster.node_groups))}")
    if cluster.record.get("deletionProtection"):
        raise InvalidRequestException(f"Cluster {cluster.name} has deletion protection enabled; disable it first.")
    with state.lock:
        state.clusters.pop(cluster.name, None)
    cluster.control_plane.stop()
    # The next cluster of this name is a new one: nothing of what ran here may come back with it.
    shutil.rmtree(_directory(state, cluster.name), ignore_errors=True)
    moto_state.delete_security_group(cluster.region, cluster.record["resourcesVpcConfig"]["clusterSecurityGroupId"])
    return {"cluster": {**cluster.record, "status": "DELETING"}}


def update_cluster_config(state: EksState, request: EksRequest) -> Record:
    """UpdateClusterConfig: endpoint access, logging, access configuration, upgrade policy and the like."""
    cluster = state.cluster(request.parameters["name"])
    asked = request.parameters
    record = cluster.record
    if "accessConfig" in asked:
        before, after = record["accessConfig"]["authenticationMode"], asked["accessConfig"]["authenticationMode"]
        refuse(rules.authentication_mode_change_refusals(before, after))
        record["accessConfig"] = {**record["accessConfig"], "authenticationMode": after}
    if "resourcesVpcConfig" in asked:
        current: Record = record["resourcesVpcConfig"]
        changed = _vpc_config(cluster.region, {**current, **asked["resourcesVpcConfig"]})
        if changed["vpcId"] != current["vpcId"]:
            raise InvalidParameterException(f"Provided subnets belong to {changed['vpcId']}, not {current['vpcId']}.")
        record["resourcesVpcConfig"] = {**current, **changed}
    if "logging" in asked:
        record["logging"] = _logging(asked["logging"])
    if "upgradePolicy" in asked:
        refuse(rules.version_refusals(record["version"], asked["upgradePolicy"].get("supportType")))
        record["upgradePolicy"] = dict(asked["upgradePolicy"])
    record.update({setting: asked[setting] for setting in KEPT_SETTINGS if setting in asked})
    return {"update": cluster.record_update("ConfigUpdate")}


def update_cluster_version(state: EksState, request: EksRequest) -> Record:
    """UpdateClusterVersion: one minor version up at a time."""
    cluster = state.cluster(request.parameters["name"])
    version = str(request.parameters["version"])
    refuse(rules.version_refusals(version, cluster.record["upgradePolicy"]["supportType"]))
    refuse(rules.version_change_refusals(cluster.record["version"], version))
    cluster.record["version"] = version
    return {"update": cluster.record_update("VersionUpdate")}


def associate_encryption_config(state: EksState, request: EksRequest) -> Record:
    """AssociateEncryptionConfig: possible once, and never undone."""
    cluster = state.cluster(request.parameters["clusterName"])
    if cluster.record["encryptionConfig"]:
        raise InvalidParameterException(f"Cluster {cluster.name} already has an encryption configuration.")
    cluster.record["encryptionConfig"] = request.parameters["encryptionConfig"]
    return {"update": cluster.record_update("AssociateEncryptionConfig")}


def describe_update(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["name"])
    update_id = str(request.parameters["updateId"])
    if update_id not in cluster.updates:
        raise InvalidParameterException(f"No update found for ID: {update_id}")
    return {"update": cluster.updates[update_id]}


def list_updates(state: EksState, request: EksRequest) -> Record:
    return {"updateIds": list(state.cluster(request.parameters["name"]).updates)}


def describe_cluster_versions(_: EksState, request: EksRequest) -> Record:
    """DescribeClusterVersions, from the dated table of supported versions."""
    wanted = request.parameters.get("clusterVersions") or [release.version for release in rules.RELEASES]
    return {
        "clusterVersions": [
            {
                "clusterVersion": release.version,
                "clusterType": "eks",
                "defaultVersion": release.version == rules.DEFAULT_VERSION,
                "status": rules.support_status(release).lower().replace("_support", "-support"),
                "versionStatus": rules.support_status(release),
                "kubernetesPatchVersion": f"{release.version}.0",
            }
            for release in rules.RELEASES
            if release.version in wanted
        ]
    }
