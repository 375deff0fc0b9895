"""Every rule with a resource that passes, one that fails, and one that preview can't know yet."""

from collections.abc import Mapping, Sequence

import pytest

from policies.facts import UNKNOWN, Property, Resource
from policies.rule import ResourceRule
from policies.rules import RULES
from policies.rules.encryption import BUCKET, BUCKET_ENCRYPTION
from policies.rules.public_access import BLOCKS, PUBLIC_ACCESS_BLOCK
from policies.rules.tags import REQUIRED

TAGS: Mapping[str, Property] = dict.fromkeys(REQUIRED, "x")
BLOCKED: Mapping[str, Property] = dict.fromkeys(BLOCKS, True)
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
CLUSTER = "aws:eks/cluster:Cluster"
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"


def resource(
    type_token: str, properties: Mapping[str, Property], name: str = "r", from_urns: Mapping[str, str] | None = None
) -> Resource:
    dependencies = {key: frozenset({urn}) for key, urn in (from_urns or {}).items()}
    return Resource(type_token, name, f"urn::{type_token}::{name}", properties, dependencies)


def encryption(algorithm: Property, bucket_key: Property = None) -> Mapping[str, Property]:
    default: Property = {"sseAlgorithm": algorithm}
    return {
        "bucket": "b",
        "rules": [{"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": bucket_key}],
    }


