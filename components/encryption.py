"""A customer-managed KMS key with rotation, an alias, and a policy that names what it is for."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import kms

from components.aws_environment import AwsLocation
from components.iam_policies import Statement, policy_document

# AWS KMS API reference, ScheduleKeyDeletion: 7 to 30 days.
DELETION_WINDOW_DAYS, PROTECTED_DELETION_WINDOW_DAYS = 7, 30


@dataclass(frozen=True)
class EncryptionKeyArgs:
    """Inputs of `EncryptionKey`."""

    alias: str
    """Alias without the `alias/` prefix."""
    description: str
    """What it encrypts."""
    component: str
    """Value of the component tag."""
    location: AwsLocation
    protect: bool
    """Refuse deletion with `pulumi destroy`; data encrypted by a lost key is lost."""
    only_through_s3: bool = False
    """Whether cryptographic use is refused to everything but S3 on behalf of its callers."""
    log_group: str | None = None
    """Name of the log group that CloudWatch Logs encrypts with it."""


class EncryptionKey(pulumi.ComponentResource):
    """One KMS key: 1 USD a month, and as much for each of the first two yearly rotations."""

    arn: pulumi.Output[str]
    """ARN of the key."""

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:EncryptionKey", name, None, opts)
        key = kms.Key(
            name,
            description=args.description,
            enable_key_rotation=True,
            deletion_window_in_days=PROTECTED_DELETION_WINDOW_DAYS if args.protect else DELETION_WINDOW_DAYS,
            policy=key_policy(args.location, only_through_s3=args.only_through_s3, log_group=args.log_group),
            tags={"component": args.component, "Name": args.alias},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )
        kms.Alias(
            name,
            name=f"alias/{args.alias}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


def key_policy(location: AwsLocation, *, only_through_s3: bool, log_group: str | None = None) -> str:
    """The account decides by IAM who may use the key; optionally nobody may except through S3, and CloudWatch Logs may
    for one log group."""
    account = Statement(
        sid="AccountDecidesByIam",
        actions=["kms:*"],  # the statement that KMS itself proposes: without it a key can become unmanageable
        resources=["*"],  # in a key policy, this key
        principal={"AWS": location.account_root_arn},
    )
    statements = [account]
    if log_group is not None:
        statements.append(_for_logs(location, log_group))
    if only_through_s3:
        statements.append(_only_through_s3(location))
    return policy_document(*statements)


def _for_logs(location: AwsLocation, log_group: str) -> Statement:
    """Amazon CloudWatch Logs User Guide, "Encrypt log data using AWS KMS": the log group is the encryption context."""
    arn = f"arn:{location.partition}:logs:{location.region}:{location.account_id}:log-group:{log_group}"
    return Statement(
        sid="CloudWatchLogs",
        actions=[
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:DescribeKey",
        ],
        resources=["*"],
        principal={"Service": f"logs.{location.region}.{location.dns_suffix}"},
        condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn}},
    )


def _only_through_s3(location: AwsLocation) -> Statement:
    return Statement(
        sid="OnlyThroughS3",
        effect="Deny",
        actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
        resources=["*"],
        principal="*",
        condition={"StringNotEquals": {"kms:ViaService": location.s3_endpoint}},
    )
