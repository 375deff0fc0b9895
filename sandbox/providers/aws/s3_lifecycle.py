"""S3: the lifecycle configuration of a bucket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import Record, given, tag_list
from sandbox.providers.aws.s3_bucket import BucketConfiguration
from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import s3_lifecycle as rules

DEFAULT_MINIMUM_OBJECT_SIZE = "all_storage_classes_128K"
SIZES = {"objectSizeGreaterThan": "ObjectSizeGreaterThan", "objectSizeLessThan": "ObjectSizeLessThan"}
EXPIRATION = {"days": "Days", "date": "Date", "expiredObjectDeleteMarker": "ExpiredObjectDeleteMarker"}
TRANSITION = {"days": "Days", "date": "Date", "storageClass": "StorageClass"}
NONCURRENT = {
    "noncurrentDays": "NoncurrentDays",
    "newerNoncurrentVersions": "NewerNoncurrentVersions",
    "storageClass": "StorageClass",
}
ABORT = {"daysAfterInitiation": "DaysAfterInitiation"}


class BucketLifecycleConfiguration(BucketConfiguration):
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    missing = ("NoSuchLifecycleConfiguration",)
    sets = frozenset({"rules.transitions", "rules.noncurrentVersionTransitions"})
    computed_inputs = frozenset({"transitionDefaultMinimumObjectSize"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "transitionDefaultMinimumObjectSize": DEFAULT_MINIMUM_OBJECT_SIZE,
        # An action that the program doesn't name and somebody else added is a change.
        **{f"rules.{action}": None for action in rules.ACTIONS},
    }

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.lifecycle_refusals(inputs)

    def put(self, s3: Any, bucket: str, inputs: Properties) -> None:
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration={"Rules": [_to_api(rule) for rule in inputs.get("rules", [])]},
            TransitionDefaultMinimumObjectSize=inputs.get(
                "transitionDefaultMinimumObjectSize", DEFAULT_MINIMUM_OBJECT_SIZE
            ),
        )

    def get(self, s3: Any, bucket: str, known: Properties) -> Properties:
        answer = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
        return {
            "rules": [_from_api(rule) for rule in answer["Rules"]],
            "transitionDefaultMinimumObjectSize": answer.get(
                "TransitionDefaultMinimumObjectSize", DEFAULT_MINIMUM_OBJECT_SIZE
            ),
        }

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_bucket_lifecycle(Bucket=bucket)


def _to_api(rule: Properties) -> Record:
    converted: Record = {"ID": rule["id"], "Status": rule["status"], "Filter": _filter_to_api(rule)}
    if rule.get("expiration"):
        converted["Expiration"] = given(rule["expiration"], EXPIRATION)
    if rule.get("transitions"):
        converted["Transitions"] = [given(one, TRANSITION) for one in rule["transitions"]]
    if rule.get("abortIncompleteMultipartUpload"):
        converted["AbortIncompleteMultipartUpload"] = given(rule["abortIncompleteMultipartUpload"], ABORT)
    if rule.get("noncurrentVersionExpiration"):
        converted["NoncurrentVersionExpiration"] = given(rule["noncurrentVersionExpiration"], NONCURRENT)
    if rule.get("noncurrentVersionTransitions"):
        transitions = [given(one, NONCURRENT) for one in rule["noncurrentVersionTransitions"]]
        converted["NoncurrentVersionTransitions"] = transitions
    return converted


def _filter_to_api(rule: Properties) -> Record:
    chosen: Properties = rule.get("filter") or {}
    if chosen.get("and"):
        both: Properties = chosen["and"]
        conjunction = given(both, {"prefix": "Prefix", **SIZES})
        if both.get("tags"):
            conjunction["Tags"] = tag_list(both["tags"])
        return {"And": conjunction}
    if chosen.get("tag"):
        return {"Tag": {"Key": chosen["tag"]["key"], "Value": chosen["tag"]["value"]}}
    sizes = given(chosen, SIZES)
    return sizes or {"Prefix": chosen.get("prefix", rule.get("prefix", ""))}


def _from_api(rule: Record) -> Properties:
    converted: Properties = {"id": rule["ID"], "status": rule["Status"], "filter": _filter_from_api(rule)}
    for name, api, members in (
        ("expiration", "Expiration", EXPIRATION),
        ("abortIncompleteMultipartUpload", "AbortIncompleteMultipartUpload", ABORT),
        ("noncurrentVersionExpiration", "NoncurrentVersionExpiration", NONCURRENT),
    ):
        if rule.get(api):
            converted[name] = _back(rule[api], members)
    for name, api, members in (
        ("transitions", "Transitions", TRANSITION),
        ("noncurrentVersionTransitions", "NoncurrentVersionTransitions", NONCURRENT),
    ):
        if rule.get(api):
            converted[name] = [_back(one, members) for one in rule[api]]
    return converted


def _back(value: Record, names: dict[str, str]) -> Properties:
    result = {name: value[api] for name, api in names.items() if value.get(api) is not None}
    if "date" in result:
        result["date"] = result["date"].strftime("%Y-%m-%dT%H:%M:%SZ")
    return result


def _filter_from_api(rule: Record) -> Properties:
    chosen: Record = rule.get("Filter") or {}
    if "And" in chosen:
        both = _back(chosen["And"], {"prefix": "Prefix", **SIZES})
        tags = {tag["Key"]: tag["Value"] for tag in chosen["And"].get("Tags", [])}
        return {"and": {**both, **({"tags": tags} if tags else {})}}
    if "Tag" in chosen:
        return {"tag": {"key": chosen["Tag"]["Key"], "value": chosen["Tag"]["Value"]}}
    sizes = _back(chosen, SIZES)
    return sizes or {"prefix": chosen.get("Prefix", rule.get("Prefix", ""))}
