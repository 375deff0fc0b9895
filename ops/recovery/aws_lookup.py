"""Whether what a lost run was making in AWS is there: by its name, or by the tags that every resource of a stack has.

The answer is the id that `pulumi import` takes. Source: Pulumi AWS 7, "Import" of each resource (2026).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from ops.backends.aws import account_id, ask, asking, client, untyped_client
from ops.backends.errors import LiveError, Problem
from planning.aws.types import (
    ACCESS_ENTRY,
    ADDON,
    AWS_BUDGET,
    BUCKET,
    CLUSTER,
    ELASTIC_IP,
    FLOW_LOG,
    INTERNET_GATEWAY,
    KEY,
    KEY_ALIAS,
    LAUNCH_TEMPLATE,
    LOG_GROUP,
    NAT_GATEWAY,
    NODE_GROUP,
    OIDC_PROVIDER,
    POD_IDENTITY,
    ROLE,
    ROUTE,
    ROUTE_TABLE,
    ROUTE_TABLE_ASSOCIATION,
    SECURITY_GROUP,
    SNAPSHOT_POLICY,
    SUBNET,
    VPC,
    VPC_ENDPOINT,
)

Inputs = Mapping[str, JsonValue]
# AWS's names of these types. Amazon EC2 API Reference, "DescribeTags" (2026).
_EC2: Mapping[str, str] = {
    VPC: "vpc",
    SUBNET: "subnet",
    INTERNET_GATEWAY: "internet-gateway",
    NAT_GATEWAY: "natgateway",
    ELASTIC_IP: "elastic-ip",
    ROUTE_TABLE: "route-table",
    SECURITY_GROUP: "security-group",
    LAUNCH_TEMPLATE: "launch-template",
    VPC_ENDPOINT: "vpc-endpoint",
}
# What EKS takes minutes for, as its waiters call it, and how calls name it.
_EKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    CLUSTER: ("cluster", {"name": "name"}),
    NODE_GROUP: ("nodegroup", {"clusterName": "clusterName", "nodeGroupName": "nodegroupName"}),
    ADDON: ("addon", {"clusterName": "clusterName", "addonName": "addonName"}),
}


class AwsLookup:
    """One account in one region, asked for what may be there."""

    def __init__(self, region: str) -> None:
        self.region = region

    @property
    def account(self) -> str:
        """The account's number."""
        return account_id(self.region)

    def knows(self, kind: str) -> bool:
        """Whether a type of resource can be looked for."""
        return kind in _EC2 or kind in _FINDERS

    def find(self, kind: str, inputs: Inputs, known: frozenset[str]) -> str | None:
        """The id of what has these inputs; None where there is none. `known` are ids that the state has already.

        Raises `LiveError`, also where several could be meant.
        """
        if kind not in _EC2:
            return _FINDERS[kind](self, inputs)
        found = [one for one in _tagged(self.region, _EC2[kind], _tags(inputs)) if one not in known]
        if len(found) > 1:
            raise LiveError("AWS", Problem.GARBAGE, f"{len(found)} have the tags of one {kind}: {', '.join(found)}")
        return found[0] if found else None

    def wait(self, kind: str, inputs: Inputs, *, until: str) -> None:
        """Returns when EKS has finished what it is at, `active` or `deleted`. Raises `LiveError`."""
        from botocore.exceptions import WaiterError

        if kind not in _EKS:
            return
        name, arguments = _EKS[kind]
        eks = untyped_client("eks", self.region)
        try:
            eks.get_waiter(f"{name}_{until}").wait(**{theirs: inputs[ours] for ours, theirs in arguments.items()})
        except WaiterError as error:
            raise LiveError("AWS", Problem.TIMEOUT, f"waiting until {name} is {until}: {error}") from None


