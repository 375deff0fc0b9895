"""Gateways in trouble, so that the metrics that tell of it are seen: full queues, no memory, refusing back ends."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc

from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import LOOPBACK, Document, Ports, on_loopback, running
from tests.artefacts.scrape_targets import serving
from tests.stacks import stack_settings


@contextmanager
def troubled_gateways(stack: str, directory: Path) -> Iterator[list[Ports]]:
    """Running gateways of a stack, each with a trouble of its own."""
    settings = stack_settings(stack)
    rendered = gateway_config(settings).document()
    with ExitStack() as running_ones, serving({}) as http, _refusing_grpc() as otlp:
        back_ends = {
            "otlp_grpc/tempo": f"{LOOPBACK}:{otlp}",
            "otlp_http/loki": f"http://{LOOPBACK}:{http}/otlp",
            "otlp_http/mimir": f"http://{LOOPBACK}:{http}/otlp",
        }
        every: list[Ports] = []
        for name, trouble in (("full", _full_queues), ("starved", _no_memory), ("refused", copy.deepcopy)):
            folder = directory / name
            (folder / "state").mkdir(parents=True)
            ports = Ports.free()
            document = trouble(on_loopback(rendered, ports, folder / "state", back_ends))
            running_ones.enter_context(running(document, ports, folder))
            every.append(ports)
        yield every


def _full_queues(document: Document) -> Document:
    """Nothing fits into one byte."""
    for exporter in document["exporters"].values():
        exporter["sending_queue"]["queue_size"] = 1
    return document


def _no_memory(document: Document) -> Document:
    """The limit is below what an idle collector uses."""
    document["processors"]["memory_limiter"] = {"check_interval": "50ms", "limit_mib": 2, "spike_limit_mib": 1}
    return document


@contextmanager
def _refusing_grpc() -> Iterator[int]:
    """A server that has no service: what it is sent it refuses for good."""
    server = grpc.server(futures.ThreadPoolExecutor(1))
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()
