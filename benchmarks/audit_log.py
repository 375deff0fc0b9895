"""How much a quiet Kubernetes control plane writes to its audit log under EKS's published audit policy.

    python -m benchmarks.audit_log --minutes 60

Real: etcd, kube-apiserver, two kube-controller-managers and two kube-schedulers that elect a leader. What can't run
here sends its steady requests through `benchmarks.audit_clients`: kubelets, add-ons, and AWS's own controllers, at the
periods that their documentation names. The API server writes every line itself; the report adds up bytes by writer.

Policy: Amazon EKS Best Practices Guide, "Auditing and logging" (read 2026-11-28).
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from benchmarks.audit_clients import RequestLoop, identities
from sandbox.bootstrap.install import ensure_tools
from sandbox.kubernetes import configuration
from sandbox.kubernetes.api import ApiClient, JsonObject
from sandbox.kubernetes.configuration import Ports
from sandbox.kubernetes.nodes import NodeGroup, nodes_of
from sandbox.kubernetes.pki import CertificateAuthority, KeyPair
from sandbox.kubernetes.processes import Supervisor, find_binary, free_ports

POLICY = Path(__file__).with_name("eks_audit_policy.json")
MASTERS = "system:masters"
# What starting leaves in the log isn't steady.
SETTLE_SECONDS = 60
HOURS_PER_MONTH = 730
ELECTED = ("kube-controller-manager", "kube-scheduler")


def main() -> int:
    """Runs, measures, prints a table. 0 when every process lived to the end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit_log", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--nodes", type=int, default=3)
    arguments = parser.parse_args()
    tools = {name: str(path) for name, path in ensure_tools().items()} | {"etcd": find_binary("etcd")}
    with tempfile.TemporaryDirectory(prefix="audit-log-") as folder:
        plane = _ControlPlane(
            Path(folder), {name: str(path) for name, path in tools.items()} | {"etcd": find_binary("etcd")}
        )
        try:
            plane.start(arguments.nodes)
            began, offset = time.monotonic(), plane.log.stat().st_size
            while time.monotonic() - began < arguments.minutes * 60:
                time.sleep(10)
                if dead := plane.dead():
                    print(f"{', '.join(dead)} ended", file=sys.stderr)
                    return 1
            hours = (time.monotonic() - began) / 3600
            print(report(plane.log, offset, hours, arguments.nodes))
        finally:
            plane.stop()
    return 0


class _ControlPlane:
    def __init__(self, directory: Path, tools: dict[str, str]) -> None:
        self._directory, self._tools = directory, tools
        self._ports = Ports(*free_ports(3))
        self._endpoint = f"https://127.0.0.1:{self._ports.api}"
        self._authority = CertificateAuthority(directory / "pki")
        self._supervisor = Supervisor(directory)
        self._loop: RequestLoop | None = None
        self.log = directory / "audit.log"

    def start(self, nodes: int) -> None:
        """Everything up, nodes registered, steady requests going, and past its start."""
        (self._directory / "audit-policy.json").write_text(POLICY.read_text(encoding="utf-8"), encoding="utf-8")
        admin = self._client(self._pair("admin", MASTERS))
        key, ca_file = self._authority.service_account_key(), self._authority.certificate_file
        self._supervisor.start("etcd", configuration.etcd_argv(self._tools["etcd"], self._directory, self._ports))
        argv = configuration.apiserver_argv(
            self._tools["kube-apiserver"],
            self._directory,
            self._ports,
            ca_file=ca_file,
            serving=self._authority.server_certificate(),
            service_account_key=key,
            webhook=None,
        )
        self._supervisor.start("kube-apiserver", argv)
        while not admin.ready():
            time.sleep(0.2)
        for replica in (1, 2):
            self._elected(replica, ca_file, key)
        _register(admin, nodes)
        self._loop = RequestLoop(self._endpoint, ca_file, identities(nodes), self._pair)
        self._loop.start()
        time.sleep(SETTLE_SECONDS)

    def _elected(self, replica: int, ca_file: Path, key: Path) -> None:
        for name in ELECTED:
            kubeconfig = self._kubeconfig(name)
            argv = (
                configuration.controller_manager_argv(
                    self._tools[name], kubeconfig, ca_file=ca_file, service_account_key=key
                )
                if name == "kube-controller-manager"
                else configuration.scheduler_argv(self._tools[name], kubeconfig)
            )
            elected = [argument for argument in argv if not argument.startswith("--leader-elect")]
            self._supervisor.start(f"{name}-{replica}", [*elected, "--leader-elect=true"])

    def _kubeconfig(self, name: str) -> Path:
        path = self._directory / f"{name}.kubeconfig"
        user = f"system:{name}"
        text = configuration.kubeconfig(
            cluster="audit",
            endpoint=self._endpoint,
            certificate_authority_pem=self._authority.certificate_pem,
            user=user,
            client=self._pair(user, MASTERS),
        )
        path.write_text(text, encoding="utf-8")
        return path

    def _pair(self, user: str, group: str) -> KeyPair:
        return self._authority.client_certificate(user.replace(":", "-"), user=user, group=group)

    def _client(self, pair: KeyPair) -> ApiClient:
        return ApiClient(
            self._endpoint,
            ca_file=self._authority.certificate_file,
            certificate_file=pair.certificate_file,
            key_file=pair.key_file,
        )

    def dead(self) -> list[str]:
        """Processes that ended."""
        return [name for name in self._supervisor.pids if not self._supervisor.alive(name)]

    def stop(self) -> None:
        """Ends everything that this started."""
        if self._loop is not None:
            self._loop.stop()
        self._supervisor.stop()


