"""What the simulated AWS refuses when something exists or is in use, replacements, and failures on demand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers import faults
from sandbox.providers.aws.provider import DEFINITION
from sandbox.providers.properties import UNKNOWN, Properties
from sandbox.providers.servicer import ProviderServicer
from tests.artefacts.provider_driver import (
    REGION,
    AbortedError,
    CheckFailedError,
    Engine,
    Resource,
    RunningCloud,
    half_created,
)

BUCKET = "aws:s3/bucket:Bucket"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
ROLE = "aws:iam/role:Role"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def refused(call: Any, *arguments: Any) -> str:
    """The message with which a call is refused."""
    with pytest.raises((AbortedError, CheckFailedError)) as caught:
        call(*arguments)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def network(engine: Engine) -> tuple[Resource, list[Resource]]:
    vpc = engine.create(VPC, "busy", {"cidrBlock": "10.3.0.0/16"})
    subnets = [
        engine.create(
            SUBNET,
            f"busy-{zone}",
            {"vpcId": vpc.id, "cidrBlock": f"10.3.{index}.0/24", "availabilityZone": f"{REGION}{zone}"},
        )
        for index, zone in enumerate("aab")
    ]
    return vpc, subnets


def test_bucket_with_objects(engine: Engine, cloud: RunningCloud) -> None:
    bucket = engine.create(BUCKET, "full", {})
    s3 = cloud.client("s3")
    s3.put_bucket_versioning(Bucket=bucket.id, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket.id, Key="a", Body=body)
    s3.delete_object(Bucket=bucket.id, Key="a")
    assert "BucketNotEmpty" in refused(engine.delete, bucket)
    emptied = engine.update(bucket, {"forceDestroy": True})
    engine.delete(emptied)
    assert engine.refresh(emptied) is None


def test_bucket_name_taken(engine: Engine) -> None:
    engine.create(BUCKET, "first", {"bucket": "taken-name"})
    assert "BucketAlready" in refused(engine.create, BUCKET, "second", {"bucket": "taken-name"})


def test_public_policy_where_it_is_blocked(engine: Engine) -> None:
    bucket = engine.create(BUCKET, "public", {})
    block = {"bucket": bucket.id, "blockPublicPolicy": True}
    engine.create("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "public", block)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket.id}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    token = "aws:s3/bucketPolicy:BucketPolicy"
    assert "BlockPublicPolicy" in refused(engine.create, token, "public", {"bucket": bucket.id, "policy": policy})


def test_network_in_use(engine: Engine, network: tuple[Resource, list[Resource]]) -> None:
    vpc, [one, same_zone, other] = network
    assert "DependencyViolation" in refused(engine.delete, vpc)
    eip = engine.create("aws:ec2/eip:Eip", "busy", {"domain": "vpc"})
    nat = engine.create("aws:ec2/natGateway:NatGateway", "busy", {"subnetId": one.id, "allocationId": eip.id})
    assert "DependencyViolation" in refused(engine.delete, one)
    assert "in use" in refused(engine.delete, eip)
    for resource in (nat, eip):
        engine.delete(resource)
    table = engine.create("aws:ec2/routeTable:RouteTable", "busy", {"vpcId": vpc.id})
    association = {"routeTableId": table.id, "subnetId": one.id}
    attached = engine.create("aws:ec2/routeTableAssociation:RouteTableAssociation", "busy", association)
    assert "DependencyViolation" in refused(engine.delete, table)
    engine.delete(attached)
    engine.delete(table)
    taken = {"vpcId": vpc.id, "cidrBlock": "10.3.0.0/25", "availabilityZone": f"{REGION}a"}
    assert "InvalidSubnet" in refused(engine.create, SUBNET, "overlap", taken)
    assert same_zone.id != other.id


def test_security_group_in_use(engine: Engine, network: tuple[Resource, list[Resource]]) -> None:
    vpc = network[0]
    token, rule_token = (
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    )
    used = engine.create(token, "used", {"vpcId": vpc.id})
    user = engine.create(token, "user", {"vpcId": vpc.id})
    rule_inputs = {"securityGroupId": user.id, "ipProtocol": "-1", "referencedSecurityGroupId": used.id}
    rule = engine.create(rule_token, "uses", rule_inputs)
    assert "DependencyViolation" in refused(engine.delete, used)
    assert "already exists" in refused(engine.create, rule_token, "again", rule_inputs)
    for resource in (rule, used, user):
        engine.delete(resource)


def test_role_in_use(engine: Engine) -> None:
    role = engine.create(ROLE, "busy", {"assumeRolePolicy": TRUST})
    arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
    attached = engine.create(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "busy", {"role": role.id, "policyArn": arn}
    )
    assert "DeleteConflict" in refused(engine.delete, role)
    profile = engine.create("aws:iam/instanceProfile:InstanceProfile", "busy", {"role": role.id})
    engine.delete(attached)
    assert "DeleteConflict" in refused(engine.delete, role)
    for resource in (profile, role):
        engine.delete(resource)
    missing = {"role": "nobody", "policyArn": arn}
    assert "NoSuchEntity" in refused(engine.create, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "no", missing)


def test_clusters(engine: Engine, network: tuple[Resource, list[Resource]]) -> None:
    _, [one, same_zone, other] = network
    role = "arn:aws:iam::123456789012:role/eks"
    token, group_token = "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup"

    def inputs(*subnets: Resource, **more: Any) -> Properties:
        return {"name": "busy", "roleArn": role, "vpcConfig": {"subnetIds": [one.id for one in subnets]}, **more}

    assert "two different AZs" in refused(engine.create, token, "a", inputs(one, same_zone))
    cluster = engine.create(token, "busy", inputs(one, other))
    assert "ResourceInUseException" in refused(engine.create, token, "again", inputs(one, other))
    group_inputs = {
        "clusterName": cluster.id, "nodeRoleArn": role, "subnetIds": [same_zone.id],
        "scalingConfig": {"minSize": 1, "maxSize": 1, "desiredSize": 1},
    }  # fmt: skip
    arm = {**group_inputs, "amiType": "AL2023_ARM_64_STANDARD", "instanceTypes": ["m5.large"]}
    assert "not a valid instance type" in refused(engine.create, group_token, "arm", arm)
    nodes = engine.create(group_token, "busy", group_inputs)
    assert "ResourceInUseException" in refused(engine.delete, cluster)
    assert "DependencyViolation" in refused(engine.delete, same_zone)
    assert "CONFIG_MAP" in refused(
        engine.create, "aws:eks/accessEntry:AccessEntry", "e", {"clusterName": "busy", "principalArn": role}
    )
    assert "ResourceNotFoundException" in refused(
        engine.create, "aws:eks/addon:Addon", "a", {"clusterName": "nowhere", "addonName": "coredns"}
    )
    assert "by more than one minor version" in refused(
        _set_version, engine, cluster, inputs(one, other, version="1.33")
    )
    engine.delete(nodes)
    assert "DependencyViolation" in refused(engine.delete, one)
    engine.delete(cluster)


def _set_version(engine: Engine, cluster: Resource, inputs: Properties) -> None:
    """Two steps up: from 1.33, which needs extended support, to 1.35."""
    extended = {**inputs, "name": "old", "upgradePolicy": {"supportType": "EXTENDED"}}
    old = engine.create(cluster.token, "old", extended)
    try:
        engine.update(old, {**extended, "version": "1.35"})
    finally:
        engine.delete(old)


@pytest.mark.parametrize(
    ("token", "before", "after", "replaces", "delete_first"),
    [
        (BUCKET, {"bucket": "replaced-1"}, {"bucket": "replaced-2"}, {"bucket"}, False),
        (
            BUCKET,
            {"bucket": "locked-1"},
            {"bucket": "locked-1", "objectLockEnabled": True},
            {"objectLockEnabled"},
            True,
        ),
        (VPC, {"cidrBlock": "10.1.0.0/16"}, {"cidrBlock": "10.2.0.0/16"}, {"cidrBlock"}, False),
        (ROLE, {"assumeRolePolicy": TRUST, "path": "/a/"}, {"assumeRolePolicy": TRUST}, {"path"}, False),
        ("aws:kms/key:Key", {}, {"customerMasterKeySpec": "RSA_2048"}, {"customerMasterKeySpec"}, False),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "/a"}, {"name": "/b"}, {"name"}, False),
    ],
)
def test_replacement(
    engine: Engine, token: str, before: Properties, after: Properties, replaces: set[str], delete_first: bool
) -> None:
    resource = engine.create(token, "replaced", before)
    difference = engine.diff(resource, after)
    assert (difference.replaces, difference.delete_before_replace) == (replaces, delete_first)
    assert any(kind.endswith("_REPLACE") for kind in difference.paths.values())


def test_unknown_and_misspelt_properties(engine: Engine) -> None:
    with pytest.raises(CheckFailedError) as caught:
        engine.check(VPC, "typo", {"cidrBlok": "10.0.0.0/16"})
    assert caught.value.failures == {"cidrBlok": f"{VPC} has no property 'cidrBlok'. Did you mean 'cidrBlock'?"}
    with pytest.raises(CheckFailedError, match=r"required property 'vpcConfig\.subnetIds' is missing"):
        engine.check("aws:eks/cluster:Cluster", "typo", {"roleArn": "x", "vpcConfig": {}})
    with pytest.raises(CheckFailedError, match="must be of type boolean, not 'sometimes'"):
        engine.check(VPC, "typo", {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": "sometimes"})
    assert "has no resource type aws:rds/instance:Instance" in refused(
        engine.check, "aws:rds/instance:Instance", "db", {}
    )


def test_preview_knows_what_can_be_known(engine: Engine) -> None:
    planned = engine.preview(
        "aws:eks/cluster:Cluster", "plan",
        {"name": "plan", "roleArn": UNKNOWN, "vpcConfig": {"subnetIds": [UNKNOWN, UNKNOWN]}, "tags": {"a": UNKNOWN}},
    )  # fmt: skip
    assert (planned["name"], planned["region"], planned["tagsAll"]["stack"]) == ("plan", REGION, "test")
    for name in ("arn", "endpoint", "certificateAuthority", "identities", "version", "roleArn"):
        assert planned[name] is UNKNOWN
    assert planned["vpcConfig"]["clusterSecurityGroupId"] is UNKNOWN
    assert planned["vpcConfig"]["endpointPublicAccess"] is True


def test_secrets_stay_secret(engine: Engine) -> None:
    resource = engine.create("aws:kms/key:Key", "secret", {"description": "s3cr3t"}, secrets=frozenset({"description"}))
    assert resource.secrets == {"description"}


def test_generated_names_are_kept(engine: Engine) -> None:
    bucket = engine.create(BUCKET, "generated", {})
    assert engine.check(BUCKET, "generated", {"tags": {"a": "b"}}, bucket)["bucket"] == bucket.id
    too_long = "x" * 60
    assert "more than 63" in refused(engine.check, BUCKET, too_long, {})


def test_failure_on_demand(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(faults.FAIL_VARIABLE, f"{BUCKET}@delete, {BUCKET}@create#2")
    monkeypatch.setenv(faults.DIRECTORY_VARIABLE, str(tmp_path))
    for _ in range(2):
        assert "InternalError" in refused(engine.create, BUCKET, "flaky", {})
    bucket = engine.create(BUCKET, "flaky", {})
    assert "InternalError" in refused(engine.delete, bucket)
    monkeypatch.setenv(faults.FAIL_VARIABLE, f"{BUCKET}@explode")
    assert "has not the form" in refused(engine.delete, bucket)
    monkeypatch.delenv(faults.FAIL_VARIABLE)
    engine.delete(bucket)


def test_half_created(engine: Engine, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that exists without the tags that were asked for: the engine learns its id and why."""
    of_aws = {"aws:reserved": "value"}
    with pytest.raises(AbortedError) as caught:
        engine.create(BUCKET, "half", {"bucket": "half-created", "tags": of_aws})
    details = half_created(caught.value)
    assert details.id == "half-created"
    assert "the bucket exists, but not its tags" in details.reasons[0]
    cloud.client("s3").head_bucket(Bucket="half-created")


