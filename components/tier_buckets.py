"""One private bucket per purpose, its lifecycle compiled from a tier plan."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import s3

from components.access_logs import AccessLogs, AccessLogsArgs, log_accesses
from components.aws_environment import AwsLocation
from components.encryption import EncryptionKey, EncryptionKeyArgs
from components.iam_policies import Statement, policy_document
from components.private_bucket import close_bucket, encrypt_bucket, lifecycle_rules, refuse_plain_http
from planning.aws.lifecycle import TRANSITION_MINIMUM
from planning.buckets import ACCESS_LOGS, BucketPurpose
from planning.tiers.lifecycle import TierPlan
from settings.models.names import Names
from settings.models.storage import StorageSettings
from telemetry.charts.object_storage import ObjectStorage


@dataclass(frozen=True)
class TierBucketsArgs:
    """Inputs of `TierBuckets`."""

    storage: StorageSettings
    names: Names
    location: AwsLocation
    plans: Mapping[BucketPurpose, TierPlan]


class TierBuckets(pulumi.ComponentResource):
    """The buckets and, with sse_kms, the one key that they share."""

    storage: ObjectStorage
    """Plain, so that Helm values are known in every preview."""
    bucket_arns: Mapping[BucketPurpose, pulumi.Output[str]]
    kms_key_arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: TierBucketsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:TierBuckets", name, None, opts)
        self._args = args
        self.kms_key_arn = self._key(name) if args.storage.encryption == "sse_kms" else None
        days = args.storage.access_log_days
        self._access_logs = None if days is None else self._logs(name, days)
        self.bucket_arns = {purpose: self._bucket(name, plan) for purpose, plan in args.plans.items()}
        self.storage = ObjectStorage(
            buckets={purpose: self._bucket_name(purpose) for purpose in args.plans},
            region=args.location.region,
            endpoint=args.location.s3_endpoint,
        )
        self.register_outputs({"buckets": self.storage.buckets, "kmsKeyArn": self.kms_key_arn})

    def _logs(self, name: str, days: int) -> AccessLogs:
        args = AccessLogsArgs(self._args.storage, self._args.names, self._args.location, days)
        return AccessLogs(f"{name}-{ACCESS_LOGS}", args, pulumi.ResourceOptions(parent=self))

    def _key(self, name: str) -> pulumi.Output[str]:
        args = self._args
        return EncryptionKey(
            f"{name}-objects",
            EncryptionKeyArgs(
                alias=f"{args.names.prefix}-objects",
                description=f"Objects in the buckets of {args.names.prefix}",
                component="storage",
                location=args.location,
                protect=args.storage.protect,
                only_through_s3=True,
            ),
            pulumi.ResourceOptions(parent=self),
        ).arn

    def _bucket_name(self, purpose: BucketPurpose) -> str:
        return self._args.names.bucket(purpose, self._args.location.account_id)

    def _bucket(self, name: str, plan: TierPlan) -> pulumi.Output[str]:
        logical, physical = f"{name}-{plan.purpose}", self._bucket_name(plan.purpose)
        protect = self._args.storage.protect
        bucket = s3.Bucket(
            logical,
            bucket=physical,
            force_destroy=self._args.storage.force_destroy,
            tags={"component": "storage", "purpose": plan.purpose.value, "Name": physical},
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )
        close_bucket(logical, bucket, self._bucket_policy(bucket), self._safeguard())
        encrypt_bucket(logical, bucket, self.kms_key_arn, self._safeguard())
        self._age(logical, bucket, plan)
        if self._access_logs is not None:
            log_accesses(logical, bucket, plan.purpose, self._access_logs, self._safeguard())
        return bucket.arn

    def _safeguard(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """Protected with its bucket: a refused `pulumi destroy` still deletes whatever is not protected itself."""
        return pulumi.ResourceOptions(parent=self, protect=self._args.storage.protect, depends_on=list(depends_on))

    def _bucket_policy(self, bucket: s3.Bucket) -> pulumi.Output[str]:
        kms = self.kms_key_arn is not None
        return bucket.bucket.apply(lambda physical: bucket_policy(self._args.location.bucket_arn(physical), kms=kms))

    def _age(self, logical: str, bucket: s3.Bucket, plan: TierPlan) -> None:
        before: list[pulumi.Resource] = []
        if plan.versioned:
            # Buckets that were never versioned get no such resource: S3 can suspend versioning but not take it back.
            before.append(
                s3.BucketVersioning(
                    logical,
                    bucket=bucket.id,
                    versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
                    opts=self._safeguard(),
                )
            )
        s3.BucketLifecycleConfiguration(
            logical,
            bucket=bucket.id,
            rules=lifecycle_rules(plan.rules),
            transition_default_minimum_object_size=TRANSITION_MINIMUM,
            opts=self._safeguard(*before),
        )


def bucket_policy(bucket_arn: str, *, kms: bool) -> str:
    """Refuses plain HTTP and old TLS to everybody and, with KMS, an upload that names another kind of encryption."""
    statements = [*refuse_plain_http(bucket_arn)]
    if kms:
        # An upload without the header is fine: it gets the bucket's default, which is the key.
        statements.append(
            Statement(
                sid="DenyOtherEncryption",
                effect="Deny",
                principal="*",
                actions=["s3:PutObject"],
                resources=[f"{bucket_arn}/*"],
                condition={
                    "Null": {"s3:x-amz-server-side-encryption": "false"},
                    "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
                },
            )
        )
    return policy_document(*statements)
