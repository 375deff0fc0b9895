"""Tempo: traces."""

from dataclasses import dataclass

import pulumi

from components.chart_release import BackEndArgs, back_end_release
from telemetry.charts.lock import ChartName
from telemetry.charts.tempo import tempo_values
from telemetry.kubernetes.endpoints import TEMPO_RELEASE, Endpoints, SignalEndpoints


@dataclass(frozen=True)
class TempoArgs(BackEndArgs):
    """Inputs of `Tempo`."""


class Tempo(pulumi.ComponentResource):
    """Tempo as a single binary."""

    endpoints: SignalEndpoints
    """Where traces are written and read inside the cluster."""

    def __init__(self, name: str, args: TempoArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Tempo", name, None, opts)
        back_end_release(self, TEMPO_RELEASE, ChartName.TEMPO, args, tempo_values)
        self.endpoints = Endpoints.of(args.settings).traces
        self.register_outputs(self.endpoints.model_dump())
