"""Helm releases that stand in the way of `up`: half-installed, half-changed, half-removed, or unknown to the state.

Helm keeps each revision of a release as a Secret `sh.helm.release.v1.<release>.v<number>`, its status as a label. It
installs over objects that carry its marks of the same release, and never deletes claims that a StatefulSet made; so a
revision that never became whole can be forgotten without a loss, while an uninstall would take Grafana's claim along.
Sources: helm.sh/helm/v3 3.22, pkg/storage/driver/secrets.go, pkg/action/{install,upgrade,uninstall,validate}.go;
pulumi/pulumi-kubernetes#2054 ("cannot re-use a name that is still in use").
"""

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from urllib.parse import quote

from pydantic import Field, ValidationError

from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import CamelCase, Foreign
from ops.backends.kubernetes import NAME, Kubernetes
from ops.backends.pulumi import Deployment, Resource
from planning.aws.types import RELEASE
from planning.backends import BACKENDS
from planning.base import Frozen
from telemetry.charts.lock import ChartName
from telemetry.kubernetes.endpoints import COLLECTOR_AGENT_RELEASE, COLLECTOR_GATEWAY_RELEASE, GRAFANA_RELEASE

_GZIP = zlib.MAX_WBITS | 16
# Releases of the program, with their charts and the components that they are below.
_CHARTS: Mapping[str, tuple[str, str]] = {
    **{backend.name: (backend.chart, backend.title) for backend in BACKENDS},
    GRAFANA_RELEASE: (ChartName.GRAFANA, "Grafana"),
    COLLECTOR_AGENT_RELEASE: (ChartName.COLLECTOR, "Collector"),
    COLLECTOR_GATEWAY_RELEASE: (ChartName.COLLECTOR, "Collector"),
}


class _Metadata(CamelCase):
    name: str
    labels: dict[str, str] = Field(default={})


class _Secret(CamelCase):
    metadata: _Metadata
    data: dict[str, str] = Field(default={})


class _Secrets(CamelCase):
    items: tuple[_Secret, ...]


class _ChartMetadata(Foreign):
    name: str


class _Chart(Foreign):
    metadata: _ChartMetadata


class _Record(Foreign):
    chart: _Chart


class Cure(StrEnum):
    """What frees a release."""

    FORGET = "forget"
    """Helm's records of it are deleted: the next `up` installs it over what is there."""
    ADOPT = "adopt"
    """It is imported into the state: the next `up` upgrades it."""
    REPLACE = "replace"
    """It is marked in the state: the next `up` ends its removal and installs it again."""
    NONE = "none"
    """Not to be touched."""


class HangingRelease(Frozen):
    """A release in the way."""

    name: str
    namespace: str
    status: str
    """Helm's word for its newest revision."""
    cure: Cure
    reason: str
    secrets: tuple[str, ...] = ()
    """Records to delete, newest first."""
    component: str = ""
    """URN of what it is imported below."""
    urn: str = ""
    """Its URN, where the state knows it."""


class _Revision(Frozen):
    secret: str
    number: int
    status: str
    chart: str


def hanging_releases(
    kubernetes: Kubernetes, deployment: Deployment, namespaces: tuple[str, ...]
) -> tuple[HangingRelease, ...]:
    """Of the stack's own namespaces. Raises `LiveError`."""
    known = {_place(one): one for one in deployment.resources if one.type == RELEASE}
    found: list[HangingRelease] = []
    for namespace in namespaces:
        for name, revisions in _releases(kubernetes, namespace).items():
            found += _judged(name, namespace, revisions, known.get((namespace, name)), deployment)
    return tuple(found)


def _judged(
    name: str, namespace: str, revisions: list[_Revision], known: Resource | None, deployment: Deployment
) -> Iterator[HangingRelease]:
    """Nothing for a release that the next `up` can go on with, or that no stack of this program makes."""
    if name not in _CHARTS:
        return  # somebody else's
    newest = revisions[0]
    found = HangingRelease(name=name, namespace=namespace, status=newest.status, cure=Cure.NONE, reason="")
    component_type = f"lgtm:components:{_CHARTS[name][1]}"
    component = next((one.urn for one in deployment.resources if one.type == component_type), "")
    if known is not None:
        pending = [one.secret for one in revisions if one.status.startswith("pending-")]
        if newest.status.startswith("pending-"):
            reason = "Helm takes it for an operation that is at work; the revision before stays"
            yield found.model_copy(
                update={"cure": Cure.FORGET, "secrets": tuple(pending), "urn": known.urn, "reason": reason}
            )
        elif newest.status.startswith("uninstall"):
            yield found.model_copy(update={"cure": Cure.REPLACE, "urn": known.urn, "reason": "its removal didn't end"})
        return
    if newest.chart != _CHARTS[name][0]:
        reason = f"of chart {newest.chart}, not this stack's: somebody else's, left alone"
        yield found.model_copy(update={"cure": Cure.NONE, "reason": reason})
    elif any(one.status == "deployed" for one in revisions):
        # What was whole once is upgraded, which rolls back when it fails: a failed install would be uninstalled.
        trailing = tuple(one.secret for one in revisions if one.status.startswith("pending-"))
        cure, reason = (Cure.ADOPT, "it is whole, and the state doesn't know it")
        if not component:
            cure, reason = (Cure.NONE, "the state lacks its component too: bring the state back first")
        yield found.model_copy(update={"cure": cure, "secrets": trailing, "component": component, "reason": reason})
    else:
        secrets = tuple(one.secret for one in revisions)
        yield found.model_copy(update={"cure": Cure.FORGET, "secrets": secrets, "reason": "it never became whole"})


def _place(release: Resource) -> tuple[str, str]:
    return str(release.inputs.get("namespace", "")), str(release.inputs.get("name", ""))


def _releases(kubernetes: Kubernetes, namespace: str) -> dict[str, list[_Revision]]:
    """Revisions by release, newest first."""
    path = f"/api/v1/namespaces/{quote(namespace)}/secrets?labelSelector=owner%3Dhelm"
    found: dict[str, list[_Revision]] = {}
    for secret in kubernetes.read(_Secrets, path, "is no list of Secrets").items:
        labels = secret.metadata.labels
        found.setdefault(labels.get("name", ""), []).append(
            _Revision(
                secret=secret.metadata.name,
                number=int(labels.get("version", "0")),
                status=labels.get("status", "unknown"),
                chart=_chart(secret),
            )
        )
    return {name: sorted(some, key=lambda one: one.number, reverse=True) for name, some in found.items()}


def _chart(secret: _Secret) -> str:
    """The chart's name: the record is JSON, compressed, in base64 twice."""
    try:
        packed = base64.b64decode(base64.b64decode(secret.data["release"]))
        return _Record.model_validate_json(zlib.decompress(packed, _GZIP)).chart.metadata.name
    except (KeyError, binascii.Error, zlib.error, ValidationError):
        raise LiveError(NAME, Problem.GARBAGE, f"Secret {secret.metadata.name} is no record of Helm") from None
