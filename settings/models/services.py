"""The services that send telemetry: configuration, not code."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planning.base import Frozen
from settings.models.fields import matching


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
    port: Annotated[int, Field(ge=1, le=65535)]
    """Port that the service listens on."""
    tier: ServiceTier
    """critical, standard or background."""
