"""A network as a company has one before this project comes: made through an ordinary AWS client, moto's or any."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MadeNetwork:
    """Ids of what was made."""

    vpc_id: str
    private_subnet_ids: list[str]
    public_subnet_ids: list[str]
    private_table: str

    @property
    def settings(self) -> dict[str, Any]:
        """The table of a stack file that names it."""
        return {
            "existing": {
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "public_subnet_ids": self.public_subnet_ids,
            }
        }


def make_network(ec2: Any, region: str = "us-west-2") -> MadeNetwork:
    """Two zones, a public and a private subnet in each, one NAT gateway, the S3 endpoint, DNS switched on."""
    vpc = ec2.create_vpc(CidrBlock="10.80.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=internet)
    public = [_subnet(ec2, vpc, f"{region}{zone}", f"10.80.{number}.0/24") for number, zone in enumerate("ab")]
    private = [_subnet(ec2, vpc, f"{region}{zone}", f"10.80.{number + 8}.0/24") for number, zone in enumerate("ab")]
    ec2.create_tags(Resources=public, Tags=[{"Key": "kubernetes.io/role/elb", "Value": "1"}])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    _table(ec2, vpc, public, GatewayId=internet)
    table = _table(ec2, vpc, private, NatGatewayId=nat)
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{region}.s3", RouteTableIds=[table])
    return MadeNetwork(vpc, private, public, table)


def _subnet(ec2: Any, vpc: str, zone: str, block: str) -> str:
    return ec2.create_subnet(VpcId=vpc, AvailabilityZone=zone, CidrBlock=block)["Subnet"]["SubnetId"]


def _table(ec2: Any, vpc: str, subnets: list[str], **target: str) -> str:
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return table
