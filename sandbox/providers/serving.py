"""The process of a plugin: a gRPC server on loopback that prints its port and ends with the engine."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.parent import Parent

MAX_WORKERS = 16
MAX_MESSAGE_BYTES = 400 * 1024 * 1024  # the engine's own limit
GRACE_SECONDS = 30  # a signal lets running calls finish: a cluster takes its time


def serve(servicer: Any, parent: Parent) -> int:
    """Serve a ResourceProvider until SIGINT, SIGTERM or the end of the parent process."""
    import grpc
    from pulumi.runtime.proto import provider_pb2_grpc

    limits = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]
    new_server: Any = grpc.server
    server: Any = new_server(ThreadPoolExecutor(max_workers=MAX_WORKERS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    done = threading.Event()

    def end(_: int, __: object) -> None:
        done.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server.start()
    parent.tell(port)
    parent.wait(done)
    if not parent.gone:
        server.stop(GRACE_SECONDS).wait()
    return 0
