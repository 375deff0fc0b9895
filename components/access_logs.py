"""S3's access logs of the stack's buckets, by choice: who asked for which object, in a bucket of their own.

Source: Amazon S3 User Guide, "Logging requests with server access logging" and "Enabling Amazon S3 server access
logging" (2026): the bucket that gets them has no KMS key of its owner and no Object Lock, isn't logged itself, and lets
the logging service write by its policy.
"""

from dataclasses import dataclass

import pulumi
from pulumi_aws import s3

from components.aws_environment import AwsLocation
from components.iam_policies import Statement, policy_document
from components.private_bucket import close_bucket, encrypt_bucket, lifecycle_rules, refuse_plain_http
from planning.aws.lifecycle import TRANSITION_MINIMUM
from planning.buckets import ACCESS_LOGS, BucketPurpose
from planning.tiers.compiler import access_log_rules
from settings.models.names import Names
from settings.models.storage import StorageSettings

SERVICE = "logging.s3.amazonaws.com"


@dataclass(frozen=True)
class AccessLogsArgs:
    """Inputs of `AccessLogs`."""

    storage: StorageSettings
    names: Names
    location: AwsLocation
    days: int
    """How long they are kept."""


class AccessLogs(pulumi.ComponentResource):
    """The bucket that gets them."""

    bucket: s3.Bucket
    policy: s3.BucketPolicy
    """Without it S3 refuses to log."""

    def __init__(self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:AccessLogs", name, None, opts)
        protect = args.storage.protect
        physical = args.names.bucket(ACCESS_LOGS, args.location.account_id)
        self.bucket = s3.Bucket(
            name,
            bucket=physical,
            force_destroy=args.storage.force_destroy,
            tags={"component": "storage", "purpose": ACCESS_LOGS, "Name": physical},
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )
        safeguard = pulumi.ResourceOptions(parent=self, protect=protect)
        policy = access_log_policy(args.location, physical, args.names)
        self.policy = close_bucket(name, self.bucket, policy, safeguard)
        encrypt_bucket(name, self.bucket, None, safeguard)
        s3.BucketLifecycleConfiguration(
            name,
            bucket=self.bucket.id,
            rules=lifecycle_rules(access_log_rules(args.days)),
            transition_default_minimum_object_size=TRANSITION_MINIMUM,
            opts=safeguard,
        )
        self.register_outputs({"bucket": physical})


def log_accesses(
    logical: str, bucket: s3.Bucket, purpose: BucketPurpose, logs: AccessLogs, opts: pulumi.ResourceOptions
) -> None:
    """Logs of one bucket, below its purpose, a folder a day."""
    s3.BucketLogging(
        logical,
        bucket=bucket.id,
        target_bucket=logs.bucket.id,
        target_prefix=f"{purpose}/",
        target_object_key_format=s3.BucketLoggingTargetObjectKeyFormatArgs(
            partitioned_prefix=s3.BucketLoggingTargetObjectKeyFormatPartitionedPrefixArgs(
                partition_date_source="EventTime"
            )
        ),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[logs.policy])),
    )


def access_log_policy(location: AwsLocation, bucket: str, names: Names) -> str:
    """The logging service may write, for this account's buckets of this stack; nobody comes without TLS."""
    arn = location.bucket_arn(bucket)
    return policy_document(
        *refuse_plain_http(arn),
        Statement(
            sid="AccessLogs",
            principal={"Service": SERVICE},
            actions=["s3:PutObject"],
            resources=[f"{arn}/*"],
            condition={
                "StringEquals": {"aws:SourceAccount": location.account_id},
                "ArnLike": {"aws:SourceArn": location.bucket_arn(f"{names.prefix}-*")},
            },
        ),
    )
