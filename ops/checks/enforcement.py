"""Whether the cluster enforces network policies: a connection that no policy allows is tried, with nothing but a GET.

The API server opens it, to the health port of a sampling gateway, which no policy opens to anybody. A kubelet's own
probes and port-forwards come from the pod's node and pass everywhere (Kubernetes documentation, "Network Policies"),
so they would prove nothing; so would an API server on the pod's own node, as clusters of one node have it.
"""

from ops.backends.errors import LiveError, Problem
from ops.backends.target import Target
from ops.report.checks import Check, State
from settings.models.cluster import ExistingCluster
from telemetry.kubernetes.endpoints import COLLECTOR_GATEWAY_RELEASE, COLLECTOR_HEALTH_PORT, Endpoints

NAME = "network policies"
POD = f"{COLLECTOR_GATEWAY_RELEASE}-0"
# What Go says of a packet that nobody answers, in the API server, or that kubectl stopped to wait for.
LOST = ("i/o timeout", "deadline exceeded", "Client.Timeout", "request canceled")
ADVICE = (
    "turn enforcement on: the VPC CNI's enableNetworkPolicy and its node agent, or install an engine; until then "
    "every pod reaches every other"
)


def enforcement(target: Target) -> Check:
    """A finding where the connection opens; never more than that is certain elsewhere than on EKS."""
    way = f"API server -> {POD}:{COLLECTOR_HEALTH_PORT}"
    namespace = Endpoints.of(target.settings).namespace
    try:
        target.kubernetes().get_from_pod(namespace, POD, COLLECTOR_HEALTH_PORT)
    except LiveError as error:
        return _not_opened(target, way, error)
    if not _on_eks(target):
        said = f"{way} opens; on a cluster of one node that says nothing, on others nothing is enforced"
        return Check(name=NAME, state=State.UNKNOWN, detail=said)
    detail = f"{way} opens, which no policy allows: nothing is enforced"
    return Check(name=NAME, state=State.FINDING, detail=detail, advice=ADVICE)


def _not_opened(target: Target, way: str, error: LiveError) -> Check:
    if error.problem is Problem.TIMEOUT or any(words in error.detail for words in LOST):
        if _on_eks(target):
            return Check(name=NAME, state=State.OK, detail=f"{way} is lost, as it must be")
        return Check(name=NAME, state=State.UNKNOWN, detail=f"{way} is lost, by a policy or for want of a route")
    return Check(name=NAME, state=State.UNKNOWN, detail=f"{way}: {error.detail}")


def _on_eks(target: Target) -> bool:
    """Where the API server is on no node, and has a route to every pod."""
    cluster = target.settings.cluster
    own_addresses = target.settings.network_policies.engine == "vpc_cni"
    return own_addresses and not (isinstance(cluster, ExistingCluster) and cluster.eks_cluster_name is None)
