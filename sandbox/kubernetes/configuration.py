"""Command lines and configuration files of the control plane's processes: pure text from paths and ports."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from sandbox.kubernetes import port_forward
from sandbox.kubernetes.api import JsonObject
from sandbox.kubernetes.nodes import KUBELET_ADDRESS_TYPE
from sandbox.kubernetes.pki import KeyPair

# One of EKS's two defaults; the server certificate names its first address.
SERVICE_CIDR = "10.100.0.0/16"
SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc.cluster.local"
# The agent polls; its reads would drown everything else in the audit log.
AGENT_USER = "sandbox:cluster-agent"

# What a bare API needs for workloads to come up, be counted and go away. Left out: whatever needs a cloud or real
# nodes (node lifecycle would mark simulated nodes dead when the machine is busy).
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "ephemeral-volume-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "persistentvolume-binder-controller",
    "persistentvolume-protection-controller",
    "persistentvolumeclaim-protection-controller",
    "pod-garbage-collector-controller",
    "replicaset-controller",
    "replicationcontroller-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "statefulset-controller",
    "ttl-after-finished-controller",
)


@dataclass(frozen=True)
class Ports:
    """Loopback ports of one control plane."""

    api: int
    etcd_client: int
    etcd_peer: int
    kubelet: int


def etcd_argv(binary: str, directory: Path, ports: Ports) -> list[str]:
    client = f"http://127.0.0.1:{ports.etcd_client}"
    peer = f"http://127.0.0.1:{ports.etcd_peer}"
    return [
        binary,
        "--name=default",
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        # A power cut may lose a sandbox's data; in return every write is some 10 ms faster.
        "--unsafe-no-fsync",
    ]


def apiserver_argv(
    binary: str,
    directory: Path,
    ports: Ports,
    *,
    ca_file: Path,
    serving: KeyPair,
    service_account_key: Path,
    webhook: Path | None,
) -> list[str]:
    argv = [
        binary,
        f"--etcd-servers=http://127.0.0.1:{ports.etcd_client}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={ports.api}",
        # A loopback address is no legal endpoint of the `kubernetes` Service.
        "--endpoint-reconciler-type=none",
        f"--client-ca-file={ca_file}",
        f"--tls-cert-file={serving.certificate_file}",
        f"--tls-private-key-file={serving.key_file}",
        f"--service-account-key-file={service_account_key}",
        f"--service-account-signing-key-file={service_account_key}",
        f"--service-account-issuer={SERVICE_ACCOUNT_ISSUER}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        # It taints every new node "not ready" until the node lifecycle controller, which does not run here, lifts it.
        "--disable-admission-plugins=TaintNodesByCondition",
        # Lists as watch streams need etcd 3.5.13; with an older one clients would retry for half a minute.
        "--feature-gates=WatchList=false",
        f"--audit-policy-file={directory / 'audit-policy.json'}",
        f"--audit-log-path={directory / 'audit.log'}",
        "--audit-log-maxsize=100",
        "--audit-log-maxbackup=1",
        "--profiling=false",
        # Where every simulated node's kubelet is.
        f"--kubelet-preferred-address-types={KUBELET_ADDRESS_TYPE}",
    ]
    if webhook is not None:
        argv += [
            f"--authentication-token-webhook-config-file={webhook}",
            "--authentication-token-webhook-version=v1",
            # EKS caches a token's identity for minutes; a sandbox's access entries should count at once.
            "--authentication-token-webhook-cache-ttl=1s",
        ]
    return argv


def controller_manager_argv(binary: str, kubeconfig: Path, *, ca_file: Path, service_account_key: Path) -> list[str]:
    return [
        binary,
        f"--kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
        f"--controllers={','.join(CONTROLLERS)}",
        f"--root-ca-file={ca_file}",
        f"--service-account-private-key-file={service_account_key}",
        # The defaults (20 requests a second) make a busy start wait for the client's own limiter.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]


def scheduler_argv(binary: str, kubeconfig: Path) -> list[str]:
    return [
        binary,
        f"--kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]


def kwok_argv(
    binary: str, kubeconfig: Path, stages: Path, *, pod_cidr: str, node_ip: str, serving: KeyPair, port: int
) -> list[str]:
    """`node_ip` is only for nodes without an address of their own; `port` is the kubelets' on loopback."""
    return [
        binary,
        f"--kubeconfig={kubeconfig}",
        f"--config={stages}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=0",
        f"--cidr={pod_cidr}",
        f"--node-ip={node_ip}",
        f"--node-port={port}",
        f"--server-address=127.0.0.1:{port}",
        f"--tls-cert-file={serving.certificate_file}",
        f"--tls-private-key-file={serving.key_file}",
        f"--enable-crds={port_forward.KIND}",
    ]


def audit_policy() -> str:
    """Who changed what: metadata of every write, and of reads by people and workloads, in `audit.log`."""
    return json.dumps(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [
                {"level": "None", "users": [AGENT_USER], "verbs": ["get", "list", "watch"]},
                {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*", "/openapi/*", "/version"]},
                {"level": "None", "resources": [{"group": "", "resources": ["events"]}]},
                {"level": "Metadata"},
            ],
        },
        indent=2,
    )


def kubeconfig(*, cluster: str, endpoint: str, certificate_authority_pem: str, user: str, client: KeyPair) -> str:
    """A kubeconfig (JSON is YAML) with everything inline."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": cluster,
            "clusters": [
                {
                    "name": cluster,
                    "cluster": {
                        "server": endpoint,
                        "certificate-authority-data": _base64(certificate_authority_pem.encode()),
                    },
                }
            ],
            "users": [
                {
                    "name": user,
                    "user": {
                        "client-certificate-data": _base64(client.certificate_file.read_bytes()),
                        "client-key-data": _base64(client.key_file.read_bytes()),
                    },
                }
            ],
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": user}}],
        },
        indent=2,
    )


def token_webhook(url: str) -> str:
    """The API server's webhook token authenticator: it posts an `authentication.k8s.io/v1` TokenReview to `url`."""
    config: JsonObject = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "webhook",
        "clusters": [{"name": "authenticator", "cluster": {"server": url}}],
        "users": [{"name": "apiserver"}],
        "contexts": [{"name": "webhook", "context": {"cluster": "authenticator", "user": "apiserver"}}],
    }
    return json.dumps(config, indent=2)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
