"""From a stack's settings to what its cost is computed from: reports, rules and the policies' configuration agree."""

from planning.cost.inputs import ClusterSharing, CostInputs, Egress, ExpectedLoad
from settings.models.cluster import SharedCluster
from settings.models.destinations import Destination, DestinationKind
from settings.models.platform import PlatformSettings


def cost_inputs(settings: PlatformSettings, owner: PlatformSettings | None) -> CostInputs:
    """What the stack's cost follows from; `owner` are the settings of the stack whose cluster a tenant stack lives in.

    A tenant stack whose owner isn't known carries half of the control plane.
    """
    tenant_stack = isinstance(settings.cluster, SharedCluster)
    return CostInputs(
        load=ExpectedLoad(
            workload=settings.workload,
            sampling=settings.sampling,
            retention=settings.retention,
            replication=settings.replication,
            destinations=tuple(_egress(one) for one in settings.destinations if one.on_the_internet) or None,
        ),
        sharing=ClusterSharing(owner_nodes=owner.node_count) if tenant_stack and owner else ClusterSharing(),
    )


def _egress(destination: Destination) -> Egress:
    return Egress(
        name=destination.name,
        signals=destination.signals,
        share_percent=destination.share_percent,
        remote_write=destination.kind is DestinationKind.PROMETHEUS_REMOTE_WRITE,
    )
