"""Loki: logs."""

from dataclasses import dataclass

import pulumi

from components.chart_release import BackEndArgs, back_end_release
from telemetry.charts.lock import ChartName
from telemetry.charts.loki import loki_values
from telemetry.kubernetes.endpoints import LOKI_RELEASE, Endpoints, SignalEndpoints


@dataclass(frozen=True)
class LokiArgs(BackEndArgs):
    """Inputs of `Loki`."""


class Loki(pulumi.ComponentResource):
    """Loki in Monolithic mode, with its caches."""

    endpoints: SignalEndpoints
    """Where logs are written and read inside the cluster."""

    def __init__(self, name: str, args: LokiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Loki", name, None, opts)
        back_end_release(self, LOKI_RELEASE, ChartName.LOKI, args, loki_values)
        self.endpoints = Endpoints.of(args.settings).logs
        self.register_outputs(self.endpoints.model_dump())
