"""EC2: route tables, routes, elastic addresses and NAT gateways."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, given, gone_if, tag_map
from sandbox.providers.aws.ec2_tags import by_filter, describe_one, tag_specifications, update_ec2_tags
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError, ResourceGoneError

NO_TABLE = ("InvalidRouteTableID.NotFound",)
DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
INLINE_DESTINATIONS = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "carrierGatewayId": "CarrierGatewayId",
    "localGatewayId": "LocalGatewayId",
    "coreNetworkArn": "CoreNetworkArn",
}


class RouteTable(AwsType):
    token = "aws:ec2/routeTable:RouteTable"
    tagged = True
    replace = frozenset({"vpcId"})
    sets = frozenset({"routes", "propagatingVgws"})
    computed_inputs = frozenset({"routes", "propagatingVgws"})

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        answer = cloud.client("ec2").create_route_table(
            VpcId=inputs["vpcId"], TagSpecifications=tag_specifications("route-table", inputs)
        )
        table_id = str(answer["RouteTable"]["RouteTableId"])
        self._put_routes(cloud, table_id, inputs.get("routes", []))
        return table_id

    def _put_routes(self, cloud: AwsCloud, table_id: str, routes: list[Properties]) -> None:
        for route in routes:
            cloud.client("ec2").create_route(
                RouteTableId=table_id, **given(route, INLINE_DESTINATIONS), **given(route, TARGETS)
            )

    def _inline_routes(self, table: Record) -> list[Properties]:
        """The routes that were made one by one: not the local one, nor those of gateway endpoints."""
        routes: list[Properties] = []
        for route in table["Routes"]:
            endpoint = str(route.get("GatewayId", "")).startswith("vpce-")
            if route.get("GatewayId") != "local" and not endpoint:
                names = {**INLINE_DESTINATIONS, **TARGETS}
                routes.append({name: route[api] for name, api in names.items() if route.get(api)})
        return routes

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        table = describe_one(cloud, "describe_route_tables", "RouteTables", NO_TABLE, RouteTableIds=[resource_id])
        actual: Properties = {
            "arn": cloud.arn("ec2", f"route-table/{resource_id}"),
            "vpcId": table["VpcId"],
            "ownerId": table.get("OwnerId"),
            "tagsAll": tag_map(table.get("Tags")),
        }
        # Separate Route resources must not show up here as a change of the table.
        if known.get("routes"):
            actual["routes"] = self._inline_routes(table)
        return actual

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        if "routes" in changed:
            table = describe_one(cloud, "describe_route_tables", "RouteTables", NO_TABLE, RouteTableIds=[resource_id])
            for route in self._inline_routes(table):
                cloud.client("ec2").delete_route(RouteTableId=resource_id, **given(route, INLINE_DESTINATIONS))
            self._put_routes(cloud, resource_id, inputs.get("routes", []))
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        table = describe_one(cloud, "describe_route_tables", "RouteTables", NO_TABLE, RouteTableIds=[resource_id])
        if any(not association.get("Main") for association in table.get("Associations", [])):
            raise ProviderError(
                f"DependencyViolation: The routeTable '{resource_id}' has dependencies and cannot be deleted."
            )
        with gone_if(*NO_TABLE):
            cloud.client("ec2").delete_route_table(RouteTableId=resource_id)


class Route(AwsType):
    token = "aws:ec2/route:Route"
    replace = frozenset({"routeTableId", *DESTINATIONS})
    delete_before_replace = True
    computed_inputs = frozenset({"networkInterfaceId"})

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        destination = given(inputs, DESTINATIONS)
        if len(destination) != 1 or not given(inputs, TARGETS):
            raise ProviderError("InvalidParameterCombination: a route needs one destination and one target.")
        cloud.client("ec2").create_route(RouteTableId=inputs["routeTableId"], **destination, **given(inputs, TARGETS))
        digest = zlib.crc32("".join(destination.values()).encode())
        return f"r-{inputs['routeTableId']}{digest}"

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        if not known.get("routeTableId"):  # an import
            table_id, _, destination = resource_id.partition("_")
            known = {"routeTableId": table_id, "destinationCidrBlock": destination}
        table_id = known["routeTableId"]
        table = describe_one(cloud, "describe_route_tables", "RouteTables", NO_TABLE, RouteTableIds=[table_id])
        for route in table["Routes"]:
            if all(route.get(api) == value for api, value in given(known, DESTINATIONS).items()):
                actual: Properties = {name: route[api] for name, api in TARGETS.items() if route.get(api)}
                # The target that was given and is no longer there is a change, too.
                gone = {name: None for name in TARGETS if name in known and name not in actual}
                return {
                    "routeTableId": table_id,
                    "state": route.get("State", "active"),
                    "origin": route.get("Origin", "CreateRoute"),
                    **given(known, {name: name for name in DESTINATIONS}),
                    **gone,
                    **actual,
                }
        raise ResourceGoneError(f"no such route in {table_id}")

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        cloud.client("ec2").replace_route(
            RouteTableId=inputs["routeTableId"], **given(inputs, DESTINATIONS), **given(inputs, TARGETS)
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if("InvalidRoute.NotFound", *NO_TABLE):
            cloud.client("ec2").delete_route(RouteTableId=state["routeTableId"], **given(state, DESTINATIONS))


class RouteTableAssociation(AwsType):
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    replace = frozenset({"subnetId", "gatewayId", "routeTableId"})
    delete_before_replace = True  # a subnet has one route table at most

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {"routeTableId": "RouteTableId", "subnetId": "SubnetId", "gatewayId": "GatewayId"}
        return str(cloud.client("ec2").associate_route_table(**given(inputs, names))["AssociationId"])

    def id_of_import(self, cloud: AwsCloud, import_id: str) -> str:
        subnet, _, table_id = import_id.partition("/")
        table = describe_one(cloud, "describe_route_tables", "RouteTables", NO_TABLE, RouteTableIds=[table_id])
        for association in table["Associations"]:
            if association.get("SubnetId") == subnet:
                return str(association["RouteTableAssociationId"])
        raise ResourceGoneError(import_id)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        filters = by_filter("association.route-table-association-id", resource_id)
        table = describe_one(cloud, "describe_route_tables", "RouteTables", NO_TABLE, Filters=filters)
        for association in table["Associations"]:
            if association["RouteTableAssociationId"] == resource_id:
                return {
                    "routeTableId": table["RouteTableId"],
                    "subnetId": association.get("SubnetId") or None,
                    "gatewayId": association.get("GatewayId") or None,
                }
        raise ResourceGoneError(resource_id)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if("InvalidAssociationID.NotFound"):
            cloud.client("ec2").disassociate_route_table(AssociationId=resource_id)


class Eip(AwsType):
    token = "aws:ec2/eip:Eip"
    tagged = True
    replace = frozenset({"domain", "address", "publicIpv4Pool", "networkBorderGroup", "ipamPoolId"})
    computed_inputs = frozenset({"domain", "instance", "networkInterface", "networkBorderGroup", "publicIpv4Pool"})

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        answer = cloud.client("ec2").allocate_address(
            Domain="vpc", TagSpecifications=tag_specifications("elastic-ip", inputs)
        )
        return str(answer["AllocationId"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        address = describe_one(
            cloud, "describe_addresses", "Addresses", ("InvalidAllocationID.NotFound",), AllocationIds=[resource_id]
        )
        public_ip = str(address["PublicIp"])
        dashed = public_ip.replace(".", "-")
        # What uses the address (a NAT gateway) is not part of this state: it would change behind the resource's back.
        return {
            "arn": cloud.arn("ec2", f"elastic-ip/{resource_id}"),
            "allocationId": resource_id,
            "domain": "vpc",
            "publicIp": public_ip,
            "publicDns": f"ec2-{dashed}.{cloud.region}.compute.amazonaws.com",
            "publicIpv4Pool": "amazon",
            "networkBorderGroup": cloud.region,
            "tagsAll": tag_map(address.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        gateways = cloud.client("ec2").describe_nat_gateways(Filters=by_filter("state", "pending", "available"))
        for gateway in gateways["NatGateways"]:
            if any(one.get("AllocationId") == resource_id for one in gateway.get("NatGatewayAddresses", [])):
                raise ProviderError(
                    f"AuthFailure: You do not have permission to access the specified resource: "
                    f"{resource_id} is in use by {gateway['NatGatewayId']}."
                )
        with gone_if("InvalidAllocationID.NotFound"):
            cloud.client("ec2").release_address(AllocationId=resource_id)


class NatGateway(AwsType):
    token = "aws:ec2/natGateway:NatGateway"
    tagged = True
    replace = frozenset({"allocationId", "subnetId", "connectivityType", "privateIp", "availabilityMode", "vpcId"})
    computed_inputs = frozenset({"privateIp", "secondaryPrivateIpAddresses", "secondaryPrivateIpAddressCount", "vpcId"})
    defaults: ClassVar[Mapping[str, Any]] = {"connectivityType": "public", "availabilityMode": "zonal"}

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {"subnetId": "SubnetId", "allocationId": "AllocationId", "connectivityType": "ConnectivityType"}
        if inputs.get("connectivityType", "public") == "public" and not inputs.get("allocationId"):
            raise ProviderError("MissingParameter: The request must contain the parameter AllocationId.")
        answer = cloud.client("ec2").create_nat_gateway(
            **given(inputs, names), TagSpecifications=tag_specifications("natgateway", inputs)
        )
        return str(answer["NatGateway"]["NatGatewayId"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        gateway = describe_one(
            cloud, "describe_nat_gateways", "NatGateways", ("NatGatewayNotFound",), NatGatewayIds=[resource_id]
        )
        if gateway.get("State") in ("deleted", "deleting"):
            raise ResourceGoneError(resource_id)
        addresses: list[Record] = gateway.get("NatGatewayAddresses", [])
        address = addresses[0] if addresses else Record()
        return {
            "subnetId": gateway["SubnetId"],
            "vpcId": gateway["VpcId"],
            "connectivityType": gateway.get("ConnectivityType", "public"),
            "allocationId": address.get("AllocationId"),
            "associationId": address.get("AssociationId"),
            "networkInterfaceId": address.get("NetworkInterfaceId"),
            "privateIp": address.get("PrivateIp"),
            "publicIp": address.get("PublicIp"),
            "tagsAll": tag_map(gateway.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if("NatGatewayNotFound"):
            cloud.client("ec2").delete_nat_gateway(NatGatewayId=resource_id)
