"""Grafana's address for people: an Ingress, and the DNS record that leads to it."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import Ingress

from components.aws_environment import default_tags
from components.grafana import Grafana
from components.namespace import PART_OF, PlatformNamespace
from components.platform_context import PlatformContext
from settings.models.names import Names
from telemetry.kubernetes.endpoints import GRAFANA_RELEASE
from telemetry.kubernetes.grafana_ingress import GrafanaIngress, grafana_ingress

NAME = "grafana-address"


@dataclass(frozen=True)
class GrafanaAddressArgs:
    """Inputs of `GrafanaAddress`."""

    ingress: GrafanaIngress
    hostname: str
    namespace: PlatformNamespace


class GrafanaAddress(pulumi.ComponentResource):
    """The Ingress."""

    dns_record: pulumi.Output[str]
    """Which record leads to it, as far as its controller has said where it is."""

    def __init__(self, name: str, args: GrafanaAddressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:GrafanaAddress", name, None, opts)
        spec: Any = args.ingress.spec  # the SDK takes Kubernetes's own dictionaries, but its types know only their own
        ingress = Ingress(
            NAME,
            metadata=ObjectMetaArgs(
                name=GRAFANA_RELEASE,
                namespace=args.namespace.name,
                labels={"app.kubernetes.io/part-of": PART_OF, "app.kubernetes.io/name": GRAFANA_RELEASE},
                annotations=args.ingress.annotations,
            ),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.namespace]),
        )
        self.dns_record = ingress.status.apply(lambda status: dns_record(args.hostname, status))
        self.register_outputs({"dnsRecord": self.dns_record})


def dns_record(hostname: str, status: Any) -> str:
    """`host CNAME name` or `host A address`; what to do where the Ingress has no address yet."""
    balancer = getattr(status, "load_balancer", None)
    for entry in getattr(balancer, "ingress", None) or ():
        if entry.hostname:
            return f"{hostname} CNAME {entry.hostname}"
        if entry.ip:
            return f"{hostname} A {entry.ip}"
    return f"{hostname}: to where the cluster's ingress controller is reached"


def grafana_address_for(context: PlatformContext, grafana: Grafana) -> dict[str, Any]:
    """The address where the settings ask for one, and its stack output."""
    settings = context.settings
    tags = default_tags(settings, Names(project=settings.project, stack=context.stack)) | {"component": GRAFANA_RELEASE}
    ingress = grafana_ingress(settings, tags)
    if ingress is None or settings.grafana.hostname is None:
        return {}
    args = GrafanaAddressArgs(ingress, settings.grafana.hostname, context.namespace)
    made = GrafanaAddress(NAME, args, context.cluster.options([grafana]))
    return {"grafana_dns_record": made.dns_record}
