"""S3: buckets, and the small configurations that are resources of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, error_code, gone_if, tag_list, tag_map
from sandbox.providers.properties import Properties
from sandbox.providers.resource import CreatedWithError, ProviderError, ResourceGoneError
from sandbox.providers.rules import Refusal, policies
from sandbox.providers.rules import s3 as rules

NO_BUCKET = ("NoSuchBucket", "404")
# Deprecated inline forms of what are resources of their own now: the program uses those, and the sandbox only them.
INLINE = (
    "accelerationStatus", "acl", "corsRules", "grants", "lifecycleRules", "logging", "objectLockConfiguration",
    "policy", "replicationConfiguration", "requestPayer", "serverSideEncryptionConfiguration", "versioning", "website",
)  # fmt: skip


def client_errors() -> type[Exception]:
    from botocore.exceptions import ClientError

    return ClientError


class Bucket(AwsType):
    token = "aws:s3/bucket:Bucket"
    name_property = "bucket"
    name_prefix_property = "bucketPrefix"
    name_limit = 63
    name_lower = True
    tagged = True
    replace = frozenset({"bucket", "bucketPrefix", "objectLockEnabled"})
    computed_inputs = frozenset(
        {"acl", "accelerationStatus", "corsRules", "grants", "lifecycleRules", "objectLockEnabled", "policy",
         "requestPayer", "serverSideEncryptionConfiguration", "versioning", "website", "bucketNamespace"}
    )  # fmt: skip
    defaults: ClassVar[Mapping[str, Any]] = {"forceDestroy": False, "objectLockEnabled": False}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        refusals = rules.bucket_name_refusals(inputs.get("bucket"))
        for name in INLINE:
            if inputs.get(name):
                message = f"the sandbox has no inline {name!r}: use the separate resource, as the provider recommends."
                refusals.append(Refusal(name, "NotImplemented", message))
        return refusals

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        s3 = cloud.client("s3")
        name = str(inputs["bucket"])
        parameters: Record = {"Bucket": name}
        if cloud.region != "us-east-1":
            parameters["CreateBucketConfiguration"] = {"LocationConstraint": cloud.region}
        if inputs.get("objectLockEnabled"):
            parameters["ObjectLockEnabledForBucket"] = True
        s3.create_bucket(**parameters)
        try:
            if inputs.get("tagsAll"):
                s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(inputs["tagsAll"])})
        except client_errors() as error:
            raise CreatedWithError(name, f"the bucket exists, but not its tags: {error}") from error
        return name

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        s3 = cloud.client("s3")
        with gone_if(*NO_BUCKET):
            s3.head_bucket(Bucket=resource_id)
        location: str = s3.get_bucket_location(Bucket=resource_id)["LocationConstraint"] or "us-east-1"
        return {
            "arn": f"arn:aws:s3:::{resource_id}",
            "bucket": resource_id,
            "bucketRegion": location,
            "bucketDomainName": f"{resource_id}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{resource_id}.s3.{location}.amazonaws.com",
            "hostedZoneId": "Z3BJ6K6RIION7M",
            "objectLockEnabled": self._object_lock(s3, resource_id),
            "tagsAll": self._tags(s3, resource_id),
        }

    def _tags(self, s3: Any, name: str) -> dict[str, str]:
        try:
            return tag_map(s3.get_bucket_tagging(Bucket=name)["TagSet"])
        except client_errors() as error:
            if error_code(error) == "NoSuchTagSet":
                return {}
            raise

    def _object_lock(self, s3: Any, name: str) -> bool:
        try:
            configuration = s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
            return bool(configuration.get("ObjectLockEnabled") == "Enabled")
        except client_errors():
            return False

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        if not changed & {"tags", "tagsAll"}:
            return
        s3 = cloud.client("s3")
        if inputs.get("tagsAll"):
            s3.put_bucket_tagging(Bucket=resource_id, Tagging={"TagSet": tag_list(inputs["tagsAll"])})
        else:
            s3.delete_bucket_tagging(Bucket=resource_id)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        s3 = cloud.client("s3")
        with gone_if(*NO_BUCKET):
            s3.head_bucket(Bucket=resource_id)
        versions = self._versions(s3, resource_id)
        if versions and not state.get("forceDestroy"):
            raise ProviderError(
                f"BucketNotEmpty: The bucket you tried to delete is not empty: {resource_id} has at least "
                f"{len(versions)} objects. Empty it, or set forceDestroy and update before destroying."
            )
        if versions and s3.get_bucket_versioning(Bucket=resource_id).get("Status") == "Suspended":
            # moto fails on the delete markers of a suspended bucket; S3 takes them.
            s3.put_bucket_versioning(Bucket=resource_id, VersioningConfiguration={"Status": "Enabled"})
        while versions:
            s3.delete_objects(Bucket=resource_id, Delete={"Objects": versions, "Quiet": True})
            versions = self._versions(s3, resource_id)
        with gone_if(*NO_BUCKET):
            s3.delete_bucket(Bucket=resource_id)

    def _versions(self, s3: Any, name: str) -> list[Record]:
        """One page of what is in the bucket, delete markers included."""
        page = s3.list_object_versions(Bucket=name)
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        return [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in found]


class BucketConfiguration(AwsType):
    """A configuration of a bucket: its id is the bucket's name, and a bucket has one of each kind."""

    replace = frozenset({"bucket", "expectedBucketOwner"})
    delete_before_replace = True
    missing: ClassVar[tuple[str, ...]] = ()

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        self.put(cloud.client("s3"), str(inputs["bucket"]), inputs)
        return str(inputs["bucket"])

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        self.put(cloud.client("s3"), resource_id, inputs)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        with gone_if(*NO_BUCKET, *self.missing):
            return {"bucket": resource_id, **self.get(cloud.client("s3"), resource_id, known)}

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(*NO_BUCKET, *self.missing):
            self.remove(cloud.client("s3"), resource_id)

    def put(self, s3: Any, bucket: str, inputs: Properties) -> None:
        raise NotImplementedError

    def get(self, s3: Any, bucket: str, known: Properties) -> Properties:
        raise NotImplementedError

    def remove(self, s3: Any, bucket: str) -> None:
        raise NotImplementedError


