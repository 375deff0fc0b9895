"""The redaction processors as settings make them; what they catch is tested on the real collector."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from settings.document.messages import SettingsError
from settings.models.platform import PlatformSettings
from settings.models.redaction import PersonalData
from telemetry.collector.finding import families
from telemetry.collector.gateway import gateway_config
from telemetry.collector.place import MARKS
from telemetry.collector.redaction import generates_hash_key, redaction_processors

Make = Callable[..., PlatformSettings]
# Kubernetes: a ConfigMap's data, and etcd's request, hold 1 MiB.
CONFIG_MAP_BYTES = 1024 * 1024


def processors(make_settings: Make, **redaction: Any) -> dict[str, dict[str, Any]]:
    return redaction_processors(make_settings("prod", redaction=redaction).redaction)


def groups(processor: dict[str, Any], signal: str) -> Iterator[dict[str, Any]]:
    yield from processor[f"{signal}_statements"]


def statements(processor: dict[str, Any], signal: str) -> list[str]:
    return [statement for group in groups(processor, signal) for statement in group["statements"]]


def test_a_statement_that_fails_costs_its_record_nothing_but_itself(make_settings: Make) -> None:
    assert {processor["error_mode"] for processor in processors(make_settings).values()} == {"ignore"}


def test_only_marked_records_meet_the_dear_steps(make_settings: Make) -> None:
    for group in groups(processors(make_settings)["transform/redaction"], "log"):
        if any(statement.startswith("replace_") and "****" in statement for statement in group["statements"]):
            assert MARKS in group["conditions"][0]


def test_the_configuration_fits_into_a_config_map(make_settings: Make) -> None:
    everything = list(PersonalData)
    settings = make_settings("prod", redaction={"personal_data": everything, "ignored_attributes": ["order.number"]})
    assert len(yaml.safe_dump(gateway_config(settings).document())) < CONFIG_MAP_BYTES * 0.8


def test_names_are_patterns_of_the_whole_name_in_any_case(make_settings: Make) -> None:
    found = processors(make_settings, denied_attributes=["http.request.header.*", "x-secret"])["transform/redaction"]
    pattern = r"(?i)(?:^http\\.request\\.header\\.|^x\\-secret$$)"
    kept = [one for one in statements(found, "metric") if one.startswith("keep_matching_keys(datapoint")]
    assert len(kept) == 1
    assert pattern in kept[0]


@pytest.mark.parametrize(
    ("name", "part"),
    [("http.request.header.*", "http.request.header."), ("*Floor*", "floor"), ("*colour*", "colour")],
)
def test_what_is_fixed_in_a_denied_name_is_looked_for_first(make_settings: Make, name: str, part: str) -> None:
    settings = make_settings("prod", redaction={"denied_attributes": [name]}).redaction
    (fields,) = (family for family in families(settings) if family.name == "fields")
    (trigger,) = (one for one in fields.triggers if one.patterns[0].startswith(re.escape(part)))
    assert trigger.words == (part,)


def test_a_denied_name_that_a_name_of_secrets_has_needs_no_search_of_its_own(make_settings: Make) -> None:
    settings = make_settings("prod", redaction={"denied_attributes": ["*my_secret*", "ab*"]}).redaction
    (fields,) = (family for family in families(settings) if family.name == "fields")
    secret, short = fields.triggers[-2:]
    assert (secret.words, secret.needs) == ((), ("named",))
    # Two letters are in any text: the pattern alone decides.
    assert (short.words, short.needs, short.patterns[0][:2]) == ((), (), "ab")


def test_kinds_of_personal_data_are_chosen(make_settings: Make) -> None:
    kinds = {kind.value for kind in PersonalData}
    chosen = make_settings("prod", redaction={"personal_data": ["email"]}).redaction
    assert {family.name for family in families(chosen)} & kinds == {"email"}
    prod = make_settings("prod").redaction
    assert {family.name for family in families(prod)} & kinds == kinds - {"national_phone"}


def test_without_hashed_attributes_nothing_is_hashed(make_settings: Make) -> None:
    found = processors(make_settings, hashed_attributes=[])["transform/redaction"]
    assert not [one for one in statements(found, "log") if "SHA256" in one]


def test_hashed_attributes_are_not_masked_afterwards(make_settings: Make) -> None:
    found = processors(make_settings, hashed_attributes=["user.token_id"], denied_attributes=["*token*"])
    (spared,) = (
        one
        for one in statements(found["transform/redaction"], "metric")
        if one.startswith('delete_matching_keys(datapoint.cache["denied"]')
    )
    assert r"^user\\.token_id$$" in spared


@pytest.mark.parametrize(
    ("redaction", "generated", "keyed"),
    [({}, True, True), ({"hash_key_secret": "own"}, False, True), ({"unkeyed_hashes": True}, False, False),
     ({"hashed_attributes": []}, False, False)],
)  # fmt: skip
def test_hashes_are_keyed_unless_chosen_otherwise(
    make_settings: Make, redaction: dict[str, Any], generated: bool, keyed: bool
) -> None:
    settings = make_settings("prod", redaction=redaction).redaction
    assert generates_hash_key(settings) is generated
    assert ("${env:LGTM_REDACTION_HASH_KEY}" in str(redaction_processors(settings))) is keyed


def test_an_allow_list_is_for_traces_and_logs(make_settings: Make) -> None:
    found = processors(make_settings, allowed_attributes=["http.route"])["transform/redaction"]
    for signal, contexts in (("trace", 2), ("log", 1), ("metric", 0)):
        assert sum(one.startswith("keep_keys(") for one in statements(found, signal)) == contexts


def test_an_attribute_has_one_treatment(make_settings: Make) -> None:
    with pytest.raises(SettingsError, match=r"order\.id is in hashed_attributes and in ignored_attributes"):
        processors(make_settings, hashed_attributes=["order.id"], ignored_attributes=["order.id"])


def test_a_key_and_no_key_is_said_to_be_both(make_settings: Make) -> None:
    with pytest.raises(SettingsError, match="unkeyed_hashes is true and hash_key_secret names a key"):
        processors(make_settings, unkeyed_hashes=True, hash_key_secret="own")


@pytest.mark.parametrize(
    ("key", "value"),
    [("denied_attributes", ["a b"]), ("ignored_attributes", ["a*"]), ("hash_key_secret", "No_Such"), ("denied", []),
     ("personal_data", ["shoe_size"])],
)  # fmt: skip
def test_bad_values_are_named(make_settings: Make, key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"redaction.{key}"):
        processors(make_settings, **{key: value})