def volume(encrypted: Property) -> Mapping[str, Property]:
    return {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": encrypted}}]}


def endpoint(public: Property, cidrs: Property) -> Mapping[str, Property]:
    return {"vpcConfig": {"endpointPublicAccess": public, "publicAccessCidrs": cidrs}}


A_BUCKET = resource(BUCKET, {"bucket": "b"}, "bucket")
# (rule id, resources, how many findings, a word that the first finding must hold)
CASES: Sequence[tuple[str, Sequence[Resource], int, str]] = (
    ("required-tags", [resource(BUCKET, {"tags": TAGS})], 0, ""),
    ("required-tags", [resource(BUCKET, {"tags": {}, "tagsAll": TAGS})], 0, ""),
    ("required-tags", [resource(BUCKET, {"tags": UNKNOWN})], 0, ""),
    ("required-tags", [resource(BUCKET, {"tags": {**TAGS, "owner": ""}})], 1, "owner"),
    ("required-tags", [resource(BUCKET, {})], 1, "cost-centre"),
    ("required-tags", [resource("aws:kms/alias:Alias", {})], 0, ""),
    ("required-tags", [resource("kubernetes:core/v1:Namespace", {})], 0, ""),
    ("buckets-encrypted", [A_BUCKET, resource(BUCKET_ENCRYPTION, encryption("AES256"))], 0, ""),
    ("buckets-encrypted", [A_BUCKET, resource(BUCKET_ENCRYPTION, encryption("aws:kms", True))], 0, ""),
    ("buckets-encrypted", [A_BUCKET, resource(BUCKET_ENCRYPTION, encryption("aws:kms", False))], 1, "bucketKeyEnabled"),
    ("buckets-encrypted", [A_BUCKET, resource(BUCKET_ENCRYPTION, encryption("rot13"))], 1, "rot13"),
    ("buckets-encrypted", [A_BUCKET, resource(BUCKET_ENCRYPTION, encryption(UNKNOWN))], 0, ""),
    ("buckets-encrypted", [A_BUCKET], 1, "no server-side encryption"),
    (
        "buckets-encrypted",
        [
            A_BUCKET,
            resource(
                BUCKET_ENCRYPTION, {**encryption("AES256"), "bucket": UNKNOWN}, from_urns={"bucket": A_BUCKET.urn}
            ),
        ],
        0,
        "",
    ),
    (
        "buckets-encrypted",
        [A_BUCKET, resource(BUCKET_ENCRYPTION, {**encryption("AES256"), "bucket": "other"})],
        1,
        "no ",
    ),
    ("volumes-encrypted", [resource(LAUNCH_TEMPLATE, volume("true"))], 0, ""),
    ("volumes-encrypted", [resource(LAUNCH_TEMPLATE, volume(UNKNOWN))], 0, ""),
    ("volumes-encrypted", [resource(LAUNCH_TEMPLATE, volume("false"))], 1, "blockDeviceMappings[0]"),
    ("volumes-encrypted", [resource(LAUNCH_TEMPLATE, {})], 1, "blockDeviceMappings"),
    (
        "volumes-encrypted",
        [resource(STORAGE_CLASS, {"provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "true"}})],
        0,
        "",
    ),
    (
        "volumes-encrypted",
        [resource(STORAGE_CLASS, {"provisioner": "ebs.csi.aws.com", "parameters": {}})],
        1,
        "encrypted",
    ),
    ("volumes-encrypted", [resource(STORAGE_CLASS, {"provisioner": "rancher.io/local-path"})], 0, ""),
    ("cluster-secrets-encrypted", [resource(CLUSTER, {"encryptionConfig": {"resources": ["secrets"]}})], 0, ""),
    ("cluster-secrets-encrypted", [resource(CLUSTER, {"encryptionConfig": UNKNOWN})], 0, ""),
    ("cluster-secrets-encrypted", [resource(CLUSTER, {})], 1, "secrets"),
    ("buckets-private", [A_BUCKET, resource(PUBLIC_ACCESS_BLOCK, {"bucket": "b", **BLOCKED})], 0, ""),
    (
        "buckets-private",
        [A_BUCKET, resource(PUBLIC_ACCESS_BLOCK, {"bucket": "b", **BLOCKED, "blockPublicAcls": UNKNOWN})],
        0,
        "",
    ),
    (
        "buckets-private",
        [A_BUCKET, resource(PUBLIC_ACCESS_BLOCK, {"bucket": "b", **BLOCKED, "blockPublicPolicy": False})],
        1,
        "blockPublicPolicy",
    ),
    ("buckets-private", [A_BUCKET], 1, "no public access block"),
    ("cluster-endpoint-limited", [resource(CLUSTER, endpoint(True, ["203.0.113.0/24"]))], 0, ""),
    ("cluster-endpoint-limited", [resource(CLUSTER, endpoint(False, []))], 0, ""),
    ("cluster-endpoint-limited", [resource(CLUSTER, endpoint(True, UNKNOWN))], 0, ""),
    ("cluster-endpoint-limited", [resource(CLUSTER, endpoint(True, ["0.0.0.0/0"]))], 1, "0.0.0.0/0"),
    ("cluster-endpoint-limited", [resource(CLUSTER, {"vpcConfig": {}})], 1, "open to the world"),
    ("no-open-ingress", [resource(INGRESS_RULE, {"cidrIpv4": "10.0.0.0/8"})], 0, ""),
    ("no-open-ingress", [resource(INGRESS_RULE, {"cidrIpv4": "0.0.0.0/0"})], 1, "cidrIpv4"),
    ("no-open-ingress", [resource(INGRESS_RULE, {"cidrIpv6": "::/0"})], 1, "cidrIpv6"),
    ("no-open-ingress", [resource(SECURITY_GROUP, {"ingress": [{"cidrBlocks": ["0.0.0.0/0"]}]})], 1, "ingress[0]"),
    ("no-open-ingress", [resource(SECURITY_GROUP, {"ingress": UNKNOWN})], 0, ""),
)


def findings(rule_id: str, resources: Sequence[Resource]) -> list[str]:
    rule = next(rule for rule in RULES if rule.id == rule_id)
    if isinstance(rule, ResourceRule):
        return [message for item in resources for message in rule.check(item)]
    return [finding.message for finding in rule.check(resources)]


@pytest.mark.parametrize(("rule_id", "resources", "count", "word"), CASES)
def test_rule_finds_exactly(rule_id: str, resources: Sequence[Resource], count: int, word: str) -> None:
    found = findings(rule_id, resources)
    assert len(found) == count, found
    assert all(word in message for message in found[:1])


def test_every_rule_passes_and_fails_somewhere() -> None:
    for rule in RULES:
        counts = [count for rule_id, _, count, _ in CASES if rule_id == rule.id]
        assert 0 in counts, rule.id
        assert any(counts), rule.id


def test_rule_ids_are_unique_and_words_are_given() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.why and rule.fix and rule.title for rule in RULES)
