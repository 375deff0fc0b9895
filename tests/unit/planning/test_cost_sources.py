"""Resources out of previews, event logs and states: unknowns and secrets stay out of reach."""

import json
from typing import Any

import pytest

from planning.registered import UNKNOWN
from planning.registered_sources import (
    SIGNATURE_KEY,
    UNKNOWN_VALUES,
    UnreadableResourcesError,
    from_event_log,
    from_preview,
    from_state,
    plain,
    resources_in,
)

STACK = "urn:pulumi:dev::lgtm::pulumi:pulumi:Stack::lgtm-dev"
PARENT = "urn:pulumi:dev::lgtm::lgtm:components:Network::network"
BUCKET = "urn:pulumi:dev::lgtm::lgtm:components:TierBuckets$aws:s3/bucket:Bucket::logs"
SECRET: dict[str, Any] = {SIGNATURE_KEY: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def _state(urn: str = BUCKET, **extra: Any) -> dict[str, Any]:
    return {"urn": urn, "type": "ignored", "parent": PARENT, "inputs": {"bucket": "logs"}, **extra}


def _log(*steps: tuple[str, dict[str, Any]]) -> str:
    events: list[dict[str, Any]] = [{"sequence": 0, "preludeEvent": {}}]
    events += [{"sequence": 1, "resourcePreEvent": {"metadata": {"op": op, "new": state}}} for op, state in steps]
    return "\n".join(map(json.dumps, events)) + "\n\n"


def test_an_event_log_gives_type_name_parent_and_inputs() -> None:
    (bucket,) = from_event_log(_log(("create", _state())))
    assert (bucket.type, bucket.name, bucket.parent) == ("aws:s3/bucket:Bucket", "logs", PARENT)
    assert bucket.properties == {"bucket": "logs"}


@pytest.mark.parametrize("op", ["same", "update", "replace", "create-replacement", "import"])
def test_what_is_there_afterwards_counts(op: str) -> None:
    assert len(from_event_log(_log((op, _state())))) == 1


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "read", "discard", "refresh-delete"])
def test_what_is_gone_or_somebody_elses_does_not(op: str) -> None:
    with pytest.raises(UnreadableResourcesError, match="holds no resources"):
        from_event_log(_log((op, _state())))


def test_a_replacement_counts_once_with_its_last_inputs() -> None:
    steps = (("create-replacement", _state(inputs={"bucket": "a"})), ("replace", _state(inputs={"bucket": "b"})))
    (bucket,) = from_event_log(_log(*steps))
    assert bucket.at("bucket") == "b"


@pytest.mark.parametrize("placeholder", UNKNOWN_VALUES)
def test_placeholders_are_unknown_also_inside_a_text(placeholder: str) -> None:
    assert plain(placeholder) is UNKNOWN
    assert plain({"arn": [f"arn:aws:s3:::{placeholder}/*"]}) == {"arn": [UNKNOWN]}


@pytest.mark.parametrize(
    "value",
    [SECRET, {**SECRET, "plaintext": '"hunter2"'}, "[secret]", {SIGNATURE_KEY: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}],
)
def test_secrets_are_unknown_even_when_exported_in_plain(value: Any) -> None:
    (found,) = from_state(json.dumps({"deployment": {"resources": [_state(inputs={"password": value})]}}))
    assert found.at("password") is UNKNOWN
    assert "hunter2" not in repr(found)


def test_a_state_gives_dependencies_id_and_arn() -> None:
    state = _state(
        id="logs-1", outputs={"arn": "arn:aws:s3:::logs-1"}, propertyDependencies={"bucket": [PARENT], "tags": []}
    )
    (bucket,) = from_state(json.dumps({"deployment": {"resources": [state]}}))
    assert bucket.property_dependencies == {"bucket": frozenset({PARENT})}
    assert (bucket.at("id"), bucket.at("arn")) == ("logs-1", "arn:aws:s3:::logs-1")


def test_a_state_file_of_a_self_managed_backend_is_read_too() -> None:
    text = json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [_state()]}}})
    assert len(resources_in(text, "prod.json")) == 1


def test_what_a_state_is_about_to_delete_is_left_out() -> None:
    resources = [_state(), _state(f"{BUCKET}-old", delete=True), _state(f"{BUCKET}-other", external=True)]
    assert [found.name for found in from_state(json.dumps({"deployment": {"resources": resources}}))] == ["logs"]


def test_a_preview_is_recognised() -> None:
    text = json.dumps({"steps": [{"op": "create", "newState": _state()}, {"op": "delete", "oldState": _state()}]})
    assert [found.name for found in resources_in(text, "-")] == ["logs"]


def test_an_event_log_of_one_line_is_recognised() -> None:
    event = {"sequence": 0, "resourcePreEvent": {"metadata": {"op": "create", "new": _state()}}}
    assert [found.name for found in resources_in(json.dumps(event), "-")] == ["logs"]


@pytest.mark.parametrize(
    ("read", "text", "named"),
    [
        (from_event_log, "nonsense", "^the event log: line 1 is not"),
        (from_preview, '{"steps": []}', "^the preview holds no"),
        (from_state, "{}", "^the state holds no"),
    ],
)
def test_text_without_a_name_is_called_what_it_is(read: Any, text: str, named: str) -> None:
    with pytest.raises(UnreadableResourcesError, match=named):
        read(text)


def test_a_preview_that_leaves_out_unchanged_resources_is_refused() -> None:
    steps = [{"op": "same", "newState": _state()}]
    with pytest.raises(UnreadableResourcesError, match=r"leaves out 4 unchanged resources.*--show-sames"):
        from_preview(json.dumps({"steps": steps, "changeSummary": {"same": 5}}))
    assert len(from_preview(json.dumps({"steps": steps, "changeSummary": {"same": 1}}))) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "accepted: the output of `pulumi preview --json"),
        ("[1]", "accepted"),
        ("", "holds no resources"),
        ("nonsense", "line 1 is not a JSON object"),
        (_log(("create", _state())) + '{"sequence": 2, "resou', "line 4 is not a JSON object; was the file cut off"),
        ('{"deployment": {"resources": null}}', "holds no resources"),
        ('{"steps": [3]}', "holds no resources"),
        ("[" * 100_000, "not a JSON object"),
    ],
)
def test_other_text_gets_one_message(text: str, message: str) -> None:
    with pytest.raises(UnreadableResourcesError, match=message) as caught:
        resources_in(text, "file.json")
    assert "\n" not in str(caught.value)


def test_resources_without_a_urn_are_passed_over() -> None:
    states: list[Any] = [_state(), {"inputs": {}}, "text", {"urn": "short"}, {"urn": STACK, "inputs": None}]
    assert len(from_state(json.dumps({"deployment": {"resources": states}}))) == 2
