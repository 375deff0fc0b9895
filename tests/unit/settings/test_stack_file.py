"""`lgtm` and `pulumi` read the same out of a stack file, and refuse the same."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import config as pulumi_config
from pulumi.runtime import mocks

from planning.json_value import Json
from settings.document.messages import SettingsError
from settings.document.pulumi_config import load_settings
from settings.document.pulumi_yaml import UnreadableYamlError, read_yaml
from settings.document.stack_files import StackFileError, config_in, settings_in, stack_settings
from tests.unit.recording import ensure_event_loop
from tests.unit.settings.documents import minimal

CASES: dict[str, list[Any]] = yaml.safe_load((Path(__file__).parent / "yaml_values.yaml").read_text(encoding="utf-8"))


def platform_of(text: str) -> Json:
    return config_in(text, "dev").get("lgtm:platform")


@pytest.mark.parametrize(("written", "read"), CASES["values"], ids=[repr(case[0]) for case in CASES["values"]])
def test_a_plain_value_is_what_pulumi_makes_of_it(written: str, read: Json) -> None:
    value = platform_of(f"config:\n  lgtm:platform:\n    key: {written}\n")
    assert json.dumps(value) == json.dumps({"key": read})


@pytest.mark.parametrize("case", CASES["documents"], ids=[case["name"] for case in CASES["documents"]])
def test_a_document_is_what_pulumi_makes_of_it(case: dict[str, Any]) -> None:
    if "says" in case:
        with pytest.raises(StackFileError) as caught:
            platform_of(case["text"])
        assert str(caught.value) == f"Pulumi.dev.yaml can't be read: {case['says']}"
    else:
        assert platform_of(case["text"]) == case["pulumi"]


@pytest.mark.parametrize("text", ["a: !!binary aGFsbG8=", "a: !mine {b: 1}", "a: !!int 5"])
def test_tags_are_refused(text: str) -> None:
    with pytest.raises(UnreadableYamlError, match=r"line 1: the tag .* isn't read: write the value without it"):
        read_yaml(text)


def written(**changes: str) -> str:
    """dev's minimal document as text, with values exactly as they are given."""
    document = minimal("dev")
    lines = [f"    {key}: {changes.get(key, json.dumps(value))}" for key, value in document.items()]
    lines += [f"    {key}: {text}" for key, text in changes.items() if key not in document]
    return "\n".join(["config:", "  lgtm:platform:", *lines]) + "\n"


def told_by_pulumi(text: str, **other: str) -> str:
    """What a program says to the same file, given what Pulumi reads out of it."""
    config = {key: json.dumps(value) for key, value in config_in(text, "dev").items() if not isinstance(value, str)}
    ensure_event_loop()
    mocks.set_mocks(Silent(), project="lgtm", stack="dev")
    before = dict(pulumi_config.CONFIG.get())
    pulumi_config.set_all_config(config | other)
    try:
        load_settings()
    except pulumi.RunError as error:
        return str(error)
    finally:
        pulumi_config.set_all_config(before)
    return ""


class Silent(mocks.Mocks):
    """An engine that is asked for nothing."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        raise AssertionError(args.typ)

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(args.token)


def told_by_lgtm(text: str) -> str:
    try:
        settings_in(text, "dev")
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"alerting": "{quiet_hours: {start: 22:30, end: 07:00}}"}, ""),
        ({"alerting": "{quiet_hours: {start: 1:30:00}}"}, 'alerting.quiet_hours.start: got "1:30:00"'),
        ({"tls": "{certificate_days: 0x5A}"}, ""),
        ({"tls": "{certificate_days: 90.0}"}, ""),
        (
            {"storage": "{protect: no}"},
            'storage.protect: got "no"; text, not a truth value: write false without quotes',
        ),
        ({"region": "no"}, 'region: got "no"'),
        ({"namespace": "2026-01-01"}, 'namespace: got "2026-01-01 00:00:00 +0000 UTC"'),
        ({"owner": "1.40"}, "owner: got 1.4; a number, not text: write it in quotes"),
    ],
)
def test_both_say_the_same_to_a_value(changes: dict[str, str], said: str) -> None:
    text = written(**changes)
    assert said in told_by_lgtm(text)
    assert told_by_lgtm(text) == told_by_pulumi(text)


def test_both_refuse_another_region_and_unknown_keys() -> None:
    text = written() + "  aws:region: eu-west-1\n  lgtm:platfrom: {}\n"
    told = told_by_lgtm(text)
    assert told == told_by_pulumi(text, **{"aws:region": "eu-west-1"})
    assert 'aws:region: got "eu-west-1"; lgtm:platform.region is "us-west-2"; accepted: the same region in both' in told
    assert "lgtm:platfrom: there is no such key; did you mean lgtm:platform?" in told


def test_a_key_without_a_namespace_is_the_projects() -> None:
    text = written().replace("lgtm:platform", "platform")
    assert told_by_lgtm(text) == ""


def test_a_document_may_be_one_line_of_json() -> None:
    """As `pulumi config set lgtm:platform '{...}'` writes it."""
    text = yaml.safe_dump({"config": {"lgtm:platform": json.dumps(minimal("dev"))}})
    assert told_by_lgtm(text) == ""


@pytest.mark.parametrize("text", ["config: 5", "[1]", "config: [1]", "5"])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(StackFileError, match=r"Pulumi\.dev\.yaml can't be read: accepted is a table with"):
        settings_in(text, "dev")


@pytest.mark.parametrize("text", ["", "config:\n", "config: {}\n", "encryptionsalt: v1:x\n"])
def test_a_file_without_the_document_says_what_is_missing(text: str) -> None:
    assert "lgtm:platform: is missing; accepted: a table with at least" in told_by_lgtm(text)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(written(), encoding="utf-8-sig")
    assert stack_settings("dev", tmp_path).environment == "dev"
