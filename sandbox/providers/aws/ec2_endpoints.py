"""EC2: VPC endpoints, of the gateway and the interface kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, given, gone_if, tag_map
from sandbox.providers.aws.ec2_tags import by_filter, describe_one, tag_specifications, update_ec2_tags
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ResourceGoneError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import ec2 as rules

NO_ENDPOINT = ("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound")
# Property -> (API name of the list, of its additions and removals in ModifyVpcEndpoint).
LISTS = {
    "routeTableIds": ("RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"),
    "subnetIds": ("SubnetIds", "AddSubnetIds", "RemoveSubnetIds"),
    "securityGroupIds": ("SecurityGroupIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds"),
}


class VpcEndpoint(AwsType):
    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    tagged = True
    replace = frozenset({"vpcId", "serviceName", "vpcEndpointType", "serviceRegion", "resourceConfigurationArn"})
    sets = frozenset({"routeTableIds", "subnetIds", "securityGroupIds"})
    documents = frozenset({"policy"})
    computed_inputs = frozenset(
        {"policy", "routeTableIds", "subnetIds", "securityGroupIds", "ipAddressType", "privateDnsEnabled"}
    )
    defaults: ClassVar[Mapping[str, Any]] = {"vpcEndpointType": "Gateway"}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.vpc_endpoint_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {"vpcId": "VpcId", "serviceName": "ServiceName", "policy": "PolicyDocument"}
        names |= {"privateDnsEnabled": "PrivateDnsEnabled", "ipAddressType": "IpAddressType"}
        names |= {name: api for name, (api, _, _) in LISTS.items()}
        answer = cloud.client("ec2").create_vpc_endpoint(
            VpcEndpointType=inputs.get("vpcEndpointType", "Gateway"),
            TagSpecifications=tag_specifications("vpc-endpoint", inputs),
            **given(inputs, names),
        )
        return str(answer["VpcEndpoint"]["VpcEndpointId"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        endpoint = describe_one(
            cloud, "describe_vpc_endpoints", "VpcEndpoints", NO_ENDPOINT, VpcEndpointIds=[resource_id]
        )
        if str(endpoint.get("State", "")).lower() in ("deleted", "deleting"):
            raise ResourceGoneError(resource_id)
        groups: list[Record] = endpoint.get("Groups", [])
        return {
            "arn": cloud.arn("ec2", f"vpc-endpoint/{resource_id}"),
            "vpcId": endpoint["VpcId"],
            "serviceName": endpoint["ServiceName"],
            "vpcEndpointType": endpoint["VpcEndpointType"],
            "state": str(endpoint.get("State", "available")).lower(),
            "routeTableIds": endpoint.get("RouteTableIds", []),
            "subnetIds": endpoint.get("SubnetIds", []),
            "securityGroupIds": [str(group["GroupId"]) for group in groups] or known.get("securityGroupIds", []),
            "policy": endpoint.get("PolicyDocument") or known.get("policy"),
            "prefixListId": self._prefix_list(cloud, endpoint["ServiceName"]),
            "networkInterfaceIds": endpoint.get("NetworkInterfaceIds", []),
            "ownerId": endpoint.get("OwnerId"),
            "requesterManaged": endpoint.get("RequesterManaged", False),
            "tagsAll": tag_map(endpoint.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        parameters: Record = {}
        for name, (_, add, remove) in LISTS.items():
            before, after = set(state.get(name, [])), set(inputs.get(name, []))
            if name in changed and after - before:
                parameters[add] = sorted(after - before)
            if name in changed and before - after:
                parameters[remove] = sorted(before - after)
        if "policy" in changed:
            parameters |= {"PolicyDocument": inputs["policy"]} if inputs.get("policy") else {"ResetPolicy": True}
        if "privateDnsEnabled" in changed:
            parameters["PrivateDnsEnabled"] = bool(inputs.get("privateDnsEnabled", False))
        if parameters:
            cloud.client("ec2").modify_vpc_endpoint(VpcEndpointId=resource_id, **parameters)
            self._route(cloud, resource_id, parameters, inputs)
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def _prefix_list(self, cloud: AwsCloud, service: str) -> str | None:
        """The prefix list of a gateway service; interface endpoints have none."""
        found: list[Record] = cloud.client("ec2").describe_managed_prefix_lists(
            Filters=by_filter("prefix-list-name", service)
        )["PrefixLists"]
        return str(found[0]["PrefixListId"]) if found else None

    def _route(self, cloud: AwsCloud, endpoint_id: str, parameters: Record, inputs: Properties) -> None:
        """The routes of a gateway endpoint follow its route tables; moto sees to that on creation and deletion only."""
        prefix_list = self._prefix_list(cloud, inputs["serviceName"])
        ec2 = cloud.client("ec2")
        if prefix_list is None:
            return
        for table in parameters.get("AddRouteTableIds", []):
            ec2.create_route(RouteTableId=table, DestinationPrefixListId=prefix_list, GatewayId=endpoint_id)
        for table in parameters.get("RemoveRouteTableIds", []):
            ec2.delete_route(RouteTableId=table, DestinationPrefixListId=prefix_list)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        self.read(cloud, resource_id, state)  # moto keeps deleted ones and stumbles over them
        with gone_if(*NO_ENDPOINT):
            cloud.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[resource_id])
