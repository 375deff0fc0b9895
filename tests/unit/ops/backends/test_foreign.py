"""Answers of other programs: lenient where it does no harm, one message where it does, and no secret in it."""

from math import inf
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import CamelCase, Foreign, parsed
from ops.backends.grafana import Dashboard, Panel
from ops.backends.kubernetes import Pod
from ops.backends.prometheus import QueryResponse
from ops.backends.pulumi import StackOutputs

pytestmark = pytest.mark.usefixtures("alone")


class Inner(CamelCase):
    """A table within an answer."""

    how_many: int = 7


class Answer(Foreign):
    """An answer."""

    inner: Inner = Inner()
    name: str = "none"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", Answer()),
        ('{"name": null, "inner": null, "more": [1]}', Answer()),
        ('{"inner": {"howMany": 3, "else": {}}}', Answer(inner=Inner.model_validate({"howMany": 3}))),
    ],
)
def test_null_is_absent_and_unknown_keys_are_left_out(text: str, expected: Answer) -> None:
    assert parsed(Answer, text, "loki", "/x") == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"inner": {"howMany": "many"}}', "is JSON of another shape (at inner.howMany)"),
        ("[1]", "is JSON of another shape"),
        ("not", "is not JSON"),
        ("[" * 10_000, "is not JSON"),
        (b"\xff", "is not JSON"),
    ],
)
def test_another_shape_is_one_message(text: str | bytes, words: str) -> None:
    with pytest.raises(LiveError) as caught:
        parsed(Answer, text, "loki", "/x")
    assert caught.value.problem is Problem.GARBAGE
    assert str(caught.value) == f"loki answers something else: /x {words}"


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Answer().name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "value"), [("1.5", 1.5), ("+Inf", float("inf")), ("-Inf", float("-inf")), ("7e3", 7e3)]
)
def test_samples_are_text(text: str, value: float) -> None:
    found = QueryResponse.model_validate({"data": {"result": [{"metric": {"a": "b"}, "value": [1, text]}]}})
    assert [(one.labels, one.value) for one in found.data.result] == [({"a": "b"}, value)]
    assert found.data.by("a") == ({"b": value} if abs(value) < inf else {})


def test_a_kubeconfig_is_in_no_message(tmp_path: Path, tools: Any) -> None:
    tools("pulumi", """print('{"endpoints": {}, "kubeconfig": {"token": "s3cret"}}')""")
    outputs = StackOutputs("dev", tmp_path)
    with pytest.raises(LiveError, match=r"stack output is JSON of another shape \(at kubeconfig\)") as caught:
        outputs.kubeconfig()
    assert "s3cret" not in str(caught.value)


def test_dashboards_of_other_makers() -> None:
    target = {"expr": None, "query": {"refId": "A"}, "hide": None}
    found = Dashboard.model_validate(
        {"title": None, "refresh": False, "panels": [{"title": None, "targets": [target]}]}
    )
    assert found == Dashboard(refresh=False, panels=(Panel.model_validate({"targets": [{"query": {"refId": "A"}}]}),))
    assert found.panels[0].queries == [""]


@pytest.mark.parametrize(
    ("status", "well", "reason"),
    [
        ({"phase": "Succeeded"}, True, "Succeeded"),
        ({"containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}]}, False, "Unknown"),
        ({"initContainerStatuses": [{"state": {"terminated": {"reason": "Error"}}}]}, False, "Error"),
        ({"phase": "Pending", "conditions": [{"type": "Ready", "status": "False"}]}, False, "Pending"),
    ],
)
def test_why_a_pod_is_not_well(status: Any, well: bool, reason: str) -> None:
    pod = Pod.model_validate({"metadata": {"name": "a", "namespace": "b"}, "status": status})
    assert (pod.well, pod.reason) == (well, reason)
