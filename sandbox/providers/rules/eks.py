"""What EKS refuses: versions, subnets, modes, node groups, add-ons; for the API's and Pulumi's names alike."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sandbox.providers.narrow import as_list, as_object, is_list
from sandbox.providers.rules.instances import architectures, instance_type_refusals
from sandbox.providers.rules.refusal import Refusal, nearest, one_of

INVALID = "InvalidParameterException"


class Release(NamedTuple):
    """A Kubernetes minor version on EKS; when standard support ends (None: not announced), extended: a year later."""

    version: str
    standard_support_ends: datetime.date | None


# endoflife.date, read 2026-11-28.
RELEASES = (
    Release("1.33", datetime.date(2026, 7, 29)),
    Release("1.34", datetime.date(2026, 12, 2)),
    Release("1.35", datetime.date(2027, 3, 27)),
    Release("1.36", datetime.date(2027, 8, 2)),
)
DEFAULT_VERSION = "1.36"
AUTHENTICATION_MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
SUPPORT_TYPES = ("STANDARD", "EXTENDED")
CAPACITY_TYPES = ("ON_DEMAND", "SPOT", "CAPACITY_BLOCK")
TAINT_EFFECTS = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")
AMI_TYPES = (
    "AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "CUSTOM",
    "AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NEURON", "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
    "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64", "BOTTLEROCKET_ARM_64_FIPS", "BOTTLEROCKET_x86_64_FIPS",
    "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA",
    "WINDOWS_CORE_2019_x86_64", "WINDOWS_FULL_2019_x86_64", "WINDOWS_CORE_2022_x86_64", "WINDOWS_FULL_2022_x86_64",
    "WINDOWS_CORE_2025_x86_64", "WINDOWS_FULL_2025_x86_64",
)  # fmt: skip
# Add-on -> the namespace its pods live in. Only the ones AWS itself publishes.
ADDON_NAMESPACES = {
    "vpc-cni": "kube-system",
    "coredns": "kube-system",
    "kube-proxy": "kube-system",
    "aws-ebs-csi-driver": "kube-system",
    "aws-efs-csi-driver": "kube-system",
    "aws-mountpoint-s3-csi-driver": "kube-system",
    "snapshot-controller": "kube-system",
    "eks-pod-identity-agent": "kube-system",
    "eks-node-monitoring-agent": "kube-system",
    "metrics-server": "kube-system",
    "cert-manager": "cert-manager",
    "kube-state-metrics": "kube-state-metrics",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "external-dns": "external-dns",
    "amazon-cloudwatch-observability": "amazon-cloudwatch",
    "adot": "opentelemetry-operator-system",
    "aws-guardduty-agent": "amazon-guardduty",
}
ADDONS = tuple(ADDON_NAMESPACES)
# Amazon EKS User Guide, "Community add-ons".
COMMUNITY_ADDONS = frozenset(
    {"metrics-server", "cert-manager", "kube-state-metrics", "prometheus-node-exporter", "external-dns"}
)
ADDON_VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")


def support_status(release: Release, today: datetime.date | None = None) -> str:
    """STANDARD_SUPPORT, EXTENDED_SUPPORT or UNSUPPORTED on that day (default: today)."""
    day = today or datetime.date.today()
    if release.standard_support_ends is None or day < release.standard_support_ends:
        return "STANDARD_SUPPORT"
    ends = release.standard_support_ends
    return "EXTENDED_SUPPORT" if day < ends.replace(year=ends.year + 1) else "UNSUPPORTED"


def version_refusals(version: object, support_type: object, today: datetime.date | None = None) -> list[Refusal]:
    """Refuse unknown versions, and a version in extended support unless `upgradePolicy.supportType` is EXTENDED."""
    if not isinstance(version, str):
        return []
    release = next((one for one in RELEASES if one.version == version), None)
    status = "UNSUPPORTED" if release is None else support_status(release, today)
    if status == "UNSUPPORTED":
        known = ", ".join(one.version for one in RELEASES)
        return [Refusal("version", INVALID, f"unsupported Kubernetes version {version!r}: EKS has {known}.")]
    if status == "EXTENDED_SUPPORT" and support_type in (None, "STANDARD"):
        return [
            Refusal(
                "version",
                INVALID,
                f"Kubernetes {version} is in extended support ($0.60 an hour instead of $0.10): use a newer version, "
                f"or set upgradePolicy.supportType to EXTENDED.",
            )
        ]
    return []


def version_change_refusals(before: str, after: str) -> list[Refusal]:
    """A control plane goes up one minor version at a time, and never down."""
    old, new = (int(version.split(".")[1]) for version in (before, after))
    if new in (old, old + 1):
        return []
    way = "down" if new < old else "by more than one minor version"
    return [
        Refusal("version", INVALID, f"Unsupported Kubernetes minor version update from {before} to {after}: {way}.")
    ]


def node_version_refusals(node_version: object, cluster_version: object) -> list[Refusal]:
    """Nodes may be up to three minor versions behind the control plane, and never ahead."""
    if not isinstance(node_version, str) or not isinstance(cluster_version, str):
        return []
    if not re.fullmatch(r"1\.\d+", node_version):
        return [Refusal("version", INVALID, f"{node_version!r} is no Kubernetes version.")]
    node, cluster = (int(version.split(".")[1]) for version in (node_version, cluster_version))
    if cluster - 3 <= node <= cluster:
        return []
    return [
        Refusal(
            "version", INVALID, f"Nodegroup Kubernetes version {node_version} doesn't fit cluster {cluster_version}."
        ),
    ]


def cluster_name_refusals(name: object) -> list[Refusal]:
    """Cluster names: 1 to 100 letters, digits, hyphens and underscores, starting with a letter or digit."""
    if not isinstance(name, str) or re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", name):
        return []
    return [Refusal("name", INVALID, f"The cluster name {name!r} must match ^[0-9A-Za-z][A-Za-z0-9_-]{{0,99}}$.")]


def cluster_subnet_refusals(subnet_ids: Sequence[object], zones: Sequence[object] | None) -> list[Refusal]:
    """At least two subnets, in at least two availability zones (`zones`: one per subnet, None while not known)."""
    if len(subnet_ids) < 2:
        return [
            Refusal("vpcConfig.subnetIds", INVALID, f"Subnets specified must be at least two, not {len(subnet_ids)}.")
        ]
    if zones is not None and len(set(zones)) < 2:
        message = f"Subnets specified must be in at least two different AZs, all are in {zones[0]}."
        return [Refusal("vpcConfig.subnetIds", INVALID, message)]
    return []


def authentication_mode_change_refusals(before: str, after: str) -> list[Refusal]:
    """CONFIG_MAP -> API_AND_CONFIG_MAP -> API: one way only."""
    order = AUTHENTICATION_MODES
    if before in order and after in order and order.index(after) >= order.index(before):
        return []
    message = f"Unsupported authentication mode update from {before} to {after}."
    return [Refusal("accessConfig.authenticationMode", INVALID, message)]


def cluster_refusals(inputs: Mapping[str, Any], today: datetime.date | None = None) -> list[Refusal]:
    """All that can be said of a Cluster's inputs before anything exists."""
    upgrade, access, vpc = (as_object(inputs.get(name)) for name in ("upgradePolicy", "accessConfig", "vpcConfig"))
    refusals = cluster_name_refusals(inputs.get("name"))
    refusals += version_refusals(inputs.get("version"), upgrade.get("supportType"), today)
    refusals += one_of("upgradePolicy.supportType", upgrade.get("supportType"), SUPPORT_TYPES, INVALID)
    mode = access.get("authenticationMode")
    refusals += one_of("accessConfig.authenticationMode", mode, AUTHENTICATION_MODES, INVALID)
    if is_list(vpc.get("subnetIds")):
        refusals += cluster_subnet_refusals(vpc["subnetIds"], None)
    return refusals


