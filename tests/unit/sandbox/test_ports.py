"""Ports for servers of the sandbox and of tests."""

import os
import random
import tempfile
import time
from pathlib import Path

import pytest

from sandbox.kubernetes import processes
from sandbox.kubernetes.processes import CLAIM_SECONDS, SERVER_PORTS, ControlPlaneError, free_ports


def test_the_kernel_gives_none_of_them_to_a_connection() -> None:
    assert all(port in SERVER_PORTS for port in free_ports(8))
    assert SERVER_PORTS.stop <= 32768


def test_programs_that_seed_alike_choose_apart() -> None:
    chosen: list[list[int]] = []
    for _ in range(2):
        random.seed(0)
        chosen.append(free_ports(4))
    assert chosen[0] != chosen[1]


@pytest.fixture
def two_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two free ports, and nobody else who is given any."""
    monkeypatch.setattr(processes, "port_is_free", lambda port: port in SERVER_PORTS[:2])  # pyright: ignore
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"lgtm-ports-{os.getuid()}"


@pytest.mark.usefixtures("two_left")
def test_a_port_is_given_once_before_a_server_listens_on_it() -> None:
    assert sorted(free_ports(1) + free_ports(1)) == list(SERVER_PORTS[:2])
    with pytest.raises(ControlPlaneError, match="fewer than 1 ports"):
        free_ports(1)


def test_a_port_whose_server_never_came_is_given_again(two_left: Path) -> None:
    free_ports(2)
    old = time.time() - CLAIM_SECONDS - 1
    for note in two_left.iterdir():
        os.utime(note, (old, old))
    assert sorted(free_ports(2)) == list(SERVER_PORTS[:2])


@pytest.mark.usefixtures("two_left")
def test_none_left() -> None:
    with pytest.raises(ControlPlaneError, match="fewer than 3 ports"):
        free_ports(3)
