"""EC2: security groups and their rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, given, gone_if, tag_list, tag_map
from sandbox.providers.aws.ec2_tags import by_filter, describe_one, tag_specifications, update_ec2_tags
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import ec2 as rules

NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
NO_RULE = ("InvalidSecurityGroupRuleId.NotFound",)


class SecurityGroup(AwsType):
    """Like the Terraform-based provider, it takes away the rule that lets everything out, unless `egress` gives it."""

    token = "aws:ec2/securityGroup:SecurityGroup"
    name_property = "name"
    tagged = True
    replace = frozenset({"name", "namePrefix", "description", "vpcId"})
    sets = frozenset(
        f"{way}{part}"
        for way in ("ingress", "egress")
        for part in ("", ".cidrBlocks", ".ipv6CidrBlocks", ".prefixListIds", ".securityGroups")
    )
    computed_inputs = frozenset({"ingress", "egress", "vpcId"})
    defaults: ClassVar[Mapping[str, Any]] = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        ec2 = cloud.client("ec2")
        answer = ec2.create_security_group(
            GroupName=inputs["name"],
            Description=inputs.get("description", "Managed by Pulumi"),
            TagSpecifications=tag_specifications("security-group", inputs),
            **given(inputs, {"vpcId": "VpcId"}),
        )
        group_id = str(answer["GroupId"])
        group = self._describe(cloud, group_id)
        if group["IpPermissionsEgress"]:
            ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=group["IpPermissionsEgress"])
        self._authorize(cloud, group_id, inputs, ("ingress", "egress"))
        return group_id

    def _describe(self, cloud: AwsCloud, group_id: str) -> Record:
        return describe_one(cloud, "describe_security_groups", "SecurityGroups", NO_GROUP, GroupIds=[group_id])

    def _authorize(self, cloud: AwsCloud, group_id: str, inputs: Properties, ways: Iterable[str]) -> None:
        ec2 = cloud.client("ec2")
        for way in ways:
            permissions = [_permission(group_id, rule) for rule in inputs.get(way, [])]
            if permissions:
                authorize = getattr(ec2, f"authorize_security_group_{way}")
                authorize(GroupId=group_id, IpPermissions=permissions)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        group = self._describe(cloud, resource_id)
        actual: Properties = {
            "arn": cloud.arn("ec2", f"security-group/{resource_id}"),
            "name": group["GroupName"],
            "description": group["Description"],
            "vpcId": group.get("VpcId"),
            "ownerId": group.get("OwnerId"),
            "tagsAll": tag_map(group.get("Tags")),
        }
        # Rules that are resources of their own must not show up here as a change of the group.
        for way, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            if known.get(way):
                actual[way] = [_inline_rule(resource_id, permission) for permission in group[key]]
        return actual

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        group = self._describe(cloud, resource_id)
        for way, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            if way in changed:
                if group[key]:
                    revoke = getattr(cloud.client("ec2"), f"revoke_security_group_{way}")
                    revoke(GroupId=resource_id, IpPermissions=group[key])
                self._authorize(cloud, resource_id, inputs, (way,))
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        users = self._users(cloud, resource_id)
        if users:
            raise ProviderError(
                f"DependencyViolation: resource {resource_id} has a dependent object ({', '.join(sorted(users))})"
            )
        with gone_if(*NO_GROUP):
            cloud.client("ec2").delete_security_group(GroupId=resource_id)

    def _users(self, cloud: AwsCloud, group_id: str) -> set[str]:
        """What refers to the group: network interfaces, endpoints, clusters and rules of other groups."""
        ec2 = cloud.client("ec2")
        interfaces = ec2.describe_network_interfaces(Filters=by_filter("group-id", group_id))["NetworkInterfaces"]
        users = {str(interface["NetworkInterfaceId"]) for interface in interfaces}
        for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
            if any(group["GroupId"] == group_id for group in endpoint.get("Groups", [])):
                users.add(str(endpoint["VpcEndpointId"]))
        for group in ec2.describe_security_groups()["SecurityGroups"]:
            permissions = group["IpPermissions"] + group["IpPermissionsEgress"]
            pairs = [pair.get("GroupId") for one in permissions for pair in one.get("UserIdGroupPairs", [])]
            if group["GroupId"] != group_id and group_id in pairs:
                users.add(str(group["GroupId"]))
        from sandbox.providers.aws.eks import clusters

        users.update(c["name"] for c in clusters(cloud) if group_id in c["resourcesVpcConfig"]["securityGroupIds"])
        return users


class DefaultSecurityGroup(SecurityGroup):
    """The group that a VPC comes with: adopted and emptied, then ruled like any other; the provider only forgets it."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    name_property = None
    replace = frozenset({"vpcId"})
    computed_inputs = frozenset({"vpcId"})
    defaults: ClassVar[Mapping[str, Any]] = {"revokeRulesOnDelete": False}

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        ec2 = cloud.client("ec2")
        filters = by_filter("vpc-id", str(inputs["vpcId"])) + by_filter("group-name", "default")
        group = describe_one(cloud, "describe_security_groups", "SecurityGroups", (), Filters=filters)
        group_id = str(group["GroupId"])
        for way, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            if group[key]:
                getattr(ec2, f"revoke_security_group_{way}")(GroupId=group_id, IpPermissions=group[key])
        self._authorize(cloud, group_id, inputs, ("ingress", "egress"))
        update_ec2_tags(cloud, group_id, {}, inputs, frozenset({"tagsAll"}))
        return group_id

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        actual = super().read(cloud, resource_id, known)
        group = self._describe(cloud, resource_id)
        # A rule that somebody adds is drift, also where none is declared.
        for way, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            if group[key]:
                actual[way] = [_inline_rule(resource_id, permission) for permission in group[key]]
        return actual

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        """It goes with its VPC."""


