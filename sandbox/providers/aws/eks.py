"""EKS: clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, change_tags, given, gone_if
from sandbox.providers.properties import UNKNOWN, Properties
from sandbox.providers.resource import ProviderError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import eks as rules

NOT_FOUND = "ResourceNotFoundException"
# Settings whose names and shapes are the same in Pulumi and in the API.
SAME_SETTINGS = (
    "kubernetesNetworkConfig", "encryptionConfig", "outpostConfig", "accessConfig", "upgradePolicy", "zonalShiftConfig",
    "remoteNetworkConfig", "computeConfig", "storageConfig", "deletionProtection", "controlPlaneScalingConfig",
    "bootstrapSelfManagedAddons", "kubeApiServerConfig", "kubeSchedulerConfig", "kubeControllerManagerConfig",
)  # fmt: skip
UPDATABLE_SETTINGS = (
    "upgradePolicy", "zonalShiftConfig", "computeConfig", "storageConfig", "remoteNetworkConfig", "deletionProtection",
    "controlPlaneScalingConfig", "kubeApiServerConfig", "kubeSchedulerConfig", "kubeControllerManagerConfig",
)  # fmt: skip
DEFAULT_ACCESS: Mapping[str, Any] = {
    "endpointPublicAccess": True,
    "endpointPrivateAccess": False,
    "publicAccessCidrs": ["0.0.0.0/0"],
}


def clusters(cloud: AwsCloud) -> list[Record]:
    """Every cluster of the region, as DescribeCluster shows it."""
    eks = cloud.client("eks")
    return [eks.describe_cluster(name=name)["cluster"] for name in eks.list_clusters()["clusters"]]


def subnets_in_use(cloud: AwsCloud) -> dict[str, str]:
    """Subnets that hold network interfaces of EKS, with what uses them."""
    eks = cloud.client("eks")
    used: dict[str, str] = {}
    for cluster in clusters(cloud):
        used.update(dict.fromkeys(cluster["resourcesVpcConfig"]["subnetIds"], f"EKS cluster {cluster['name']}"))
        for name in eks.list_nodegroups(clusterName=cluster["name"])["nodegroups"]:
            group = eks.describe_nodegroup(clusterName=cluster["name"], nodegroupName=name)["nodegroup"]
            used.update(dict.fromkeys(group["subnets"], f"EKS node group {cluster['name']}/{name}"))
    return used


def update_eks_tags(cloud: AwsCloud, arn: str, state: Properties, inputs: Properties, changed: frozenset[str]) -> None:
    eks = cloud.client("eks")
    change_tags(
        state,
        inputs,
        changed,
        lambda tags: eks.tag_resource(resourceArn=arn, tags=tags),
        lambda keys: eks.untag_resource(resourceArn=arn, tagKeys=keys),
    )


def timestamp(value: Any) -> str:
    """A time as the provider shows it."""
    return str(value.isoformat())


class Cluster(AwsType):
    token = "aws:eks/cluster:Cluster"
    name_property = "name"
    name_prefix_property = None
    name_limit = 100
    tagged = True
    replace = frozenset(
        {
            "name",
            "roleArn",
            "vpcConfig.vpcId",
            "bootstrapSelfManagedAddons",
            "outpostConfig",
            "encryptionConfig.resources",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
        }
    )
    sets = frozenset(
        {
            "vpcConfig.subnetIds",
            "vpcConfig.securityGroupIds",
            "vpcConfig.publicAccessCidrs",
            "enabledClusterLogTypes",
            "encryptionConfig.resources",
        }
    )
    computed_inputs = frozenset(
        {"version", "accessConfig", "kubernetesNetworkConfig", "upgradePolicy", "storageConfig"}
    )
    defaults: ClassVar[Mapping[str, Any]] = {
        "enabledClusterLogTypes": [],
        **{f"vpcConfig.{name}": value for name, value in DEFAULT_ACCESS.items()},
        "bootstrapSelfManagedAddons": True,
        "deletionProtection": False,
    }

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.cluster_refusals(inputs)

    def preview(self, inputs: Properties) -> Properties:
        vpc_config = {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            "publicAccessCidrs": UNKNOWN,
            **inputs.get("vpcConfig", {}),
            "clusterSecurityGroupId": UNKNOWN,
            "vpcId": UNKNOWN,
        }
        return {"vpcConfig": vpc_config}

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = dict.fromkeys(SAME_SETTINGS)
        settings = given(inputs, {**{name: name for name in names}, "roleArn": "roleArn", "version": "version"})
        if "encryptionConfig" in settings:
            settings["encryptionConfig"] = [settings["encryptionConfig"]]
        if inputs.get("enabledClusterLogTypes"):
            settings["logging"] = _logging(inputs["enabledClusterLogTypes"])
        cluster = cloud.client("eks").create_cluster(
            name=inputs["name"],
            resourcesVpcConfig=_vpc_config(inputs),
            tags=inputs.get("tagsAll", {}),
            **settings,
        )["cluster"]
        return str(cluster["name"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        with gone_if(NOT_FOUND):
            cluster: Record = cloud.client("eks").describe_cluster(name=resource_id)["cluster"]
        vpc: Record = cluster["resourcesVpcConfig"]
        encryption: list[Record] = cluster.get("encryptionConfig", [])
        logs = [kind for one in cluster["logging"]["clusterLogging"] if one["enabled"] for kind in one["types"]]
        same = {name: cluster[name] for name in SAME_SETTINGS if name in cluster and name != "encryptionConfig"}
        return {
            **same,
            "name": cluster["name"],
            "arn": cluster["arn"],
            "roleArn": cluster["roleArn"],
            "version": cluster["version"],
            "status": cluster["status"],
            "endpoint": cluster["endpoint"],
            "platformVersion": cluster["platformVersion"],
            "createdAt": timestamp(cluster["createdAt"]),
            "certificateAuthority": {"data": cluster["certificateAuthority"]["data"]},
            "identities": [{"oidcs": [{"issuer": cluster["identity"]["oidc"]["issuer"]}]}],
            "encryptionConfig": encryption[0] if encryption else None,
            "enabledClusterLogTypes": logs if logs or "enabledClusterLogTypes" in known else None,
            "vpcConfig": vpc,
            "tagsAll": cluster["tags"],
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        eks = cloud.client("eks")
        if "version" in changed and inputs.get("version"):
            eks.update_cluster_version(name=resource_id, version=inputs["version"])
        # EKS takes one kind of change per call.
        if "vpcConfig" in changed:
            # The API keeps what a call leaves out; what the program leaves out is AWS's default.
            eks.update_cluster_config(name=resource_id, resourcesVpcConfig={**DEFAULT_ACCESS, **_vpc_config(inputs)})
        if "enabledClusterLogTypes" in changed:
            eks.update_cluster_config(name=resource_id, logging=_logging(inputs.get("enabledClusterLogTypes", [])))
        if "accessConfig" in changed and inputs.get("accessConfig"):
            mode = {"authenticationMode": inputs["accessConfig"]["authenticationMode"]}
            eks.update_cluster_config(name=resource_id, accessConfig=mode)
        if "encryptionConfig" in changed:
            self._encrypt(cloud, resource_id, state, inputs)
        for name in UPDATABLE_SETTINGS:
            if name in changed and inputs.get(name) is not None:
                eks.update_cluster_config(name=resource_id, **{name: inputs[name]})
        update_eks_tags(cloud, state["arn"], state, inputs, changed)

    def _encrypt(self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties) -> None:
        if state.get("encryptionConfig") or not inputs.get("encryptionConfig"):
            raise ProviderError(
                "InvalidRequestException: secrets encryption can't be changed or removed once it is on."
            )
        cloud.client("eks").associate_encryption_config(
            clusterName=resource_id, encryptionConfig=[inputs["encryptionConfig"]]
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NOT_FOUND):
            cloud.client("eks").delete_cluster(name=resource_id)


def _vpc_config(inputs: Properties) -> Record:
    names = ("subnetIds", "securityGroupIds", "endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")
    return given(inputs["vpcConfig"], {name: name for name in names})


def _logging(enabled: list[str]) -> Record:
    types = ("api", "audit", "authenticator", "controllerManager", "scheduler")
    off = [kind for kind in types if kind not in enabled]
    groups: list[Record] = [{"types": list(enabled), "enabled": True}] if enabled else []
    return {"clusterLogging": groups + ([{"types": off, "enabled": False}] if off else [])}