def architecture_of_ami_type(ami_type: str) -> str | None:
    """`arm64` or `x86_64`; None for CUSTOM."""
    if ami_type == "CUSTOM":
        return None
    return "arm64" if "ARM_64" in ami_type else "x86_64"


def default_ami_type(instance_type: str) -> str:
    """What EKS takes when the group doesn't say: Amazon Linux 2023 for the instance's architecture."""
    arm = architectures().get(instance_type) == "arm64"
    return "AL2023_ARM_64_STANDARD" if arm else "AL2023_x86_64_STANDARD"


def node_group_refusals(
    asked: Mapping[str, Any], cluster_version: object, template_instance_type: str | None = None
) -> list[Refusal]:
    """Refuse what CreateNodegroup refuses. `template_instance_type`: the one that the launch template sets, if any."""
    types: list[object] = list(asked.get("instanceTypes") or []) if is_list(asked.get("instanceTypes")) else []
    refusals: list[Refusal] = []
    if types and template_instance_type is not None:
        message = "Cannot specify instance types in launch template and API request."
        refusals.append(Refusal("instanceTypes", INVALID, message))
    effective = types or ([template_instance_type] if template_instance_type else [])
    for one in effective:
        refusals += instance_type_refusals("instanceTypes", one, INVALID)
    refusals += _ami_type_refusals(asked.get("amiType"), effective)
    refusals += one_of("capacityType", asked.get("capacityType"), CAPACITY_TYPES, INVALID)
    refusals += scaling_refusals(asked.get("scalingConfig"))
    for index, taint in enumerate(as_list(asked.get("taints"))):
        refusals += one_of(f"taints[{index}].effect", as_object(taint).get("effect"), TAINT_EFFECTS, INVALID)
    if asked.get("launchTemplate") and isinstance(asked.get("diskSize"), int):
        refusals.append(Refusal("diskSize", INVALID, "Disk size must be specified within the launch template."))
    for key in as_object(asked.get("labels")):
        if key.startswith(("eks.amazonaws.com/", "kubernetes.io/", "k8s.io/")):
            refusals.append(Refusal(f"labels.{key}", INVALID, f"Label cannot contain reserved prefixes: {key}."))
    return refusals + node_version_refusals(asked.get("version"), cluster_version)


