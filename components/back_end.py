"""What Loki, Tempo and Mimir are as components: a release of the chart that their record names, and its addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi

from components.chart_release import ChartReleaseArgs, Values, built_values, chart_release
from components.namespace import PlatformNamespace
from planning.backends import Backend
from settings.models.platform import PlatformSettings
from telemetry.backends import values_of
from telemetry.charts.lock import ChartName
from telemetry.charts.object_storage import ObjectStorage
from telemetry.kubernetes.endpoints import Endpoints, SignalEndpoints
from telemetry.kubernetes.placement import Placement


@dataclass(frozen=True)
class BackEndArgs:
    """Inputs of a `BackEnd`."""

    settings: PlatformSettings
    namespace: PlatformNamespace
    storage: ObjectStorage
    placement: Placement
    storage_class: pulumi.Input[str]
    """StorageClass of its volumes."""
    service_account_annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """What binds its service account to a cloud identity, if that needs an annotation."""


class BackEnd(pulumi.ComponentResource):
    """A back end that keeps objects; its subclasses say which."""

    backend: ClassVar[Backend]
    """Its record."""
    endpoints: SignalEndpoints
    """Where its signal is written and read inside the cluster."""

    def __init__(self, name: str, args: BackEndArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"lgtm:components:{self.backend.title}", name, None, opts)
        values = built_values(
            lambda storage_class: values_of(self.backend, args.settings, args.storage, args.placement, storage_class),
            args.storage_class,
        )
        chart_release(
            self.backend.name,
            ChartReleaseArgs(
                chart=ChartName(self.backend.chart),
                charts=args.settings.charts,
                namespace=args.namespace.name,
                values=_annotated(values, self.backend.service_account_values, args.service_account_annotations),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[args.namespace]),
        )
        self.endpoints = Endpoints.of(args.settings).of_backend(self.backend)
        self.register_outputs(self.endpoints.model_dump())


def _annotated(
    values: pulumi.Output[dict[str, Any]] | dict[str, Any],
    path: tuple[str, ...],
    annotations: Mapping[str, pulumi.Input[str]],
) -> pulumi.Input[Values]:
    if not annotations:
        return values

    def annotate(plain: dict[str, Any], *below: str) -> dict[str, Any]:
        if below:
            return plain | {below[0]: annotate(plain[below[0]], *below[1:])}
        return plain | {"serviceAccount": plain["serviceAccount"] | {"annotations": dict(annotations)}}

    if isinstance(values, dict):
        return annotate(values, *path)
    return values.apply(lambda plain: annotate(plain, *path))