PUBLIC_ACCESS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class BucketPublicAccessBlock(BucketConfiguration):
    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    missing = ("NoSuchPublicAccessBlockConfiguration",)
    defaults: ClassVar[Mapping[str, Any]] = dict.fromkeys(PUBLIC_ACCESS, False)

    def put(self, s3: Any, bucket: str, inputs: Properties) -> None:
        configuration = {api: bool(inputs.get(name, False)) for name, api in PUBLIC_ACCESS.items()}
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=configuration)

    def get(self, s3: Any, bucket: str, known: Properties) -> Properties:
        configuration = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        return {name: configuration[api] for name, api in PUBLIC_ACCESS.items()}

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_public_access_block(Bucket=bucket)


class BucketPolicy(BucketConfiguration):
    token = "aws:s3/bucketPolicy:BucketPolicy"
    missing = ("NoSuchBucketPolicy",)
    documents = frozenset({"policy"})

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return policies.bucket_policy_refusals("policy", inputs.get("policy"), inputs.get("bucket"))

    def put(self, s3: Any, bucket: str, inputs: Properties) -> None:
        if policies.is_public(inputs["policy"]) and self._blocks_public_policies(s3, bucket):
            raise ProviderError(
                f"AccessDenied: public policies are prevented by the BlockPublicPolicy setting of bucket {bucket}."
            )
        s3.put_bucket_policy(Bucket=bucket, Policy=inputs["policy"])

    def _blocks_public_policies(self, s3: Any, bucket: str) -> bool:
        try:
            block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        except client_errors():
            return False
        return bool(block["BlockPublicPolicy"])

    def get(self, s3: Any, bucket: str, known: Properties) -> Properties:
        return {"policy": s3.get_bucket_policy(Bucket=bucket)["Policy"]}

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_bucket_policy(Bucket=bucket)


