"""What a stack asks of a network that is there already."""

from planning.aws.existing_network import Wanted
from planning.instances import instance_shape
from settings.models.cluster import NodeGroup
from settings.models.platform import PlatformSettings
from settings.rules.sizing import node_groups
from telemetry.kubernetes.network_policies import cluster_blocks


def wanted_of(settings: PlatformSettings) -> Wanted | None:
    """None for a stack with a network of its own, or with none."""
    existing = settings.network and settings.network.existing
    if not existing:
        return None
    return Wanted(
        region=settings.region,
        private_subnet_ids=existing.private_subnet_ids,
        public_subnet_ids=existing.public_subnet_ids,
        addresses=sum(group.max_nodes * _addresses(group) for group in node_groups(settings)),
        allowed_blocks=cluster_blocks(settings),
    )


def _addresses(group: NodeGroup) -> int:
    """Of one node of the group's roomiest type: the VPC CNI keeps whole interfaces for the pods to come."""
    shapes = [shape for name in group.instance_types if (shape := instance_shape(name))]
    return max((shape.interfaces * shape.addresses_per_interface for shape in shapes), default=0)
