"""The lifecycle documents of S3 buckets as they were put.

moto silently drops `ObjectSizeGreaterThan` and `ObjectSizeLessThan`, so moto gets a document without them (for its own
checks and for the bucket's state) and the reader gets back what was put.
"""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass, field
from xml.etree import ElementTree

SIZE_FILTERS = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
DEFAULT_MINIMUM_OBJECT_SIZE = "all_storage_classes_128K"
MINIMUM_SIZE_HEADER = "x-amz-transition-default-minimum-object-size"


@dataclass(frozen=True)
class LifecycleDocument:
    """A bucket's lifecycle configuration (XML) and its default minimum object size for transitions."""

    xml: bytes
    default_minimum_object_size: str


@dataclass
class LifecycleDocuments:
    """The kept documents by bucket name. Whether a bucket has one at all is moto's to say."""

    kept: dict[str, LifecycleDocument] = field(default_factory=dict[str, LifecycleDocument])

    def keep(self, bucket: str, xml: bytes, default_minimum_object_size: str | None) -> None:
        minimum = default_minimum_object_size or DEFAULT_MINIMUM_OBJECT_SIZE
        self.kept[bucket] = LifecycleDocument(xml, minimum)

    def forget(self, bucket: str) -> None:
        self.kept.pop(bucket, None)


@dataclass(frozen=True)
class SplitDocument:
    """A put document in two forms: to keep (rules have ids, as S3 makes them), and for moto (no size filters)."""

    to_keep: bytes
    for_moto: bytes


def split_document(body: bytes) -> SplitDocument | None:
    """Both forms of a put document, or None if it is no XML (moto will refuse it)."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - it comes from our own tests and tools
    except ElementTree.ParseError:
        return None
    namespace = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    if namespace:
        ElementTree.register_namespace("", namespace.strip("{}"))
    for rule in root.iter(f"{namespace}Rule"):
        if rule.find(f"{namespace}ID") is None:
            identity = ElementTree.Element(f"{namespace}ID")
            identity.text = secrets.token_hex(16)
            rule.insert(0, identity)
    stripped = copy.deepcopy(root)
    for rule_filter in stripped.iter(f"{namespace}Filter"):
        _strip_sizes(rule_filter, namespace)
    return SplitDocument(ElementTree.tostring(root), ElementTree.tostring(stripped))


def _strip_sizes(rule_filter: ElementTree.Element, namespace: str) -> None:
    holders = [rule_filter, *rule_filter.findall(f"{namespace}And")]
    found = False
    for holder in holders:
        for name in SIZE_FILTERS:
            for element in holder.findall(f"{namespace}{name}"):
                holder.remove(element)
                found = True
    if not found:
        return
    for conjunction in rule_filter.findall(f"{namespace}And"):
        if len(conjunction) == 0:
            rule_filter.remove(conjunction)
    if len(rule_filter) == 0:
        # A filter of sizes alone selects by no prefix: moto needs to see one.
        ElementTree.SubElement(rule_filter, f"{namespace}Prefix")
