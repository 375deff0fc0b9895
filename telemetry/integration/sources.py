"""The code that goes into a service, read from `sources/` and filled in; pinned to versions that the tests run."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from settings.models.platform import PlatformSettings
from settings.models.services import EXAMPLE_PORT, Language, Service

SOURCES = Path(__file__).resolve().parent / "sources"

# Released together in November 2026; tests/data/integration holds the whole trees with their hashes.
GO_MODULES = {
    "go.opentelemetry.io/otel": "v1.47.0",
    "go.opentelemetry.io/otel/sdk": "v1.47.0",
    "go.opentelemetry.io/otel/sdk/metric": "v1.47.0",
    "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc": "v1.47.0",
    "go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc": "v1.47.0",
    "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp": "v0.72.0",
    "go.opentelemetry.io/contrib/instrumentation/runtime": "v0.72.0",
}
PYTHON_PACKAGES = {
    "opentelemetry-sdk": "1.45.2",
    "opentelemetry-exporter-otlp-proto-grpc": "1.45.2",
}
# For app.py only.
FASTAPI_PACKAGES = {
    "opentelemetry-instrumentation-fastapi": "0.66b2",
    "fastapi": "0.165.0",
    "uvicorn": "0.54.0",
}
FILES: Mapping[Language, Mapping[str, str]] = {
    Language.GO: {
        "telemetry.go": "starts telemetry: put it beside the program's main function",
        "main.go": "an example of a server that uses it",
    },
    Language.PYTHON: {
        "telemetry.py": "starts telemetry: put it beside the program",
        "app.py": "an example of a FastAPI server that uses it",
        "worker.py": "an example of a task outside a request",
    },
}
# Where the stack counts nothing by customer, traces can still be searched by one.
TENANT_ATTRIBUTE = "tenant.id"
# Where the examples listen: every address of the pod.
ANY_HOST = {Language.GO: "", Language.PYTHON: "0.0.0.0"}  # noqa: S104 (a pod's own address, reached through its service)


def source(settings: PlatformSettings, service: Service, file: str, host: str | None = None) -> str:
    """One file's text. `host` is the address that the example server listens on, by default all."""
    words = {
        "SERVICE": service.name,
        "PORT": str(service.port or EXAMPLE_PORT),
        "HOST": ANY_HOST[service.language] if host is None else host,
        "TENANT_ATTRIBUTE": settings.span_metrics.tenant_attribute or TENANT_ATTRIBUTE,
        "GO_GET": "\n".join(f"//\tgo get {module}@{version}" for module, version in GO_MODULES.items()),
        "PIP_INSTALL": f"    pip install {_pinned(PYTHON_PACKAGES)}",
        "PIP_INSTALL_FASTAPI": f"    pip install {_pinned(FASTAPI_PACKAGES)}",
    }
    return re.sub(r"__([A-Z_]*[A-Z])__", lambda found: words[found[1]], _template(file))


@cache
def _template(file: str) -> str:
    return (SOURCES / f"{file}.txt").read_text(encoding="utf-8")


def _pinned(packages: Mapping[str, str]) -> str:
    return " ".join(f"{name}=={version}" for name, version in packages.items())
