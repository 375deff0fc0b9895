"""What EKS needs of a Kubernetes control plane, and the real one of this sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sandbox.kubernetes.nodes import NodeGroup


class ControlPlane(Protocol):
    """A running Kubernetes API. `endpoint` is an https URL on loopback."""

    @property
    def endpoint(self) -> str: ...
    @property
    def certificate_authority_pem(self) -> str: ...
    def add_node_group(self, group: NodeGroup) -> None: ...
    def remove_node_group(self, name: str) -> None: ...
    def install_addon(self, addon: str, namespace: str) -> None: ...
    def remove_addon(self, addon: str, namespace: str) -> None: ...
    def stop(self) -> None: ...


ControlPlaneStarter = Callable[[str, Path, str], ControlPlane]
"""(cluster name, directory of its own, URL of the authentication webhook) -> a control plane that is ready."""


def start_real_control_plane(name: str, directory: Path, authentication_webhook_url: str) -> ControlPlane:
    """Start etcd and kube-apiserver on loopback; blocks until they are ready. Raises ControlPlaneError."""
    from sandbox.kubernetes.control_plane import ControlPlane as RealControlPlane

    directory.mkdir(parents=True, exist_ok=True)
    return RealControlPlane.start(name=name, directory=directory, authentication_webhook_url=authentication_webhook_url)
