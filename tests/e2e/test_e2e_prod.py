"""prod: protected data, its own keys, three zones, one NAT gateway, Karpenter; its whole life on the real engine."""

import json

from planning.buckets import BucketPurpose
from settings.document.policy_config import policy_config
from tests.e2e.conftest import Platform, change_counts
from tests.stacks import stack_settings

CHUNKS = f"acme-monitoring-prod-{BucketPurpose.LOKI_CHUNKS}-123456789012"


# Who the sandbox's credentials are.
DEPLOYER = "arn:aws:iam::123456789012:user/moto"
POOL = "arn:aws:iam::123456789012:role/acme-monitoring-prod-pool"
BUDGET = 600


def test_preview_then_up_then_no_change_then_refresh(platform: Platform) -> None:
    # Named administrators: the cluster is made without its creator's own entry, and everything still comes up.
    cluster = platform.settings("prod").get("cluster", {})
    # The base has one node more, which holds Karpenter's controller.
    groups = {"on-demand": {"nodes": 2, "max_nodes": 2}}
    scaled = {"autoscaling": "karpenter", "node_groups": groups}
    changes = {"cluster": cluster | {"admin_role_arns": [DEPLOYER]} | scaled, "budget": {"usd_per_month": BUDGET}}
    platform.change_settings("prod", **changes)
    agreed = policy_config(stack_settings("prod", **changes), None)
    (platform.sandbox.project / "policies" / "config" / "prod.json").write_text(json.dumps(agreed), encoding="utf-8")
    preview = platform.pulumi("preview", "--stack", "prod", "--policy-pack", "policies")
    assert change_counts(preview.stdout).keys() == {"to create"}, preview.stdout
    created = platform.pulumi("up", "--yes", "--skip-preview", "--stack", "prod")
    assert change_counts(created.stdout)["created"] == change_counts(preview.stdout)["to create"]
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", "--expect-no-changes")
    platform.pulumi("refresh", "--yes", "--skip-preview", "--stack", "prod", "--expect-no-changes")


def test_other_users_of_the_machine_see_nothing_of_the_sandbox(platform: Platform) -> None:
    for path in (platform.sandbox.directory, platform.sandbox.directory / "passphrase"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_nobody_but_who_is_named_administers_the_cluster(platform: Platform) -> None:
    eks = platform.client("eks")
    (name,) = eks.list_clusters()["clusters"]
    entries = eks.list_access_entries(clusterName=name)["accessEntries"]
    assert sorted(arn for arn in entries if not arn.endswith("-nodes")) == [POOL, DEPLOYER]
    assert eks.describe_access_entry(clusterName=name, principalArn=POOL)["accessEntry"]["type"] == "EC2_LINUX"


def test_karpenter_runs_with_a_pool_that_its_real_definitions_accept(platform: Platform) -> None:
    kubeconfig = platform.kubeconfig("prod")
    (pool,) = platform.kubectl_json(kubeconfig, "get", "nodepools.karpenter.sh")
    (node_class,) = platform.kubectl_json(kubeconfig, "get", "ec2nodeclasses.karpenter.k8s.aws")
    assert node_class["spec"]["instanceProfile"] == "acme-monitoring-prod-pool"
    # What the budget leaves beyond the bill, in cores of the dearest type on demand.
    assert int(pool["spec"]["limits"]["cpu"]) >= 2
    pods = platform.kubectl_json(kubeconfig, "get", "pods", "-n", "karpenter")
    assert [pod["status"]["phase"] for pod in pods] == ["Running"] * 2
    assert len({pod["spec"]["nodeName"] for pod in pods}) == 2
    queue = platform.client("sqs").get_queue_url(QueueName="acme-monitoring-prod-interruptions")["QueueUrl"]
    found = platform.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert found["SqsManagedSseEnabled"] == "true"
    rules = platform.client("events").list_rule_names_by_target(TargetArn=found["QueueArn"])["RuleNames"]
    assert len(rules) == 5


def test_the_vpcs_default_security_group_has_no_rules(platform: Platform) -> None:
    ec2 = platform.client("ec2")
    (vpc,) = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    (default,) = [group for group in groups if group["GroupName"] == "default"]
    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], [])


def test_prod_is_encrypted_with_its_own_key_and_spread_over_zones(platform: Platform) -> None:
    rule = platform.client("s3").get_bucket_encryption(Bucket=CHUNKS)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    subnets = platform.client("ec2").describe_subnets(Filters=[{"Name": "tag:stack", "Values": ["prod"]}])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 3
    gateways = platform.client("ec2").describe_nat_gateways()["NatGateways"]
    assert len([gateway for gateway in gateways if gateway["State"] == "available"]) == 1


def test_prod_runs_whole_on_its_nodes(platform: Platform) -> None:
    kubeconfig = platform.kubeconfig("prod")
    pods = platform.kubectl_json(kubeconfig, "get", "pods", "-n", "monitoring")
    loki = [
        pod for pod in pods if pod["metadata"]["name"].startswith("loki-") and "cache" not in pod["metadata"]["name"]
    ]
    assert len(loki) == 3
    assert len({pod["spec"]["nodeName"] for pod in loki}) == 3
    assert [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] != "Running"] == []


def test_destroy_of_a_protected_stack_refuses_before_it_deletes_anything(platform: Platform) -> None:
    platform.client("s3").put_object(Bucket=CHUNKS, Key="fake/chunk", Body=b"log lines")
    before = len(platform.state("prod"))
    result = platform.pulumi("destroy", "--yes", "--stack", "prod", code=None)
    assert result.returncode != 0
    assert "protect" in result.stdout + result.stderr
    assert len(platform.state("prod")) == before
    protected = {resource["type"] for resource in platform.state("prod") if resource.get("protect")}
    assert {"aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:eks/cluster:Cluster"} <= protected


def test_even_a_forced_destroy_keeps_protected_data_and_up_mends_the_rest(platform: Platform) -> None:
    result = platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod", code=None)
    assert result.returncode != 0
    assert platform.client("s3").get_object(Bucket=CHUNKS, Key="fake/chunk")["Body"].read() == b"log lines"
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "prod")
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", "--expect-no-changes")


def test_a_bucket_that_holds_data_is_not_deleted_even_unprotected(platform: Platform) -> None:
    platform.change_settings("prod", storage={"protect": False})
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "prod")
    result = platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod", code=None)
    assert result.returncode != 0
    assert "BucketNotEmpty" in result.stdout + result.stderr
    assert platform.client("s3").get_object(Bucket=CHUNKS, Key="fake/chunk")["Body"].read() == b"log lines"


def test_destroy_of_an_emptied_prod_leaves_nothing(platform: Platform) -> None:
    platform.client("s3").delete_object(Bucket=CHUNKS, Key="fake/chunk")
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod")
    assert platform.client("s3").list_buckets()["Buckets"] == []
    assert platform.client("eks").list_clusters()["clusters"] == []
    assert platform.client("sqs").list_queues().get("QueueUrls", []) == []
    assert platform.client("events").list_rules()["Rules"] == []
    assert [vpc for vpc in platform.client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []
