"""What a stack exports about the running platform: where each signal is written and read, and how to open Grafana."""

from dataclasses import dataclass
from typing import Any

from components.collector import Collector
from components.grafana import Grafana
from components.loki import Loki
from components.mimir import Mimir
from components.tempo import Tempo


@dataclass(frozen=True)
class PlatformOutputs:
    """The platform's parts, as stack outputs."""

    loki: Loki
    tempo: Tempo
    mimir: Mimir
    grafana: Grafana
    collector: Collector

    def exports(self) -> dict[str, Any]:
        """Stack outputs by name; addresses are those inside the cluster, except Grafana's."""
        return {
            "endpoints": {
                "otlp": {"grpc": self.collector.otlp_grpc, "http": self.collector.otlp_http},
                "logs": self.loki.endpoints.model_dump(),
                "traces": self.tempo.endpoints.model_dump(),
                "metrics": self.mimir.endpoints.model_dump(),
            },
            "grafana_url": self.grafana.url,
            "grafana_admin_password_secret": self.grafana.admin_password.to_dict(),
        }
