"""What commands ask Tempo. Source: Grafana Tempo, "Tempo HTTP API" (2026-08)."""

from urllib.parse import quote

from ops.backends.errors import LiveError
from ops.backends.http import HttpService


class Tempo:
    """Tempo's query API."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def has_trace(self, trace_id: str) -> bool:
        """Whether a trace can be found by its id."""
        try:
            self.service.get(f"/api/traces/{quote(trace_id)}")
        except LiveError as error:
            if error.status == 404:
                return False
            raise
        return True
