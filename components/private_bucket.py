"""What buckets have in common: no public access, a policy, one owner whoever writes, encryption, and rules of age."""

from collections.abc import Iterable
from typing import cast

import pulumi
from pulumi_aws import s3

from components.iam_policies import Statement
from planning.aws.lifecycle import LifecycleRule, to_provider

MIN_TLS_VERSION = "1.2"


def close_bucket(
    logical: str, bucket: s3.Bucket, policy: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> s3.BucketPolicy:
    """Private, owned by the account, under a policy; returns the policy, after which others may be let in."""

    def after(*before: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(before)))

    block = s3.BucketPublicAccessBlock(
        logical,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=after(),
    )
    # One after the other: S3 answers OperationAborted to such changes of one bucket at the same time.
    made = s3.BucketPolicy(logical, bucket=bucket.id, policy=policy, opts=after(block))
    s3.BucketOwnershipControls(
        logical,
        bucket=bucket.id,
        rule=s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=after(made),
    )
    return made


def encrypt_bucket(
    logical: str, bucket: s3.Bucket, kms_key_arn: pulumi.Output[str] | None, opts: pulumi.ResourceOptions
) -> None:
    """With a key of KMS, or S3's own."""
    kms = kms_key_arn is not None
    s3.BucketServerSideEncryptionConfiguration(
        logical,
        bucket=bucket.id,
        rules=[
            s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=(
                    s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="aws:kms" if kms else "AES256", kms_master_key_id=kms_key_arn
                    )
                ),
                # One data key for many objects: without it every object is a KMS request.
                bucket_key_enabled=kms,
            )
        ],
        opts=opts,
    )


def refuse_plain_http(bucket_arn: str) -> tuple[Statement, Statement]:
    """Refuses plain HTTP and old TLS to everybody."""
    everything = [bucket_arn, f"{bucket_arn}/*"]
    return (
        Statement(
            sid="DenyPlainHttp",
            effect="Deny",
            principal="*",
            actions=["s3:*"],
            resources=everything,
            condition={"Bool": {"aws:SecureTransport": "false"}},
        ),
        Statement(
            sid="DenyOldTls",
            effect="Deny",
            principal="*",
            actions=["s3:*"],
            resources=everything,
            condition={"NumericLessThan": {"s3:TlsVersion": MIN_TLS_VERSION}},
        ),
    )


def lifecycle_rules(rules: Iterable[LifecycleRule]) -> list[s3.BucketLifecycleConfigurationRuleArgsDict]:
    """Rules as the SDK takes them: it passes on the provider's own words as they are."""
    return [cast("s3.BucketLifecycleConfigurationRuleArgsDict", to_provider(rule)) for rule in rules]
