"""What Grafana's address needs of the rest of the document."""

from collections.abc import Iterator

from settings.models.cluster import EksCluster
from settings.models.platform import PlatformSettings
from settings.rules.broken import BrokenRule


def address_is_served(settings: PlatformSettings) -> Iterator[BrokenRule]:
    """AWS's load balancers are on AWS, and take certificates of their own region."""
    address = settings.grafana.address
    balancer = address.aws_load_balancer if address else None
    if balancer is None:
        return
    path = ("grafana", "address", "aws_load_balancer")
    if not settings.on_aws:
        yield BrokenRule(
            path, "a stack with an object_store of its own is not on AWS; accepted: grafana.address.ingress"
        )
    if balancer.controller_role and not isinstance(settings.cluster, EksCluster):
        yield BrokenRule(
            (*path, "controller_role"),
            f"the controller belongs to the cluster's owner, in mode eks, not {settings.cluster.mode}; accepted: false",
        )
    existing = settings.network.existing if settings.network else None
    if existing is not None and not balancer.internal and not existing.public_subnet_ids:
        yield BrokenRule(
            (*path, "internal"),
            "a load balancer that faces the internet needs network.existing.public_subnet_ids; accepted: true, or name "
            "them",
        )
    region = balancer.certificate_arn.split(":")[3]
    if region != settings.region:
        yield BrokenRule(
            (*path, "certificate_arn"),
            f"is of {region}, and a load balancer takes certificates of its own region; accepted: one of "
            f"{settings.region}",
        )
