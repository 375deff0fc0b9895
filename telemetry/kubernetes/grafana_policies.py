"""Who may come to Grafana, and where it may go beside the back ends."""

from collections.abc import Iterator, Sequence

from settings.models.grafana import AwsLoadBalancer
from settings.models.platform import PlatformSettings
from telemetry.charts.sign_on import provider_port
from telemetry.kubernetes.endpoints import GRAFANA_PORT, GRAFANA_RELEASE
from telemetry.kubernetes.policy_parts import (
    Kind,
    Peer,
    Policy,
    anywhere,
    blocks,
    cilium_ports,
    coming_from,
    egress,
    going_to,
    ingress,
    release_pods,
    tcp,
)


def grafana_policies(settings: PlatformSettings, cluster_blocks: Sequence[str], *, cilium: bool) -> Iterator[Policy]:
    """Visitors where Grafana has a host name, and the identity provider where people sign on there.

    `cluster_blocks` are the addresses of nodes, services and load balancers.
    """
    if settings.grafana.hostname is not None:
        yield from _visitors(settings, cluster_blocks, cilium=cilium)
    port = provider_port(settings.grafana.sign_on) if settings.grafana.sign_on else None
    if port is not None:
        # It exchanges a code for a token at the provider itself, wherever that is.
        yield egress("grafana-sign-on", GRAFANA_RELEASE, going_to([anywhere()], port))


def _visitors(settings: PlatformSettings, cluster_blocks: Sequence[str], *, cilium: bool) -> Iterator[Policy]:
    """An ingress controller may run in any namespace, or be a load balancer or a node's port, which are no pods."""
    address = settings.grafana.address
    if address is not None and address.aws_load_balancer is not None:
        peers = blocks(_load_balancer_blocks(settings, address.aws_load_balancer) or cluster_blocks)
        yield ingress("grafana-visitors", GRAFANA_RELEASE, coming_from(peers, GRAFANA_PORT))
        return
    visitors: list[Peer] = [{"namespaceSelector": {}}, *blocks(cluster_blocks)]
    yield ingress("grafana-visitors", GRAFANA_RELEASE, coming_from(visitors, GRAFANA_PORT))
    if cilium:
        rule = {"fromEntities": ["host", "remote-node"], "toPorts": cilium_ports(tcp(GRAFANA_PORT))}
        spec = {"endpointSelector": release_pods(GRAFANA_RELEASE)["podSelector"], "ingress": [rule]}
        yield Policy(name="grafana-node-ports", spec=spec, kind=Kind.CILIUM)


def _load_balancer_blocks(settings: PlatformSettings, balancer: AwsLoadBalancer) -> list[str]:
    """With targets of type ip, the load balancer's own addresses, which are in its subnets: the lower half of the
    stack's own VPC is public, the upper private. Of a VPC that is there, nothing is known."""
    own = settings.network.own if settings.network else None
    if own is None:
        return []
    public, private = own.cidr.subnets(prefixlen_diff=1)
    return [str(private if balancer.internal else public)]
