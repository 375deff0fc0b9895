"""`import`: existing buckets or an existing cluster into a stack: a file for `pulumi import`, and the settings to add.

Buckets come with the key that their objects are encrypted with: a new key could not read them. They can be taken over
where their names are those of the naming rule, which is so after their stack's state was lost or they were kept by
`retain_on_delete`: a bucket can't be renamed. A cluster that is there already is used, not imported: as
`cluster.mode: existing`.
Source: Pulumi documentation, "Importing resources", bulk import operations (2026).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ops.backends.aws import asking, bucket_names, client
from ops.backends.errors import LiveError
from ops.errors import CommandError
from ops.files import write
from ops.report.checks import FINDING
from ops.report.model import Block, Listing, Text, document, table
from ops.report.output import Answer
from ops.report.terminal import plain
from ops.stacks import settings_of
from planning.aws.types import (
    BUCKET,
    BUCKET_ENCRYPTION,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    KEY,
    KEY_ALIAS,
    LIFECYCLE,
    PUBLIC_ACCESS_BLOCK,
    VERSIONING,
)
from planning.base import Frozen
from planning.buckets import BucketPurpose
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from settings.project import project_root

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY_COMPONENT_TYPE, KEY_NAME = "lgtm:components:EncryptionKey", "storage-objects"
COMPONENT_TYPE, COMPONENT_NAME = "lgtm:components:TierBuckets", "storage"
# Every resource that the program makes of a bucket; each has the bucket's name as its id.
BUCKET_TYPES = (
    BUCKET,
    PUBLIC_ACCESS_BLOCK,
    BUCKET_POLICY,
    BUCKET_OWNERSHIP,
    BUCKET_ENCRYPTION,
    LIFECYCLE,
)
# The program's provider, which carries region and default tags: buckets below another one would all be changed.
PROVIDER_NAME = "aws"
PROVIDER_URN = "urn:pulumi:{stack}::{project}::lgtm:components:AwsEnvironment$pulumi:providers:aws::aws"
PROVIDER_TARGET = "**lgtm:components:AwsEnvironment**"


class Found(Frozen):
    """One bucket of the stack's plan."""

    purpose: BucketPurpose
    """What it is for."""
    bucket: str
    """Its name by the naming rule."""
    exists: bool
    """Whether it is there and this account may look at it."""
    versioned: bool
    """Whether versions are kept."""


class FoundKey(Frozen):
    """The key of the stack's objects."""

    key_id: str
    """Id of the key."""
    alias: str | None
    """The alias by the naming rule; None where it is gone, which `pulumi up` mends."""


def found_key(settings: PlatformSettings, stack: str, buckets: tuple[Found, ...]) -> FoundKey | None:
    """By its alias, else by what a bucket encrypts with; None with sse_s3, or where there is no such key.

    Raises `CommandError` for a key that waits to be deleted, `LiveError` when AWS gives no answer.
    """
    if settings.storage.encryption != "sse_kms":
        return None
    alias = f"alias/{Names(project=settings.project, stack=stack).prefix}-objects"
    kms = client("kms", settings.region)
    for name in (alias, *_bucket_keys(settings, buckets)):
        try:
            with asking(name):
                described = kms.describe_key(KeyId=name)["KeyMetadata"]
        except LiveError as error:
            if "NotFoundException" not in error.detail:
                raise
            continue
        key_id = described["KeyId"]
        if described.get("KeyState") == "PendingDeletion":
            raise CommandError(
                f"key {key_id} of {stack} waits to be deleted, and without it no object can be read: "
                f"aws kms cancel-key-deletion --key-id {key_id}, then aws kms enable-key --key-id {key_id}"
            )
        return FoundKey(key_id=key_id, alias=alias if name == alias else None)
    return None


def _bucket_keys(settings: PlatformSettings, buckets: tuple[Found, ...]) -> Iterator[str]:
    s3 = client("s3", settings.region)
    for one in buckets:
        if one.exists:
            with asking(one.bucket):
                rules = s3.get_bucket_encryption(Bucket=one.bucket)["ServerSideEncryptionConfiguration"]["Rules"]
            for rule in rules:
                if key := rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID"):
                    yield key


def found_buckets(settings: PlatformSettings, stack: str) -> tuple[Found, ...]:
    """Which of the stack's buckets are there. Raises `LiveError` when AWS gives no answer."""
    if not settings.on_aws:
        raise CommandError(f"{stack} has no buckets on AWS: those of an S3-compatible server are its owner's to make")
    s3 = client("s3", settings.region)
    return tuple(_found(s3, purpose, name) for purpose, name in bucket_names(settings, stack).items())


def _found(s3: S3Client, purpose: BucketPurpose, bucket: str) -> Found:
    try:
        with asking(bucket):
            s3.head_bucket(Bucket=bucket)
            versioned = s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
    except LiveError as error:
        if "404" not in error.detail and "NoSuchBucket" not in error.detail:
            raise
        return Found(purpose=purpose, bucket=bucket, exists=False, versioned=False)
    return Found(purpose=purpose, bucket=bucket, exists=True, versioned=versioned)


