"""What AWS refuses and moto accepts, as tables: each refused value with the code and the property it is told for."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from sandbox.providers.properties import UNKNOWN
from sandbox.providers.rules import Refusal, budgets, ec2, eks, kms, logs, policies, s3, scheduler

TODAY = datetime.date(2026, 11, 24)
Rule = Callable[[dict[str, Any]], Iterable[Refusal]]


def statement(**changes: Any) -> str:
    """A policy of one statement; None takes an element away."""
    whole = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **changes}
    kept = {name: value for name, value in whole.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


def identity(inputs: dict[str, Any]) -> Iterable[Refusal]:
    return policies.identity_policy_refusals("policy", inputs.get("policy"))


def trust(inputs: dict[str, Any]) -> Iterable[Refusal]:
    return policies.trust_policy_refusals("policy", inputs.get("policy"))


def of_bucket(inputs: dict[str, Any]) -> Iterable[Refusal]:
    return policies.bucket_policy_refusals("policy", inputs.get("policy"), "mine")


def cluster(inputs: dict[str, Any]) -> Iterable[Refusal]:
    return eks.cluster_refusals(inputs, TODAY)


def nodes(inputs: dict[str, Any]) -> Iterable[Refusal]:
    return eks.node_group_refusals(inputs, "1.35")


def addon(inputs: dict[str, Any]) -> Iterable[Refusal]:
    return eks.addon_refusals(inputs.get("addonName"), inputs.get("addonVersion"), "1.35")


def bucket(inputs: dict[str, Any]) -> Iterable[Refusal]:
    return s3.bucket_name_refusals(inputs.get("bucket"))


def encryption(**default: Any) -> dict[str, Any]:
    return {"rules": [{"applyServerSideEncryptionByDefault": default}]}


KEY_ARN = "arn:aws:kms:us-west-2:123456789012:key/12345678-1234-1234-1234-123456789012"
TRUSTED = {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole", "Resource": None}
INVALID, VALUE, COMBINATION = "InvalidParameterException", "InvalidParameterValue", "InvalidParameterCombination"
VALIDATION = "ValidationException"
NAME, MALFORMED, UNSUPPORTED = "InvalidBucketName", "MalformedPolicyDocument", "UnsupportedOperationException"
STATUS, VERSIONING = "versioningConfiguration.status", "IllegalVersioningConfigurationException"
SSE, EBS = "rules[0].applyServerSideEncryptionByDefault", "blockDeviceMappings[0].ebs"
HOPS = "metadataOptions.httpPutResponseHopLimit"
EXTENDED, STANDARD = {"supportType": "EXTENDED"}, {"supportType": "STANDARD"}
sse, key, template, traffic, endpoint = (
    s3.encryption_refusals,
    kms.key_refusals,
    ec2.launch_template_refusals,
    ec2.security_group_rule_refusals,
    ec2.vpc_endpoint_refusals,
)


def volume(**changes: Any) -> dict[str, Any]:
    return {"blockDeviceMappings": [{"ebs": {"volumeType": "gp3", "volumeSize": 20, **changes}}]}


def target(**changes: Any) -> dict[str, Any]:
    """A schedule that sizes a node group."""
    asked = json.dumps({"ClusterName": "c", "NodegroupName": "g", "ScalingConfig": {"DesiredSize": 0}})
    return {"target": {"arn": "arn:aws:scheduler:::aws-sdk:eks:updateNodegroupConfig", "input": asked, **changes}}


def size(low: int, high: int, desired: int) -> dict[str, Any]:
    return {"scalingConfig": {"minSize": low, "maxSize": high, "desiredSize": desired}}


REFUSED: list[tuple[Rule, dict[str, Any], str, str]] = [
    (bucket, {"bucket": "UPPER"}, "bucket", NAME),
    (bucket, {"bucket": "a_b"}, "bucket", NAME),
    (bucket, {"bucket": "10.0.0.1"}, "bucket", NAME),
    (bucket, {"bucket": "xn--name"}, "bucket", NAME),
    (bucket, {"bucket": "a..b"}, "bucket", NAME),
    (bucket, {"bucket": "name-s3alias"}, "bucket", NAME),
    (bucket, {"bucket": "-name"}, "bucket", NAME),
    (bucket, {"bucket": "ab"}, "bucket", NAME),
    (bucket, {"bucket": "a" * 64}, "bucket", NAME),
    (sse, encryption(sseAlgorithm="ROT13"), SSE + ".sseAlgorithm", "MalformedXML"),
    (sse, encryption(sseAlgorithm="AES256", kmsMasterKeyId=KEY_ARN), SSE + ".kmsMasterKeyId", "InvalidArgument"),
    (sse, encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="key"), SSE + ".kmsMasterKeyId", "KMS.NotFoundException"),
    (sse, {"rules": []}, "rules", "MalformedXML"),
    (s3.ownership_refusals, {"rule": {"objectOwnership": "Mine"}}, "rule.objectOwnership", "MalformedXML"),
    (s3.versioning_refusals, {"versioningConfiguration": {"status": "On"}}, STATUS, VERSIONING),
    (identity, {"policy": "{"}, "policy", MALFORMED),
    (identity, {"policy": "[]"}, "policy", MALFORMED),
    (identity, {"policy": statement(Effect="Maybe")}, "policy", MALFORMED),
    (identity, {"policy": statement(Action="GetObject")}, "policy", MALFORMED),
    (identity, {"policy": statement(Action=None)}, "policy", MALFORMED),
    (identity, {"policy": statement(Resource=None)}, "policy", MALFORMED),
    (identity, {"policy": statement(Principal="*")}, "policy", MALFORMED),
    (identity, {"policy": statement(Conditions={})}, "policy", MALFORMED),
    (identity, {"policy": json.dumps({"Version": "2026-01-01", "Statement": []})}, "policy", MALFORMED),
    (trust, {"policy": statement(Action="sts:AssumeRole", Resource=None)}, "policy", MALFORMED),
    (trust, {"policy": statement(**{**TRUSTED, "Resource": "*"})}, "policy", MALFORMED),
    (trust, {"policy": statement(**{**TRUSTED, "Action": "s3:GetObject"})}, "policy", MALFORMED),
    (of_bucket, {"policy": statement()}, "policy", "MalformedPolicy"),
    (of_bucket, {"policy": statement(Principal="*", Resource="arn:aws:s3:::other/*")}, "policy", "MalformedPolicy"),
    (cluster, {"version": "9.99"}, "version", INVALID),
    (cluster, {"version": "1.32", "upgradePolicy": EXTENDED}, "version", INVALID),
    (cluster, {"version": "1.33"}, "version", INVALID),
    (cluster, {"version": "1.33", "upgradePolicy": STANDARD}, "version", INVALID),
    (cluster, {"upgradePolicy": {"supportType": "SOME"}}, "upgradePolicy.supportType", INVALID),
    (cluster, {"accessConfig": {"authenticationMode": "APY"}}, "accessConfig.authenticationMode", INVALID),
    (cluster, {"vpcConfig": {"subnetIds": ["subnet-1"]}}, "vpcConfig.subnetIds", INVALID),
    (cluster, {"name": "-a"}, "name", INVALID),
    (nodes, {"instanceTypes": ["t9.huge"]}, "instanceTypes", INVALID),
    (nodes, {"amiType": "AL2023_ARM_64_STANDARD", "instanceTypes": ["m5.large"]}, "amiType", INVALID),
    (nodes, {"amiType": "AL2023_x86_64_STANDARD", "instanceTypes": ["t4g.large"]}, "amiType", INVALID),
    (nodes, {"amiType": "AL2023_ARM64"}, "amiType", INVALID),
    (nodes, {"capacityType": "CHEAP"}, "capacityType", INVALID),
    (nodes, size(3, 2, 2), "scalingConfig.minSize", INVALID),
    (nodes, size(1, 2, 3), "scalingConfig.desiredSize", INVALID),
    (nodes, size(0, 0, 0), "scalingConfig", INVALID),
    (nodes, {"taints": [{"key": "a", "effect": "NoSchedule"}]}, "taints[0].effect", INVALID),
    (nodes, {"labels": {"eks.amazonaws.com/nodegroup": "x"}}, "labels.eks.amazonaws.com/nodegroup", INVALID),
    (nodes, {"launchTemplate": {"id": "lt-1"}, "diskSize": 20}, "diskSize", INVALID),
    (nodes, {"version": "1.36"}, "version", INVALID),
    (nodes, {"version": "1.31"}, "version", INVALID),
    (addon, {"addonName": "vpc-cny"}, "addonName", INVALID),
    (addon, {"addonName": "coredns", "addonVersion": "latest"}, "addonVersion", INVALID),
    (ec2.vpc_refusals, {"cidrBlock": "10.0.0.0/8"}, "cidrBlock", "InvalidVpc.Range"),
    (ec2.vpc_refusals, {"cidrBlock": "10.0.0.1/16"}, "cidrBlock", VALUE),
    (endpoint, {"serviceName": "com.amazonaws.us-west-2.s4"}, "serviceName", "InvalidServiceName"),
    (endpoint, {"serviceName": "s3"}, "serviceName", "InvalidServiceName"),
    (endpoint, {"serviceName": "com.amazonaws.us-west-2.kms"}, "serviceName", "InvalidServiceName"),
    (endpoint, {"vpcEndpointType": "Door"}, "vpcEndpointType", "InvalidParameter"),
    (endpoint, {"subnetIds": ["subnet-1"]}, "subnetIds", "InvalidParameter"),
    (template, {"instanceType": "t9.huge"}, "instanceType", "InvalidInstanceType"),
    (template, {"metadataOptions": {"httpTokens": "always"}}, "metadataOptions.httpTokens", VALUE),
    (template, {"metadataOptions": {"httpPutResponseHopLimit": 65}}, HOPS, VALUE),
    (template, volume(volumeType="gp4"), EBS + ".volumeType", VALUE),
    (template, volume(iops=100), EBS + ".iops", VALUE),
    (template, volume(volumeType="gp2", throughput=125), EBS + ".throughput", COMBINATION),
    (traffic, {"ipProtocol": "-1"}, "cidrIpv4", COMBINATION),
    (traffic, {"ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0", "toPort": 1}, "fromPort", VALUE),
    (traffic, {"ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0", "fromPort": 2, "toPort": 1}, "fromPort", VALUE),
    (traffic, {"ipProtocol": "-1", "cidrIpv4": "10.0."}, "cidrIpv4", VALUE),
    (key, {"policy": "no JSON"}, "policy", "MalformedPolicyDocumentException"),
    (key, {"policy": statement(Action="kms:*")}, "policy", "MalformedPolicyDocumentException"),
    (key, {"deletionWindowInDays": 3}, "deletionWindowInDays", "ValidationException"),
    (key, {"rotationPeriodInDays": 30}, "rotationPeriodInDays", "ValidationException"),
    (key, {"customerMasterKeySpec": "RSA_2048", "enableKeyRotation": True}, "enableKeyRotation", UNSUPPORTED),
    (kms.alias_refusals, {"name": "lgtm"}, "name", "ValidationException"),
    (kms.alias_refusals, {"name": "alias/aws/s3"}, "name", "NotAuthorizedException"),
    (logs.log_group_refusals, {"retentionInDays": 13}, "retentionInDays", INVALID),
    (logs.log_group_refusals, {"logGroupClass": "CHEAP"}, "logGroupClass", INVALID),
    (logs.log_group_refusals, {"name": "a b"}, "name", INVALID),
    (scheduler.schedule_refusals, {"scheduleExpression": "cron(0 7 * * *)"}, "scheduleExpression", VALIDATION),
    (scheduler.schedule_refusals, {"scheduleExpressionTimezone": "CET/Mars"}, "scheduleExpressionTimezone", VALIDATION),
    (scheduler.schedule_refusals, {"state": "OFF"}, "state", VALIDATION),
    (scheduler.schedule_refusals, target(input="{"), "target.input", VALIDATION),
    # The SDK's names begin with capitals: EKS's own are refused.
    (scheduler.schedule_refusals, target(input='{"clusterName": "c"}'), "target.input", VALIDATION),
    (budgets.budget_refusals, {"budgetType": "MONEY"}, "budgetType", INVALID),
    (budgets.budget_refusals, {"timeUnit": "WEEKLY"}, "timeUnit", INVALID),
    (budgets.budget_refusals, {"limitAmount": "-1"}, "limitAmount", INVALID),
    (budgets.budget_refusals, {"notifications": [{}]}, "notifications[0]", INVALID),
    (policies.open_id_connect_refusals, {"url": "ftp://x"}, "url", "ValidationError"),
    (policies.open_id_connect_refusals, {"thumbprintLists": ["abc"]}, "thumbprintLists", "ValidationError"),
]  # fmt: skip

ACCEPTED: list[tuple[Rule, dict[str, Any]]] = [
    (bucket, {"bucket": "acme-monitoring-prod.loki-1"}),
    (sse, encryption(sseAlgorithm="aws:kms", kmsMasterKeyId=KEY_ARN)),
    (sse, encryption(sseAlgorithm="aws:kms:dsse", kmsMasterKeyId="alias/lgtm")),
    (identity, {"policy": statement(Action=["s3:Get*", "*"])}),
    (trust, {"policy": statement(**TRUSTED)}),
    (trust, {"policy": statement(**{**TRUSTED, "Action": ["sts:AssumeRole", "sts:TagSession"]})}),
    (of_bucket, {"policy": statement(Principal="*", Resource=["arn:aws:s3:::mine", "arn:aws:s3:::mine/*"])}),
    (cluster, {"version": "1.33", "upgradePolicy": EXTENDED}),
    (cluster, {"version": "1.34", "upgradePolicy": STANDARD}),
    (cluster, {"version": "1.36", "vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}}),
    (nodes, {"amiType": "AL2023_ARM_64_STANDARD", "instanceTypes": ["t4g.large", "m7g.large"], "version": "1.35"}),
    (nodes, {"amiType": "CUSTOM", "instanceTypes": ["m5.large", "t4g.large"]}),
    (addon, {"addonName": "aws-ebs-csi-driver", "addonVersion": "v1.50.1-eksbuild.1"}),
    (ec2.vpc_refusals, {"cidrBlock": "10.0.0.0/16"}),
    (endpoint, {"serviceName": "com.amazonaws.us-west-2.s3"}),
    (endpoint, {"serviceName": "com.amazonaws.us-west-2.ecr.dkr", "vpcEndpointType": "Interface"}),
    (template, {"instanceType": "t4g.large", **volume()}),
    (traffic, {"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}),
    (key, {"policy": statement(Action="kms:*", Principal={"AWS": "x"}), "enableKeyRotation": True}),
    (logs.log_group_refusals, {"retentionInDays": 14, "name": "/aws/eks/one/cluster"}),
    (scheduler.schedule_refusals, {"scheduleExpression": "cron(0 7 ? * MON,TUE *)", **target()}),
    (scheduler.schedule_refusals, target(arn="arn:aws:sqs:us-west-2:123456789012:queue", input="text")),
    (budgets.budget_refusals, {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "387"}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "inputs", "path", "code"), REFUSED)
def test_refused(rule: Rule, inputs: dict[str, Any], path: str, code: str) -> None:
    refusals = list(rule(inputs))
    assert (path, code) in [(refusal.property, refusal.code) for refusal in refusals]
    assert all(str(refusal).startswith(refusal.code + ": ") for refusal in refusals)


@pytest.mark.parametrize(("rule", "inputs"), ACCEPTED)
def test_accepted(rule: Rule, inputs: dict[str, Any]) -> None:
    assert list(rule(inputs)) == []


@pytest.mark.parametrize(("rule", "inputs"), [(rule, inputs) for rule, inputs, _, _ in REFUSED if len(inputs) == 1])
def test_what_is_not_known_yet_is_not_refused(rule: Rule, inputs: dict[str, Any]) -> None:
    """In a preview the offending value may be another resource's output."""
    unknown = dict.fromkeys(inputs, UNKNOWN)
    assert [refusal for refusal in rule(unknown) if refusal.property in inputs] == []


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (datetime.date(2026, 12, 1), "STANDARD_SUPPORT"),
        (datetime.date(2026, 12, 2), "EXTENDED_SUPPORT"),
        (datetime.date(2027, 12, 1), "EXTENDED_SUPPORT"),
        (datetime.date(2027, 12, 2), "UNSUPPORTED"),
    ],
)
def test_support_follows_the_calendar(day: datetime.date, status: str) -> None:
    release = next(release for release in eks.RELEASES if release.version == "1.34")
    assert eks.support_status(release, day) == status
    assert bool(eks.version_refusals("1.34", "STANDARD", day)) == (status != "STANDARD_SUPPORT")


@pytest.mark.parametrize(
    ("changes", "public"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": ["*"]}}, True),
        ({"Principal": "*", "Effect": "Deny"}, False),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}, False),
        ({"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    ],
)
def test_public_policies(changes: dict[str, Any], public: bool) -> None:
    assert policies.is_public(statement(**changes)) is public


def test_near_misses_are_named() -> None:
    assert "'t4g.large'" in str(eks.node_group_refusals({"instanceTypes": ["t4g.larg"]}, "1.35")[0])
    assert "'vpc-cni'" in str(eks.addon_refusals("vpc-cnl", None, None)[0])
    assert "next longer one is 14" in str(logs.log_group_refusals({"retentionInDays": 13})[0])
