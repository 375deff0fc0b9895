"""Ports for servers of the sandbox and of tests."""

import random

import pytest

from sandbox.kubernetes import processes
from sandbox.kubernetes.processes import SERVER_PORTS, ControlPlaneError, free_ports


def test_the_kernel_gives_none_of_them_to_a_connection() -> None:
    assert all(port in SERVER_PORTS for port in free_ports(8))
    assert SERVER_PORTS.stop <= 32768


def test_programs_that_seed_alike_choose_apart() -> None:
    chosen: list[list[int]] = []
    for _ in range(2):
        random.seed(0)
        chosen.append(free_ports(4))
    assert chosen[0] != chosen[1]


def test_none_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "port_is_free", lambda port: port == SERVER_PORTS.start)
    assert free_ports(1) == [SERVER_PORTS.start]
    with pytest.raises(ControlPlaneError, match="fewer than 2 ports"):
        free_ports(2)