def _tags(inputs: Inputs) -> dict[str, str]:
    tags = inputs.get("tagsAll") or inputs.get("tags")
    return {key: str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def _tagged(region: str, kind: str, wanted: Mapping[str, str]) -> Iterator[str]:
    """Ids of what has all these tags, of which Name is one: without tags nothing is taken for one's own."""
    if "Name" not in wanted:
        return
    ec2 = client("ec2", region)
    found: dict[str, dict[str, str]] = {}
    with asking("ec2:describe_tags"):
        for page in ec2.get_paginator("describe_tags").paginate(Filters=[{"Name": "resource-type", "Values": [kind]}]):
            for tag in page["Tags"]:
                found.setdefault(tag.get("ResourceId", ""), {})[tag.get("Key", "")] = tag.get("Value", "")
    yield from (one for one, tags in sorted(found.items()) if wanted.items() <= tags.items())


def _named(service: str, operation: str, argument: str, key: str) -> Callable[[AwsLookup, Inputs], str | None]:
    """By a name that is unique in the account, and the id at once."""

    def find(aws: AwsLookup, inputs: Inputs) -> str | None:
        name = inputs.get(key)
        return str(name) if name and ask(service, aws.region, operation, **{argument: name}) is not None else None

    return find


def _of_cluster(kind: str) -> Callable[[AwsLookup, Inputs], str | None]:
    """What EKS knows by its cluster and its own name."""

    def find(aws: AwsLookup, inputs: Inputs) -> str | None:
        name, arguments = _EKS[kind]
        theirs = {theirs: inputs.get(ours) for ours, theirs in arguments.items()}
        if ask("eks", aws.region, f"describe_{name}", **theirs) is None:
            return None
        return ":".join(map(str, theirs.values()))

    return find


def _key(aws: AwsLookup, inputs: Inputs) -> str | None:
    """A KMS key has no name of its own, but tags; one that waits to be deleted is none."""
    wanted = _tags(inputs)
    kms = client("kms", aws.region)
    with asking("kms:list_keys"):
        ids = [one.get("KeyId", "") for page in kms.get_paginator("list_keys").paginate() for one in page["Keys"]]
    for one in ids if wanted else ():
        described = ask("kms", aws.region, "describe_key", KeyId=one) or {}
        if described["KeyMetadata"]["KeyManager"] != "CUSTOMER" or not described["KeyMetadata"]["Enabled"]:
            continue
        tags = (ask("kms", aws.region, "list_resource_tags", KeyId=one) or {}).get("Tags", [])
        if wanted.items() <= {tag["TagKey"]: tag["TagValue"] for tag in tags}.items():
            return one
    return None


def _log_group(aws: AwsLookup, inputs: Inputs) -> str | None:
    name = str(inputs.get("name"))
    answer = ask("logs", aws.region, "describe_log_groups", logGroupNamePrefix=name) or {}
    return name if any(one["logGroupName"] == name for one in answer.get("logGroups", [])) else None


def _flow_log(aws: AwsLookup, inputs: Inputs) -> str | None:
    wanted = [{"Name": "resource-id", "Values": [str(inputs.get("vpcId"))]}]
    answer = ask("ec2", aws.region, "describe_flow_logs", Filters=wanted) or {}
    return next((str(one["FlowLogId"]) for one in answer.get("FlowLogs", [])), None)


def _snapshot_policy(aws: AwsLookup, inputs: Inputs) -> str | None:
    wanted = _tags(inputs)
    answer = ask("dlm", aws.region, "get_lifecycle_policies") or {}
    policies: list[dict[str, Any]] = answer.get("Policies", []) if wanted else []
    return next((one["PolicyId"] for one in policies if wanted.items() <= one.get("Tags", {}).items()), None)


def _oidc_provider(aws: AwsLookup, inputs: Inputs) -> str | None:
    url = str(inputs.get("url")).removeprefix("https://")
    answer = ask("iam", aws.region, "list_open_id_connect_providers") or {}
    arns = [str(one["Arn"]) for one in answer.get("OpenIDConnectProviderList", [])]
    return next((arn for arn in arns if arn.endswith(f"/{url}")), None)


def _access_entry(aws: AwsLookup, inputs: Inputs) -> str | None:
    cluster, principal = inputs.get("clusterName"), inputs.get("principalArn")
    found = ask("eks", aws.region, "describe_access_entry", clusterName=cluster, principalArn=principal)
    return f"{cluster}:{principal}" if found else None


def _pod_identity(aws: AwsLookup, inputs: Inputs) -> str | None:
    cluster = inputs.get("clusterName")
    place = {"namespace": inputs.get("namespace"), "serviceAccount": inputs.get("serviceAccount")}
    answer = ask("eks", aws.region, "list_pod_identity_associations", clusterName=cluster, **place) or {}
    return next((f"{cluster},{one['associationId']}" for one in answer.get("associations", [])), None)


def _budget(aws: AwsLookup, inputs: Inputs) -> str | None:
    account, name = aws.account, inputs.get("name")
    found = ask("budgets", aws.region, "describe_budget", AccountId=account, BudgetName=name)
    return f"{account}:{name}" if found else None


def _table(aws: AwsLookup, inputs: Inputs) -> Mapping[str, Any]:
    wanted = [inputs.get("routeTableId")]
    filters = [{"Name": "route-table-id", "Values": wanted}]
    answer = ask("ec2", aws.region, "describe_route_tables", Filters=filters) or {}
    tables: list[Mapping[str, Any]] = answer.get("RouteTables", [])
    return tables[0] if tables else {}


def _route(aws: AwsLookup, inputs: Inputs) -> str | None:
    wanted = inputs.get("destinationCidrBlock")
    there = any(one.get("DestinationCidrBlock") == wanted for one in _table(aws, inputs).get("Routes", []))
    return f"{inputs['routeTableId']}_{wanted}" if there else None


def _association(aws: AwsLookup, inputs: Inputs) -> str | None:
    wanted = inputs.get("subnetId")
    there = any(one.get("SubnetId") == wanted for one in _table(aws, inputs).get("Associations", []))
    return f"{wanted}/{inputs['routeTableId']}" if there else None


_FINDERS: Mapping[str, Callable[[AwsLookup, Inputs], str | None]] = {
    **{kind: _of_cluster(kind) for kind in _EKS},
    BUCKET: _named("s3", "head_bucket", "Bucket", "bucket"),
    ROLE: _named("iam", "get_role", "RoleName", "name"),
    KEY: _key,
    KEY_ALIAS: _named("kms", "describe_key", "KeyId", "name"),
    LOG_GROUP: _log_group,
    FLOW_LOG: _flow_log,
    SNAPSHOT_POLICY: _snapshot_policy,
    OIDC_PROVIDER: _oidc_provider,
    ACCESS_ENTRY: _access_entry,
    POD_IDENTITY: _pod_identity,
    AWS_BUDGET: _budget,
    ROUTE: _route,
    ROUTE_TABLE_ASSOCIATION: _association,
}
