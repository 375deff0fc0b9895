"""Encryption at rest: buckets, volumes, keys, and the secrets of the Kubernetes API."""

from collections.abc import Iterator, Sequence

from planning.aws.types import (
    BUCKET,
    BUCKET_ENCRYPTION,
    CLUSTER,
    EBS_DRIVER,
    KEY,
    LAUNCH_TEMPLATE,
    NODE_CLASS,
    QUEUE,
    STORAGE_CLASS,
    VOLUME,
)
from planning.registered import UNKNOWN, Property, Resource, belonging_to, is_list, of_type, tables, value_at
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, StackRule, Subject, Verdict, Violation

ALGORITHMS = ("aws:kms", "aws:kms:dsse", "AES256")


def _unencrypted_buckets(resources: Sequence[Resource], _limits: Limits) -> Iterator[Verdict]:
    for bucket in of_type(resources, BUCKET):
        settings = list(belonging_to(bucket, "bucket", resources, BUCKET_ENCRYPTION))
        if not settings:
            yield Violation("has no server-side encryption configuration; add one with SSE-KMS or SSE-S3", bucket.urn)
        for setting in settings:
            yield from _encryption_problems(setting)


def _encryption_problems(setting: Resource) -> Iterator[Verdict]:
    algorithm = setting.at("rules", 0, "applyServerSideEncryptionByDefault", "sseAlgorithm")
    if algorithm is UNKNOWN:
        yield NotYetKnown("sseAlgorithm", setting.urn)
    elif algorithm not in ALGORITHMS:
        yield Violation(f"sseAlgorithm is {algorithm!r}; accepted: {', '.join(ALGORITHMS)}", setting.urn)
    elif algorithm == "aws:kms":
        bucket_key = setting.at("rules", 0, "bucketKeyEnabled")
        if bucket_key is UNKNOWN:
            yield NotYetKnown("bucketKeyEnabled", setting.urn)
        elif bucket_key is not True:
            yield Violation(
                "bucketKeyEnabled is not true; with SSE-KMS every object would pay for a KMS request", setting.urn
            )


BUCKETS_ENCRYPTED = StackRule(
    id="buckets-encrypted",
    subject=Subject.SECURITY,
    title="Every bucket is encrypted at rest",
    why="Telemetry holds personal data; an unencrypted bucket is a finding in every audit.",
    fix="Create buckets with TierBuckets, which adds SSE-KMS with a bucket key, or SSE-S3.",
    types=(BUCKET, BUCKET_ENCRYPTION),
    limits=Limits,
    check=_unencrypted_buckets,
)


def _unencrypted_volumes(resource: Resource, _limits: Limits) -> Iterator[Verdict]:
    if resource.type == LAUNCH_TEMPLATE:
        yield from _unencrypted_mappings("", resource.at("blockDeviceMappings"))
    elif resource.type == NODE_CLASS:
        yield from _unencrypted_mappings("spec.", resource.at("spec", "blockDeviceMappings"))
    elif resource.type == VOLUME:
        yield from _must_be_true("encrypted", resource.at("encrypted"))
    elif resource.at("provisioner") == EBS_DRIVER:
        yield from _must_be_true("parameters.encrypted", resource.at("parameters", "encrypted"))


def _unencrypted_mappings(where: str, mappings: Property) -> Iterator[Verdict]:
    if mappings is UNKNOWN:
        yield NotYetKnown(f"{where}blockDeviceMappings")
        return
    if not tables(mappings):
        yield Violation(f"has no {where}blockDeviceMappings: the root volume would take the AMI's unencrypted default")
    for index, mapping in tables(mappings):
        if value_at(mapping, "ebs") is not None:
            yield from _must_be_true(
                f"{where}blockDeviceMappings[{index}].ebs.encrypted", value_at(mapping, "ebs", "encrypted")
            )


def _must_be_true(what: str, value: object) -> Iterator[Verdict]:
    if value is UNKNOWN:
        yield NotYetKnown(what)
    elif str(value).lower() != "true":
        yield Violation(f"{what} is {value!r}; accepted: true")


VOLUMES_ENCRYPTED = ResourceRule(
    id="volumes-encrypted",
    subject=Subject.SECURITY,
    title="Node root volumes and data volumes are encrypted",
    why="Write-ahead logs on volumes hold the same data as the buckets.",
    fix="Set encrypted on the launch template's gp3 mapping and on the StorageClass.",
    types=(LAUNCH_TEMPLATE, NODE_CLASS, STORAGE_CLASS, VOLUME),
    limits=Limits,
    check=_unencrypted_volumes,
)


def _plain_messages(queue: Resource, _limits: Limits) -> Iterator[Verdict]:
    managed, key = queue.at("sqsManagedSseEnabled"), queue.at("kmsMasterKeyId")
    if UNKNOWN in (managed, key):
        yield NotYetKnown("sqsManagedSseEnabled")
    elif managed is not True and not key:
        yield Violation("sqsManagedSseEnabled is not true and there is no kmsMasterKeyId; accepted: either")


QUEUES_ENCRYPTED = ResourceRule(
    id="queues-encrypted",
    subject=Subject.SECURITY,
    title="Messages in queues are encrypted at rest",
    why="What waits in a queue says which machines come and go; SQS's own key costs nothing.",
    fix="Set sqsManagedSseEnabled to true, or kmsMasterKeyId to a key.",
    types=(QUEUE,),
    limits=Limits,
    check=_plain_messages,
    severity=Severity.MEDIUM,
)


def _plain_cluster_secrets(cluster: Resource, _limits: Limits) -> Iterator[Verdict]:
    covered = cluster.at("encryptionConfig", "resources")
    if covered is UNKNOWN:
        yield NotYetKnown("encryptionConfig")
    elif not is_list(covered) or "secrets" not in covered:
        yield Violation('encryptionConfig does not cover "secrets"; give it a KMS key')


CLUSTER_SECRETS_ENCRYPTED = ResourceRule(
    id="cluster-secrets-encrypted",
    subject=Subject.SECURITY,
    title="Kubernetes secrets are encrypted with a customer-managed key",
    why="The Grafana admin password and receivers' tokens are Kubernetes secrets.",
    fix="Set encryptionConfig with resources [secrets] and a KMS key.",
    types=(CLUSTER,),
    limits=Limits,
    check=_plain_cluster_secrets,
)


def _fixed_keys(key: Resource, _limits: Limits) -> Iterator[Verdict]:
    rotation = key.at("enableKeyRotation")
    if rotation is UNKNOWN:
        yield NotYetKnown("enableKeyRotation")
    elif rotation is not True:
        yield Violation("enableKeyRotation is not true: KMS would keep one key for ever")


KEYS_ROTATE = ResourceRule(
    id="keys-rotate",
    subject=Subject.SECURITY,
    title="KMS keys rotate",
    why="Yearly rotation bounds what one leaked key opens; it costs 1 USD a month for each of the first two rotations.",
    fix="Create keys with EncryptionKey, or set enableKeyRotation to true.",
    types=(KEY,),
    limits=Limits,
    check=_fixed_keys,
    severity=Severity.MEDIUM,
)
