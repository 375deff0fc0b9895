"""What a stack exports about the running platform: where each signal is written and read, and how to open Grafana."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.back_end import BackEnd
from components.collector import Collector
from components.grafana import Grafana


@dataclass(frozen=True)
class PlatformOutputs:
    """The platform's parts, as stack outputs."""

    back_ends: Sequence[BackEnd]
    grafana: Grafana
    collector: Collector

    def exports(self) -> dict[str, Any]:
        """Stack outputs by name; addresses are those inside the cluster, except Grafana's."""
        return {
            "endpoints": {
                "otlp": {"grpc": self.collector.otlp_grpc, "http": self.collector.otlp_http},
                **{one.backend.signal.value: one.endpoints.model_dump() for one in self.back_ends},
            },
            "grafana_url": self.grafana.url,
            "grafana_admin_password_secret": self.grafana.admin_password.to_dict(),
        }