def _register(admin: ApiClient, count: int) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "nodes"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:nodes"}],
    }
    admin.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    group = NodeGroup(
        name="nodes", cluster="audit", instance_type="t4g.large", count=count, zones=("us-west-2a",),
        kubernetes_version="1.35",
    )  # fmt: skip
    for number, node in enumerate(nodes_of(group)):
        node["metadata"]["name"] = f"node-{number}"
        admin.create("/api/v1/nodes", node)


def report(log: Path, offset: int, hours: float, nodes: int) -> str:
    """Bytes and lines by writer, the part that doesn't depend on nodes, and the part of one node."""
    lines, size = Counter[str](), Counter[str]()
    what: dict[str, Counter[str]] = defaultdict(Counter)
    with log.open("rb") as file:
        file.seek(offset)
        for line in file:
            event = json.loads(line)
            writer = _writer(event)
            lines[writer] += 1
            size[writer] += len(line)
            reference = event.get("objectRef", {})
            what[writer][f"{event['verb']} {reference.get('resource', event['requestURI'][:12])}"] += len(line)
    monthly = {writer: size[writer] / hours * HOURS_PER_MONTH / 1e9 for writer in size}
    of_nodes = sum(gigabytes for writer, gigabytes in monthly.items() if writer.startswith("node"))
    # EKS runs at least two API servers (Amazon EKS User Guide, "Amazon EKS architecture"); one runs here.
    fixed = sum(monthly.values()) - of_nodes + monthly.get("system:apiserver", 0.0)
    table = [f"{'writer':44} {'lines/h':>9} {'bytes each':>10} {'GB/month':>9}  most of it"]
    table += [
        f"{writer:44} {lines[writer] / hours:9.0f} {size[writer] / lines[writer]:10.0f} {monthly[writer]:9.3f}  "
        f"{', '.join(f'{name} {100 * part / size[writer]:.0f} %' for name, part in what[writer].most_common(3))}"
        for writer in sorted(monthly, key=lambda name: -monthly[name])
    ]
    return "\n".join(
        [
            *table,
            f"{hours * 60:.1f} minutes, {nodes} nodes, {sum(lines.values())} lines, {sum(size.values()) / 1e6:.1f} MB",
            f"fixed part {fixed:.2f} GB a month; a node's part {of_nodes / nodes:.2f} GB a month",
        ]
    )


def _writer(event: JsonObject) -> str:
    name = str(event["user"]["username"])
    if name.startswith("system:node:"):
        return "node: kubelet"
    agent = str(event.get("userAgent", ""))
    return f"node: {agent.partition('/')[0]}" if agent.endswith("/node") else name


if __name__ == "__main__":
    sys.exit(main())
