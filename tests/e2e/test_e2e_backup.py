"""Copies by choice on the real engine: switched on, brought back from, changed in place, switched off, destroyed.

The stack lives in a VPC that was there before it, and is there after it; its roles have a path and a boundary.
"""

import json

import pytest

from tests.e2e.conftest import Platform, change_counts
from tests.existing_network import MadeNetwork, make_network

STACK = ("--stack", "staging")
NOW = ("--yes", "--skip-preview", *STACK)
TOLD = {"emails": ["platform@example.com"], "anomalies_usd": 10}
BOUNDARY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
POLICY = "aws:dlm/lifecyclePolicy:LifecyclePolicy"


@pytest.fixture(scope="module")
def network(platform: Platform) -> MadeNetwork:
    """A company's VPC, made by an ordinary client."""
    return make_network(platform.client("ec2"))


def test_a_subnet_that_is_not_there_is_named_before_anything_is_made(platform: Platform, network: MadeNetwork) -> None:
    wrong = network.settings["existing"] | {"private_subnet_ids": [network.private_subnet_ids[0], "subnet-0123abcd"]}
    platform.change_settings("staging", network={"existing": wrong})
    result = platform.pulumi("preview", *STACK, code=None)
    text = result.stdout + result.stderr
    assert result.returncode != 0
    assert "network.existing.private_subnet_ids: there is no subnet-0123abcd in us-west-2" in text
    assert "Traceback" not in text


def test_versions_and_snapshots_are_made_and_stay_the_same(platform: Platform, network: MadeNetwork) -> None:
    boundary = platform.client("iam").create_policy(PolicyName="boundary", PolicyDocument=BOUNDARY)["Policy"]["Arn"]
    roles = {"role_path": "/platform/", "permissions_boundary_arn": boundary}
    platform.change_settings("staging", network=network.settings, iam=roles, cost_alerts=TOLD)
    platform.change_settings("staging", backup={"object_version_days": 7, "volume_snapshot_days": 3})
    platform.pulumi("up", *NOW)
    platform.pulumi("up", *NOW, "--expect-no-changes")
    platform.pulumi("refresh", *NOW, "--expect-no-changes")


def test_the_network_is_used_and_not_touched(platform: Platform, network: MadeNetwork) -> None:
    made = [one["type"] for one in platform.state("staging") if one["type"].startswith("aws:ec2/")]
    assert set(made) == {"aws:ec2/launchTemplate:LaunchTemplate"}
    eks, cluster = platform.client("eks"), platform.outputs("staging")["cluster_name"]
    assert (
        eks.describe_cluster(name=cluster)["cluster"]["resourcesVpcConfig"]["subnetIds"] == network.private_subnet_ids
    )
    groups = [
        eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        for name in eks.list_nodegroups(clusterName=cluster)["nodegroups"]
    ]
    assert {tuple(group["subnets"]) for group in groups} == {tuple(network.private_subnet_ids)}


def test_a_tenant_stack_of_another_architecture_goes_into_the_same_network(
    platform: Platform, network: MadeNetwork
) -> None:
    platform.change_settings("dev", cluster={"architecture": "x86_64"})
    tenant = json.loads(platform.pulumi("preview", "--json", "--stack", "dev").stdout)
    (nodes,) = [
        step["newState"]["inputs"]
        for step in tenant["steps"]
        if step["newState"]["type"] == "aws:eks/nodeGroup:NodeGroup"
    ]
    assert nodes["subnetIds"] == network.private_subnet_ids
    assert nodes["amiType"] == "AL2023_x86_64_STANDARD"
    assert nodes["instanceTypes"] == ["t3.medium", "t3.large", "t3.xlarge"]


def test_every_role_has_its_path_and_its_boundary(platform: Platform) -> None:
    iam = platform.client("iam")
    made = [role["RoleName"] for role in iam.list_roles(PathPrefix="/platform/")["Roles"]]
    assert len(made) == len([one for one in platform.state("staging") if one["type"] == "aws:iam/role:Role"])
    for name in made:
        bounded = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]
        assert bounded["PermissionsBoundaryArn"].endswith(":policy/boundary")