@pytest.mark.parametrize("endpoint", ["", "https://eks.us-west-2.amazonaws.com", "http://10.0.0.1:5000"])
def test_never_the_real_aws(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(AbortedError, match="simulated AWS"):
        Engine(ProviderServicer(DEFINITION), {"region": REGION})


def test_configuration(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(AbortedError, match="No AWS region"):
        Engine(ProviderServicer(DEFINITION), {})
    with pytest.raises(AbortedError, match="defaultTags"):
        Engine(ProviderServicer(DEFINITION), {"region": REGION, "defaultTags": "{"})


def test_functions(engine: Engine) -> None:
    identity = engine.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert (identity["accountId"], identity["arn"]) == ("123456789012", "arn:aws:iam::123456789012:user/moto")
    zones = engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {"state": "available"})
    assert zones["names"] == [f"{REGION}{zone}" for zone in "abcd"]
    assert all(zone.startswith("usw2-az") for zone in zones["zoneIds"])
    assert engine.invoke("aws:index/getPartition:getPartition", {})["dnsSuffix"] == "amazonaws.com"
    assert engine.invoke("aws:index/getRegion:getRegion", {})["name"] == REGION
    assert "has no function" in refused(engine.invoke, "aws:ec2/getAmi:getAmi", {})
    missing = refused(engine.invoke, "aws:ec2/getVpc:getVpc", {"id": "vpc-0a1b2c3d4e5f60718"})
    assert "no matching EC2 VPC found" in missing
