"""`volumes grow`: larger volumes for StatefulSets, whose claim templates Kubernetes never lets change.

Without it a larger `volume_gib` makes `pulumi up` fail, and with `atomic` roll back, each time. In order: the claims
grow (the CSI driver enlarges disk and file system while the pod runs), then each StatefulSet is made anew with the
larger template and takes its pods over, as `--cascade=orphan` leaves them running. The `up` that follows finds both as
it wants them. Every step looks first, so that a lost run is begun again; what a StatefulSet was is kept in build/
meanwhile.
Sources: Kubernetes documentation, "StatefulSets" (forbidden updates), "Persistent Volumes" (expanding claims), "Delete
a StatefulSet" (2026); Amazon EBS User Guide, "Modify a volume" (2026): once in six hours.
"""

import json
import sys
from collections.abc import Mapping
from copy import deepcopy
from functools import reduce
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from pydantic import Field

from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import CamelCase
from ops.backends.kubernetes import Kubernetes
from ops.backends.pulumi import deployment, states_url
from ops.confirmation import confirmed
from ops.errors import CommandError
from ops.progress import at_work
from ops.recovery.cluster import cluster_of
from ops.recovery.locks import locks
from ops.report.model import Document, Text, Tone, document, table
from ops.report.output import Answer, show_answer
from ops.stacks import settings_of
from planning.base import Frozen
from planning.cost.reading import quantity_gib
from settings.models.platform import PlatformSettings
from settings.project import project_root
from telemetry.kubernetes.endpoints import Endpoints

DONE, TO_DO = 0, 1
# StatefulSets with claims, and where their size stands below `sizes`.
VOLUMES: Mapping[str, tuple[str, ...]] = {
    "loki": ("loki", "monolithic"),
    "loki-ingester": ("loki", "distributed", "ingester"),
    "loki-index-gateway": ("loki", "distributed", "index_gateway"),
    "loki-compactor": ("loki", "distributed", "compactor"),
    "tempo": ("tempo",),
    "mimir-ingester": ("mimir", "ingester"),
    "mimir-store-gateway": ("mimir", "store_gateway"),
    "mimir-compactor": ("mimir", "compactor"),
    "mimir-alertmanager": ("mimir", "alertmanager"),
    "pyroscope": ("pyroscope",),
}
# Of the API server, or written by it anew.
_SERVERS_OWN = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")


class _Metadata(CamelCase):
    name: str


class _Resources(CamelCase):
    requests: dict[str, str] = Field(default={})


class _ClaimSpec(CamelCase):
    storage_class_name: str = ""
    resources: _Resources = _Resources()


class _Claim(CamelCase):
    metadata: _Metadata
    spec: _ClaimSpec

    @property
    def gib(self) -> float:
        return quantity_gib(self.spec.resources.requests.get("storage")) or 0.0


class _StatefulSetSpec(CamelCase):
    replicas: int = 1
    volume_claim_templates: tuple[_Claim, ...] = ()


class _StatefulSet(CamelCase):
    metadata: _Metadata
    spec: _StatefulSetSpec


class _StatefulSets(CamelCase):
    items: tuple[_StatefulSet, ...]


class _Claims(CamelCase):
    items: tuple[_Claim, ...]


class _StorageClass(CamelCase):
    allow_volume_expansion: bool = False


class Growth(Frozen):
    """One StatefulSet whose volumes grow."""

    name: str
    """Its name."""
    wanted_gib: int
    """What the stack file asks for."""
    template_gib: float | None
    """What its claim template says; None where it is gone, as an interrupted run leaves it."""
    claims: dict[str, float]
    """GiB of each claim that is too small, by its name."""


class Growths(Frozen):
    """What there is to grow in a stack."""

    stack: str
    cluster: str
    """The API server; empty where the stack has no cluster yet."""
    growths: tuple[Growth, ...]

    def document(self) -> Document:
        """As a table, or that nothing grows."""
        where = f"cluster {self.cluster}" if self.cluster else "it isn't up yet"
        if not self.growths:
            return document(f"No volume of {self.stack} has to grow", Text(words=where, tone=Tone.GOOD))
        rows = [
            (
                one.name,
                "made anew by an earlier run" if one.template_gib is None else f"{one.template_gib:g} GiB",
                f"{one.wanted_gib} GiB",
                ", ".join(f"{claim} ({gib:g} GiB)" for claim, gib in one.claims.items()) or "all grown",
            )
            for one in self.growths
        ]
        return document(
            f"Volumes of {self.stack} that have to grow",
            Text(words=where),
            table(("StatefulSet", "template", "wanted", "claims that grow"), rows),
            Text(words="pods keep running; EBS changes a volume once in six hours, and none can shrink again"),
        )


def grow(stack: str, *, apply: bool, yes: bool = False, as_json: bool = False, project: Path | None = None) -> int:
    """Shows what has to grow; with `apply` grows it. Exit code 0 when nothing has to any more, else 1.

    Raises `CommandError` for a size below a volume's, or for storage that can't grow, `LiveError` where the
    cluster gives no answer or an update of the stack may be at work.
    """
    project = project or project_root()
    settings = settings_of(stack, project)
    with cluster_of(deployment(stack, project, show_secrets=True)) as cluster:
        kept = _Kept(project / "build", stack)
        found = _found(stack, settings, cluster, kept)
        if not as_json or not apply:
            show_answer(Answer(found, found.document), as_json=as_json)
        if not found.growths or cluster is None:
            return DONE
        if not apply:
            if not as_json:
                print("\nnothing was changed: --apply grows them; then: pulumi up")
            return TO_DO
        if held := locks(stack, states_url(project), project, settings.region):
            raise LiveError("the stack", Problem.BUSY, f"an update of {held[0].holder}; if it is lost: recover first")
        if not yes and not confirmed(f"grow them on {found.cluster}?"):
            print("nothing was changed (--yes doesn't ask)", file=sys.stderr)
            return TO_DO
        for one in found.growths:
            _grow(one, cluster[0], Endpoints.of(settings).namespace, kept)
        told = document("", Text(words=f"grown; then: pulumi up --stack {stack}"))
        return show_answer(Answer(found, lambda: told, DONE), as_json=as_json)


