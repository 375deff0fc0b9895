"""What EKS offers of its add-ons. Source: Amazon EKS API reference, DescribeAddonVersions."""

import re

from ops.backends.aws import asking, untyped_client
from ops.backends.foreign import CamelCase
from planning.aws.addons import AddonName
from planning.base import Frozen
from settings.models.cluster import EksCluster


class _Compatibility(CamelCase):
    cluster_version: str = ""
    default_version: bool = False


class _Version(CamelCase):
    addon_version: str
    compatibilities: tuple[_Compatibility, ...] = ()


class _Addon(CamelCase):
    addon_versions: tuple[_Version, ...] = ()


class Offered(Frozen):
    """What EKS offers of one add-on for one Kubernetes version."""

    versions: tuple[str, ...]
    """All, the newest first."""
    default: str | None
    """What EKS takes where nobody asks for another."""


def offered(name: AddonName, kubernetes_version: str, region: str) -> Offered:
    """Asks AWS. Raises `LiveError`."""
    eks = untyped_client("eks", region)
    found: list[_Version] = []
    with asking("eks:DescribeAddonVersions"):
        pages = eks.get_paginator("describe_addon_versions").paginate(
            addonName=name.value, kubernetesVersion=kubernetes_version
        )
        for page in pages:
            for addon in page["addons"]:
                found += _Addon.model_validate(addon).addon_versions
    default = [
        one.addon_version
        for one in found
        if any(fit.default_version and fit.cluster_version == kubernetes_version for fit in one.compatibilities)
    ]
    versions = sorted((one.addon_version for one in found), key=build_number, reverse=True)
    return Offered(versions=tuple(versions), default=default[0] if default else None)


def build_number(version: str) -> tuple[int, ...]:
    """By which versions are ordered."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def wanted(cluster: EksCluster) -> tuple[AddonName, ...]:
    """The add-ons that a cluster has."""
    chosen = {
        AddonName.KUBE_STATE_METRICS: cluster.addons.kube_state_metrics,
        AddonName.NODE_EXPORTER: cluster.addons.prometheus_node_exporter,
        AddonName.CERT_MANAGER: cluster.addons.cert_manager,
    }
    return tuple(name for name in AddonName if chosen.get(name, True))
