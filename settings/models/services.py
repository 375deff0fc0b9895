"""The services that send telemetry: configuration, not code."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planning.base import Frozen
from settings.models.fields import TeamName, matching

# Where a service's example listens when its settings name no port: the alternate port of HTTP (IANA service names).
EXAMPLE_PORT = 8080


class Language(StrEnum):
    """What a service is written in: chooses the SDK snippets and the sampling share."""

    GO = "go"
    PYTHON = "python"
    JAVA = "java"
    NODEJS = "nodejs"
    DOTNET = "dotnet"
    OTHER = "other"


class ServiceTier(StrEnum):
    """How much a service's traces matter."""

    CRITICAL = "critical"
    STANDARD = "standard"
    BACKGROUND = "background"


class Service(Frozen):
    """One service of the tenant."""

    name: Annotated[
        str,
        matching(
            r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
            "lower-case letters, digits and inner hyphens, a letter first, at most 63",
        ),
    ]
    """Value of service.name in its telemetry: lower-case letters, digits and hyphens, at most 63."""
    language: Language
    """Programming language."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port that the service listens on; several services may have the same. Only the SDK examples read it."""
    tier: ServiceTier
    """critical, standard or background."""
    team: TeamName | None = None
    """Whose it is: alerts are routed and costs are added up by it; default: the stack's owner."""
    requests_per_second: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    """Requests a second that reach it first of all services, a daily mean: each starts a trace. Where every service has
    a number, workload.requests_per_second is their sum."""
    series: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    """Active series of its metrics. Where every service has a number, workload.active_series is their sum and the
    platform's own."""
    log_lines_per_second: Annotated[float, Field(ge=0, le=10_000_000)] | None = None
    """Log lines a second, a daily mean. Where every service has a number, workload.log_lines_per_request is their sum
    for each request."""
    anomalies: bool = True
    """Whether bands are drawn around its requests, errors, latency, log volume and bytes, and alerts follow them."""
