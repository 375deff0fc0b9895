"""The gateway's ways to other back ends: what is redacted is handed over, thinned, and queued for each by itself.

A destination's pipelines begin behind the processors that redact, and each has an exporter with a queue of its own: one
that refuses or is away fills its queue and then loses its own data, counted, while the others get theirs.

Sources: README files of the filter processor and of the named exporters in OpenTelemetry Collector (contrib) 0.149.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from planning.backends import Backend
from planning.retention import Signal
from settings.models.destinations import KINDS, Destination, DestinationKind
from settings.models.platform import PlatformSettings
from telemetry.collector.config import Components, Pipeline
from telemetry.collector.place import any_of, literal, quoted
from telemetry.collector.queues import on_disk

# Of each destination, on disk, shared by its signals: each has a queue of its own.
QUEUE_MIB = 256
RETRY_INTERVAL = "30s"
# Of one request before compression: the smallest limit of those that vendors document is New Relic's, of 1 MB.
REQUEST_KIB = 900
# Remote write has no queue on disk: requests in memory, each of a second's data points, and how long one is tried.
WAITING_REQUESTS, TRYING = 64, "120s"
DEFAULT_HEADER = "Authorization"
CREDENTIAL = "LGTM_DESTINATION_"
SHARE_DIGITS = 4
# How the language writes the id of a trace that isn't there.
NO_TRACE = "0" * 32
# Where a record's own attributes are, by the signal's context in the transformation language.
CONTEXTS = {Signal.TRACES: "span", Signal.LOGS: "log", Signal.METRICS: "datapoint"}
CONDITIONS = {
    Signal.TRACES: "trace_conditions",
    Signal.LOGS: "log_conditions",
    Signal.METRICS: "metric_conditions",
}
EXPORTERS = {
    DestinationKind.OTLP_GRPC: "otlp_grpc",
    DestinationKind.PROMETHEUS_REMOTE_WRITE: "prometheusremotewrite",
}


def forwards(settings: PlatformSettings, signal: Signal) -> tuple[str, ...]:
    """What a redacted pipeline of a signal hands over to."""
    return tuple(_connector(one) for one in settings.destinations if signal in one.signals)


def kept_here(settings: PlatformSettings, backend: Backend) -> bool:
    """Whether a signal goes to the stack's own back end."""
    return not any(one.instead and backend.signal in one.signals for one in settings.destinations)


def destination_exporters(settings: PlatformSettings) -> Components:
    """An exporter for each destination."""
    return {exporter_to(one): _exporter(one) for one in settings.destinations}


def destination_connectors(settings: PlatformSettings) -> Components:
    """Where redacted pipelines end and those of a destination begin."""
    return {_connector(one): {} for one in settings.destinations}


def destination_processors(settings: PlatformSettings) -> Components:
    """A filter for each destination that gets a part only."""
    return {_filter(one): found for one in settings.destinations if (found := _thinning(one))}


def destination_pipelines(settings: PlatformSettings) -> dict[str, Pipeline]:
    """A pipeline for each destination and signal."""
    return {
        f"{signal}/to-{one.name}": Pipeline(
            receivers=(_connector(one),),
            processors=(_filter(one),) if _thinning(one) else (),
            exporters=(exporter_to(one),),
        )
        for one in settings.destinations
        for signal in one.signals
    }


def credential_environment(settings: PlatformSettings) -> list[dict[str, Any]]:
    """The gateway's environment from the destinations' Secrets. A Secret that isn't there stops nobody: its destination
    answers 401, which is counted."""
    return [
        {
            "name": _variable(one),
            "valueFrom": {"secretKeyRef": {"name": one.secret.name, "key": one.secret.key, "optional": True}},
        }
        for one in settings.destinations
        if one.secret is not None
    ]


def exporter_to(destination: Destination) -> str:
    """The name of a destination's exporter."""
    return f"{EXPORTERS.get(destination.kind, 'otlp_http')}/to-{destination.name}"


def _connector(destination: Destination) -> str:
    return f"forward/to-{destination.name}"


def _filter(destination: Destination) -> str:
    return f"filter/to-{destination.name}"


