"""EKS managed add-ons in two waves: what nodes need to become ready, and what needs ready nodes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import eks, iam

from components.aws_environment import AwsLocation
from components.iam_policies import pod_identity_trust
from components.roles import RoleArgs, make_role
from planning.aws.addons import AddonName
from planning.base import Frozen
from settings.models.addons import ClusterAddons as AddonSettings
from settings.models.cluster import EksCluster as EksClusterSettings
from settings.models.names import Names
from settings.rules.sizing import CERT_MANAGER_POD, KUBE_STATE_METRICS, NODE_EXPORTER, AddonRequest

ADDON_NAMESPACE = "kube-system"


class AddonIdentity(Frozen):
    """AWS permissions of an add-on, by EKS Pod Identity."""

    service_account: str
    """Service account in kube-system, as the add-on prescribes."""
    managed_policy: str
    """Name (with path) of the policy that AWS manages for it."""


class AddonSpec(Frozen):
    """One managed add-on."""

    name: AddonName
    """Name in the EKS catalogue."""
    configuration: Mapping[str, Any] = {}
    """Values of the add-on's configuration schema."""
    identity: AddonIdentity | None = None
    """AWS permissions, if it calls AWS."""


# Amazon EKS User Guide, "Restrict Pod network traffic with Kubernetes network policies": strict closes a new pod until
# its policies are in place, and for ever a pod that no policy selects; pods on a node's network are left alone.
STRICT = {"env": {"NETWORK_POLICY_ENFORCING_MODE": "strict"}}
BEFORE_NODES: tuple[AddonSpec, ...] = (
    AddonSpec(
        name=AddonName.VPC_CNI,
        # Prefix delegation stays off: it lifts the pod limit of a t4g.medium from 17 to 110, for which the kubelet
        # would reserve 1 GiB more of its 4 GiB.
        configuration={"enableNetworkPolicy": "true"},
        identity=AddonIdentity(service_account="aws-node", managed_policy="AmazonEKS_CNI_Policy"),
    ),
    AddonSpec(name=AddonName.KUBE_PROXY),
    AddonSpec(name=AddonName.POD_IDENTITY_AGENT),
)

AFTER_NODES: tuple[AddonSpec, ...] = (
    AddonSpec(name=AddonName.COREDNS),
    AddonSpec(
        name=AddonName.EBS_CSI_DRIVER,
        identity=AddonIdentity(
            service_account="ebs-csi-controller-sa", managed_policy="service-role/AmazonEBSCSIDriverPolicy"
        ),
    ),
    AddonSpec(name=AddonName.METRICS_SERVER),
)


def before_nodes(*, strict: bool) -> tuple[AddonSpec, ...]:
    """The first wave; `strict` is the VPC CNI's way to start pods."""
    return tuple(
        addon.model_copy(update={"configuration": {**addon.configuration, **STRICT}})
        if strict and addon.name is AddonName.VPC_CNI
        else addon
        for addon in BEFORE_NODES
    )


def after_nodes(settings: AddonSettings) -> tuple[AddonSpec, ...]:
    """The second wave: what every cluster has, and the community add-ons that its owner wants.

    Amazon EKS User Guide, "Community add-ons": each lives in a namespace of its own name, calls no AWS API, and is
    supported by its project, AWS supporting its installation only. Values are those of the packaged charts.
    """
    wanted = (
        (settings.kube_state_metrics, AddonName.KUBE_STATE_METRICS, {"resources": _requests(KUBE_STATE_METRICS)}),
        (settings.prometheus_node_exporter, AddonName.NODE_EXPORTER, {"resources": _requests(NODE_EXPORTER)}),
        (
            settings.cert_manager,
            AddonName.CERT_MANAGER,
            {
                "resources": _requests(CERT_MANAGER_POD),
                "cainjector": {"resources": _requests(CERT_MANAGER_POD)},
                "webhook": {"resources": _requests(CERT_MANAGER_POD)},
            },
        ),
    )
    return (*AFTER_NODES, *(AddonSpec(name=name, configuration=values) for want, name, values in wanted if want))


def community_namespaces(settings: AddonSettings) -> list[str]:
    """Namespaces that community add-ons make for themselves."""
    return [addon.name.value for addon in after_nodes(settings)[len(AFTER_NODES) :]]


def _requests(request: AddonRequest) -> dict[str, Any]:
    return {"requests": {"cpu": f"{request.cpu_millicores}m", "memory": f"{request.memory_mib}Mi"}}


@dataclass(frozen=True)
class AddonRole:
    """A role for an add-on's service account."""

    association: eks.AddonPodIdentityAssociationArgs
    permission: pulumi.Resource
    """What must be there before the add-on starts."""


@dataclass(frozen=True)
class AddonRolesArgs:
    """Inputs of `AddonRoles`."""

    addons: Sequence[AddonSpec]
    names: Names
    location: AwsLocation


class AddonRoles(pulumi.ComponentResource):
    """The roles of all add-ons that call AWS; apart from the add-ons, so that they outlive the nodes these run on."""

    by_addon: dict[str, AddonRole]

    def __init__(self, name: str, args: AddonRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:AddonRoles", name, None, opts)
        self._args = args
        self.by_addon = {addon.name: self._role(addon.name, addon.identity) for addon in args.addons if addon.identity}
        self.register_outputs({"addons": sorted(self.by_addon)})

    def _role(self, addon: str, identity: AddonIdentity) -> AddonRole:
        names, location = self._args.names, self._args.location
        child = pulumi.ResourceOptions(parent=self)
        trust = pod_identity_trust(location.cluster_arn(names.cluster), ADDON_NAMESPACE, identity.service_account)
        about = RoleArgs(names.role(addon), f"Add-on {addon} of {names.cluster}", trust, "cluster")
        role = make_role(addon, about, location, self)
        permission = iam.RolePolicyAttachment(
            addon,
            role=role.name,
            policy_arn=location.managed_policy_arn(identity.managed_policy),
            opts=child,
        )
        association = eks.AddonPodIdentityAssociationArgs(role_arn=role.arn, service_account=identity.service_account)
        return AddonRole(association, permission)


@dataclass(frozen=True)
class ClusterAddonsArgs:
    """Inputs of `ClusterAddons`."""

    addons: Sequence[AddonSpec]
    settings: EksClusterSettings
    roles: AddonRoles
    cluster: eks.Cluster
    protect: bool
    """As the cluster: what goes with a cluster that is kept must be kept too, or the state forgets it."""


class ClusterAddons(pulumi.ComponentResource):
    """One wave of add-ons."""

    def __init__(self, name: str, args: ClusterAddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:ClusterAddons", name, None, opts)
        for addon in args.addons:
            self._addon(addon, args.roles.by_addon.get(addon.name), args)
        self.register_outputs({"addons": [addon.name for addon in args.addons]})

    def _addon(self, addon: AddonSpec, role: AddonRole | None, args: ClusterAddonsArgs) -> None:
        settings = args.settings
        eks.Addon(
            addon.name,
            addon_name=addon.name,
            addon_version=settings.addon_versions.pinned(addon.name, settings.kubernetes_version),
            cluster_name=args.cluster.name,
            configuration_values=json.dumps(dict(addon.configuration)) if addon.configuration else None,
            pod_identity_associations=[role.association] if role else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            tags={"component": "cluster", "Name": addon.name},
            # Left to go with the cluster: the volume driver must outlive the claims whose EBS volumes it deletes.
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                deleted_with=args.cluster,
                depends_on=[role.permission] if role else [],
            ),
        )
