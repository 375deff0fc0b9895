"""On which nodes a stack's pods run: its own, also when two stacks share a cluster."""

from planning.base import Frozen
from settings.models.cluster import ExistingCluster, SharedCluster
from settings.models.platform import PlatformSettings

STACK_LABEL = "lgtm.dev/stack"
DEDICATED_TAINT = "lgtm.dev/dedicated"


class Toleration(Frozen):
    """A Kubernetes toleration of one key, value and effect."""

    key: str
    """Taint key."""
    value: str
    """Taint value."""
    effect: str = "NoSchedule"
    """Taint effect."""


class Placement(Frozen):
    """Node selector and tolerations of every pod of a stack."""

    node_selector: dict[str, str]
    """Labels that a node must carry."""
    tolerations: tuple[Toleration, ...]
    """Taints that the pods accept."""


def placement_for(settings: PlatformSettings, stack: str) -> Placement:
    """Own node groups are labelled with the stack; a tenant stack's are also tainted so that the owner stays off."""
    if isinstance(settings.cluster, ExistingCluster):
        return Placement(node_selector={}, tolerations=())
    tenant_stack = isinstance(settings.cluster, SharedCluster)
    return Placement(
        node_selector={STACK_LABEL: stack},
        tolerations=(Toleration(key=DEDICATED_TAINT, value=stack),) if tenant_stack else (),
    )
