"""Encryption, access, permissions, secrets and pinning."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from planning.aws.types import (
    ADDON,
    BUCKET_ENCRYPTION,
    BUCKET_POLICY,
    CLUSTER,
    INGRESS_RULE,
    INSTANCE,
    KEY,
    LAUNCH_TEMPLATE,
    NODE_CLASS,
    NODE_GROUP,
    POD_IDENTITY,
    PUBLIC_ACCESS_BLOCK,
    QUEUE,
    ROLE,
    ROLE_POLICY_ATTACHMENT,
    SECURITY_GROUP_RULE,
    STORAGE_CLASS,
    VOLUME,
)
from planning.registered import UNKNOWN, Property, Resource
from policies.rules.public_access import BLOCKS, SECURITY_GROUPS
from policies.rules.tags import REQUIRED
from tests.policies.buckets import bucket
from tests.policies.cases import FAIL, PASS, UNKNOWN_YET, Case, check, resource

A_BUCKET = bucket("loki-chunks")
BLOCKED: dict[str, Property] = dict.fromkeys(BLOCKS, True)
TAGS: dict[str, Property] = dict.fromkeys(REQUIRED, "x")
ARN = "arn:aws:s3:::acme-prod-bucket"


def encrypted(algorithm: Property, bucket_key: Property = None) -> list[Resource]:
    default: Property = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}
    rules: Property = [{"bucketKeyEnabled": bucket_key, **default}]
    setting = resource(BUCKET_ENCRYPTION, {"bucket": UNKNOWN, "rules": rules}, of={"bucket": A_BUCKET})
    return [A_BUCKET, setting]


def blocked(name: Property = "acme-prod-bucket", **blocks: Property) -> list[Resource]:
    return [A_BUCKET, resource(PUBLIC_ACCESS_BLOCK, {"bucket": name, **BLOCKED, **blocks})]


def root_volume(encrypted: Property) -> list[Resource]:
    return [resource(LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"ebs": {"encrypted": encrypted}}]})]


def pool_class(*mappings: Property, **metadata: Property) -> list[Resource]:
    return [resource(NODE_CLASS, {"spec": {"blockDeviceMappings": list(mappings), "metadataOptions": metadata}})]


def endpoint(public: Property, cidrs: Property) -> list[Resource]:
    return [resource(CLUSTER, {"vpcConfig": {"endpointPublicAccess": public, "publicAccessCidrs": cidrs}})]


def statement(effect: str = "Allow", action: Any = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": ARN, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def grants(*statements: dict[str, Any], kind: str = "aws:iam/rolePolicy:RolePolicy") -> list[Resource]:
    return [resource(kind, {"policy": document(*statements)})]


def bucket_policy(*statements: dict[str, Any]) -> list[Resource]:
    return [A_BUCKET, resource(BUCKET_POLICY, {"bucket": "acme-prod-bucket", "policy": document(*statements)})]


def tls(**changed: Any) -> dict[str, Any]:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    return statement("Deny", "s3:*", Principal="*", Condition=plain) | {"Resource": [ARN, f"{ARN}/*"]} | changed


def pod_role(*, narrow: bool = True) -> Resource:
    tags = {"aws:RequestTag/kubernetes-service-account": "loki"}
    trust = {"Principal": {"Service": "pods.eks.amazonaws.com"}, "Condition": {"StringEquals": tags if narrow else {}}}
    return resource(
        ROLE, {"name": "acme-loki", "assumeRolePolicy": document(statement(action="sts:AssumeRole", **trust))}
    )


def metadata(tokens: Property = "required", hops: Property = 1.0, **more: Property) -> list[Resource]:
    options: Property = {"httpTokens": tokens, "httpPutResponseHopLimit": hops, **more}
    return [resource(LAUNCH_TEMPLATE, {"metadataOptions": options})]


LOGS = "enabledClusterLogTypes"
ACCOUNT = {"AWS": "arn:aws:iam::123456789012:root"}
GROUP = SECURITY_GROUPS[0]
TEMPLATE_TAGS: list[Property] = [{"resourceType": kind, "tags": TAGS} for kind in ("instance", "volume")]
LINK = resource(POD_IDENTITY, {"roleArn": UNKNOWN}, of={"roleArn": pod_role()})
ADDON_LINK: Property = {"podIdentityAssociations": [{"roleArn": "arn:aws:iam::1:role/acme-loki"}]}
CASES: Sequence[Case] = (
    Case("buckets-encrypted", PASS, encrypted("AES256")),
    Case("buckets-encrypted", PASS, encrypted("aws:kms", True)),
    Case("buckets-encrypted", UNKNOWN_YET, encrypted(UNKNOWN)),
    Case("buckets-encrypted", UNKNOWN_YET, encrypted("aws:kms", UNKNOWN)),
    Case("buckets-encrypted", FAIL, encrypted("aws:kms", False), "bucketKeyEnabled is not true"),
    Case("buckets-encrypted", FAIL, encrypted("rot13"), "rot13"),
    Case("buckets-encrypted", FAIL, [A_BUCKET], "no server-side encryption"),
    Case("volumes-encrypted", PASS, root_volume("true")),
    Case("volumes-encrypted", UNKNOWN_YET, root_volume(UNKNOWN)),
    Case("volumes-encrypted", UNKNOWN_YET, [resource(LAUNCH_TEMPLATE, {"blockDeviceMappings": UNKNOWN})]),
    Case("volumes-encrypted", FAIL, root_volume("false"), "blockDeviceMappings[0].ebs.encrypted"),
    Case("volumes-encrypted", FAIL, [resource(LAUNCH_TEMPLATE, {})], "unencrypted default"),
    Case("volumes-encrypted", FAIL, [resource(VOLUME, {"size": 10})], "encrypted is None"),
    Case("volumes-encrypted", FAIL, [resource(STORAGE_CLASS, {"provisioner": "ebs.csi.aws.com"})], "parameters"),
    Case("volumes-encrypted", PASS, [resource(STORAGE_CLASS, {"provisioner": "rancher.io/local-path"})]),
    Case("cluster-secrets-encrypted", PASS, [resource(CLUSTER, {"encryptionConfig": {"resources": ["secrets"]}})]),
    Case("cluster-secrets-encrypted", UNKNOWN_YET, [resource(CLUSTER, {"encryptionConfig": UNKNOWN})]),
    Case("cluster-secrets-encrypted", FAIL, [resource(CLUSTER, {})], "secrets"),
    Case("keys-rotate", PASS, [resource(KEY, {"enableKeyRotation": True})]),
    Case("keys-rotate", UNKNOWN_YET, [resource(KEY, {"enableKeyRotation": UNKNOWN})]),
    Case("keys-rotate", FAIL, [resource(KEY, {})], "one key for ever"),
    Case("queues-encrypted", PASS, [resource(QUEUE, {"sqsManagedSseEnabled": True})]),
    Case("queues-encrypted", PASS, [resource(QUEUE, {"kmsMasterKeyId": "alias/aws/sqs"})]),
    Case("queues-encrypted", UNKNOWN_YET, [resource(QUEUE, {"kmsMasterKeyId": UNKNOWN})]),
    Case("queues-encrypted", FAIL, [resource(QUEUE, {"sqsManagedSseEnabled": False})], "accepted: either"),
    Case("volumes-encrypted", PASS, pool_class({"ebs": {"encrypted": True}})),
    Case("volumes-encrypted", FAIL, pool_class({"ebs": {}}), "spec.blockDeviceMappings[0].ebs.encrypted is None"),
    Case("volumes-encrypted", FAIL, [resource(NODE_CLASS, {"spec": {}})], "has no spec.blockDeviceMappings"),
    Case("metadata-closed", PASS, pool_class(httpTokens="required", httpPutResponseHopLimit=1)),
    Case("metadata-closed", FAIL, pool_class(httpTokens="optional", httpPutResponseHopLimit=1), "spec.metadataOptions"),
    Case("buckets-private", PASS, blocked()),
    Case("buckets-private", UNKNOWN_YET, blocked(blockPublicAcls=UNKNOWN)),
    Case("buckets-private", FAIL, blocked(blockPublicPolicy=False), "blockPublicPolicy must be true"),
    Case("buckets-private", FAIL, blocked("another-bucket"), "no public access block"),
    Case("buckets-tls-only", PASS, bucket_policy(tls())),
    Case("buckets-tls-only", PASS, bucket_policy(tls(Condition={"Bool": {"aws:securetransport": False}}))),
    Case(
        "buckets-tls-only",
        UNKNOWN_YET,
        [A_BUCKET, resource(BUCKET_POLICY, {"bucket": "acme-prod-bucket", "policy": UNKNOWN})],
    ),
    Case("buckets-tls-only", FAIL, [A_BUCKET], "no bucket policy"),
    Case("buckets-tls-only", FAIL, bucket_policy(tls(Effect="Allow")), "no statement denies"),
    Case("buckets-tls-only", FAIL, bucket_policy(tls(Condition={})), "no statement denies"),
    Case("buckets-tls-only", FAIL, bucket_policy(tls(Principal=ACCOUNT)), "no statement denies"),
    Case("buckets-tls-only", FAIL, bucket_policy(tls(Resource=[ARN])), "no statement denies"),
    Case("buckets-tls-only", FAIL, bucket_policy(tls(Resource=[f"{ARN}/*"])), "no statement denies"),
    Case("buckets-tls-only", FAIL, bucket_policy(tls(Action="s3:GetObject")), "no statement denies"),
    Case("cluster-endpoint-limited", PASS, endpoint(True, ["203.0.113.0/24"])),
    Case("cluster-endpoint-limited", PASS, endpoint(False, None)),
    Case("cluster-endpoint-limited", UNKNOWN_YET, endpoint(True, UNKNOWN)),
    Case("cluster-endpoint-limited", FAIL, endpoint(True, ["0.0.0.0/0"]), "0.0.0.0/0"),
    Case("cluster-endpoint-limited", FAIL, endpoint(True, ["128.0.0.0/1"]), "128.0.0.0/1"),
    Case("cluster-endpoint-limited", FAIL, endpoint(True, ["198.51.100.0/24"]), "accepted: 203.0.113.0/24"),
    Case("cluster-endpoint-limited", FAIL, endpoint(None, None), "open to the world"),
    Case("no-open-ingress", PASS, [resource(INGRESS_RULE, {"cidrIpv4": "10.0.0.0/8"})]),
    Case("no-open-ingress", PASS, [resource(SECURITY_GROUP_RULE, {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]})]),
    Case("no-open-ingress", UNKNOWN_YET, [resource(GROUP, {"ingress": UNKNOWN})]),
    Case("no-open-ingress", FAIL, [resource(INGRESS_RULE, {"cidrIpv4": "0.0.0.0/0"})], "cidrIpv4"),
    Case("no-open-ingress", FAIL, [resource(INGRESS_RULE, {"cidrIpv6": "::/0"})], "cidrIpv6"),
    Case("no-open-ingress", FAIL, [resource(GROUP, {"ingress": [{"cidrBlocks": ["0.0.0.0/0"]}]})], "ingress[0]"),
    Case(
        "no-open-ingress",
        FAIL,
        [resource(SECURITY_GROUP_RULE, {"type": "ingress", "cidrBlocks": ["0.0.0.0/1"]})],
        "0.0.0.0/1",
    ),
    Case("no-wildcards", PASS, grants(statement(), statement("Deny", "*"))),
    Case("no-wildcards", PASS, grants(statement(action="kms:*", Principal=ACCOUNT), kind=KEY)),
    Case("no-wildcards", PASS, [resource(KEY, {})]),
    Case("no-wildcards", UNKNOWN_YET, [resource("aws:iam/rolePolicy:RolePolicy", {"policy": UNKNOWN})]),
    Case("no-wildcards", FAIL, grants(statement(action="*")), "statement 0 allows *"),
    Case(
        "no-wildcards", FAIL, grants(statement(action=["s3:GetObject", "s3:*"], Sid="All")), "statement All allows s3:*"
    ),
    Case("no-wildcards", FAIL, grants(statement(action="kms:*", Principal=ACCOUNT), kind=BUCKET_POLICY), "kms:*"),
    Case("no-wildcards", FAIL, grants(statement(Principal="*"), kind=BUCKET_POLICY), 'principal "*"'),
    Case("no-wildcards", FAIL, grants(statement(Principal={"AWS": ["*"]}), kind=BUCKET_POLICY), 'principal "*"'),
    Case("no-wildcards", FAIL, grants({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), "NotAction"),
    Case("no-wildcards", FAIL, [resource(ROLE, {"assumeRolePolicy": "nonsense"})], "no policy document"),
    Case(
        "no-wildcards",
        FAIL,
        [resource(ROLE_POLICY_ATTACHMENT, {"policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"})],
        "S3Full",
    ),
    Case(
        "no-wildcards",
        PASS,
        [resource(ROLE_POLICY_ATTACHMENT, {"policyArn": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"})],
    ),
    Case("pod-roles-bound", PASS, [pod_role(), LINK]),
    Case("pod-roles-bound", PASS, [pod_role(), resource(ADDON, ADDON_LINK)]),
    Case("pod-roles-bound", UNKNOWN_YET, [resource(ROLE, {"assumeRolePolicy": UNKNOWN})]),
    Case("pod-roles-bound", FAIL, [pod_role(narrow=False), LINK], "any pod identity of the account"),
    Case("pod-roles-bound", FAIL, [pod_role()], "no pod identity association"),
    Case("metadata-closed", PASS, metadata()),
    Case("metadata-closed", PASS, metadata("optional", 64, httpEndpoint="disabled")),
    Case("metadata-closed", PASS, [resource(NODE_GROUP, {"launchTemplate": UNKNOWN})]),
    Case("metadata-closed", UNKNOWN_YET, metadata(UNKNOWN)),
    Case("metadata-closed", FAIL, metadata("optional"), 'accepted: "required"'),
    Case("metadata-closed", FAIL, metadata(hops=2), "is 2; accepted: at most 1"),
    Case("metadata-closed", FAIL, [resource(INSTANCE, {})], "httpTokens", count=2),
    Case("metadata-closed", FAIL, [resource(NODE_GROUP, {})], "has no launchTemplate"),
    Case("control-plane-audited", PASS, [resource(CLUSTER, {"enabledClusterLogTypes": ["api", "audit"]})]),
    Case("control-plane-audited", UNKNOWN_YET, [resource(CLUSTER, {"enabledClusterLogTypes": UNKNOWN})], LOGS),
    Case("control-plane-audited", FAIL, [resource(CLUSTER, {"enabledClusterLogTypes": ["api"]})], "lacks audit"),
    Case("control-plane-audited", PASS, [resource(CLUSTER, {})], limits={"required_logs": []}),
    Case("data-protected", PASS, [A_BUCKET]),
    Case("data-protected", UNKNOWN_YET, [resource(KEY, {})]),
    Case("data-protected", FAIL, [resource(KEY, {}, protect=False)], "is not protected"),
    Case(
        "data-protected", FAIL, [resource("aws:s3/bucket:Bucket", {"forceDestroy": True}, protect=True)], "forceDestroy"
    ),
    Case("data-protected", PASS, [resource(KEY, {}, protect=False)], limits={"required": False}),
    Case("required-tags", PASS, [resource(KEY, {"tags": {}, "tagsAll": TAGS})]),
    Case("required-tags", PASS, [resource("aws:kms/alias:Alias", {})]),
    Case("required-tags", PASS, [resource("aws:cloudwatch/eventTarget:EventTarget", {})]),
    Case("required-tags", UNKNOWN_YET, [resource(KEY, {"tags": UNKNOWN})]),
    Case("required-tags", FAIL, [resource(KEY, {"tags": {**TAGS, "owner": ""}})], "tags owner are missing"),
    Case("required-tags", FAIL, [resource(KEY, {})], "cost-centre"),
    Case("required-tags", PASS, [resource(LAUNCH_TEMPLATE, {"tags": TAGS, "tagSpecifications": TEMPLATE_TAGS})]),
    Case("required-tags", FAIL, [resource(LAUNCH_TEMPLATE, {"tags": TAGS})], "for instance", count=2),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_security_rule(case: Case) -> None:
    check(case)
