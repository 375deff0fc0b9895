"""How people reach Grafana."""

from planning.base import Frozen
from settings.models.fields import HostName


class GrafanaSettings(Frozen):
    """How people reach Grafana."""

    hostname: HostName | None = None
    """Public host name when an ingress serves Grafana over TLS; default: port-forward only."""