def _ami_type_refusals(ami_type: object, instance_types: Sequence[object]) -> list[Refusal]:
    if not isinstance(ami_type, str):
        return []
    if ami_type not in AMI_TYPES:
        return [Refusal("amiType", INVALID, f"{ami_type!r} is no AMI type.{nearest(ami_type, AMI_TYPES)}")]
    wanted = architecture_of_ami_type(ami_type)
    return [
        Refusal("amiType", INVALID, f"[{one}] is not a valid instance type for requested amiType {ami_type}.")
        for one in instance_types
        if isinstance(one, str) and wanted is not None and architectures().get(one, wanted) != wanted
    ]


def scaling_refusals(scaling: object) -> list[Refusal]:
    """0 <= minSize <= desiredSize <= maxSize, and maxSize at least 1."""
    sizes = as_object(scaling)
    low, desired, high = (sizes.get(name) for name in ("minSize", "desiredSize", "maxSize"))
    if not (isinstance(low, int) and isinstance(desired, int) and isinstance(high, int)):
        return []
    if low < 0 or high < 1:
        return [
            Refusal("scalingConfig", INVALID, f"minSize must be at least 0 and maxSize at least 1, not {low}, {high}.")
        ]
    if low > high:
        return [
            Refusal("scalingConfig.minSize", INVALID, f"Minimum capacity {low} can't be greater than maximum {high}.")
        ]
    if not low <= desired <= high:
        message = f"desired capacity {desired} must be between minimum {low} and maximum {high}."
        return [Refusal("scalingConfig.desiredSize", INVALID, message)]
    return []


def default_addon_version(name: str, kubernetes_version: str) -> str:
    """The version that the sandbox pretends is an add-on's default. kube-proxy follows Kubernetes, others don't."""
    return f"v{kubernetes_version}.0-eksbuild.1" if name == "kube-proxy" else "v1.20.0-eksbuild.1"


def addon_refusals(name: object, version: object, kubernetes_version: object) -> list[Refusal]:
    """Refuse unknown add-ons and versions that can't be versions of one."""
    if isinstance(name, str) and name not in ADDONS:
        where = f" in {kubernetes_version} kubernetes version" if isinstance(kubernetes_version, str) else ""
        message = f"Addon {name} specified is not supported{where}.{nearest(name, ADDONS)}"
        return [Refusal("addonName", INVALID, message)]
    if isinstance(version, str) and not ADDON_VERSION.fullmatch(version):
        message = f"Addon version specified is not supported: {version!r} has not the form v1.2.3-eksbuild.4."
        return [Refusal("addonVersion", INVALID, message)]
    return []
