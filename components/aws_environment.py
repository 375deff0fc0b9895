"""Where on AWS a stack lives: an explicit provider, the account behind it, and the tags that everything carries."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from planning.base import Frozen
from settings.models.iam import IamSettings
from settings.models.names import Names
from settings.models.platform import PlatformSettings


class AwsLocation(Frozen):
    """Account, region and partition, and the ARNs and endpoints that follow from them."""

    account_id: str
    """12-digit account."""
    region: str
    """Region, such as us-west-2."""
    partition: str
    """aws, aws-cn or aws-us-gov."""
    dns_suffix: str
    """amazonaws.com, or amazonaws.com.cn."""
    roles: IamSettings = IamSettings()
    """How roles are made here."""

    @property
    def s3_endpoint(self) -> str:
        """host of S3's regional API."""
        return f"s3.{self.region}.{self.dns_suffix}"

    @property
    def account_root_arn(self) -> str:
        """The account itself as a principal."""
        return f"arn:{self.partition}:iam::{self.account_id}:root"

    def cluster_arn(self, cluster_name: str) -> str:
        """ARN of an EKS cluster in this account and region."""
        return f"arn:{self.partition}:eks:{self.region}:{self.account_id}:cluster/{cluster_name}"

    def bucket_arn(self, bucket: str) -> str:
        """ARN of a bucket."""
        return f"arn:{self.partition}:s3:::{bucket}"

    def role_arn(self, name: str) -> str:
        """ARN of a role of this program's."""
        return f"arn:{self.partition}:iam::{self.account_id}:role{self.roles.role_path}{name}"

    def managed_policy_arn(self, policy: str) -> str:
        """ARN of a policy that AWS manages."""
        return f"arn:{self.partition}:iam::aws:policy/{policy}"


@dataclass(frozen=True)
class AwsEnvironmentArgs:
    """Inputs of `AwsEnvironment`."""

    settings: PlatformSettings
    names: Names


class AwsEnvironment(pulumi.ComponentResource):
    """The AWS provider of the stack and plain facts about the account that it reaches.

    Raises `pulumi.RunError` when the account can't be asked: no credentials, or no network.
    """

    provider: aws.Provider
    """Hand it on with `providers=[environment.provider]`."""
    location: AwsLocation
    """Plain values, so that names and policies are known in every preview."""
    caller_arn: str
    """Who deploys."""
    tags: dict[str, str]
    """The provider's default tags, for the few things that AWS makes on its own (instances, volumes)."""

    def __init__(self, name: str, args: AwsEnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:AwsEnvironment", name, None, opts)
        self.tags = default_tags(args.settings, args.names)
        self.provider = aws.Provider(
            name,
            region=args.settings.region,
            default_tags=aws.ProviderDefaultTagsArgs(tags=self.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.location, self.caller_arn = _locate(self.provider, args.settings)
        self.register_outputs(
            {"accountId": self.location.account_id, "region": self.location.region, "tags": self.tags}
        )

    def options(self, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Options for a component whose resources live here."""
        return pulumi.ResourceOptions(providers=[self.provider], depends_on=list(depends_on))


def aws_environment_for(settings: PlatformSettings, names: Names) -> AwsEnvironment | None:
    """The AWS side of a stack; None for a stack that keeps its objects elsewhere, which needs no AWS account."""
    return AwsEnvironment("aws", AwsEnvironmentArgs(settings, names)) if settings.on_aws else None


def default_tags(settings: PlatformSettings, names: Names) -> dict[str, str]:
    """Tags of every AWS resource; each component overrides `component`."""
    return {
        "project": names.project,
        "stack": names.stack,
        "component": "platform",
        "owner": settings.owner,
        "cost-centre": settings.cost_centre,
        "managed-by": "pulumi",
    }


def _locate(provider: aws.Provider, settings: PlatformSettings) -> tuple[AwsLocation, str]:
    region, options = settings.region, pulumi.InvokeOptions(provider=provider)
    try:
        identity = aws.get_caller_identity(opts=options)
        partition = aws.get_partition(opts=options)
    except Exception as error:  # an invoke raises bare Exception
        raise pulumi.RunError(
            f"AWS can't be asked which account this is (region {region}): give credentials by AWS_PROFILE or the "
            f"environment, and check them with `aws sts get-caller-identity`. AWS said: {error}"
        ) from None
    location = AwsLocation(
        account_id=identity.account_id,
        region=region,
        partition=partition.partition,
        dns_suffix=partition.dns_suffix,
        roles=settings.iam,
    )
    return location, identity.arn
