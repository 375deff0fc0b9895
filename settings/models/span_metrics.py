"""What is counted from spans beside requests, errors and durations of services and operations."""

from typing import Annotated

from pydantic import AfterValidator

from planning.base import Frozen, broken_rule
from settings.models.fields import matching

# README of the span metrics connector, OpenTelemetry Collector contrib 0.158: on every series, and refused twice.
ALREADY_COUNTED = ("service.name", "span.name", "span.kind", "status.code", "collector.instance.id")


def _new_dimension(attribute: str) -> str:
    if attribute in ALREADY_COUNTED:
        raise broken_rule("is on every series of span metrics already: name the attribute that tells customers apart")
    return attribute


SpanAttribute = Annotated[
    str,
    AfterValidator(_new_dimension),
    matching(r"^[A-Za-z0-9_.:/@-]{1,255}$", "an attribute's name: letters, digits and _ . : / @ -, at most 255"),
]


class SpanMetricsSettings(Frozen):
    """Metrics that the gateway makes of all spans, before sampling."""

    tenant_attribute: SpanAttribute | None = None
    """Span or resource attribute that names the customer of a request, to count calls by customer; null: don't count.
    The label of traces_tenants_calls_total is this name with underscores: tenant_id for tenant.id."""
