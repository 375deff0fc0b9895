"""Pods that no network policy selects: in the VPC CNI's strict mode they are closed for ever.

Source: Amazon EKS User Guide, "Limit Pod traffic with Kubernetes network policies" (enforcement modes); Kubernetes
documentation, "Labels and Selectors".
"""

from collections.abc import Iterable, Mapping

from ops.backends.errors import LiveError
from ops.backends.foreign import CamelCase
from ops.backends.target import Target
from ops.report.checks import Check, State

NAME = "pods without a policy"
PODS = "/api/v1/pods?fieldSelector=status.phase!=Succeeded,status.phase!=Failed"
POLICIES = "/apis/networking.k8s.io/v1/networkpolicies"
SHOWN = 5


class _Metadata(CamelCase):
    namespace: str
    labels: Mapping[str, str] = {}


class _PodSpec(CamelCase):
    host_network: bool = False


class _Pod(CamelCase):
    metadata: _Metadata
    spec: _PodSpec = _PodSpec()


class _Requirement(CamelCase):
    key: str
    operator: str
    values: tuple[str, ...] = ()


class _Selector(CamelCase):
    match_labels: Mapping[str, str] = {}
    match_expressions: tuple[_Requirement, ...] = ()


class _PolicySpec(CamelCase):
    pod_selector: _Selector = _Selector()


class _Policy(CamelCase):
    metadata: _Metadata
    spec: _PolicySpec = _PolicySpec()


class _Pods(CamelCase):
    items: tuple[_Pod, ...]


class _Policies(CamelCase):
    items: tuple[_Policy, ...]


def unselected(target: Target) -> Check:
    """A finding where the settings start pods closed; elsewhere what would become one."""
    try:
        kubernetes = target.kubernetes()
        pods = kubernetes.read(_Pods, PODS, "is no list of pods").items
        policies = kubernetes.read(_Policies, POLICIES, "is no list of network policies").items
    except LiveError as error:
        return Check(name=NAME, state=State.UNKNOWN, detail=str(error))
    alone = sorted({pod.metadata.namespace for pod in pods if not _is_selected(pod, policies)})
    if not alone:
        return Check(name=NAME, state=State.OK, detail="every pod that has an address of its own is selected by one")
    said = ", ".join(alone[:SHOWN]) + (f" and {len(alone) - SHOWN} more" if len(alone) > SHOWN else "")
    if not target.settings.network_policies.strict:
        return Check(name=NAME, state=State.OK, detail=f"in {said}; network_policies.strict would close them")
    return Check(
        name=NAME,
        state=State.FINDING,
        detail=f"in {said}: closed for ever, from their next start on",
        advice="give each of these namespaces a policy, as docs/security.md shows, or set network_policies.strict to "
        "false",
    )


def _is_selected(pod: _Pod, policies: Iterable[_Policy]) -> bool:
    """Pods on their node's network are left alone, so they count as selected."""
    return pod.spec.host_network or any(
        policy.metadata.namespace == pod.metadata.namespace and _selects(policy.spec.pod_selector, pod.metadata.labels)
        for policy in policies
    )


def _selects(selector: _Selector, labels: Mapping[str, str]) -> bool:
    return selector.match_labels.items() <= labels.items() and all(
        _holds(one, labels) for one in selector.match_expressions
    )


def _holds(one: _Requirement, labels: Mapping[str, str]) -> bool:
    match one.operator:
        case "In":
            return labels.get(one.key) in one.values
        case "NotIn":
            return labels.get(one.key) not in one.values
        case "Exists":
            return one.key in labels
        case _:
            return one.key not in labels
