"""How people reach Grafana."""

from planning.base import Frozen
from settings.models.fields import HostName
from settings.models.sign_on import SignOn


class GrafanaSettings(Frozen):
    """How people reach Grafana."""

    hostname: HostName | None = None
    """Public host name when an ingress serves Grafana over TLS; default: port-forward only."""
    sign_on: SignOn | None = None
    """How they sign on; default: the administrator's password only."""