class _Kept:
    """What a StatefulSet was before it is made anew, in a file until it is there again."""

    def __init__(self, folder: Path, stack: str) -> None:
        self._folder, self._stack = folder, stack

    def path(self, name: str) -> Path:
        return self._folder / f"volumes-{self._stack}-{name}.json"

    def write(self, name: str, manifest: str) -> None:
        path = self.path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Moved in one step: a half-written one would be no use to the next run.
            half = path.with_suffix(".half")
            half.write_text(manifest, encoding="utf-8")
            half.replace(path)
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}") from None


def _found(stack: str, settings: PlatformSettings, cluster: tuple[Kubernetes, str] | None, kept: _Kept) -> Growths:
    if cluster is None:
        return Growths(stack=stack, cluster="", growths=())
    kubernetes, server = cluster
    namespace = quote(Endpoints.of(settings).namespace)
    path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets"
    sets = {one.metadata.name: one for one in kubernetes.read(_StatefulSets, path, "is no list").items}
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    claims = kubernetes.read(_Claims, path, "is no list").items
    growths = [
        growth
        for name in VOLUMES
        if (growth := _growth(name, settings, sets.get(name), claims, kept.path(name).exists())) is not None
    ]
    for storage_class in {
        one.spec.storage_class_name for one in claims for growth in growths if one.metadata.name in growth.claims
    }:
        path = f"/apis/storage.k8s.io/v1/storageclasses/{quote(storage_class)}"
        if not kubernetes.read(_StorageClass, path, "is no StorageClass").allow_volume_expansion:
            raise CommandError(
                f"StorageClass {storage_class}: allowVolumeExpansion isn't true, so none of its volumes can grow; "
                "accepted: true, where its driver can"
            )
    return Growths(stack=stack, cluster=server, growths=tuple(growths))


def _growth(
    name: str, settings: PlatformSettings, found: _StatefulSet | None, claims: tuple[_Claim, ...], begun: bool
) -> Growth | None:
    """None for volumes that are as they should be, or aren't there."""
    size = reduce(lambda table, key: getattr(table, key, None), VOLUMES[name], settings.sizes)
    wanted = cast(int | None, getattr(size, "volume_gib", None))
    if wanted is None or (found is None and not begun) or (found and not found.spec.volume_claim_templates):
        return None
    template = found.spec.volume_claim_templates[0] if found else None
    own = [one for one in claims if _is_of(one.metadata.name, name)]
    largest = max([template.gib if template else 0.0, *(one.gib for one in own)])
    if largest > wanted:
        raise CommandError(
            f"sizes.{'.'.join(VOLUMES[name])}.volume_gib: {wanted}; a volume of {name} has {largest:g} GiB, and none "
            f"can shrink; accepted: {largest:g} or more"
        )
    small = {one.metadata.name: one.gib for one in own if one.gib < wanted}
    if template is not None and template.gib == wanted and not small:
        return None
    return Growth(name=name, wanted_gib=wanted, template_gib=template and template.gib, claims=small)


def _is_of(claim: str, stateful_set: str) -> bool:
    """<template>-<StatefulSet>-<ordinal>; a template's name has no part of another StatefulSet's here."""
    start, _, ordinal = claim.rpartition("-")
    return ordinal.isdecimal() and start.endswith(f"-{stateful_set}")


def _grow(growth: Growth, kubernetes: Kubernetes, namespace: str, kept: _Kept) -> None:
    """The claims first: a larger template with smaller claims would be told nowhere."""
    size = f"{growth.wanted_gib}Gi"
    for claim in growth.claims:
        at_work("volumes", f"claim {claim}: {size}")
        patch = {"spec": {"resources": {"requests": {"storage": size}}}}
        kubernetes.patch(namespace, f"persistentvolumeclaim/{claim}", json.dumps(patch))
    if growth.template_gib != growth.wanted_gib:
        at_work("volumes", f"StatefulSet {growth.name}: made anew, its pods stay")
        if growth.template_gib is not None:
            path = f"/apis/apps/v1/namespaces/{quote(namespace)}/statefulsets/{quote(growth.name)}"
            found = kubernetes.read(dict[str, Any], path, "is no StatefulSet")
            kept.write(growth.name, json.dumps(_with_template(found, size)))
        manifest = kept.path(growth.name).read_text(encoding="utf-8")
        kubernetes.replace_without_its_pods(namespace, manifest)
    kept.path(growth.name).unlink(missing_ok=True)


def _with_template(found: dict[str, Any], size: str) -> dict[str, Any]:
    """The StatefulSet as it would be written anew, with claims of this size."""
    metadata = {key: value for key, value in found["metadata"].items() if key not in _SERVERS_OWN}
    spec: dict[str, Any] = deepcopy(found["spec"])
    for template in spec["volumeClaimTemplates"]:
        template.pop("status", None)
        template["spec"]["resources"]["requests"]["storage"] = size
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec}
