"""Mimir: metrics, rules and alerts."""

from dataclasses import dataclass

import pulumi

from components.chart_release import BackEndArgs, back_end_release
from telemetry.charts.lock import ChartName
from telemetry.charts.mimir import mimir_values
from telemetry.kubernetes.endpoints import MIMIR_RELEASE, Endpoints, SignalEndpoints


@dataclass(frozen=True)
class MimirArgs(BackEndArgs):
    """Inputs of `Mimir`."""


class Mimir(pulumi.ComponentResource):
    """Mimir's components in the classic architecture."""

    endpoints: SignalEndpoints
    """Where metrics are written and read inside the cluster."""

    def __init__(self, name: str, args: MimirArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Mimir", name, None, opts)
        back_end_release(self, MIMIR_RELEASE, ChartName.MIMIR, args, mimir_values)
        self.endpoints = Endpoints.of(args.settings).metrics
        self.register_outputs(self.endpoints.model_dump())
