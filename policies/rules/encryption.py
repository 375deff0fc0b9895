"""Encryption at rest: buckets, volumes, and the secrets of the Kubernetes API."""

from collections.abc import Iterator, Sequence

from policies.facts import UNKNOWN, Property, Resource, belonging_to, is_list, is_table, of_type
from policies.rule import Finding, ResourceRule, StackRule

BUCKET = "aws:s3/bucket:Bucket"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
ALGORITHMS = ("aws:kms", "aws:kms:dsse", "AES256")


def _unencrypted_buckets(resources: Sequence[Resource]) -> Iterator[Finding]:
    for bucket in of_type(resources, BUCKET):
        settings = list(belonging_to(bucket, "bucket", resources, BUCKET_ENCRYPTION))
        if not settings:
            yield Finding("has no server-side encryption configuration; add one with SSE-KMS or SSE-S3", bucket.urn)
        for setting in settings:
            if problem := _encryption_problem(setting):
                yield Finding(problem, setting.urn)


def _encryption_problem(setting: Resource) -> str | None:
    default = setting.at("rules", 0, "applyServerSideEncryptionByDefault")
    algorithm = setting.at("rules", 0, "applyServerSideEncryptionByDefault", "sseAlgorithm")
    if default is UNKNOWN or algorithm is UNKNOWN:
        return None
    if algorithm not in ALGORITHMS:
        return f"sseAlgorithm is {algorithm!r}; accepted: {', '.join(ALGORITHMS)}"
    if algorithm == "aws:kms" and setting.at("rules", 0, "bucketKeyEnabled") not in (True, UNKNOWN):
        return "bucketKeyEnabled is not true; with SSE-KMS every object would pay for a KMS request"
    return None


BUCKETS_ENCRYPTED = StackRule(
    id="buckets-encrypted",
    title="Every bucket is encrypted at rest",
    why="Telemetry holds personal data; an unencrypted bucket is a finding in every audit.",
    fix="Create buckets with TierBuckets, which adds SSE-KMS with a bucket key, or SSE-S3.",
    check=_unencrypted_buckets,
)


def _unencrypted_volumes(resource: Resource) -> Iterator[str]:
    if resource.type == "aws:ec2/launchTemplate:LaunchTemplate":
        mappings = resource.at("blockDeviceMappings")
        if is_list(mappings):
            for index, mapping in enumerate(mappings):
                ebs: Property = mapping.get("ebs") if is_table(mapping) else None
                if (
                    is_table(ebs)
                    and str(ebs.get("encrypted")).lower() != "true"
                    and ebs.get("encrypted") is not UNKNOWN
                ):
                    yield f"blockDeviceMappings[{index}].ebs.encrypted is not true"
        elif mappings is not UNKNOWN:
            yield "has no blockDeviceMappings: the root volume would take the AMI's unencrypted default"
    if resource.type == "kubernetes:storage.k8s.io/v1:StorageClass" and resource.at("provisioner") == "ebs.csi.aws.com":
        encrypted = resource.at("parameters", "encrypted")
        if encrypted is not UNKNOWN and encrypted != "true":
            yield f'parameters.encrypted is {encrypted!r}; accepted: "true"'


VOLUMES_ENCRYPTED = ResourceRule(
    id="volumes-encrypted",
    title="Node root volumes and data volumes are encrypted",
    why="Write-ahead logs on volumes hold the same data as the buckets.",
    fix="Set encrypted on the launch template's gp3 mapping and on the StorageClass.",
    check=_unencrypted_volumes,
)


def _plain_cluster_secrets(resource: Resource) -> Iterator[str]:
    if resource.type != "aws:eks/cluster:Cluster":
        return
    config = resource.at("encryptionConfig")
    covered = resource.at("encryptionConfig", "resources")
    if config is UNKNOWN or covered is UNKNOWN:
        return
    if not is_list(covered) or "secrets" not in covered:
        yield 'encryptionConfig does not cover "secrets"; give it a KMS key'


CLUSTER_SECRETS_ENCRYPTED = ResourceRule(
    id="cluster-secrets-encrypted",
    title="Kubernetes secrets are encrypted with a customer-managed key",
    why="The Grafana admin password and receivers' tokens are Kubernetes secrets.",
    fix="Set encryptionConfig with resources [secrets] and a KMS key.",
    check=_plain_cluster_secrets,
)
