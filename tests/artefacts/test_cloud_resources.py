"""Every resource type of the simulated AWS: create as previewed, no change then nor after a refresh, update, delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.aws.provider import DEFINITION
from tests.artefacts.provider_driver import DEFAULT_TAGS, REGION, CheckFailedError, Engine, Resource, RunningCloud
from tests.artefacts.resource_life import Network, end, life


def deny_insecure(bucket: str) -> str:
    """A bucket policy that wants TLS."""
    statement = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_vpc_subnet_and_gateway(engine: Engine) -> None:
    vpc_inputs: dict[str, Any] = {"cidrBlock": "10.1.0.0/16", "enableDnsHostnames": True, "tags": {"Name": "one"}}
    vpc = life(
        engine, "aws:ec2/vpc:Vpc", vpc_inputs, {**vpc_inputs, "enableDnsHostnames": False}, vpc_inputs | {"tags": {}}
    )
    assert vpc.state["tagsAll"] == DEFAULT_TAGS
    assert vpc.state["arn"].endswith(vpc.id)
    subnet_inputs = {"vpcId": vpc.id, "cidrBlock": "10.1.0.0/24", "availabilityZone": f"{REGION}c"}
    subnet = life(engine, "aws:ec2/subnet:Subnet", subnet_inputs, {**subnet_inputs, "mapPublicIpOnLaunch": True})
    gateway = life(
        engine, "aws:ec2/internetGateway:InternetGateway", {"vpcId": vpc.id}, {"vpcId": vpc.id, "tags": {"a": "b"}}
    )
    end(engine, gateway, subnet, vpc)


def test_routes_and_nat(engine: Engine, network: Network) -> None:
    gateway = engine.create("aws:ec2/internetGateway:InternetGateway", "nat", {"vpcId": network.vpc.id})
    table = life(
        engine,
        "aws:ec2/routeTable:RouteTable",
        {"vpcId": network.vpc.id},
        {"vpcId": network.vpc.id, "tags": {"x": "y"}},
    )
    eip = life(engine, "aws:ec2/eip:Eip", {"domain": "vpc"}, {"domain": "vpc", "tags": {"Name": "nat"}})
    nat_inputs = {"subnetId": network.subnet_ids[0], "allocationId": eip.id}
    nat = life(engine, "aws:ec2/natGateway:NatGateway", nat_inputs, {**nat_inputs, "tags": {"Name": "nat"}})
    assert nat.state["publicIp"] == eip.state["publicIp"]
    route_inputs = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}
    by_nat = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": nat.id}
    route = life(engine, "aws:ec2/route:Route", route_inputs, by_nat)
    association_inputs = {"routeTableId": table.id, "subnetId": network.subnet_ids[0]}
    association = life(engine, "aws:ec2/routeTableAssociation:RouteTableAssociation", association_inputs)
    for resource in (table, eip):
        assert engine.refresh(resource).state == resource.state  # type: ignore[union-attr]
    end(engine, association, route, table, nat, eip, gateway)


def test_inline_routes(engine: Engine, network: Network) -> None:
    gateway = engine.create("aws:ec2/internetGateway:InternetGateway", "inline", {"vpcId": network.vpc.id})
    inputs: dict[str, Any] = {"vpcId": network.vpc.id, "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}]}
    more = {**inputs, "routes": [{"cidrBlock": "192.168.0.0/16", "gatewayId": gateway.id}, *inputs["routes"]]}
    table = life(engine, "aws:ec2/routeTable:RouteTable", inputs, more)
    end(engine, table, gateway)


def test_security_group_and_rules(engine: Engine, network: Network) -> None:
    everything_out = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
    web = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"], "description": "web"}
    inputs: dict[str, Any] = {"vpcId": network.vpc.id, "ingress": [web], "egress": [everything_out]}
    inline = life(engine, "aws:ec2/securityGroup:SecurityGroup", inputs, {**inputs, "ingress": [web | {"toPort": 444}]})
    group = life(engine, "aws:ec2/securityGroup:SecurityGroup", {"vpcId": network.vpc.id}, name="bare")
    kind = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    rule_inputs = {
        "securityGroupId": group.id, "ipProtocol": "tcp", "fromPort": 3100, "toPort": 3100, "cidrIpv4": "10.0.0.0/16",
        "description": "loki",
    }  # fmt: skip
    ingress = life(engine, kind, rule_inputs, {**rule_inputs, "tags": {"a": "b"}})
    peer = {
        "securityGroupId": group.id,
        "ipProtocol": "tcp",
        "fromPort": 1,
        "toPort": 2,
        "referencedSecurityGroupId": inline.id,
    }
    from_peer = life(engine, kind, peer, name="peer")
    out = {"securityGroupId": group.id, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}
    egress = life(engine, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", out)
    assert engine.refresh(group).state == group.state  # type: ignore[union-attr]
    end(engine, egress, from_peer, ingress, group, inline)


def test_the_default_security_group_is_emptied_and_stays_with_its_vpc(engine: Engine, cloud: RunningCloud) -> None:
    vpc = engine.create("aws:ec2/vpc:Vpc", "closed", {"cidrBlock": "10.9.0.0/16"})
    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    group = life(engine, token, {"vpcId": vpc.id}, {"vpcId": vpc.id, "tags": {"a": "b"}})
    assert group.id == vpc.state["defaultSecurityGroupId"]
    ec2 = cloud.client("ec2")
    rules = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    (found,) = ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])
    ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=[rules])
    opened = engine.refresh(group)
    assert opened is not None
    assert engine.diff(opened, {"vpcId": vpc.id}).paths  # what somebody adds is drift
    engine.delete(group)
    end(engine, vpc)


def test_vpc_endpoint(engine: Engine, network: Network) -> None:
    table = engine.create("aws:ec2/routeTable:RouteTable", "endpoint", {"vpcId": network.vpc.id})
    other = engine.create("aws:ec2/routeTable:RouteTable", "endpoint-2", {"vpcId": network.vpc.id})
    inputs = {"vpcId": network.vpc.id, "serviceName": f"com.amazonaws.{REGION}.s3", "routeTableIds": [table.id]}
    endpoint = life(
        engine, "aws:ec2/vpcEndpoint:VpcEndpoint", inputs, {**inputs, "routeTableIds": [other.id, table.id]},
        {**inputs, "tags": {"Name": "s3"}},
    )  # fmt: skip
    assert engine.refresh(table).state == table.state  # type: ignore[union-attr]
    end(engine, endpoint, table, other)


def test_flow_logs_of_a_vpc(engine: Engine, network: Network, cloud: RunningCloud) -> None:
    group = engine.create("aws:cloudwatch/logGroup:LogGroup", "flows", {"name": "/aws/vpc/flow-logs/a"})
    inputs = {
        "vpcId": network.vpc.id, "trafficType": "ALL", "logDestinationType": "cloud-watch-logs",
        "logDestination": group.state["arn"], "iamRoleArn": "arn:aws:iam::123456789012:role/flow-logs",
        "maxAggregationInterval": 600,
    }  # fmt: skip
    log = life(engine, "aws:ec2/flowLog:FlowLog", inputs, {**inputs, "tags": {"a": "b"}})
    (found,) = cloud.client("ec2").describe_flow_logs(FlowLogIds=[log.id])["FlowLogs"]
    assert (found["ResourceId"], found["LogGroupName"]) == (network.vpc.id, "/aws/vpc/flow-logs/a")
    end(engine, log, group)
    for wrong in ({"subnetId": "subnet-1"}, {"trafficType": "SOME"}, {"maxAggregationInterval": 61}):
        with pytest.raises(CheckFailedError):
            engine.check("aws:ec2/flowLog:FlowLog", "wrong", {**inputs, **wrong})


def test_launch_template(engine: Engine) -> None:
    inputs: dict[str, Any] = {
        "namePrefix": "node-",
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1, "httpEndpoint": "enabled"},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {"volumeSize": 20, "volumeType": "gp3", "encrypted": "true", "deleteOnTermination": "true"},
            }
        ],
        "tagSpecifications": [{"resourceType": "instance", "tags": {"Name": "node"}}],
        "updateDefaultVersion": True,
    }
    bigger = json.loads(json.dumps(inputs))
    bigger["blockDeviceMappings"][0]["ebs"]["volumeSize"] = 30
    template = life(engine, "aws:ec2/launchTemplate:LaunchTemplate", inputs, bigger)
    assert (template.state["latestVersion"], template.state["defaultVersion"]) == (2, 2)
    assert template.state["name"].startswith("node-")
    end(engine, template)


def test_kms(engine: Engine) -> None:
    inputs: dict[str, Any] = {"description": "secrets", "enableKeyRotation": True, "deletionWindowInDays": 7}
    key = life(
        engine, "aws:kms/key:Key", inputs, {**inputs, "description": "all", "enableKeyRotation": False},
        {**inputs, "isEnabled": False, "tags": {"a": "b"}}, inputs,
    )  # fmt: skip
    other = engine.create("aws:kms/key:Key", "other", {})
    alias = life(
        engine, "aws:kms/alias:Alias", {"name": "alias/lgtm", "targetKeyId": key.id},
        {"name": "alias/lgtm", "targetKeyId": other.state["arn"]},
    )  # fmt: skip
    end(engine, alias, key, other)


def test_log_group(engine: Engine) -> None:
    inputs: dict[str, Any] = {"name": "/aws/eks/one/cluster", "retentionInDays": 7, "tags": {"a": "b"}}
    key = engine.create("aws:kms/key:Key", "logs", {})
    group = life(
        engine,
        "aws:cloudwatch/logGroup:LogGroup",
        inputs,
        {**inputs, "kmsKeyId": key.state["arn"]},
        {"name": inputs["name"], "retentionInDays": 30},
        {"name": inputs["name"]},
    )
    end(engine, group)
    engine.delete(key)


def test_bucket_and_its_configurations(engine: Engine) -> None:
    key = engine.create("aws:kms/key:Key", "bucket", {})
    bucket = life(engine, "aws:s3/bucket:Bucket", {}, {"tags": {"a": "b"}}, {"forceDestroy": True}, name="Loki-Chunks")
    assert bucket.id.startswith("loki-chunks-")
    name = bucket.id
    block: dict[str, Any] = {"bucket": name, "blockPublicAcls": True, "blockPublicPolicy": True}
    blocked = life(
        engine,
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        block,
        {**block, "restrictPublicBuckets": True},
    )
    ownership = life(
        engine, "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        {"bucket": name, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"bucket": name, "rule": {"objectOwnership": "ObjectWriter"}},
    )  # fmt: skip
    by_kms = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key.state["arn"]}}
    encryption = life(
        engine, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {"bucket": name, "rules": [{**by_kms, "bucketKeyEnabled": True}]},
        {"bucket": name, "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    )  # fmt: skip
    versioning = life(
        engine, "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": name, "versioningConfiguration": {"status": "Enabled"}},
        {"bucket": name, "versioningConfiguration": {"status": "Suspended"}},
    )  # fmt: skip
    bucket_policy = life(engine, "aws:s3/bucketPolicy:BucketPolicy", {"bucket": name, "policy": deny_insecure(name)})
    # The simulated S3 delivers: what was asked for meanwhile lies there.
    logs = engine.create("aws:s3/bucket:Bucket", "logs", {"bucket": "logs-of-buckets", "forceDestroy": True})
    writes = {
        "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs-of-buckets/*",
    }  # fmt: skip
    let_in = engine.create(
        "aws:s3/bucketPolicy:BucketPolicy", "logs",
        {"bucket": logs.id, "policy": json.dumps({"Version": "2012-10-17", "Statement": [writes]})},
    )  # fmt: skip
    logging = life(
        engine, "aws:s3/bucketLogging:BucketLogging",
        {"bucket": name, "targetBucket": logs.id, "targetPrefix": "a/"},
        {"bucket": name, "targetBucket": logs.id, "targetPrefix": "b/"},
    )  # fmt: skip
    end(engine, logging, let_in, logs)
    assert engine.refresh(bucket).state == bucket.state  # type: ignore[union-attr]
    end(engine, bucket_policy, ownership, blocked)
    for configuration in (encryption, versioning):
        engine.delete(configuration)
    end(engine, bucket, key)


def test_lifecycle(engine: Engine) -> None:
    bucket = engine.create("aws:s3/bucket:Bucket", "lifecycle", {})
    expire: dict[str, Any] = {
        "id": "expire", "status": "Enabled", "filter": {"prefix": "chunks/"}, "expiration": {"days": 16},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 1},
    }  # fmt: skip
    tier = {
        "id": "tier",
        "status": "Enabled",
        "filter": {"and": {"prefix": "blocks/", "objectSizeGreaterThan": 131072, "tags": {"tier": "cold"}}},
        "transitions": [{"days": 30, "storageClass": "GLACIER_IR"}, {"days": 7, "storageClass": "STANDARD_IA"}],
        "noncurrentVersionExpiration": {"noncurrentDays": 1, "newerNoncurrentVersions": 2},
        "noncurrentVersionTransitions": [{"noncurrentDays": 0, "storageClass": "GLACIER"}],
    }
    small = {"id": "small", "status": "Disabled", "filter": {"objectSizeLessThan": 1000}, "expiration": {"days": 3}}
    dated = {
        "id": "dated",
        "status": "Enabled",
        "filter": {"tag": {"key": "k", "value": "v"}},
        "expiration": {"date": "2030-01-01T00:00:00Z"},
    }
    rules = life(
        engine, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {"bucket": bucket.id, "rules": [expire, tier, small, dated]},
        {"bucket": bucket.id, "rules": [{**expire, "expiration": {"days": 20}}, tier]},
        {"bucket": bucket.id, "rules": [expire], "transitionDefaultMinimumObjectSize": "varies_by_storage_class"},
    )  # fmt: skip
    end(engine, rules, bucket)


def test_budget(engine: Engine) -> None:
    inputs: dict[str, Any] = {
        "budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "387", "limitUnit": "USD",
        "costFilters": [{"name": "TagKeyValue", "values": ["user:stack$prod"]}],
        "notifications": [
            {
                "comparisonOperator": "GREATER_THAN", "notificationType": "ACTUAL", "threshold": 80,
                "thresholdType": "PERCENTAGE", "subscriberEmailAddresses": ["ops@example.com"],
            }
        ],
    }  # fmt: skip
    budget = life(engine, "aws:budgets/budget:Budget", inputs, {**inputs, "limitAmount": "400"})
    end(engine, budget)


def test_a_queue_of_events(engine: Engine) -> None:
    inputs: dict[str, Any] = {
        "name": "acme-interruptions",
        "messageRetentionSeconds": 300,
        "sqsManagedSseEnabled": True,
    }
    queue = life(engine, "aws:sqs/queue:Queue", inputs, {**inputs, "messageRetentionSeconds": 600})
    statement = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": queue.state["arn"],
    }  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = life(engine, "aws:sqs/queuePolicy:QueuePolicy", {"queueUrl": queue.state["url"], "policy": document})
    pattern = json.dumps({"source": ["aws.ec2"], "detail-type": ["EC2 Instance Rebalance Recommendation"]})
    about: dict[str, Any] = {"name": "acme-rebalance", "eventPattern": pattern}
    rule = life(engine, "aws:cloudwatch/eventRule:EventRule", about, {**about, "description": "Told before"})
    target = life(
        engine, "aws:cloudwatch/eventTarget:EventTarget",
        {"rule": rule.state["name"], "targetId": "queue", "arn": queue.state["arn"]},
    )  # fmt: skip
    end(engine, target, rule, policy, queue)


def test_what_is_unusual_in_a_bill(engine: Engine) -> None:
    tagged = {"And": None, "Tags": {"Key": "stack", "MatchOptions": None, "Values": ["prod"]}}
    inputs = {"name": "acme-prod", "monitorType": "CUSTOM", "monitorSpecification": json.dumps(tagged)}
    monitor = life(engine, "aws:costexplorer/anomalyMonitor:AnomalyMonitor", inputs, {**inputs, "tags": {"a": "b"}})
    dimension = {"key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "matchOptions": ["GREATER_THAN_OR_EQUAL"], "values": ["10"]}
    told: dict[str, Any] = {
        "name": "acme-prod-mail", "frequency": "DAILY", "monitorArnLists": [monitor.state["arn"]],
        "subscribers": [{"type": "EMAIL", "address": "a@example.com"}], "thresholdExpression": {"dimension": dimension},
    }  # fmt: skip
    token = "aws:costexplorer/anomalySubscription:AnomalySubscription"
    subscription = life(engine, token, told, {**told, "frequency": "WEEKLY"})
    with pytest.raises(CheckFailedError, match="EMAIL subscribers take the frequency DAILY or WEEKLY"):
        engine.create(token, "at-once", {**told, "frequency": "IMMEDIATE"})
    end(engine, subscription, monitor)


def test_every_type_was_here() -> None:
    """A new type comes with a test in these files."""
    source = "".join(one.read_text(encoding="utf-8") for one in Path(__file__).parent.glob("test_cloud_resources*.py"))
    assert [token for token in DEFINITION.types if f'"{token}"' not in source] == []


def test_snapshot_policy(engine: Engine, role: Resource) -> None:
    schedule = {
        "name": "daily",
        "copyTags": True,
        "tagsToAdd": {"owner": "platform"},
        "createRule": {"interval": 24, "intervalUnit": "HOURS", "times": "03:00"},
        "retainRule": {"interval": 7, "intervalUnit": "DAYS"},
    }
    details = {"resourceTypes": ["VOLUME"], "targetTags": {"volumes": "one/monitoring"}, "schedules": [schedule]}
    inputs: dict[str, Any] = {
        "description": "Daily snapshots", "executionRoleArn": role.state["arn"], "policyDetails": details,
    }  # fmt: skip
    longer = {**schedule, "retainRule": {"interval": 14, "intervalUnit": "DAYS"}}
    policy = life(
        engine, "aws:dlm/lifecyclePolicy:LifecyclePolicy", inputs,
        {**inputs, "policyDetails": {**details, "schedules": [longer]}, "tags": {"a": "b"}},
        {**inputs, "state": "DISABLED"},
    )  # fmt: skip
    assert policy.state["arn"].endswith(f":policy/{policy.id}")
    end(engine, policy)


def test_schedules(engine: Engine, role: Resource) -> None:
    group = life(
        engine, "aws:scheduler/scheduleGroup:ScheduleGroup", {"name": "hours"}, {"name": "hours", "tags": {"a": "b"}}
    )
    asked = {"ClusterName": "c", "NodegroupName": "g", "ScalingConfig": {"MinSize": 0, "DesiredSize": 0}}
    target = {
        "arn": "arn:aws:scheduler:::aws-sdk:eks:updateNodegroupConfig",
        "roleArn": role.state["arn"],
        "input": json.dumps(asked),
        "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 20},
    }
    inputs: dict[str, Any] = {
        "name": "g-end-0",
        "groupName": "hours",
        "scheduleExpression": "cron(0 19 ? * MON *)",
        "scheduleExpressionTimezone": "Europe/Berlin",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": target,
    }
    schedule = life(
        engine, "aws:scheduler/schedule:Schedule", inputs,
        {**inputs, "scheduleExpression": "cron(30 18 ? * MON *)", "description": "an evening"},
        {**inputs, "state": "DISABLED"},
    )  # fmt: skip
    assert schedule.state["arn"].endswith(":schedule/hours/g-end-0")
    end(engine, schedule)
    end(engine, group)


def test_a_suspended_bucket_with_delete_markers_is_emptied(engine: Engine, cloud: RunningCloud) -> None:
    bucket = engine.create("aws:s3/bucket:Bucket", "versions", {"forceDestroy": True})
    configured = {"bucket": bucket.id, "versioningConfiguration": {"status": "Enabled"}}
    versioning = engine.create("aws:s3/bucketVersioning:BucketVersioning", "versions", configured)
    s3 = cloud.client("s3")
    s3.put_object(Bucket=bucket.id, Key="fake/chunk", Body=b"log lines")
    s3.delete_object(Bucket=bucket.id, Key="fake/chunk")
    engine.delete(versioning)  # suspends it: S3 takes versioning away from no bucket
    end(engine, bucket)
