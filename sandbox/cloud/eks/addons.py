"""EKS operations on managed add-ons, which moto doesn't have."""

from __future__ import annotations

import json
import time
import uuid

from sandbox.cloud import moto_state
from sandbox.cloud.eks.errors import InvalidParameterException, ResourceInUseException, refuse
from sandbox.cloud.eks.requests import EksRequest
from sandbox.cloud.eks.state import Cluster, EksState, Record
from sandbox.providers.rules import eks as rules


def create_addon(state: EksState, request: EksRequest) -> Record:
    """CreateAddon: ACTIVE when it returns, its kinds established in the cluster."""
    cluster = state.cluster(request.parameters["clusterName"])
    asked = request.parameters
    name = str(asked["addonName"])
    if name in cluster.addons:
        raise ResourceInUseException(f"Addon {name} already exists.")
    kubernetes_version = cluster.record["version"]
    version = str(asked.get("addonVersion") or rules.default_addon_version(name, kubernetes_version))
    _check(name, version, kubernetes_version, asked.get("configurationValues"))
    now = time.time()
    record: Record = {
        "addonName": name,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "addonVersion": version,
        "health": {"issues": []},
        "addonArn": f"arn:aws:eks:{cluster.region}:{moto_state.ACCOUNT_ID}:addon/{cluster.name}/{name}/{uuid.uuid4()}",
        "createdAt": now,
        "modifiedAt": now,
        "tags": dict(asked.get("tags", {})),
        "publisher": "eks",
        "owner": _owner(name),
        "podIdentityAssociations": _associate(cluster, name, asked.get("podIdentityAssociations", [])),
        "namespaceConfig": asked.get("namespaceConfig", {"namespace": rules.ADDON_NAMESPACES.get(name, "kube-system")}),
    }
    for setting in ("serviceAccountRoleArn", "configurationValues"):
        if setting in asked:
            record[setting] = asked[setting]
    cluster.control_plane.install_addon(name, _namespace(record))
    cluster.addons[name] = record
    return {"addon": record}


def _owner(name: str) -> str:
    return "community" if name in rules.COMMUNITY_ADDONS else "aws"


def _namespace(record: Record) -> str:
    return str(record["namespaceConfig"]["namespace"])


def _check(name: str, version: str, kubernetes_version: str, configuration: str | None) -> None:
    refuse(rules.addon_refusals(name, version, kubernetes_version))
    if configuration:
        try:
            json.loads(configuration)
        except ValueError as error:
            raise InvalidParameterException(
                f"ConfigurationValue provided in request is not supported: it is no JSON ({error})"
            ) from None


def _associate(cluster: Cluster, addon: str, asked: list[Record]) -> list[str]:
    """Pod identity associations that belong to an add-on; returns their ARNs as DescribeAddon shows them."""
    from sandbox.cloud.eks.pod_identity import new_association

    arns: list[str] = []
    for one in asked:
        association = new_association(
            cluster, {"namespace": rules.ADDON_NAMESPACES.get(addon, "kube-system"), **one}, owner=addon
        )
        cluster.pod_identity_associations[association["associationId"]] = association
        arns.append(association["associationArn"])
    return arns


def describe_addon(state: EksState, request: EksRequest) -> Record:
    return {"addon": state.cluster(request.parameters["clusterName"]).addon(request.parameters["addonName"])}


def list_addons(state: EksState, request: EksRequest) -> Record:
    return {"addons": sorted(state.cluster(request.parameters["clusterName"]).addons)}


def update_addon(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    record = cluster.addon(request.parameters["addonName"])
    asked = request.parameters
    version = str(asked.get("addonVersion", record["addonVersion"]))
    _check(record["addonName"], version, cluster.record["version"], asked.get("configurationValues"))
    record["addonVersion"] = version
    for setting in ("serviceAccountRoleArn", "configurationValues"):
        if setting in asked:
            record[setting] = asked[setting]
    if "podIdentityAssociations" in asked:
        _disassociate(cluster, record)
        record["podIdentityAssociations"] = _associate(cluster, record["addonName"], asked["podIdentityAssociations"])
    record["modifiedAt"] = time.time()
    return {"update": cluster.record_update("AddonUpdate")}


def _disassociate(cluster: Cluster, record: Record) -> None:
    arns = set(record["podIdentityAssociations"])
    for association_id, association in list(cluster.pod_identity_associations.items()):
        if association["associationArn"] in arns:
            del cluster.pod_identity_associations[association_id]


def delete_addon(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    record = cluster.addon(request.parameters["addonName"])
    cluster.control_plane.remove_addon(record["addonName"], _namespace(record))
    _disassociate(cluster, record)
    del cluster.addons[record["addonName"]]
    return {"addon": {**record, "status": "DELETING"}}


def describe_addon_versions(_: EksState, request: EksRequest) -> Record:
    """DescribeAddonVersions: the one version of each add-on that the sandbox knows per Kubernetes version."""
    only, kubernetes_version = request.parameters.get("addonName"), request.parameters.get("kubernetesVersion")
    versions = [kubernetes_version] if kubernetes_version else [release.version for release in rules.RELEASES]
    return {
        "addons": [
            {
                "addonName": name,
                "type": "addon",
                "publisher": "eks",
                "owner": _owner(name),
                "addonVersions": [
                    {
                        "addonVersion": rules.default_addon_version(name, version),
                        "architecture": ["amd64", "arm64"],
                        "compatibilities": [
                            {"clusterVersion": version, "platformVersions": ["*"], "defaultVersion": True}
                        ],
                        "requiresConfiguration": False,
                    }
                    for version in versions
                ],
            }
            for name in rules.ADDONS
            if only in (None, name)
        ]
    }
