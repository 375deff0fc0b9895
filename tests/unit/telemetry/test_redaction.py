"""The redaction processors as settings make them; what they catch is tested on the real collector."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.document.messages import SettingsError
from settings.models.platform import PlatformSettings
from telemetry.collector.redaction import redaction_processors, redactors

Make = Callable[..., PlatformSettings]


def processors(make_settings: Make, **redaction: Any) -> dict[str, dict[str, Any]]:
    return redaction_processors(make_settings("prod", redaction=redaction).redaction)


def statements(processor: dict[str, Any], signal: str) -> list[str]:
    return [statement for group in processor[f"{signal}_statements"] for statement in group["statements"]]


def test_an_error_refuses_data_instead_of_letting_it_pass(make_settings: Make) -> None:
    for name, processor in processors(make_settings).items():
        assert not name.startswith("transform") or processor["error_mode"] == "propagate"


def test_names_are_patterns_of_the_whole_name_in_any_case(make_settings: Make) -> None:
    found = processors(make_settings, denied_attributes=["http.request.header.*", "x-secret"])["transform/redaction"]
    pattern = r'"(?i)(?:^http\\.request\\.header\\.|^x\\-secret$$)"'
    (kept,) = (one for one in statements(found, "metric") if one.startswith("keep_matching_keys(datapoint"))
    assert pattern in kept


@pytest.mark.parametrize(
    ("name", "part"),
    [("http.request.header.*", "http.request.header."), ("*Floor*", "floor"), ("a*b", ""), ("*token*", "token")],
)
def test_what_is_fixed_in_a_denied_name_is_looked_for_first(make_settings: Make, name: str, part: str) -> None:
    found = processors(make_settings, denied_attributes=[name])["transform/redaction"]
    (copied,) = (one for one in statements(found, "metric") if one.startswith('set(datapoint.cache["denied"]'))
    assert f', "{part}") >= 0' in copied


def test_without_hashed_attributes_nothing_is_hashed(make_settings: Make) -> None:
    settings = make_settings("prod", redaction={"hashed_attributes": []}).redaction
    assert redactors(settings) == ("transform/redaction", "redaction")
    assert set(redaction_processors(settings)) == {*redactors(settings), "transform/span_names", "transform/bodies"}


def test_hashed_attributes_are_not_masked_afterwards(make_settings: Make) -> None:
    found = processors(make_settings, hashed_attributes=["user.token_id"], denied_attributes=["*token*"])
    assert found["redaction/hash"]["blocked_key_patterns"] == ["^(?:user\\.token_id)$$"]
    assert "user.token_id" in found["redaction"]["ignored_keys"]
    held, aside = 'log.attributes["user.token_id"]', 'log.cache["spared user.token_id"]'
    written = [one for one in statements(found["transform/redaction"], "log") if one.startswith(f"set({held}")]
    assert written == [f"set({held}, {aside}) where {held} != nil"]


def test_hashes_are_keyed_when_a_secret_is_named(make_settings: Make) -> None:
    assert processors(make_settings)["redaction/hash"]["hash_function"] == "sha3"
    keyed = processors(make_settings, hash_key_secret="redaction")["redaction/hash"]
    assert keyed["hash_function"] == "hmac-sha256"
    assert keyed["hmac_key"].startswith("${env:")


def test_an_allow_list_is_for_traces_and_logs(make_settings: Make) -> None:
    found = processors(make_settings, allowed_attributes=["http.route"])["transform/redaction"]
    for signal, contexts in (("trace", 2), ("log", 1), ("metric", 0)):
        assert sum(one.startswith("keep_keys(") for one in statements(found, signal)) == contexts


def test_an_attribute_has_one_treatment(make_settings: Make) -> None:
    with pytest.raises(SettingsError, match=r"order\.id is in hashed_attributes and in ignored_attributes"):
        processors(make_settings, hashed_attributes=["order.id"], ignored_attributes=["order.id"])


@pytest.mark.parametrize(
    ("key", "value"),
    [("denied_attributes", ["a b"]), ("ignored_attributes", ["a*"]), ("hash_key_secret", "No_Such"), ("denied", [])],
)
def test_bad_values_are_named(make_settings: Make, key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"redaction.{key}"):
        processors(make_settings, **{key: value})