def _permission(group_id: str, rule: Properties) -> Record:
    """An inline rule as an IpPermission."""
    described = given(rule, {"description": "Description"})
    permission: Record = {"IpProtocol": rules.protocol_name(str(rule["protocol"]))}
    if permission["IpProtocol"] != "-1":
        permission |= {"FromPort": int(rule["fromPort"]), "ToPort": int(rule["toPort"])}
    groups = list(rule.get("securityGroups", [])) + ([group_id] if rule.get("self") else [])
    parts = {
        "IpRanges": [{"CidrIp": cidr, **described} for cidr in rule.get("cidrBlocks", [])],
        "Ipv6Ranges": [{"CidrIpv6": cidr, **described} for cidr in rule.get("ipv6CidrBlocks", [])],
        "PrefixListIds": [{"PrefixListId": one, **described} for one in rule.get("prefixListIds", [])],
        "UserIdGroupPairs": [{"GroupId": one, **described} for one in groups],
    }
    return permission | {key: value for key, value in parts.items() if value}


def _inline_rule(group_id: str, permission: Record) -> Properties:
    """An IpPermission as an inline rule."""
    groups = [str(pair["GroupId"]) for pair in permission.get("UserIdGroupPairs", [])]
    rule: Properties = {
        "protocol": permission["IpProtocol"],
        "fromPort": permission.get("FromPort", 0),
        "toPort": permission.get("ToPort", 0),
        "cidrBlocks": [one["CidrIp"] for one in permission.get("IpRanges", [])],
        "ipv6CidrBlocks": [one["CidrIpv6"] for one in permission.get("Ipv6Ranges", [])],
        "prefixListIds": [one["PrefixListId"] for one in permission.get("PrefixListIds", [])],
        "securityGroups": [group for group in groups if group != group_id],
        "self": group_id in groups,
    }
    ranges = [
        *permission.get("IpRanges", []),
        *permission.get("Ipv6Ranges", []),
        *permission.get("UserIdGroupPairs", []),
    ]
    descriptions = {one.get("Description") for one in ranges} - {None, ""}
    return rule | ({"description": descriptions.pop()} if len(descriptions) == 1 else {})


