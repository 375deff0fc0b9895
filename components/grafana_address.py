"""Grafana's address for people: an Ingress, and the DNS record that leads to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import eks, iam
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import Ingress

from components.addons import ADDON_NAMESPACE
from components.aws_environment import AwsEnvironment, AwsLocation, default_tags
from components.cluster_access import ClusterAccess
from components.iam_policies import pod_identity_trust
from components.load_balancer_permissions import SERVICE_ACCOUNT, load_balancer_permissions
from components.namespace import PART_OF, PlatformNamespace
from components.platform_context import PlatformContext
from components.roles import RoleArgs, make_role
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.endpoints import GRAFANA_RELEASE
from telemetry.kubernetes.grafana_ingress import GrafanaIngress, grafana_ingress

NAME = "grafana-address"
PURPOSE = "load-balancers"


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


@dataclass(frozen=True)
class LoadBalancerIdentityArgs:
    """Inputs of `LoadBalancerIdentity`."""

    names: Names
    location: AwsLocation
    cluster_name: pulumi.Input[str]


class LoadBalancerIdentity(pulumi.ComponentResource):
    """The role of the AWS Load Balancer Controller, linked to its service account."""

    def __init__(self, name: str, args: LoadBalancerIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:LoadBalancerIdentity", name, None, opts)
        location, cluster, role_name = args.location, args.names.cluster, args.names.role(PURPOSE)
        trust = pod_identity_trust(location.cluster_arn(cluster), ADDON_NAMESPACE, SERVICE_ACCOUNT)
        about = RoleArgs(role_name, f"Load balancer controller of {cluster}", trust, "cluster")
        role = make_role(name, about, location, self)
        policy = iam.RolePolicy(
            name,
            name=PURPOSE,
            role=role.id,
            policy=load_balancer_permissions(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        eks.PodIdentityAssociation(
            name,
            cluster_name=args.cluster_name,
            namespace=ADDON_NAMESPACE,
            service_account=SERVICE_ACCOUNT,
            role_arn=role.arn,
            tags={"component": "cluster", "Name": role_name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.register_outputs({"roleArn": role.arn})


def load_balancer_identity_for(
    settings: PlatformSettings, names: Names, aws: AwsEnvironment | None, cluster: ClusterAccess
) -> list[pulumi.Resource]:
    """The controller's role where the settings ask for it."""
    address = settings.grafana.address
    balancer = address.aws_load_balancer if address else None
    if aws is None or balancer is None or not balancer.controller_role:
        return []
    args = LoadBalancerIdentityArgs(names, aws.location, cluster.name)
    return [LoadBalancerIdentity(PURPOSE, args, aws.options())]


def grafana_address_for(context: PlatformContext, after: Sequence[pulumi.Resource]) -> dict[str, Any]:
    """The address where the settings ask for one, and its stack output."""
    settings = context.settings
    tags = default_tags(settings, Names(project=settings.project, stack=context.stack)) | {"component": GRAFANA_RELEASE}
    ingress = grafana_ingress(settings, tags)
    if ingress is None or settings.grafana.hostname is None:
        return {}
    args = GrafanaAddressArgs(ingress, settings.grafana.hostname, context.namespace)
    made = GrafanaAddress(NAME, args, context.cluster.options(after))
    return {"grafana_dns_record": made.dns_record}
