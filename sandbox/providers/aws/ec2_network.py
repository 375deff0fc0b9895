"""EC2: VPC, subnet and internet gateway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, given, gone_if, tag_map
from sandbox.providers.aws.ec2_tags import (
    by_filter,
    describe_one,
    refuse_dependents,
    tag_specifications,
    update_ec2_tags,
)
from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import ec2 as rules

NO_VPC = ("InvalidVpcID.NotFound",)
NO_SUBNET = ("InvalidSubnetID.NotFound",)
NO_GATEWAY = ("InvalidInternetGatewayID.NotFound",)


class Vpc(AwsType):
    token = "aws:ec2/vpc:Vpc"
    tagged = True
    replace = frozenset({"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", "instanceTenancy"})
    computed_inputs = frozenset({"ipv6CidrBlockNetworkBorderGroup", "ipv6CidrBlock"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "enableDnsSupport": True,
        "enableDnsHostnames": False,
        "enableNetworkAddressUsageMetrics": False,
        "instanceTenancy": "default",
        "assignGeneratedIpv6CidrBlock": False,
    }

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.vpc_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        answer = cloud.client("ec2").create_vpc(
            CidrBlock=inputs["cidrBlock"],
            InstanceTenancy=inputs.get("instanceTenancy", "default"),
            AmazonProvidedIpv6CidrBlock=bool(inputs.get("assignGeneratedIpv6CidrBlock", False)),
            TagSpecifications=tag_specifications("vpc", inputs),
        )
        vpc_id = str(answer["Vpc"]["VpcId"])
        self._set_dns(cloud, vpc_id, inputs)
        return vpc_id

    def _set_dns(self, cloud: AwsCloud, vpc_id: str, inputs: Properties) -> None:
        ec2 = cloud.client("ec2")
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": inputs.get("enableDnsSupport", True)})
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": inputs.get("enableDnsHostnames", False)})
        metrics = {"Value": inputs.get("enableNetworkAddressUsageMetrics", False)}
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableNetworkAddressUsageMetrics=metrics)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        vpc = describe_one(cloud, "describe_vpcs", "Vpcs", NO_VPC, VpcIds=[resource_id])
        table = describe_one(
            cloud,
            "describe_route_tables",
            "RouteTables",
            (),
            Filters=by_filter("vpc-id", resource_id) + by_filter("association.main", "true"),
        )
        acls = describe_one(
            cloud,
            "describe_network_acls",
            "NetworkAcls",
            (),
            Filters=by_filter("vpc-id", resource_id) + by_filter("default", "true"),
        )
        group = describe_one(
            cloud,
            "describe_security_groups",
            "SecurityGroups",
            (),
            Filters=by_filter("vpc-id", resource_id) + by_filter("group-name", "default"),
        )
        return {
            "arn": cloud.arn("ec2", f"vpc/{resource_id}"),
            "cidrBlock": vpc["CidrBlock"],
            "instanceTenancy": vpc.get("InstanceTenancy", "default"),
            "enableDnsSupport": self._attribute(cloud, resource_id, "enableDnsSupport"),
            "enableDnsHostnames": self._attribute(cloud, resource_id, "enableDnsHostnames"),
            "enableNetworkAddressUsageMetrics": self._attribute(cloud, resource_id, "enableNetworkAddressUsageMetrics"),
            "mainRouteTableId": table["RouteTableId"],
            "defaultRouteTableId": table["RouteTableId"],
            "defaultNetworkAclId": acls["NetworkAclId"],
            "defaultSecurityGroupId": group["GroupId"],
            "dhcpOptionsId": vpc.get("DhcpOptionsId"),
            "ownerId": vpc.get("OwnerId"),
            "tagsAll": tag_map(vpc.get("Tags")),
        }

    def _attribute(self, cloud: AwsCloud, vpc_id: str, name: str) -> bool:
        answer: Record = cloud.client("ec2").describe_vpc_attribute(VpcId=vpc_id, Attribute=name)
        return bool(answer[name[0].upper() + name[1:]]["Value"])

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        self._set_dns(cloud, resource_id, inputs)
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        what = f"vpc '{resource_id}'"
        in_vpc = by_filter("vpc-id", resource_id)
        refuse_dependents(cloud, "describe_subnets", "Subnets", in_vpc, what)
        attached = by_filter("attachment.vpc-id", resource_id)
        refuse_dependents(cloud, "describe_internet_gateways", "InternetGateways", attached, what)
        endpoints = cloud.client("ec2").describe_vpc_endpoints(Filters=in_vpc)["VpcEndpoints"]
        if any(endpoint.get("State", "available") != "deleted" for endpoint in endpoints):
            refuse_dependents(cloud, "describe_vpc_endpoints", "VpcEndpoints", in_vpc, what)
        with gone_if(*NO_VPC):
            cloud.client("ec2").delete_vpc(VpcId=resource_id)


class Subnet(AwsType):
    token = "aws:ec2/subnet:Subnet"
    tagged = True
    replace = frozenset(
        {
            "vpcId",
            "cidrBlock",
            "availabilityZone",
            "availabilityZoneId",
            "ipv6CidrBlock",
            "ipv6Native",
            "outpostArn",
            "ipv4IpamPoolId",
            "ipv4NetmaskLength",
        }
    )
    computed_inputs = frozenset({"availabilityZone", "availabilityZoneId", "privateDnsHostnameTypeOnLaunch"})
    delete_before_replace = True  # the new one usually wants the same addresses
    defaults: ClassVar[Mapping[str, Any]] = {
        "mapPublicIpOnLaunch": False,
        "assignIpv6AddressOnCreation": False,
        "enableDns64": False,
        "ipv6Native": False,
        "enableResourceNameDnsARecordOnLaunch": False,
        "enableResourceNameDnsAaaaRecordOnLaunch": False,
    }

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {
            "vpcId": "VpcId",
            "cidrBlock": "CidrBlock",
            "availabilityZone": "AvailabilityZone",
            "availabilityZoneId": "AvailabilityZoneId",
            "ipv6CidrBlock": "Ipv6CidrBlock",
        }
        answer = cloud.client("ec2").create_subnet(
            **given(inputs, names), TagSpecifications=tag_specifications("subnet", inputs)
        )
        subnet_id = str(answer["Subnet"]["SubnetId"])
        self._set_attributes(cloud, subnet_id, inputs)
        return subnet_id

    def _set_attributes(self, cloud: AwsCloud, subnet_id: str, inputs: Properties) -> None:
        ec2 = cloud.client("ec2")
        public = {"Value": inputs.get("mapPublicIpOnLaunch", False)}
        ec2.modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch=public)
        ipv6 = {"Value": inputs.get("assignIpv6AddressOnCreation", False)}
        ec2.modify_subnet_attribute(SubnetId=subnet_id, AssignIpv6AddressOnCreation=ipv6)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        subnet = describe_one(cloud, "describe_subnets", "Subnets", NO_SUBNET, SubnetIds=[resource_id])
        return {
            "arn": cloud.arn("ec2", f"subnet/{resource_id}"),
            "vpcId": subnet["VpcId"],
            "cidrBlock": subnet.get("CidrBlock"),
            "availabilityZone": subnet["AvailabilityZone"],
            "availabilityZoneId": subnet.get("AvailabilityZoneId"),
            "mapPublicIpOnLaunch": subnet.get("MapPublicIpOnLaunch", False),
            "assignIpv6AddressOnCreation": subnet.get("AssignIpv6AddressOnCreation", False),
            "ownerId": subnet.get("OwnerId"),
            "tagsAll": tag_map(subnet.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        self._set_attributes(cloud, resource_id, inputs)
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        what = f"subnet '{resource_id}'"
        gateways = by_filter("subnet-id", resource_id) + by_filter("state", "pending", "available")
        refuse_dependents(cloud, "describe_nat_gateways", "NatGateways", gateways, what)
        self._refuse_node_groups(cloud, resource_id)
        with gone_if(*NO_SUBNET):
            cloud.client("ec2").delete_subnet(SubnetId=resource_id)

    def _refuse_node_groups(self, cloud: AwsCloud, subnet_id: str) -> None:
        """Nodes and control planes have network interfaces in their subnets; moto knows nothing of them."""
        from sandbox.providers.aws.eks import subnets_in_use
        from sandbox.providers.resource import ProviderError

        user = subnets_in_use(cloud).get(subnet_id)
        if user is not None:
            raise ProviderError(
                f"DependencyViolation: The subnet '{subnet_id}' has dependencies and cannot be deleted ({user})."
            )


class InternetGateway(AwsType):
    token = "aws:ec2/internetGateway:InternetGateway"
    tagged = True
    computed_inputs = frozenset({"vpcId"})

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        answer = cloud.client("ec2").create_internet_gateway(
            TagSpecifications=tag_specifications("internet-gateway", inputs)
        )
        gateway_id = str(answer["InternetGateway"]["InternetGatewayId"])
        if inputs.get("vpcId"):
            cloud.client("ec2").attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=inputs["vpcId"])
        return gateway_id

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        gateway = describe_one(
            cloud, "describe_internet_gateways", "InternetGateways", NO_GATEWAY, InternetGatewayIds=[resource_id]
        )
        attachments: list[Record] = gateway.get("Attachments", [])
        return {
            "arn": cloud.arn("ec2", f"internet-gateway/{resource_id}"),
            "vpcId": attachments[0]["VpcId"] if attachments else None,
            "ownerId": gateway.get("OwnerId"),
            "tagsAll": tag_map(gateway.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        if "vpcId" in changed:
            self._detach(cloud, resource_id, state)
            cloud.client("ec2").attach_internet_gateway(InternetGatewayId=resource_id, VpcId=inputs["vpcId"])
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def _detach(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        if state.get("vpcId"):
            cloud.client("ec2").detach_internet_gateway(InternetGatewayId=resource_id, VpcId=state["vpcId"])

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        current = self.read(cloud, resource_id, state)
        self._detach(cloud, resource_id, current)
        with gone_if(*NO_GATEWAY):
            cloud.client("ec2").delete_internet_gateway(InternetGatewayId=resource_id)
