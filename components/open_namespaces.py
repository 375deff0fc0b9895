"""What keeps the cluster's own pods working where a pod that no policy selects is closed.

Made before the add-ons: name servers that can't reach the API server never become ready, and `up` would wait for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.addons import ADDON_NAMESPACE

OPEN: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}


@dataclass(frozen=True)
class OpenNamespacesArgs:
    """Inputs of `OpenNamespaces`."""

    addon_namespaces: Sequence[str]
    """Namespaces that add-ons would make themselves."""


class OpenNamespaces(pulumi.ComponentResource):
    """A policy that allows everything, in kube-system and in the namespaces of community add-ons."""

    def __init__(self, name: str, args: OpenNamespacesArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("lgtm:components:OpenNamespaces", name, None, opts)
        self._policy(ADDON_NAMESPACE, [])
        for namespace in args.addon_namespaces:
            # It stays when its add-on goes, and the add-on keeps what it finds there.
            made = Namespace(
                namespace,
                metadata=ObjectMetaArgs(name=namespace),
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
            self._policy(namespace, [made])
        self.register_outputs({"namespaces": [ADDON_NAMESPACE, *args.addon_namespaces]})

    def _policy(self, namespace: str, depends_on: list[pulumi.Resource]) -> None:
        NetworkPolicy(
            f"{namespace}-open",
            metadata=ObjectMetaArgs(name="open", namespace=namespace),
            spec=OPEN,  # pyright: ignore[reportArgumentType] (Kubernetes's own dictionary)
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )
