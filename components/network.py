"""The VPC of a stack that owns its cluster: subnets over zones, routes, NAT by choice, S3 without NAT."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws import ec2

from components.aws_environment import AwsLocation
from components.flow_logs import FlowLogs, FlowLogsArgs
from components.iam_policies import Statement, policy_document
from components.subnets import SubnetPlan, plan_subnets
from planning.aws.existing_network import ANYWHERE, ZONES_WITHOUT_EKS
from settings.models.names import Names
from settings.models.network import NatMode, OwnVpc


@dataclass(frozen=True)
class NetworkArgs:
    """Inputs of `Network`."""

    vpc: OwnVpc
    names: Names
    location: AwsLocation
    flow_log_days: int | None = None


class Network(pulumi.ComponentResource):
    """VPC, subnets, routes and gateways. Raises `pulumi.RunError` when the region has too few zones."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    private_subnet_ids: list[pulumi.Output[str]]
    node_subnet_ids: list[pulumi.Output[str]]
    """Where nodes go: private subnets behind NAT, public ones when there is no NAT."""
    availability_zones: tuple[str, ...]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Network", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.availability_zones = self._choose_zones()
        plans = plan_subnets(args.vpc.cidr, self.availability_zones, args.location.region)
        vpc = ec2.Vpc(
            f"{name}-vpc",
            cidr_block=str(args.vpc.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags("vpc"),
            opts=self._child,
        )
        self._close_default_group(vpc)
        public = {plan.suffix: self._public_subnet(vpc, plan) for plan in plans}
        private = {plan.suffix: self._private_subnet(vpc, plan) for plan in plans}
        tables = [self._public_routes(vpc, public), *self._private_routes(vpc, public, private)]
        self._s3_endpoint(vpc, tables)
        if (days := args.flow_log_days) is not None:
            FlowLogs(f"{name}-flow-logs", FlowLogsArgs(vpc.id, args.names, args.location, days), self._child)
        self.vpc_id = vpc.id
        self.public_subnet_ids = [subnet.id for subnet in public.values()]
        self.private_subnet_ids = [subnet.id for subnet in private.values()]
        self.node_subnet_ids = self.public_subnet_ids if args.vpc.nat is NatMode.NONE else self.private_subnet_ids
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
                "nodeSubnetIds": self.node_subnet_ids,
                "availabilityZones": list(self.availability_zones),
            }
        )

    def _choose_zones(self) -> tuple[str, ...]:
        wanted, region = self._args.vpc.zones, self._args.location.region
        found = aws.get_availability_zones(
            state="available",
            filters=[
                aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"]),
                aws.GetAvailabilityZonesFilterArgs(name="zone-type", values=["availability-zone"]),
            ],
            exclude_zone_ids=list(ZONES_WITHOUT_EKS),
            opts=pulumi.InvokeOptions(parent=self),
        )
        names = sorted(found.names)
        if len(names) < wanted:
            raise pulumi.RunError(
                f"lgtm:platform.network.availability_zones: {wanted} asked for, but {region} offers EKS only "
                f"{len(names)} ({', '.join(names)})"
            )
        return tuple(names[:wanted])

    def _close_default_group(self, vpc: ec2.Vpc) -> None:
        """Whatever is started without a group of its own gets the VPC's default one: without rules, it reaches nothing.

        EKS brings its own group for nodes and control plane, so that nothing here relies on it.
        """
        ec2.DefaultSecurityGroup(
            f"{self._name}-default", vpc_id=vpc.id, tags=self._tags("default-closed"), opts=self._child
        )

    def _public_subnet(self, vpc: ec2.Vpc, plan: SubnetPlan) -> ec2.Subnet:
        return ec2.Subnet(
            f"{self._name}-public-{plan.suffix}",
            vpc_id=vpc.id,
            availability_zone=plan.zone,
            cidr_block=plan.public_cidr,
            # Only nodes without NAT need public addresses (3.65 USD a month each); load balancers bring their own.
            map_public_ip_on_launch=self._args.vpc.nat is NatMode.NONE,
            tags=self._tags(f"public-{plan.zone}") | self._cluster_tag() | {"kubernetes.io/role/elb": "1"},
            opts=self._child,
        )

    def _private_subnet(self, vpc: ec2.Vpc, plan: SubnetPlan) -> ec2.Subnet:
        return ec2.Subnet(
            f"{self._name}-private-{plan.suffix}",
            vpc_id=vpc.id,
            availability_zone=plan.zone,
            cidr_block=plan.private_cidr,
            map_public_ip_on_launch=False,
            tags=self._tags(f"private-{plan.zone}") | self._cluster_tag() | {"kubernetes.io/role/internal-elb": "1"},
            opts=self._child,
        )

    def _public_routes(self, vpc: ec2.Vpc, public: dict[str, ec2.Subnet]) -> ec2.RouteTable:
        gateway = ec2.InternetGateway(
            f"{self._name}-internet", vpc_id=vpc.id, tags=self._tags("internet"), opts=self._child
        )
        table = self._route_table(vpc, "public")
        self._internet_route = ec2.Route(
            f"{self._name}-public",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        for suffix, subnet in public.items():
            self._associate(f"public-{suffix}", subnet, table)
        return table

    def _private_routes(
        self, vpc: ec2.Vpc, public: dict[str, ec2.Subnet], private: dict[str, ec2.Subnet]
    ) -> list[ec2.RouteTable]:
        """One table a zone in every NAT mode, so that changing the mode changes routes and moves no subnet."""
        nat = self._nat_gateways(public)
        tables: list[ec2.RouteTable] = []
        for suffix, subnet in private.items():
            table = self._route_table(vpc, f"private-{suffix}")
            gateway = nat.get(suffix)
            if gateway is not None:
                ec2.Route(
                    f"{self._name}-private-{suffix}",
                    route_table_id=table.id,
                    destination_cidr_block=ANYWHERE,
                    nat_gateway_id=gateway.id,
                    opts=self._child,
                )
            self._associate(f"private-{suffix}", subnet, table)
            tables.append(table)
        return tables

    def _nat_gateways(self, public: dict[str, ec2.Subnet]) -> dict[str, ec2.NatGateway]:
        """The gateway that each zone's private subnet leaves by; empty without NAT."""
        match self._args.vpc.nat:
            case NatMode.NONE:
                return {}
            case NatMode.ONE:
                suffix, subnet = next(iter(public.items()))
                return dict.fromkeys(public, self._nat_gateway(suffix, subnet))
            case NatMode.PER_AZ:
                return {suffix: self._nat_gateway(suffix, subnet) for suffix, subnet in public.items()}

    def _nat_gateway(self, suffix: str, subnet: ec2.Subnet) -> ec2.NatGateway:
        # AWS refuses addresses and NAT gateways in a VPC whose internet gateway is not attached yet.
        after_internet = pulumi.ResourceOptions(parent=self, depends_on=[self._internet_route])
        address = ec2.Eip(
            f"{self._name}-nat-{suffix}", domain="vpc", tags=self._tags(f"nat-{suffix}"), opts=after_internet
        )
        return ec2.NatGateway(
            f"{self._name}-nat-{suffix}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=self._tags(f"nat-{suffix}"),
            opts=after_internet,
        )

    def _s3_endpoint(self, vpc: ec2.Vpc, tables: list[ec2.RouteTable]) -> None:
        """The free gateway endpoint: bucket traffic would otherwise pay 0.045 USD a GB at the NAT gateway."""
        location = self._args.location
        ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{location.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            policy=s3_endpoint_policy(location),
            tags=self._tags("s3"),
            opts=self._child,
        )

    def _route_table(self, vpc: ec2.Vpc, suffix: str) -> ec2.RouteTable:
        return ec2.RouteTable(f"{self._name}-{suffix}", vpc_id=vpc.id, tags=self._tags(suffix), opts=self._child)

    def _associate(self, suffix: str, subnet: ec2.Subnet, table: ec2.RouteTable) -> None:
        ec2.RouteTableAssociation(
            f"{self._name}-{suffix}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child
        )

    def _tags(self, suffix: str) -> dict[str, str]:
        return {"component": "network", "Name": f"{self._args.names.prefix}-{suffix}"}

    def _cluster_tag(self) -> dict[str, str]:
        return {f"kubernetes.io/cluster/{self._args.names.cluster}": "shared"}


def s3_endpoint_policy(location: AwsLocation) -> str:
    """Reads from anywhere (image layers and package mirrors live in others' buckets), writes to this account only."""
    return policy_document(
        Statement(sid="ReadAnywhere", actions=["s3:GetObject"], resources=["*"], principal="*"),
        Statement(
            sid="AllInOwnAccount",
            actions=["s3:*"],
            resources=["*"],
            principal="*",
            condition={"StringEquals": {"aws:ResourceAccount": location.account_id}},
        ),
    )
