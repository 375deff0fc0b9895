"""A refresh sees what somebody else changed through the AWS API, and an update puts it right."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.providers.properties import Properties
from tests.artefacts.provider_driver import DEFAULT_TAGS, Engine, Resource, RunningCloud

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
Interference = Callable[[RunningCloud, Resource], Any]


@pytest.fixture
def bucket(engine: Engine, request: pytest.FixtureRequest) -> Resource:
    name = str(request.node.name).replace("_", "-").split("[")[0]
    return engine.create(BUCKET, name[-40:].strip("-"), {"tags": {"owner": "us"}})


def correct(engine: Engine, resource: Resource, inputs: Properties, interfere: Callable[[], Any]) -> set[str]:
    """Let somebody interfere, refresh, and bring the resource back; returns the paths that the preview shows."""
    interfere()
    refreshed = engine.refresh(resource)
    assert refreshed is not None
    assert refreshed.state != resource.state, "the refresh saw nothing"
    seen = engine.diff(refreshed, inputs)
    repaired = engine.update(refreshed, inputs)
    assert engine.diff(repaired, inputs).paths == {}
    assert engine.refresh(repaired).state == resource.state  # type: ignore[union-attr]
    return set(seen.paths)


def test_tag_removed(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    s3 = cloud.client("s3")
    seen = correct(engine, bucket, {"tags": {"owner": "us"}}, lambda: s3.delete_bucket_tagging(Bucket=bucket.id))
    assert {"tags.owner", "tagsAll.owner", "tagsAll.project"} <= seen


def test_tag_added_to_an_untagged_resource(engine: Engine, cloud: RunningCloud) -> None:
    vpc = engine.create("aws:ec2/vpc:Vpc", "tagged-by-hand", {"cidrBlock": "10.5.0.0/16"})
    tag = [{"Key": "by", "Value": "hand"}]
    ec2 = cloud.client("ec2")
    seen = correct(engine, vpc, {"cidrBlock": "10.5.0.0/16"}, lambda: ec2.create_tags(Resources=[vpc.id], Tags=tag))
    assert "tagsAll.by" in seen


def test_default_tag_changed(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    tags = [{"Key": key, "Value": value} for key, value in {**DEFAULT_TAGS, "owner": "us", "stack": "other"}.items()]
    s3 = cloud.client("s3")
    seen = correct(
        engine,
        bucket,
        {"tags": {"owner": "us"}},
        lambda: s3.put_bucket_tagging(Bucket=bucket.id, Tagging={"TagSet": tags}),
    )
    assert "tagsAll.stack" in seen


def test_lifecycle_rule_removed(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    rules: list[dict[str, Any]] = [
        {"id": "one", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": 3}},
        {"id": "two", "status": "Enabled", "filter": {"objectSizeGreaterThan": 9}, "expiration": {"days": 4}},
    ]
    inputs: dict[str, Any] = {"bucket": bucket.id, "rules": rules}
    resource = engine.create(LIFECYCLE, "rules", inputs)
    left = {"Rules": [{"ID": "one", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 3}}]}
    put = cloud.client("s3").put_bucket_lifecycle_configuration
    assert correct(engine, resource, inputs, lambda: put(Bucket=bucket.id, LifecycleConfiguration=left)) == {"rules"}


def test_lifecycle_action_changed_and_added(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    rule = {"id": "one", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": 30}}
    inputs: dict[str, Any] = {"bucket": bucket.id, "rules": [rule]}
    resource = engine.create(LIFECYCLE, "rules", inputs)
    changed = {
        "ID": "one",
        "Status": "Enabled",
        "Filter": {"Prefix": "a/"},
        "Expiration": {"Days": 60},
        "Transitions": [{"Days": 9, "StorageClass": "GLACIER"}],
    }
    put = cloud.client("s3").put_bucket_lifecycle_configuration
    seen = correct(engine, resource, inputs, lambda: put(Bucket=bucket.id, LifecycleConfiguration={"Rules": [changed]}))
    assert seen == {"rules[0].expiration.days", "rules[0].transitions"}


def test_lifecycle_default_size_changed(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    rule = {"id": "one", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 30}}
    inputs: dict[str, Any] = {"bucket": bucket.id, "rules": [rule]}
    resource = engine.create(LIFECYCLE, "rules", inputs)
    same = {"Rules": [{"ID": "one", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]}
    put = cloud.client("s3").put_bucket_lifecycle_configuration
    minimum = "varies_by_storage_class"
    seen = correct(
        engine,
        resource,
        inputs,
        lambda: put(Bucket=bucket.id, LifecycleConfiguration=same, TransitionDefaultMinimumObjectSize=minimum),
    )
    assert seen == {"transitionDefaultMinimumObjectSize"}


def test_public_access_block_loosened(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    inputs = {"bucket": bucket.id, "blockPublicAcls": True, "blockPublicPolicy": True}
    resource = engine.create(BLOCK, "block", inputs)
    loose = {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": False,
        "IgnorePublicAcls": False,
        "RestrictPublicBuckets": True,
    }
    put = cloud.client("s3").put_public_access_block
    seen = correct(engine, resource, inputs, lambda: put(Bucket=bucket.id, PublicAccessBlockConfiguration=loose))
    assert seen == {"blockPublicPolicy", "restrictPublicBuckets"}


def test_versioning_suspended(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    inputs = {"bucket": bucket.id, "versioningConfiguration": {"status": "Enabled"}}
    resource = engine.create(VERSIONING, "versioning", inputs)
    put = cloud.client("s3").put_bucket_versioning
    suspended = {"Status": "Suspended"}
    seen = correct(engine, resource, inputs, lambda: put(Bucket=bucket.id, VersioningConfiguration=suspended))
    assert seen == {"versioningConfiguration.status"}


def test_encryption_changed(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    inputs = {"bucket": bucket.id, "rules": rules}
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    resource = engine.create(token, "encryption", inputs)
    other = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]}
    put = cloud.client("s3").put_bucket_encryption
    seen = correct(engine, resource, inputs, lambda: put(Bucket=bucket.id, ServerSideEncryptionConfiguration=other))
    assert seen == {"rules[0].applyServerSideEncryptionByDefault.sseAlgorithm", "rules[0].bucketKeyEnabled"}


def test_bucket_policy_changed(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    statement = {
        "Sid": "tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket.id}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    inputs = {"bucket": bucket.id, "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
    resource = engine.create("aws:s3/bucketPolicy:BucketPolicy", "policy", inputs)
    reordered = json.dumps({"Statement": dict(reversed(statement.items())), "Version": "2012-10-17"}, indent=1)
    put = cloud.client("s3").put_bucket_policy
    put(Bucket=bucket.id, Policy=reordered)
    assert engine.refresh(resource).state == resource.state, "the same policy in other words is no drift"  # type: ignore[union-attr]
    weaker = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Action": "s3:GetObject"}]})
    assert correct(engine, resource, inputs, lambda: put(Bucket=bucket.id, Policy=weaker)) == {"policy"}


def test_log_retention_changed(engine: Engine, cloud: RunningCloud) -> None:
    inputs = {"name": "/drift", "retentionInDays": 7}
    group = engine.create("aws:cloudwatch/logGroup:LogGroup", "logs", inputs)
    logs = cloud.client("logs")
    assert correct(
        engine, group, inputs, lambda: logs.put_retention_policy(logGroupName="/drift", retentionInDays=400)
    ) == {"retentionInDays"}


def test_log_retention_added_where_none_was_given(engine: Engine, cloud: RunningCloud) -> None:
    group = engine.create("aws:cloudwatch/logGroup:LogGroup", "forever", {"name": "/forever"})
    logs = cloud.client("logs")
    assert correct(
        engine,
        group,
        {"name": "/forever"},
        lambda: logs.put_retention_policy(logGroupName="/forever", retentionInDays=1),
    ) == {"retentionInDays"}


def test_node_group_resized(engine: Engine, cloud: RunningCloud) -> None:
    vpc = engine.create("aws:ec2/vpc:Vpc", "drift", {"cidrBlock": "10.6.0.0/16"})
    subnets = [
        engine.create(
            "aws:ec2/subnet:Subnet",
            f"drift-{zone}",
            {"vpcId": vpc.id, "cidrBlock": f"10.6.{index}.0/24", "availabilityZone": f"us-west-2{zone}"},
        ).id
        for index, zone in enumerate("ab")
    ]
    role = "arn:aws:iam::123456789012:role/x"
    cluster_inputs: dict[str, Any] = {"name": "drift", "roleArn": role, "vpcConfig": {"subnetIds": subnets}}
    cluster = engine.create("aws:eks/cluster:Cluster", "drift", cluster_inputs)
    inputs = {
        "clusterName": "drift", "nodeGroupName": "nodes", "nodeRoleArn": role, "subnetIds": subnets,
        "scalingConfig": {"minSize": 1, "maxSize": 5, "desiredSize": 2}, "instanceTypes": ["t4g.medium"],
    }  # fmt: skip
    nodes = engine.create("aws:eks/nodeGroup:NodeGroup", "nodes", inputs)
    eks = cloud.client("eks")
    resize = {"minSize": 1, "maxSize": 5, "desiredSize": 4}
    assert correct(
        engine,
        nodes,
        inputs,
        lambda: eks.update_nodegroup_config(clusterName="drift", nodegroupName="nodes", scalingConfig=resize),
    ) == {"scalingConfig.desiredSize"}
    # Autoscalers change the size behind the program's back, so a program may ignore it.
    eks.update_nodegroup_config(clusterName="drift", nodegroupName="nodes", scalingConfig=resize)
    refreshed = engine.refresh(nodes)
    assert refreshed is not None
    assert engine.diff(refreshed, inputs, ignore=("scalingConfig.desiredSize",)).paths == {}
    opened = {"endpointPublicAccess": False, "endpointPrivateAccess": True}
    assert correct(
        engine, cluster, cluster_inputs, lambda: eks.update_cluster_config(name="drift", resourcesVpcConfig=opened)
    ) == {"vpcConfig.endpointPublicAccess", "vpcConfig.endpointPrivateAccess"}
    for resource in (nodes, cluster):
        engine.delete(resource)


REMOVALS: dict[str, tuple[Properties, Interference]] = {
    BUCKET: ({}, lambda cloud, one: cloud.client("s3").delete_bucket(Bucket=one.id)),
    "aws:kms/key:Key": ({}, lambda cloud, one: cloud.client("kms").schedule_key_deletion(KeyId=one.id)),
    "aws:ec2/vpc:Vpc": (
        {"cidrBlock": "10.9.0.0/16"},
        lambda cloud, one: cloud.client("ec2").delete_vpc(VpcId=one.id),
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        {},
        lambda cloud, one: cloud.client("logs").delete_log_group(logGroupName=one.id),
    ),
}


@pytest.mark.parametrize("token", REMOVALS)
def test_deleted_by_hand(engine: Engine, cloud: RunningCloud, token: str) -> None:
    inputs, remove = REMOVALS[token]
    resource = engine.create(token, "gone", inputs)
    remove(cloud, resource)
    assert engine.refresh(resource) is None


def test_configurations_go_with_their_bucket(engine: Engine, cloud: RunningCloud, bucket: Resource) -> None:
    block = engine.create(BLOCK, "gone", {"bucket": bucket.id, "blockPublicAcls": True})
    rule = {"id": "one", "status": "Enabled", "filter": {"objectSizeLessThan": 7}, "expiration": {"days": 30}}
    rules = engine.create(LIFECYCLE, "gone", {"bucket": bucket.id, "rules": [rule]})
    s3 = cloud.client("s3")
    s3.delete_public_access_block(Bucket=bucket.id)
    assert engine.refresh(block) is None
    s3.delete_bucket(Bucket=bucket.id)
    assert engine.refresh(rules) is None
    # A new bucket of the same name doesn't inherit the old one's rules.
    s3.create_bucket(Bucket=bucket.id, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    assert engine.refresh(rules) is None


@pytest.mark.parametrize("token", ["aws:s3/bucket:Bucket", "aws:ec2/vpc:Vpc", "aws:iam/role:Role", "aws:kms/key:Key"])
def test_import(engine: Engine, token: str) -> None:
    """A resource read by its id alone gives inputs under which nothing is to be done."""
    trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    inputs: dict[str, Properties] = {
        "aws:ec2/vpc:Vpc": {"cidrBlock": "10.7.0.0/16", "enableDnsHostnames": True},
        "aws:iam/role:Role": {"assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": [trust]})},
    }
    resource = engine.create(token, "imported", {**inputs.get(token, {}), "tags": {"a": "b"}})
    imported = engine.import_(token, "imported", resource.id)
    assert imported.state == {**resource.state, "tags": {"a": "b"}} | (
        {"forceDestroy": False} if "forceDestroy" in imported.state else {}
    )
    assert engine.diff(imported, imported.inputs).paths == {}
