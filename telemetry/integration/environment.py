"""The environment that a service's OpenTelemetry SDK reads: addresses, name, intervals, sampler.

Sources: OpenTelemetry specification 1.5x, "OpenTelemetry Environment Variable Specification" and "OpenTelemetry
Protocol Exporter"; semantic conventions, "Service", "Deployment" and "Kubernetes".
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from planning.base import Frozen
from planning.sampling_advice import Sampler, ServiceAdvice, span_queue_size
from settings.models.platform import PlatformSettings
from settings.models.services import Language, Service
from telemetry.kubernetes.endpoints import Endpoints

# Published intervals: Python services export every 30 s, Go services' metrics every 15 s. Spans of Go services and of
# others leave after the SDKs' default. All must be well below the gateway's decision wait.
METRIC_INTERVAL_MS = {Language.GO: 15_000}
OTHER_METRIC_INTERVAL_MS = 30_000
SPAN_DELAY_MS = {Language.PYTHON: 30_000}
OTHER_SPAN_DELAY_MS = 5_000
# A batch that is full leaves at once, whatever the delay.
SPAN_BATCH = 512
# Their SDKs' gRPC exporters are in the snippets; protobuf over HTTP is what every other SDK speaks without extras.
GRPC_LANGUAGES = (Language.GO, Language.PYTHON)

DOCUMENTATION = "https://opentelemetry.io/docs/languages"
DOCUMENTATION_PAGES = {
    Language.GO: "go",
    Language.PYTHON: "python",
    Language.JAVA: "java",
    Language.NODEJS: "js",
    Language.DOTNET: "dotnet",
}


class Variable(Frozen):
    """One environment variable."""

    name: str
    """Name."""
    value: str
    """Value; may refer to others where the place that it is for resolves them."""
    why: str
    """What it does here, in a few words."""


def variables(
    settings: PlatformSettings, service: Service, advice: ServiceAdvice, references: Mapping[str, str]
) -> tuple[Variable, ...]:
    """Everything that a service needs, in an order in which each refers only to what stands before it.

    `references` are resource attributes that only the place where the service runs knows, in its own notation.
    """
    return tuple(_variables(settings, service, advice, references))


def documentation(language: Language) -> str:
    """Address of the OpenTelemetry documentation for a language."""
    page = DOCUMENTATION_PAGES.get(language)
    return f"{DOCUMENTATION}/{page}/" if page else f"{DOCUMENTATION}/"


def _variables(
    settings: PlatformSettings, service: Service, advice: ServiceAdvice, references: Mapping[str, str]
) -> Iterator[Variable]:
    endpoints, language = Endpoints.of(settings), service.language
    grpc = language in GRPC_LANGUAGES
    attributes = {**references, "deployment.environment.name": quote(settings.environment.value)}
    yield Variable(name="OTEL_SERVICE_NAME", value=service.name, why="service.name, as in the platform's settings")
    yield Variable(
        name="OTEL_RESOURCE_ATTRIBUTES",
        value=",".join(f"{key}={value}" for key, value in attributes.items()),
        why="what else identifies the sender",
    )
    yield Variable(
        name="OTEL_EXPORTER_OTLP_ENDPOINT",
        value=endpoints.otlp_grpc if grpc else endpoints.otlp_http,
        why="the collector's agent, the nearest one",
    )
    yield Variable(
        name="OTEL_EXPORTER_OTLP_PROTOCOL",
        value="grpc" if grpc else "http/protobuf",
        why="goes with the port",
    )
    # Standard output is read by the agent: sent as well, each line would be stored and paid for twice.
    yield Variable(name="OTEL_LOGS_EXPORTER", value="none", why="log lines go to standard output only")
    yield Variable(
        name="OTEL_METRIC_EXPORT_INTERVAL",
        value=str(METRIC_INTERVAL_MS.get(language, OTHER_METRIC_INTERVAL_MS)),
        why="milliseconds",
    )
    yield Variable(
        name="OTEL_METRICS_EXEMPLAR_FILTER", value="trace_based", why="measurements in sampled spans keep a trace id"
    )
    yield Variable(
        name="OTEL_BSP_SCHEDULE_DELAY",
        value=str(SPAN_DELAY_MS.get(language, OTHER_SPAN_DELAY_MS)),
        why="milliseconds that a span waits at most; below the gateway's decision wait",
    )
    yield Variable(name="OTEL_BSP_MAX_EXPORT_BATCH_SIZE", value=str(SPAN_BATCH), why="a full batch leaves at once")
    yield Variable(
        name="OTEL_BSP_MAX_QUEUE_SIZE",
        value=str(span_queue_size(advice.spans_per_second * advice.ratio)),
        why="spans; holds a surge while one export is under way, a full queue drops",
    )
    yield from _sampler(advice)
    if language is Language.PYTHON:
        yield Variable(
            name="OTEL_SEMCONV_STABILITY_OPT_IN",
            value="http",
            why="current names of HTTP attributes and metrics from instrumentation libraries",
        )


def _sampler(advice: ServiceAdvice) -> Iterator[Variable]:
    if advice.sampler is Sampler.ALWAYS_ON:
        why = "everything is sent: tail sampling in the gateway sees whole traces and keeps every error"
        yield Variable(name="OTEL_TRACES_SAMPLER", value=advice.sampler, why=why)
        return
    yield Variable(name="OTEL_TRACES_SAMPLER", value=advice.sampler, why="more than the collectors take in")
    yield Variable(name="OTEL_TRACES_SAMPLER_ARG", value=f"{advice.ratio:g}", why="share of the traces that start here")