def import_file(
    buckets: tuple[Found, ...], stack: str, project_name: str, key: FoundKey | None = None
) -> Mapping[str, Any]:
    """The document for `pulumi import --file`: the component, and the key and each bucket's resources below it."""
    resources: list[dict[str, Any]] = [{"type": COMPONENT_TYPE, "name": COMPONENT_NAME, "component": True}]
    resources += _key_resources(key) if key else []
    for one in buckets:
        if not one.exists:
            continue
        for type_token in (*BUCKET_TYPES, VERSIONING) if one.versioned else BUCKET_TYPES:
            logical = f"{COMPONENT_NAME}-{one.purpose}"
            resources.append(_below(COMPONENT_NAME, type_token, logical, one.bucket, prefix=str(one.purpose)))
    return {
        "nameTable": {PROVIDER_NAME: PROVIDER_URN.format(stack=stack, project=project_name)},
        "resources": resources,
    }


def _key_resources(key: FoundKey) -> list[dict[str, Any]]:
    component = {"type": KEY_COMPONENT_TYPE, "name": KEY_NAME, "component": True, "parent": COMPONENT_NAME}
    found = [component, _below(KEY_NAME, KEY, KEY_NAME, key.key_id, prefix=KEY_NAME)]
    return [*found, _below(KEY_NAME, KEY_ALIAS, KEY_NAME, key.alias, prefix=KEY_NAME)] if key.alias else found


def _below(parent: str, type_token: str, logical: str, resource_id: str, prefix: str) -> dict[str, Any]:
    """One resource; names must differ within a file, the logical name is the program's."""
    return {
        "type": type_token,
        "name": f"{prefix}-{type_token.rpartition(':')[2]}",
        "logicalName": logical,
        "id": resource_id,
        "parent": parent,
        "provider": PROVIDER_NAME,
    }


def project_name(project: Path) -> str:
    """Name of the Pulumi project. Raises `CommandError` when its file can't be read."""
    try:
        return str(yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8"))["name"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        raise CommandError("Pulumi.yaml can't be read, or names no project") from None


def import_buckets(stack: str, output: Path | None, project: Path | None = None) -> Answer:
    """What can be imported, and the file for it, which is written where one is named; a finding for nothing."""
    project = project or project_root()
    settings = settings_of(stack, project)
    buckets = found_buckets(settings, stack)
    missing = "is missing: pulumi up makes it"
    rows = [(str(one.purpose), one.bucket, "is there" if one.exists else missing) for one in buckets]
    if not any(one.exists for one in buckets):
        nothing = document("", table(("", "", ""), rows), Text(words="nothing to import"))
        return Answer(None, lambda: nothing, FINDING, plain(nothing))
    key = found_key(settings, stack, buckets)
    if settings.storage.encryption == "sse_kms":
        lost = "the key is missing: pulumi up makes one, which can't read old objects"
        rows.append(("key", f"key {key.key_id}" if key else "", "is there" if key else lost))
    resources = import_file(buckets, stack, project_name(project), key)
    outcome: Block = Text(words="nothing written: --output FILE writes it")
    if output is not None:
        write(output, json.dumps(resources, indent=2) + "\n")
        outcome = Listing(title=f"written: {output}; next, in this order:", text=_steps(settings, stack, output))
    told = [table(("", "", ""), rows), outcome]
    file = [] if output else [Listing(text=json.dumps(resources, indent=2))]
    return Answer(resources, lambda: document("", *told[:1], *file, *told[1:]), remark=plain(document("", *told)))


def _steps(settings: PlatformSettings, stack: str, file: Path) -> str:
    protect = "true" if settings.storage.protect else "false"
    return (
        f"  pulumi up --stack {stack} --target '{PROVIDER_TARGET}'   # only the provider, unless the state has it\n"
        f"  pulumi import --stack {stack} --file {file} --generate-code=false --protect={protect}\n"
        f"  pulumi preview --stack {stack}   # shows what differs from the plan, and must not replace a bucket"
    )


def cluster_settings(context: str, eks_cluster_name: str | None, storage_class: str) -> str:
    """The lines below lgtm:platform that use a cluster which is there already."""
    lines = ["cluster:", "  mode: existing", f"  context: {json.dumps(context)}", f"  storage_class: {storage_class}"]
    if eks_cluster_name:
        lines.append(f"  eks_cluster_name: {eks_cluster_name}")
    else:
        lines += [
            "  object_store:",
            "    endpoint: http://<host>:<port>          # an S3-compatible server",
            "    credentials_secret: <Kubernetes Secret>",
        ]
    return "\n".join(lines)


def import_cluster(stack: str, context: str, eks_cluster_name: str | None, storage_class: str) -> Answer:
    """The settings for a cluster that is there; nothing is written."""
    settings_of(stack)
    lines = cluster_settings(context, eks_cluster_name, storage_class)
    why = f"a cluster that is there already is used, not imported; put into Pulumi.{stack}.yaml below lgtm:platform:"
    then = f"then: python -m ops validate --stack {stack}, and pulumi preview --stack {stack}"
    return Answer(yaml.safe_load(lines), lambda: document("", Text(words=why), Listing(text=lines), Text(words=then)))