def test_aws_itself_tells_of_the_bill(platform: Platform) -> None:
    (budget,) = platform.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
    limit = float(platform.settings("staging").get("budget", {}).get("usd_per_month", 165))
    assert (budget["BudgetName"], float(budget["BudgetLimit"]["Amount"])) == ("acme-monitoring-staging", limit)
    kinds = [one["type"] for one in platform.state("staging") if one["type"].startswith("aws:costexplorer/")]
    assert len(kinds) == 2, "a monitor, and its mails"


def test_a_deleted_object_comes_back(platform: Platform) -> None:
    s3, bucket = platform.client("s3"), platform.outputs("staging")["buckets"]["loki-chunks"]
    s3.put_object(Bucket=bucket, Key="fake/chunk", Body=b"log lines")
    s3.delete_object(Bucket=bucket, Key="fake/chunk")
    (marker,) = s3.list_object_versions(Bucket=bucket, Prefix="fake/")["DeleteMarkers"]
    s3.delete_object(Bucket=bucket, Key="fake/chunk", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="fake/chunk")["Body"].read() == b"log lines"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    (old,) = [rule for rule in rules if rule["ID"] == "expire-old-versions"]
    assert old["NoncurrentVersionExpiration"]["NoncurrentDays"] == 7
    assert old["Expiration"] == {"ExpiredObjectDeleteMarker": True}


def test_snapshots_select_the_stacks_own_volumes(platform: Platform) -> None:
    dlm = platform.client("dlm")
    (listed,) = dlm.get_lifecycle_policies()["Policies"]
    policy = dlm.get_lifecycle_policy(PolicyId=listed["PolicyId"])["Policy"]
    (target,) = policy["PolicyDetails"]["TargetTags"]
    classes = platform.kubectl_json(platform.kubeconfig("staging"), "get", "storageclasses")
    (parameters,) = [one["parameters"] for one in classes if one["metadata"]["name"] == "gp3"]
    written = {value for key, value in parameters.items() if key.startswith("tagSpecification_")}
    # What the driver makes of it for a claim in the stack's namespace.
    assert f"{target['Key']}={target['Value']}" in {one.replace("{{ .PVCNamespace }}", "monitoring") for one in written}
    (schedule,) = policy["PolicyDetails"]["Schedules"]
    assert schedule["RetainRule"] == {"Interval": 3, "IntervalUnit": "DAYS"}


def test_other_days_change_in_place_and_none_takes_all_away(platform: Platform) -> None:
    platform.change_settings("staging", backup={"object_version_days": 7, "volume_snapshot_days": 5})
    result = platform.pulumi("up", *NOW)
    counts = change_counts(result.stdout)
    assert counts["updated"] == 1, result.stdout
    # The planned cost, which is data of rules and dashboards, is in ConfigMaps that are made anew.
    replaced = [line for line in result.stdout.splitlines() if "deleting original" in line]
    assert all("kubernetes:core/v1:ConfigMap" in line for line in replaced), result.stdout
    assert counts.keys() <= {"updated", "replaced", "unchanged"}, result.stdout
    platform.change_settings("staging", backup={})
    platform.pulumi("up", *NOW)
    assert platform.client("dlm").get_lifecycle_policies()["Policies"] == []
    bucket = platform.outputs("staging")["buckets"]["loki-chunks"]
    assert platform.client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    platform.pulumi("up", *NOW, "--expect-no-changes")


def test_destroy_takes_versions_along_where_data_may_be_lost(platform: Platform, network: MadeNetwork) -> None:
    platform.pulumi("destroy", *NOW)
    assert platform.client("s3").list_buckets()["Buckets"] == []
    ec2 = platform.client("ec2")
    (vpc,) = [one for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]]
    assert vpc["VpcId"] == network.vpc_id
    mine = [{"Name": "vpc-id", "Values": [network.vpc_id]}]
    assert len(ec2.describe_subnets(Filters=mine)["Subnets"]) == 4
    assert [one["State"] for one in ec2.describe_nat_gateways(Filters=mine)["NatGateways"]] == ["available"]
