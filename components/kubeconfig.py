"""The kubeconfig of an EKS cluster: pure, with no token and no key in it."""

import json

API_VERSION = "client.authentication.k8s.io/v1beta1"


def eks_kubeconfig(*, cluster_name: str, region: str, endpoint: str, certificate_authority: str) -> str:
    """A kubeconfig as JSON (which is YAML) whose credentials come from `aws eks get-token` at each use.

    `certificate_authority` is base64, as EKS gives it. The caller's own AWS credentials decide who it is.
    """
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster_name,
                "cluster": {"server": endpoint, "certificate-authority-data": certificate_authority},
            }
        ],
        "users": [{"name": cluster_name, "user": {"exec": _get_token(cluster_name, region)}}],
        "contexts": [{"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}],
        "current-context": cluster_name,
    }
    return json.dumps(document, indent=2)


def _get_token(cluster_name: str, region: str) -> dict[str, object]:
    return {
        "apiVersion": API_VERSION,
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", cluster_name, "--region", region, "--output", "json"],
        "interactiveMode": "Never",
    }
