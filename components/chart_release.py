"""One Helm release of a locked chart, with the options that keep it quiet and recoverable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_kubernetes.helm.v3 import Release, RepositoryOptsArgs

from components.namespace import PlatformNamespace
from settings.models.platform import ChartSettings, PlatformSettings
from telemetry.charts.lock import ChartMirrorError, ChartName, chart_source
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.values import ChartValues
from telemetry.kubernetes.placement import Placement

# Kept by Helm as Secrets in the namespace; one to go back to and a few to look at.
MAX_HISTORY = 5

Values = Mapping[str, Any]


@dataclass(frozen=True)
class ChartReleaseArgs:
    """Inputs of `chart_release`."""

    chart: ChartName
    charts: ChartSettings
    namespace: str
    values: pulumi.Input[Values]


@dataclass(frozen=True)
class BackEndArgs:
    """Inputs of a back end that keeps objects: Loki, Tempo, Mimir."""

    settings: PlatformSettings
    namespace: PlatformNamespace
    storage: ObjectStorage
    placement: Placement
    storage_class: pulumi.Input[str]
    """StorageClass of its volumes."""
    service_account_annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """What binds its service account to a cloud identity, if that needs an annotation."""


def chart_release(release_name: str, args: ChartReleaseArgs, opts: pulumi.ResourceOptions) -> Release:
    """Installs or upgrades a release. Raises `pulumi.RunError` when a mirror can't serve the chart."""
    try:
        source = chart_source(args.chart, args.charts.mirror)
    except ChartMirrorError as error:
        raise pulumi.RunError(f"lgtm:platform.{error}") from None
    return Release(
        release_name,
        name=release_name,
        chart=source.chart,
        version=source.version,
        repository_opts=RepositoryOptsArgs(repo=source.repository) if source.repository else None,
        namespace=args.namespace,
        create_namespace=False,
        values=args.values,
        # A failed install is removed and a failed upgrade rolled back, so that the next try meets no half-made release.
        atomic=True,
        cleanup_on_fail=True,
        timeout=args.charts.timeout_seconds,
        max_history=MAX_HISTORY,
        # No chart here needs its custom resource definitions, which are cluster-wide and would clash between stacks.
        skip_crds=True,
        # The default is ~/.gnupg, which differs between machines and would be a change in every plan.
        keyring="",
        opts=opts,
    )


def back_end_release(
    parent: pulumi.ComponentResource,
    release_name: str,
    chart: ChartName,
    args: BackEndArgs,
    build: Callable[[PlatformSettings, ObjectStorage, Placement, str], ChartValues],
) -> Release:
    """The release of a back end: its values built for the StorageClass, its service account bound to its identity."""
    values = built_values(
        lambda storage_class: build(args.settings, args.storage, args.placement, storage_class), args.storage_class
    )
    return chart_release(
        release_name,
        ChartReleaseArgs(
            chart=chart,
            charts=args.settings.charts,
            namespace=args.namespace.name,
            values=_annotated(values, args.service_account_annotations),
        ),
        pulumi.ResourceOptions(parent=parent, depends_on=[args.namespace]),
    )


def built_values(
    build: Callable[[str], ChartValues], storage_class: pulumi.Input[str]
) -> pulumi.Output[dict[str, Any]] | dict[str, Any]:
    """Values as plain data, so that a preview shows them; an output only where the StorageClass is one.

    A size that the values can't hold becomes a `pulumi.RunError` with the builder's message.
    """

    def plain(name: str) -> dict[str, Any]:
        try:
            return build(name).to_values()
        except ValueError as error:
            raise pulumi.RunError(f"lgtm:platform.{error}") from None

    if isinstance(storage_class, str):
        return plain(storage_class)
    return pulumi.Output.from_input(storage_class).apply(plain)


def _annotated(
    values: pulumi.Output[dict[str, Any]] | dict[str, Any], annotations: Mapping[str, pulumi.Input[str]]
) -> pulumi.Input[Values]:
    if not annotations:
        return values

    def annotate(plain: dict[str, Any]) -> dict[str, Any]:
        return plain | {"serviceAccount": plain["serviceAccount"] | {"annotations": dict(annotations)}}

    return annotate(values) if isinstance(values, dict) else values.apply(annotate)
