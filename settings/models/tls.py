"""How traffic between the platform's own parts is encrypted."""

from typing import Annotated, Literal

from pydantic import Field

from planning.base import Frozen
from settings.models.fields import matching

NamespaceName = Annotated[
    str,
    matching(
        r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        "the name of a namespace: lower-case letters, digits and inner hyphens, at most 63",
    ),
]


# A third of it is left at the renewal, and an alert warns of what has fewer than 14 days.
MIN_CERTIFICATE_DAYS = 45


class TlsSettings(Frozen):
    """TLS between agents, gateway, Loki, Tempo, Mimir and Grafana; in mode existing cert-manager is your own."""

    mode: Literal["cert_manager", "plain"] | None = None
    """cert_manager: TLS 1.3, with certificates that the cluster's cert-manager issues by a CA of the stack's own;
    plain: no encryption between pods. Default: cert_manager, and plain in cluster mode existing."""
    certificate_days: Annotated[int, Field(ge=MIN_CERTIFICATE_DAYS, le=365)]
    """Days that a certificate is valid; it is renewed when a third of them is left, and pods need no restart for it."""
    cert_manager_namespace: NamespaceName
    """Namespace in which cert-manager runs and looks for the keys of cluster-wide issuers."""
