"""A control plane's processes start, fail and end as they should; its nodes have what EKS leaves to pods."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sandbox.kubernetes.control_plane import ControlPlane, ControlPlaneError
from sandbox.kubernetes.nodes import allocatable
from sandbox.kubernetes.processes import Supervisor
from tests.artefacts.kubernetes_driver import eventually, exists, group, kubectl


def test_stop_leaves_no_process_and_a_new_start_brings_the_cluster_back(tmp_path: Path) -> None:
    first = ControlPlane.start(name="again", directory=tmp_path, authentication_webhook_url=None)
    try:
        kubectl(first, "create", "namespace", "kept")
        pids, kubeconfig = first.pids, first.admin_kubeconfig.read_text()
    finally:
        first.stop()
    assert len(pids) == 5
    assert not [name for name, pid in pids.items() if exists(pid)]
    first.stop()

    second = ControlPlane.start(name="again", directory=tmp_path, authentication_webhook_url=None)
    try:
        assert second.endpoint == first.endpoint
        # The old kubeconfig's certificate still counts: a stack's exported kubeconfig survives a restart.
        second.admin_kubeconfig.write_text(kubeconfig)
        kubectl(second, "get", "namespace", "kept")
    finally:
        second.stop()


def test_failed_start_quotes_the_log_and_leaves_no_process(tmp_path: Path) -> None:
    # A file where etcd wants its data directory.
    (tmp_path / "etcd").write_text("")
    with pytest.raises(ControlPlaneError, match=r"etcd ended at its start(.|\n)*not a directory"):
        ControlPlane.start(name="broken", directory=tmp_path, authentication_webhook_url=None)
    assert str(tmp_path) not in subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout


def test_missing_binary_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ControlPlaneError, match="kube-apiserver is not on PATH"):
        ControlPlane.start(name="bare", directory=tmp_path / "cluster", authentication_webhook_url=None)


STARTER = """
import sys, threading, time
from pathlib import Path
from sandbox.kubernetes.processes import Supervisor
supervisor = Supervisor(Path(sys.argv[1]))
thread = threading.Thread(target=lambda: print(supervisor.start("sleeper", ["sleep", "600"]), flush=True))
thread.start()
thread.join()
time.sleep(600)
"""


def test_children_outlive_the_thread_that_started_them_but_not_its_program(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    with starter, starter.stdout:
        child = int(starter.stdout.readline())
        time.sleep(0.5)
        assert exists(child)
        starter.send_signal(signal.SIGKILL)
    eventually(lambda: not exists(child))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills the children of a killed process")
def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    child = supervisor.start("sleeper", ["sleep", "600"])
    parent = int(Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(parent, signal.SIGKILL)
    supervisor.stop()
    eventually(lambda: not exists(child))


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        # vCPUs less 70 m or 80 m; 92.5 % of memory less 255 + 11 x pods + 100 MiB.
        ("t4g.medium", {"cpu": "1930m", "memory": "3246Mi", "ephemeral-storage": "17408Mi", "pods": "17"}),
        ("m7g.large", {"cpu": "1930m", "memory": "6903Mi", "ephemeral-storage": "17408Mi", "pods": "29"}),
        ("m7g.medium", {"cpu": "940m", "memory": "3345Mi", "ephemeral-storage": "17408Mi", "pods": "8"}),
        ("c7g.xlarge", {"cpu": "3920m", "memory": "6584Mi", "ephemeral-storage": "17408Mi", "pods": "58"}),
        ("r7g.2xlarge", {"cpu": "7910m", "memory": "59627Mi", "ephemeral-storage": "17408Mi", "pods": "58"}),
        ("m7g.4xlarge", {"cpu": "15890m", "memory": "59055Mi", "ephemeral-storage": "17408Mi", "pods": "110"}),
    ],
)
def test_allocatable_follows_eks_rules(instance_type: str, expected: dict[str, str]) -> None:
    assert allocatable(group("general", count=1, instance_type=instance_type)) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"instance_type": "t4g.gigantic"}, "EC2 has no instance type 't4g.gigantic'"),
        ({"zones": ()}, "at least 1 item"),
        ({"count": -1}, "greater than or equal to 0"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
    ],
)
def test_impossible_node_group_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        group("general", **{"count": 1, **changes})