class BucketOwnershipControls(BucketConfiguration):
    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    missing = ("OwnershipControlsNotFoundError",)

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.ownership_refusals(inputs)

    def put(self, s3: Any, bucket: str, inputs: Properties) -> None:
        rule = {"ObjectOwnership": inputs["rule"]["objectOwnership"]}
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [rule]})

    def get(self, s3: Any, bucket: str, known: Properties) -> Properties:
        controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
        return {"rule": {"objectOwnership": controls["Rules"][0]["ObjectOwnership"]}}

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_bucket_ownership_controls(Bucket=bucket)


class BucketVersioning(BucketConfiguration):
    """Versioning can't be taken away, only suspended; that is what deleting this resource does."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    computed_inputs = frozenset({"versioningConfiguration.mfaDelete"})

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.versioning_refusals(inputs)

    def put(self, s3: Any, bucket: str, inputs: Properties) -> None:
        status = inputs["versioningConfiguration"]["status"]
        before = s3.get_bucket_versioning(Bucket=bucket).get("Status")
        if status == "Disabled" and before is None:
            return
        if status == "Disabled":
            raise ProviderError(
                "versioning_configuration.status cannot be updated from 'Enabled' or 'Suspended' to 'Disabled'"
            )
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    def get(self, s3: Any, bucket: str, known: Properties) -> Properties:
        status = s3.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")
        return {"versioningConfiguration": {"status": status}}

    def remove(self, s3: Any, bucket: str) -> None:
        if s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled":
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


class BucketServerSideEncryptionConfiguration(BucketConfiguration):
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    missing = ("ServerSideEncryptionConfigurationNotFoundError",)
    defaults: ClassVar[Mapping[str, Any]] = {"rules.bucketKeyEnabled": False}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.encryption_refusals(inputs)

    def put(self, s3: Any, bucket: str, inputs: Properties) -> None:
        configured: list[Record] = []
        for rule in inputs["rules"]:
            default = rule.get("applyServerSideEncryptionByDefault")
            one: Record = {"BucketKeyEnabled": bool(rule.get("bucketKeyEnabled", False))}
            if default:
                one["ApplyServerSideEncryptionByDefault"] = {"SSEAlgorithm": default["sseAlgorithm"]}
                if default.get("kmsMasterKeyId"):
                    one["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] = default["kmsMasterKeyId"]
            configured.append(one)
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": configured})

    def get(self, s3: Any, bucket: str, known: Properties) -> Properties:
        configuration = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
        found: list[Properties] = []
        for rule in configuration["Rules"]:
            default = rule.get("ApplyServerSideEncryptionByDefault", {})
            by_default = {"sseAlgorithm": default.get("SSEAlgorithm"), "kmsMasterKeyId": default.get("KMSMasterKeyID")}
            found.append(
                {
                    "applyServerSideEncryptionByDefault": {name: one for name, one in by_default.items() if one},
                    "bucketKeyEnabled": bool(rule.get("BucketKeyEnabled", False)),
                }
            )
        return {"rules": found}

    def remove(self, s3: Any, bucket: str) -> None:
        """S3 goes back to encryption with its own keys, so there is always a configuration."""
        if s3.get_bucket_encryption(Bucket=bucket):
            s3.delete_bucket_encryption(Bucket=bucket)


class BucketLogging(BucketConfiguration):
    token = "aws:s3/bucketLogging:BucketLogging"

    def put(self, s3: Any, bucket: str, inputs: Properties) -> None:
        enabled: Record = {"TargetBucket": inputs["targetBucket"], "TargetPrefix": inputs["targetPrefix"]}
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled})

    def get(self, s3: Any, bucket: str, known: Properties) -> Properties:
        found = s3.get_bucket_logging(Bucket=bucket).get("LoggingEnabled")
        if found is None:
            raise ResourceGoneError(f"bucket {bucket} isn't logged")
        # moto keeps no format of keys.
        kept = {name: known[name] for name in ("targetObjectKeyFormat",) if name in known}
        return {"targetBucket": found["TargetBucket"], "targetPrefix": found["TargetPrefix"], **kept}

    def remove(self, s3: Any, bucket: str) -> None:
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
