"""What is left of a stack outside its working hours, and which stacks may have some."""

from settings.models.cluster import CapacityType, EksCluster, ExistingCluster, NodeGroup
from settings.models.platform import PlatformSettings


def scheduled_groups(settings: PlatformSettings) -> dict[str, NodeGroup]:
    """The node groups whose size follows the working hours; none without a schedule."""
    if settings.schedule is None or isinstance(settings.cluster, ExistingCluster):
        return {}
    return dict(settings.cluster.node_groups)


def nodes_outside_hours(settings: PlatformSettings, name: str) -> int:
    """Nodes of a group outside the hours.

    A tenant stack keeps none. A cluster's owner keeps one, on demand where it has such a group: its tenant stacks need
    the cluster's DNS and volume driver, which run there.
    """
    if not isinstance(settings.cluster, EksCluster):
        return 0
    groups = {key: group for key, group in settings.cluster.node_groups.items() if group.nodes}
    on_demand = [key for key, group in groups.items() if group.capacity_type is CapacityType.ON_DEMAND]
    return int(name == next(iter([*on_demand, *groups]), None))
