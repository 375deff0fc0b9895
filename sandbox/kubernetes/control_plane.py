"""One Kubernetes control plane of a simulated EKS cluster: real etcd, API server, controllers and scheduler on
loopback, simulated nodes, and the agent that plays AWS's part."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from sandbox.kubernetes import addons, configuration, port_forward
from sandbox.kubernetes.agent import ClusterAgent
from sandbox.kubernetes.api import ApiClient, ApiError
from sandbox.kubernetes.configuration import AGENT_USER, Ports
from sandbox.kubernetes.defaults import create_default_objects
from sandbox.kubernetes.node_groups import NodeGroups
from sandbox.kubernetes.nodes import NodeGroup
from sandbox.kubernetes.pki import CertificateAuthority, KeyPair, write_private
from sandbox.kubernetes.processes import (
    ControlPlaneError,
    Supervisor,
    find_binary,
    free_ports,
    last_lines,
    port_is_free,
)

__all__ = ["ControlPlane", "ControlPlaneError"]

# RBAC allows this group everything; EKS gives it to a cluster's creator.
MASTERS = "system:masters"
BINARIES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
READY_SECONDS = 90.0
POLL_SECONDS = 0.05
PORT_ATTEMPTS = 3
POD_CIDR = "10.0.128.0/17"
NODE_IP = "10.0.0.4"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ROOT_CA = "/api/v1/namespaces/default/configmaps/kube-root-ca.crt"
STAGES_FILE = Path(__file__).with_name("kwok_stages.yaml")


class ControlPlane:
    """A running control plane. Make one with `start`, end it with `stop`; if the program that started it dies, its
    processes die too. A directory used before brings back its cluster, with the same CA and, if free, the same port.

    Attributes: `endpoint` (https URL on 127.0.0.1), `certificate_authority_pem`, `admin_kubeconfig` (a client
    certificate of group system:masters), `client` (a client with the same rights).
    """

    @classmethod
    def start(cls, *, name: str, directory: Path, authentication_webhook_url: str | None) -> ControlPlane:
        """Start the cluster `name` in `directory` and wait until it takes pods.

        `authentication_webhook_url` (loopback http) gets an authentication.k8s.io/v1 TokenReview for every bearer
        token that is not a service account's. Raises ControlPlaneError with the last lines of the log at fault.
        """
        binaries = {binary: find_binary(binary) for binary in BINARIES}
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        lock = _lock(directory)
        try:
            for attempt in range(1, PORT_ATTEMPTS + 1):
                try:
                    return cls(name, directory, authentication_webhook_url, binaries, lock)
                except ControlPlaneError as error:
                    # Between choosing a port and using it another program may take it.
                    if "address already in use" not in str(error) or attempt == PORT_ATTEMPTS:
                        raise
            raise AssertionError("unreachable")
        except BaseException:
            lock.close()
            raise

    def __init__(
        self, name: str, directory: Path, webhook_url: str | None, binaries: dict[str, str], lock: TextIO
    ) -> None:
        """Use `start`."""
        self.name = name
        self.directory = directory
        self._binaries = binaries
        self._lock = lock
        self._ports = _choose_ports(directory)
        self._authority = CertificateAuthority(directory / "pki")
        self.endpoint = f"https://127.0.0.1:{self._ports.api}"
        self.certificate_authority_pem = self._authority.certificate_pem
        self.admin_kubeconfig, admin = self._kubeconfig("admin", "kubernetes-admin")
        self.client = self._client(admin)
        self._node_groups = NodeGroups(self.client, self._ports.kubelet)
        self._agent: ClusterAgent | None = None
        self._supervisor = Supervisor(directory)
        try:
            self._start(webhook_url)
        except BaseException:
            self._end_processes()
            raise

    def add_node_group(self, group: NodeGroup) -> None:
        """Make the cluster's nodes of this group what `group` says: also how a group is scaled, relabelled or
        re-tainted. Surplus nodes are drained first. Raises ControlPlaneError."""
        self._change(lambda: self._node_groups.apply(group))

    def remove_node_group(self, name: str) -> None:
        """Drain and remove the nodes of this group; a group that isn't there is no error. Raises ControlPlaneError."""
        self._change(lambda: self._node_groups.remove(name))

    def install_addon(self, addon: str, namespace: str) -> None:
        """What an add-on leaves in the cluster for others to build on. Raises ControlPlaneError."""
        self._change(lambda: addons.install_addon(self.client, addon, namespace))

    def remove_addon(self, addon: str, namespace: str) -> None:
        """Take that away again. Raises ControlPlaneError."""
        self._change(lambda: addons.remove_addon(self.client, addon, namespace))

    @property
    def pids(self) -> dict[str, int]:
        """The pids of the control plane's processes, by name."""
        return self._supervisor.pids

    def running(self) -> bool:
        """Whether every process is up."""
        return all(self._supervisor.alive(name) for name in BINARIES)

    def stop(self) -> None:
        """Kill everything, the API server before etcd, and keep the directory. Idempotent."""
        self._end_processes()
        self._lock.close()

    def _start(self, webhook_url: str | None) -> None:
        webhook = None
        if webhook_url is not None:
            webhook = self.directory / "token-webhook.json"
            webhook.write_text(configuration.token_webhook(webhook_url))
        (self.directory / "audit-policy.json").write_text(configuration.audit_policy())
        service_account_key = self._authority.service_account_key()
        ca_file, serving = self._authority.certificate_file, self._authority.server_certificate()
        self._run("etcd", configuration.etcd_argv(self._binaries["etcd"], self.directory, self._ports))
        self._run(
            "kube-apiserver",
            configuration.apiserver_argv(
                self._binaries["kube-apiserver"],
                self.directory,
                self._ports,
                ca_file=ca_file,
                serving=serving,
                service_account_key=service_account_key,
                webhook=webhook,
            ),
        )
        self._wait("kube-apiserver", self.client.ready)
        self._run(
            "kube-controller-manager",
            configuration.controller_manager_argv(
                self._binaries["kube-controller-manager"],
                self._kubeconfig("controller-manager", "system:kube-controller-manager")[0],
                ca_file=ca_file,
                service_account_key=service_account_key,
            ),
        )
        scheduler = self._kubeconfig("scheduler", "system:kube-scheduler")[0]
        self._run("kube-scheduler", configuration.scheduler_argv(self._binaries["kube-scheduler"], scheduler))
        self._create(lambda: self.client.create_if_absent(_DEFINITIONS, port_forward.definition()))
        kwok = self._kubeconfig("kwok", "sandbox:kwok")[0]
        self._run(
            "kwok",
            configuration.kwok_argv(
                self._binaries["kwok"],
                kwok,
                STAGES_FILE,
                pod_cidr=POD_CIDR,
                node_ip=NODE_IP,
                serving=serving,
                port=self._ports.kubelet,
            ),
        )
        self._create(lambda: create_default_objects(self.client))
        agent_certificate = self._authority.client_certificate("agent", user=AGENT_USER, group=MASTERS)
        self._agent = ClusterAgent(self._client(agent_certificate), self.name)
        self._agent.start()
        self._wait("kube-controller-manager", self._accepts_pods)

    def _create(self, create: Callable[[], object]) -> None:
        try:
            create()
        except ApiError as error:
            # A server that ends just after it said "ready" shows here first.
            state = "is running" if self._supervisor.alive("kube-apiserver") else "has ended"
            raise ControlPlaneError(
                f"cluster {self.name}: its default objects could not be created: {error}; kube-apiserver {state}, the"
                f" end of its log:\n{last_lines(self._supervisor.log('kube-apiserver'))}"
            ) from error

    def _accepts_pods(self) -> bool:
        """Pods are admitted once their namespace has its default service account and root CA."""
        try:
            account = self.client.get("/api/v1/namespaces/default/serviceaccounts/default")
            return account is not None and self.client.get(_ROOT_CA) is not None
        except ApiError:
            return False

    def _run(self, name: str, argv: list[str]) -> None:
        # A log of an earlier start would be quoted as this one's.
        self._supervisor.log(name).unlink(missing_ok=True)
        self._supervisor.start(name, argv)

    def _wait(self, name: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not condition():
            dead = [process for process in self._supervisor.pids if not self._supervisor.alive(process)]
            if dead:
                raise ControlPlaneError(
                    f"cluster {self.name}: {dead[0]} ended at its start; the end of {self._supervisor.log(dead[0])}:\n"
                    + last_lines(self._supervisor.log(dead[0]))
                )
            if time.monotonic() > deadline:
                raise ControlPlaneError(
                    f"cluster {self.name}: {name} was not ready after {READY_SECONDS:.0f} s; the end of"
                    f" {self._supervisor.log(name)}:\n" + last_lines(self._supervisor.log(name))
                )
            time.sleep(POLL_SECONDS)

    def _change(self, change: Callable[[], None]) -> None:
        try:
            change()
        except ApiError as error:
            raise ControlPlaneError(f"cluster {self.name}: {error}") from error

    def _kubeconfig(self, file_name: str, user: str) -> tuple[Path, KeyPair]:
        pair = self._authority.client_certificate(file_name, user=user, group=MASTERS)
        path = self.directory / f"{file_name}.kubeconfig"
        text = configuration.kubeconfig(
            cluster=self.name,
            endpoint=self.endpoint,
            certificate_authority_pem=self.certificate_authority_pem,
            user=user,
            client=pair,
        )
        write_private(path, text.encode())
        return path, pair

    def _client(self, pair: KeyPair) -> ApiClient:
        return ApiClient(
            self.endpoint,
            ca_file=self._authority.certificate_file,
            certificate_file=pair.certificate_file,
            key_file=pair.key_file,
        )

    def _end_processes(self) -> None:
        if self._agent is not None:
            self._agent.stop()
        self.client.close()
        self._supervisor.stop()


def _lock(directory: Path) -> TextIO:
    """Hold `directory` for this program alone."""
    file = (directory / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise ControlPlaneError(f"another control plane is running in {directory}") from error
    return file


def _choose_ports(directory: Path) -> Ports:
    """The ports of the directory's last start if they are free, so that exported kubeconfigs stay valid; else new
    ones, written down for the next start."""
    path = directory / "ports.json"
    try:
        remembered = Ports(**json.loads(path.read_text()))
        if all(port_is_free(port) for port in asdict(remembered).values()):
            return remembered
    except (OSError, ValueError, TypeError):
        # No file, or one that an interrupted start left half-written: choose anew.
        pass
    api, etcd_client, etcd_peer, kubelet = free_ports(4)
    ports = Ports(api=api, etcd_client=etcd_client, etcd_peer=etcd_peer, kubelet=kubelet)
    path.write_text(json.dumps(asdict(ports)))
    return ports
