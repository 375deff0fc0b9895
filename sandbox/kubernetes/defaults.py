"""Objects that an EKS cluster has from its start and that charts and policies rely on."""

from __future__ import annotations

from sandbox.kubernetes.api import ApiClient, JsonObject
from sandbox.kubernetes.nodes import EBS_CSI_DRIVER

_RBAC = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"

# Group that the token authenticator reports for EKS's managed access policies, and the built-in role it stands for.
# EKS authorizes these policies beside RBAC; here RBAC does it.
ACCESS_POLICY_GROUPS: dict[str, str] = {"eks:admin": "admin", "eks:edit": "edit", "eks:view": "view"}


def create_default_objects(client: ApiClient) -> None:
    """Create what is not there yet."""
    client.create_if_absent("/apis/storage.k8s.io/v1/csidrivers", _ebs_csi_driver())
    for group, role in ACCESS_POLICY_GROUPS.items():
        client.create_if_absent(_RBAC, _binding(group, role))


def _ebs_csi_driver() -> JsonObject:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": EBS_CSI_DRIVER},
        "spec": {"attachRequired": True, "podInfoOnMount": False, "fsGroupPolicy": "ReadWriteOnceWithFSType"},
    }


def _binding(group: str, role: str) -> JsonObject:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": group},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}],
    }
