"""Makes OTLP telemetry and sends it to a collector on loopback."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tests.artefacts.collector_driver import LOOPBACK, Ports

Plain = str | bool | int | float | list[Any] | dict[str, Any]

SENDING_SECONDS = 30.0


@contextmanager
def traces_to(ports: Ports) -> Iterator[TraceServiceStub]:
    """A client of a collector's OTLP/gRPC port."""
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"{LOOPBACK}:{ports.grpc}", options=options) as channel:
        yield TraceServiceStub(channel)


class Request(Protocol):
    """What serialises itself as protobuf's messages do."""

    def SerializeToString(self) -> bytes: ...  # noqa: N802 (protobuf's name)


def post(ports: Ports, signal: str, request: Request) -> None:
    """Send over OTLP/HTTP. Raises HTTPError when the collector refuses."""
    url = f"http://{LOOPBACK}:{ports.http}/v1/{signal}"
    headers = {"Content-Type": "application/x-protobuf"}
    with urllib.request.urlopen(
        urllib.request.Request(url, request.SerializeToString(), headers), timeout=SENDING_SECONDS
    ):
        pass


def value(plain: Plain) -> AnyValue:
    match plain:
        case str():
            return AnyValue(string_value=plain)
        case bool():
            return AnyValue(bool_value=plain)
        case int():
            return AnyValue(int_value=plain)
        case float():
            return AnyValue(double_value=plain)
        case list():
            return AnyValue(array_value=ArrayValue(values=[value(one) for one in plain]))
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=pairs(plain)))


def pairs(attributes: Mapping[str, Plain]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value(plain)) for key, plain in attributes.items()]


def resource_spans(attributes: Mapping[str, Plain], spans: Iterable[Span]) -> ResourceSpans:
    return ResourceSpans(resource=Resource(attributes=pairs(attributes)), scope_spans=[ScopeSpans(spans=spans)])


def traces(parts: Iterable[ResourceSpans]) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest(resource_spans=parts)
