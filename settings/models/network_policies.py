"""What enforces network policies in the cluster, and where its nodes, API server and name servers are."""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field

from planning.base import Frozen
from settings.models.address_blocks import narrow_block, no_wider

ClusterCidr = Annotated[
    IPv4Network,
    no_wider("is more than a cluster has: name the blocks of its nodes and services"),
    narrow_block("10.20.0.0/16"),
]


class NetworkPolicySettings(Frozen):
    """Network policies: every flow that the platform needs is opened by name, and nothing else."""

    engine: Literal["vpc_cni", "calico", "cilium"] = "vpc_cni"
    """What enforces them. vpc_cni: Amazon's own, in modes eks and shared; calico: Calico, or any other that enforces
    NetworkPolicy objects only; cilium: Cilium, which matches neither nodes nor the API server by their addresses and
    gets CiliumNetworkPolicy objects for them."""
    node_local_dns: bool = False
    """Whether pods look names up at NodeLocal DNSCache (169.254.20.10), which no selector finds."""
    cluster_cidrs: Annotated[tuple[ClusterCidr, ...], Field(max_length=20)] = ()
    """Address blocks of nodes, API server, services and load balancers. Empty: the VPC and EKS's service blocks in mode
    eks, all private addresses (RFC 1918, RFC 6598) elsewhere."""
    strict: bool
    """A new pod is closed until its policies are in place, instead of open. This holds for every pod of the cluster, so
    pods that no policy selects stay closed: each namespace of yours needs a policy. Only for the VPC CNI of mode eks,
    whose default it is."""
