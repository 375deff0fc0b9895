"""Lifecycle documents: what is kept of them and what moto gets to see."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from sandbox.cloud.lifecycle import split_document

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def document(rule_filter: str, identity: str = "<ID>one</ID>", namespace: str = f' xmlns="{NAMESPACE}"') -> bytes:
    rule = f"<Rule>{identity}<Status>Enabled</Status>{rule_filter}<Expiration><Days>3</Days></Expiration></Rule>"
    return f"<LifecycleConfiguration{namespace}>{rule}</LifecycleConfiguration>".encode()


def tags_below(xml: bytes, name: str) -> list[str]:
    root = ElementTree.fromstring(xml)  # noqa: S314 - made above
    return [element.tag.split("}")[-1] for parent in root.iter() if parent.tag.endswith(name) for element in parent]


@pytest.mark.parametrize("namespace", ["", f' xmlns="{NAMESPACE}"'])
@pytest.mark.parametrize(
    ("given", "for_moto"),
    [
        ("<Filter><Prefix>a</Prefix></Filter>", ["Prefix"]),
        ("<Filter></Filter>", []),
        ("<Filter><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></Filter>", ["Prefix"]),
        ("<Filter><And><Prefix>a</Prefix><ObjectSizeLessThan>1</ObjectSizeLessThan></And></Filter>", ["And"]),
        (
            "<Filter><And><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>"
            "<ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter>",
            ["Prefix"],
        ),
    ],
)
def test_size_filters_stay_out_of_moto(given: str, for_moto: list[str], namespace: str) -> None:
    split = split_document(document(given, namespace=namespace))
    assert split is not None
    assert tags_below(split.for_moto, "Filter") == for_moto
    assert b"ObjectSize" not in split.for_moto
    assert given.count("ObjectSize") == split.to_keep.decode().count("ObjectSize")


def test_rules_get_an_id() -> None:
    split = split_document(document("<Filter><Prefix>a</Prefix></Filter>", identity=""))
    assert split is not None
    assert tags_below(split.to_keep, "Rule")[0] == "ID"
    for xml in (split.to_keep, split.for_moto):
        [identity] = [one.text for one in ElementTree.fromstring(xml).iter() if one.tag.endswith("}ID")]  # noqa: S314
        assert identity


def test_no_xml() -> None:
    assert split_document(b"no XML") is None
