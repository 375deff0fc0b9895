"""Values of Karpenter's chart.

Source: values.yaml of the chart, github.com/aws/karpenter-provider-aws at v1.13.1; Karpenter documentation, "Settings".
"""

from typing import Any

from settings.models.platform import PlatformSettings
from settings.rules.sizing import KARPENTER_LIMIT_MIB, KARPENTER_POD, karpenter_pods
from telemetry.charts.values import ChartValues, Resources, TopologySpreadConstraint, resources
from telemetry.kubernetes.karpenter import SERVICE_ACCOUNT


class Controller(ChartValues):
    """The controller's container."""

    resources: Resources
    """What it asks for."""


class ControllerSettings(ChartValues):
    """What the controller works on."""

    cluster_name: str
    """EKS cluster."""
    interruption_queue: str
    """Queue with EC2's warnings."""


class KarpenterServiceAccount(ChartValues):
    """The identity of the controller's pods, by EKS Pod Identity."""

    name: str = SERVICE_ACCOUNT
    """Name that the association is made for."""


class KarpenterValues(ChartValues):
    """What differs from the chart's defaults: those keep the controller off its own nodes and its pods on two hosts."""

    replicas: int
    """One leads, the other takes over."""
    service_account: KarpenterServiceAccount = KarpenterServiceAccount()
    """Identity."""
    controller: Controller
    """Container."""
    settings: ControllerSettings
    """Work."""
    topology_spread_constraints: list[TopologySpreadConstraint]
    """The chart's own would keep the second pod waiting in a cluster with nodes in one zone."""


def karpenter_values(settings: PlatformSettings, cluster_name: str, queue_name: str) -> dict[str, Any]:
    """Plain data as Helm takes it."""
    return KarpenterValues(
        replicas=karpenter_pods(settings),
        controller=Controller(
            resources=resources(KARPENTER_POD.cpu_millicores, KARPENTER_POD.memory_mib, KARPENTER_LIMIT_MIB)
        ),
        settings=ControllerSettings(cluster_name=cluster_name, interruption_queue=queue_name),
        topology_spread_constraints=[
            TopologySpreadConstraint(topology_key="topology.kubernetes.io/zone", when_unsatisfiable="ScheduleAnyway")
        ],
    ).to_values()
