"""Connections that come from a pod's own address, on one machine: each simulated pod gets an address of 127.0.0.0/8.

Linux lets any program use any of these without configuration.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sandbox.kubernetes.control_plane import ControlPlane
from tests.artefacts.collector_driver import LOOPBACK
from tests.artefacts.kubernetes_driver import get, kubectl

_numbers = count(1)
CHUNK_BYTES = 65536


def give_address(control_plane: ControlPlane, pod: dict[str, Any]) -> str:
    """An address of its own for a running pod, in its status, where agents look for it."""
    number = next(_numbers)
    address = f"127.1.{number // 250}.{number % 250 + 1}"
    metadata = pod["metadata"]
    status = {"status": {"podIP": address, "podIPs": [{"ip": address}]}}
    kubectl(
        control_plane, "-n", metadata["namespace"], "patch", "pod", metadata["name"], "--subresource=status",
        "--type=merge", "--patch-file=/dev/stdin", given=status,
    )  # fmt: skip
    assert get(control_plane, "-n", metadata["namespace"], "pod", metadata["name"])["status"]["podIP"] == address
    return address


@contextmanager
def sending_from(address: str, port: int) -> Iterator[int]:
    """A loopback port whose connections reach `port` with `address` as their source, as a pod's do."""
    with socket.create_server((LOOPBACK, 0)) as server:
        threading.Thread(target=_relay, args=(server, address, port), daemon=True).start()
        yield server.getsockname()[1]


def _relay(server: socket.socket, address: str, port: int) -> None:
    while True:
        try:
            inner, _ = server.accept()
        except OSError:
            return
        try:
            outer = socket.create_connection((LOOPBACK, port), source_address=(address, 0))
        except OSError:
            inner.close()
            continue
        for one, other in ((inner, outer), (outer, inner)):
            threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(CHUNK_BYTES):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        sink.close()
