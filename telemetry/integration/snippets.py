"""All snippets for one service of a stack."""

from collections.abc import Iterator
from enum import StrEnum

from planning.base import Frozen
from planning.sampling_advice import ServiceAdvice
from settings.models.platform import PlatformSettings
from settings.models.services import Language, Service
from telemetry.integration.deployment import deployment_patch, shell_lines
from telemetry.integration.environment import documentation
from telemetry.integration.logs import log_format
from telemetry.integration.sources import FILES, source


class Kind(StrEnum):
    """What a snippet is for."""

    PYTHON = "python"
    GO = "go"
    ENV = "env"
    LOGS = "logs"
    KUBERNETES = "kubernetes"


CODE_KINDS = {Kind.PYTHON: Language.PYTHON, Kind.GO: Language.GO}


class Snippet(Frozen):
    """One file to paste or to apply."""

    kind: Kind
    """What it is for."""
    file: str
    """File name."""
    purpose: str
    """What it does, in a few words."""
    text: str
    """Content."""


def kinds_for(language: Language) -> tuple[Kind, ...]:
    """What there is for a language: code where there is an SDK set-up of ours, and what every language uses."""
    return tuple(kind for kind in Kind if CODE_KINDS.get(kind, language) is language)


def snippets_for(
    settings: PlatformSettings, service: Service, advice: ServiceAdvice, host: str | None = None
) -> tuple[Snippet, ...]:
    """Everything for one service, code first. `host` is where the example servers listen, by default everywhere."""
    return tuple(_snippets(settings, service, advice, host))


def _snippets(
    settings: PlatformSettings, service: Service, advice: ServiceAdvice, host: str | None
) -> Iterator[Snippet]:
    for kind in kinds_for(service.language):
        for file, purpose in FILES.get(service.language, {}).items() if kind in CODE_KINDS else ():
            yield Snippet(kind=kind, file=file, purpose=purpose, text=source(settings, service, file, host))
    other = "" if service.language in FILES else f"; SDK set-up: {documentation(service.language)}"
    yield Snippet(
        kind=Kind.ENV,
        file="environment.sh",
        purpose=f"what the SDK reads, for a shell or as a list{other}",
        text=shell_lines(settings, service, advice),
    )
    yield Snippet(kind=Kind.LOGS, file="logs.md", purpose="what log lines must look like", text=log_format(service))
    yield Snippet(
        kind=Kind.KUBERNETES,
        file="deployment-patch.yaml",
        purpose="the same environment for a Kubernetes Deployment",
        text=deployment_patch(settings, service, advice),
    )