class SecurityGroupRule(AwsType):
    """One rule of a security group; ingress and egress differ in one word."""

    egress: ClassVar[bool]
    tagged = True
    replace = frozenset({"securityGroupId"})
    sources: ClassVar[dict[str, str]] = {
        "cidrIpv4": "CidrIpv4", "cidrIpv6": "CidrIpv6", "prefixListId": "PrefixListId", "description": "Description",
    }  # fmt: skip

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.security_group_rule_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        protocol = rules.protocol_name(str(inputs["ipProtocol"]))
        permission: Record = {"IpProtocol": protocol}
        if protocol != "-1":
            permission |= {"FromPort": int(inputs["fromPort"]), "ToPort": int(inputs["toPort"])}
        described = given(inputs, {"description": "Description"})
        kinds = {
            "cidrIpv4": ("IpRanges", "CidrIp"),
            "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
            "prefixListId": ("PrefixListIds", "PrefixListId"),
            "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
        }
        for name, (key, member) in kinds.items():
            if inputs.get(name):
                permission[key] = [{member: inputs[name], **described}]
        authorize = f"authorize_security_group_{'egress' if self.egress else 'ingress'}"
        answer = getattr(cloud.client("ec2"), authorize)(
            GroupId=inputs["securityGroupId"],
            IpPermissions=[permission],
            TagSpecifications=tag_specifications("security-group-rule", inputs),
        )
        rule_id = str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])
        if not self._find(cloud, rule_id).get("Tags") and inputs.get("tagsAll"):
            cloud.client("ec2").create_tags(Resources=[rule_id], Tags=tag_list(inputs["tagsAll"]))
        return rule_id

    def _find(self, cloud: AwsCloud, rule_id: str) -> Record:
        return describe_one(
            cloud, "describe_security_group_rules", "SecurityGroupRules", NO_RULE, SecurityGroupRuleIds=[rule_id]
        )

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        rule = self._find(cloud, resource_id)
        all_ports = rule["IpProtocol"] == "-1"
        referenced: Record = rule.get("ReferencedGroupInfo") or {}
        return {
            "arn": cloud.arn("ec2", f"security-group-rule/{resource_id}"),
            "securityGroupRuleId": resource_id,
            "securityGroupId": rule["GroupId"],
            "ipProtocol": known.get("ipProtocol") if all_ports else rule["IpProtocol"],
            "fromPort": known.get("fromPort") if all_ports else rule.get("FromPort"),
            "toPort": known.get("toPort") if all_ports else rule.get("ToPort"),
            "cidrIpv4": rule.get("CidrIpv4") or None,
            "cidrIpv6": rule.get("CidrIpv6") or None,
            "prefixListId": rule.get("PrefixListId") or None,
            "referencedSecurityGroupId": referenced.get("GroupId"),
            "description": rule.get("Description") or None,
            "tagsAll": tag_map(rule.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        update_ec2_tags(cloud, resource_id, state, inputs, changed)
        if not changed - {"tags", "tagsAll"}:
            return
        names = {"ipProtocol": "IpProtocol", "fromPort": "FromPort", "toPort": "ToPort", **self.sources}
        rule = given(inputs, {**names, "referencedSecurityGroupId": "ReferencedGroupId"})
        cloud.client("ec2").modify_security_group_rules(
            GroupId=inputs["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": rule}],
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        self._find(cloud, resource_id)
        revoke = f"revoke_security_group_{'egress' if self.egress else 'ingress'}"
        with gone_if(*NO_RULE, *NO_GROUP, "InvalidPermission.NotFound"):
            getattr(cloud.client("ec2"), revoke)(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[resource_id])


class SecurityGroupIngressRule(SecurityGroupRule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    egress = False


class SecurityGroupEgressRule(SecurityGroupRule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    egress = True
