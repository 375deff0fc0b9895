"""A VPC that is there already: its ids, looked at before anything is made in it; nothing of it is this program's."""

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2

from components.aws_environment import AwsEnvironment
from components.network import Network, NetworkArgs
from planning.aws.existing_network import ANYWHERE, FoundNetwork, FoundSubnet, Wanted, judged
from settings.models.names import Names
from settings.models.network import ExistingNetwork as ExistingNetworkSettings
from settings.models.network import NetworkSettings
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.existing_network import wanted_of


@dataclass(frozen=True)
class ExistingNetworkArgs:
    """Inputs of `ExistingNetwork`."""

    settings: ExistingNetworkSettings
    wanted: Wanted


class ExistingNetwork(pulumi.ComponentResource):
    """Hands the ids on. Raises `pulumi.RunError` for what nodes or control plane couldn't work with."""

    vpc_id: str
    public_subnet_ids: list[str]
    private_subnet_ids: list[str]
    node_subnet_ids: list[str]
    """Where nodes go: the private subnets."""

    def __init__(self, name: str, args: ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:ExistingNetwork", name, None, opts)
        settings = args.settings
        found = _found(settings, pulumi.InvokeOptions(parent=self))
        findings = [*judged(found, args.wanted)]
        for one in findings:
            if not one.wrong:
                pulumi.warn(f"lgtm:platform.{one.sentence}", self)
        if wrong := [f"lgtm:platform.{one.sentence}" for one in findings if one.wrong]:
            raise pulumi.RunError("\n".join(wrong))
        self.vpc_id = settings.vpc_id
        self.public_subnet_ids = [*settings.public_subnet_ids]
        self.private_subnet_ids = self.node_subnet_ids = [*settings.private_subnet_ids]
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
                "nodeSubnetIds": self.node_subnet_ids,
            }
        )


def network_for(
    settings: PlatformSettings, network: NetworkSettings, names: Names, aws: AwsEnvironment
) -> Network | ExistingNetwork:
    """The network of a stack that owns its cluster: made, or there already."""
    wanted = wanted_of(settings)
    if network.existing and wanted:
        return ExistingNetwork("network", ExistingNetworkArgs(network.existing, wanted), aws.options())
    if network.own is None:
        raise pulumi.RunError("lgtm:platform.network: neither a VPC to make nor one that is there")
    return Network("network", NetworkArgs(network.own, names, aws.location, network.flow_log_days), aws.options())


def _found(settings: ExistingNetworkSettings, options: pulumi.InvokeOptions) -> FoundNetwork:
    """By the provider's functions, which know of no list of endpoints: `lgtm validate --aws` looks at these too."""
    try:
        vpc = ec2.get_vpc(id=settings.vpc_id, opts=options)
    except Exception as error:  # an invoke raises bare Exception
        _reraise(error, "vpc")
        return FoundNetwork(vpc_id=settings.vpc_id, blocks=None, dns_support=False, dns_hostnames=False, subnets=())
    blocks = [one.cidr_block for one in vpc.cidr_block_associations] or [vpc.cidr_block]
    routes = _routes(settings, options)
    return FoundNetwork(
        vpc_id=settings.vpc_id,
        blocks=tuple(blocks),
        dns_support=vpc.enable_dns_support,
        dns_hostnames=vpc.enable_dns_hostnames,
        subnets=tuple(_subnets(settings, routes, options)),
    )


def _subnets(
    settings: ExistingNetworkSettings, routes: "dict[str, _Table]", options: pulumi.InvokeOptions
) -> Iterator[FoundSubnet]:
    for one in (*settings.private_subnet_ids, *settings.public_subnet_ids):
        try:
            subnet = ec2.get_subnet(id=one, opts=options)
        except Exception as error:  # an invoke raises bare Exception
            _reraise(error, "subnet")
            continue
        table = routes.get(one) or routes.get(MAIN)
        yield FoundSubnet(
            id=one,
            vpc_id=subnet.vpc_id,
            zone=subnet.availability_zone,
            zone_id=subnet.availability_zone_id,
            free_addresses=subnet.available_ip_address_count,
            public_addresses=subnet.map_public_ip_on_launch,
            route_table=table.id if table else None,
            way_out=table.way_out if table else None,
            tags=frozenset(subnet.tags),
        )


MAIN = "main"


@dataclass(frozen=True)
class _Table:
    """A route table, as far as it matters."""

    id: str
    way_out: str | None


def _routes(settings: ExistingNetworkSettings, options: pulumi.InvokeOptions) -> dict[str, _Table]:
    """By subnet; that of subnets without a table of their own by `MAIN`."""
    found: dict[str, _Table] = {}
    ids = [*settings.private_subnet_ids, *settings.public_subnet_ids]
    for key, values in (("association.subnet-id", ids), ("association.main", ["true"])):
        filters = [ec2.GetRouteTablesFilterArgs(name=key, values=values)]
        for table_id in ec2.get_route_tables(vpc_id=settings.vpc_id, filters=filters, opts=options).ids:
            table = ec2.get_route_table(route_table_id=table_id, opts=options)
            known = _Table(table_id, next((_target(one) for one in table.routes if one.cidr_block == ANYWHERE), None))
            found |= {one.subnet_id or MAIN: known for one in table.associations if one.subnet_id or one.main}
    return found


def _target(route: ec2.outputs.GetRouteTableRouteResult) -> str | None:
    targets = (
        route.nat_gateway_id, route.transit_gateway_id, route.gateway_id, route.network_interface_id,
        route.instance_id, route.vpc_endpoint_id, route.vpc_peering_connection_id, route.local_gateway_id,
        route.core_network_arn, route.carrier_gateway_id,
    )  # fmt: skip
    return next((one for one in targets if one), None)


def _reraise(error: Exception, what: str) -> None:
    """Anything but "there is none" is AWS's own answer, and said as it is."""
    said = str(error)
    if not any(words in said for words in ("no matching", "NotFound", "couldn't find resource")):
        raise pulumi.RunError(f"lgtm:platform.network.existing: AWS can't be asked for the {what}: {said}") from None
