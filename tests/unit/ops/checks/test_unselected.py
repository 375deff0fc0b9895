"""Pods that no policy selects, which the VPC CNI's strict mode closes."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ops.backends.errors import LiveError, Problem
from ops.backends.target import Target
from ops.checks.unselected import PODS, unselected
from ops.report.checks import Check, State
from settings.models.platform import PlatformSettings

Make = Callable[..., PlatformSettings]
OPEN: dict[str, Any] = {"metadata": {"namespace": "kube-system"}, "spec": {"podSelector": {}}}


def _pod(namespace: str, *, host_network: bool = False, **labels: str) -> dict[str, Any]:
    return {"metadata": {"namespace": namespace, "labels": labels}, "spec": {"hostNetwork": host_network}}


def _policy(namespace: str, **selector: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": namespace}, "spec": {"podSelector": selector}}


def _check(settings: PlatformSettings, pods: list[Any], policies: list[Any]) -> Check:
    class Kubernetes:
        def read(self, kind: Any, path: str, wrong: str) -> Any:
            return kind.model_validate({"items": pods if path == PODS else policies})

    return unselected(cast(Target, SimpleNamespace(settings=settings, kubernetes=Kubernetes)))


def test_namespaces_that_strict_closes_are_named(make_settings: Make) -> None:
    pods = [_pod("kube-system"), _pod("shop", app="checkout"), _pod("till"), _pod("nodes", host_network=True)]
    check = _check(make_settings("prod"), pods, [OPEN, _policy("shop", matchLabels={"app": "basket"})])
    assert check.state is State.FINDING
    assert check.detail == "in shop, till: closed for ever, from their next start on"
    assert "network_policies.strict to false" in check.advice
    off = _check(make_settings("prod", network_policies={"strict": False}), pods, [OPEN])
    assert off.state is State.OK
    assert off.detail == "in shop, till; network_policies.strict would close them"


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({"matchLabels": {"app": "a"}}, True),
        ({"matchLabels": {"app": "a", "tier": "x"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
    ],
)
def test_selectors_as_kubernetes_reads_them(make_settings: Make, selector: dict[str, Any], selected: bool) -> None:
    check = _check(make_settings("prod"), [_pod("shop", app="a")], [_policy("shop", **selector)])
    assert (check.state is State.OK) is selected


def test_a_cluster_that_does_not_say_is_unknown(make_settings: Make) -> None:
    def kubernetes() -> None:
        raise LiveError("the Kubernetes API", Problem.REFUSED, "pods is forbidden")

    check = unselected(cast(Target, SimpleNamespace(settings=make_settings("prod"), kubernetes=kubernetes)))
    assert check.state is State.UNKNOWN
    assert "pods is forbidden" in check.detail
