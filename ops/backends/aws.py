"""AWS through boto3, which only some commands need: imported late, its errors as one message."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from ops.backends.errors import LiveError, Problem
from ops.errors import CommandError
from planning.buckets import BucketPurpose
from settings.models.names import Names
from settings.models.platform import PlatformSettings

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_ce import CostExplorerClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

# How services say that there is no such thing.
ABSENT = ("ResourceNotFoundException", "NoSuchEntity", "NotFoundException", "404", "NoSuchBucket")


@overload
def client(service: Literal["s3"], region: str) -> S3Client: ...
@overload
def client(service: Literal["ec2"], region: str) -> EC2Client: ...
@overload
def client(service: Literal["kms"], region: str) -> KMSClient: ...
@overload
def client(service: Literal["sts"], region: str) -> STSClient: ...
@overload
def client(service: Literal["ce"], region: str) -> CostExplorerClient: ...
@overload
def client(service: Literal["pricing"], region: str) -> PricingClient: ...
def client(service: Literal["s3", "ec2", "kms", "sts", "ce", "pricing"], region: str) -> object:
    """A boto3 client. Raises `CommandError` where boto3 is missing."""
    try:
        import boto3
    except ImportError:
        raise CommandError("this command talks to AWS and needs boto3: pip install boto3") from None
    untyped: Any = boto3  # its stubs name clients that aren't installed
    with asking(service):
        # A session of its own: boto3's shared one keeps the first credentials that it found.
        return untyped.Session().client(service, region_name=region)


def untyped_client(service: str, region: str) -> Any:
    """A client of a service whose stubs aren't installed."""
    return client(cast(Any, service), region)  # pyright: ignore[reportUnknownVariableType]


def ask(service: str, region: str, operation: str, **arguments: object) -> dict[str, Any] | None:
    """The answer to one call of any service; None where AWS says that there is no such thing."""
    from botocore.exceptions import ClientError

    with asking(f"{service}:{operation}"):
        try:
            return getattr(untyped_client(service, region), operation)(**arguments)
        except ClientError as error:
            if error_code(error) in ABSENT:
                return None
            raise


@contextmanager
def asking(what: str) -> Generator[None, None, None]:
    """Turns boto3's errors into `LiveError`s."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError:
        raise LiveError("AWS", Problem.UNREACHABLE, f"no credentials for {what}; see `aws configure`") from None
    except ClientError as error:
        raise LiveError("AWS", Problem.FAILED, f"{what}: {error_code(error)}: {_message(error)}") from None
    except BotoCoreError as error:
        raise LiveError("AWS", Problem.UNREACHABLE, f"{what}: {error}") from None


def error_code(error: ClientError) -> str:
    """AWS's code of an error, such as NoSuchBucket."""
    return error.response.get("Error", {}).get("Code", "unknown error")


def _message(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Message", "")


def account_id(region: str) -> str:
    """The caller's account."""
    sts = client("sts", region)
    with asking("sts:GetCallerIdentity"):
        return sts.get_caller_identity()["Account"]


def bucket_names(settings: PlatformSettings, stack: str) -> dict[BucketPurpose, str]:
    """The stack's buckets by the naming rule; their names need no state and no outputs."""
    names = Names(project=settings.project, stack=stack)
    if not settings.on_aws:
        return {purpose: f"{names.prefix}-{purpose}" for purpose in settings.tier_plans}
    account = account_id(settings.region)
    return {purpose: names.bucket(purpose, account) for purpose in settings.tier_plans}