def _variable(destination: Destination) -> str:
    return f"{CREDENTIAL}{destination.name.upper().replace('-', '_')}"


def _exporter(destination: Destination) -> dict[str, Any]:
    headers = {one.name: literal(one.value) for one in destination.headers}
    if destination.secret is not None:
        facts = KINDS[destination.kind]
        name = facts.header or destination.header or DEFAULT_HEADER
        headers |= {name: f"{facts.prefix}${{env:{_variable(destination)}}}"}
    client: dict[str, Any] = {"endpoint": destination.url, **({"headers": headers} if headers else {})}
    if destination.kind is DestinationKind.PROMETHEUS_REMOTE_WRITE:
        return client | _remote_write()
    if destination.kind is DestinationKind.OTLP_GRPC:
        client["endpoint"] = f"{destination.host}:{destination.port}"
        client["tls"] = {"insecure": urlsplit(destination.url).scheme == "http"}
    return client | {
        "compression": "gzip",
        **on_disk(QUEUE_MIB // len(destination.signals), RETRY_INTERVAL, REQUEST_KIB),
    }


def _remote_write() -> dict[str, Any]:
    """Series tell pods apart by labels, as they do in Mimir; one request at a time, so that samples come in order."""
    return {
        "resource_to_telemetry_conversion": {"enabled": True},
        "target_info": {"enabled": False},
        "max_batch_request_parallelism": 1,
        "remote_write_queue": {"enabled": True, "queue_size": WAITING_REQUESTS, "num_consumers": 1},
        "timeout": TRYING,
        "retry_on_failure": {"enabled": True, "initial_interval": "1s", "max_elapsed_time": TRYING},
    }


def _thinning(destination: Destination) -> dict[str, Any]:
    """The filter, which drops what meets any condition. One that fails drops the request: nothing passes by mistake."""
    found = {CONDITIONS[signal]: list(_dropped(destination, signal)) for signal in destination.signals}
    conditions = {key: those for key, those in found.items() if those}
    return {"error_mode": "propagate", **conditions} if conditions else {}


def _dropped(destination: Destination, signal: Signal) -> Iterator[str]:
    only = destination.only
    if only is not None:
        if only.services:
            yield _neither(f'resource.attributes["service.name"] == {quoted(name)}' for name in only.services)
        if only.errors and signal is Signal.TRACES:
            yield "span.status.code != STATUS_CODE_ERROR"
        if only.severity and signal is Signal.LOGS:
            yield f"log.severity_number < SEVERITY_NUMBER_{only.severity.upper()}"
        if only.metrics and signal is Signal.METRICS:
            yield _neither(map(_metric, only.metrics))
        for one in only.attributes:
            places = (f"{CONTEXTS[signal]}.attributes", "resource.attributes")
            yield _neither(
                f"{place}[{quoted(one.name)}] == {quoted(value)}" for place in places for value in one.one_of
            )
    if destination.share_percent < 100:
        yield from _not_chosen(signal, destination.share_percent)


def _neither(conditions: Iterator[str]) -> str:
    return f"not ({any_of(list(conditions)).removeprefix('(').removesuffix(')')})"


def _metric(name: str) -> str:
    if name.endswith("*"):
        return f"HasPrefix(metric.name, {quoted(name[:-1])})"
    return f"metric.name == {quoted(name)}"


def _not_chosen(signal: Signal, percent: float) -> Iterator[str]:
    """By the last digits of a trace's id, which are random (W3C, "Trace Context Level 2"): all spans and lines of one
    trace go or stay together. A line without a trace has a chance of its own."""
    limit = quoted(f"{round(percent / 100 * 16**SHARE_DIGITS):0{SHARE_DIGITS}x}")
    trace_id = f"{CONTEXTS[signal]}.trace_id.string"
    chosen = f"Substring({trace_id}, {len(NO_TRACE) - SHARE_DIGITS}, {SHARE_DIGITS}) >= {limit}"
    if signal is Signal.TRACES:
        yield chosen
        return
    yield f"{trace_id} != {quoted(NO_TRACE)} and {chosen}"
    yield f"{trace_id} == {quoted(NO_TRACE)} and Substring(UUID(), 0, {SHARE_DIGITS}) >= {limit}"
