"""The simulated cluster on its real API server: pods get scheduled, volumes made, rules enforced, and nothing stays."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.kubernetes.control_plane import ControlPlane, ControlPlaneError
from sandbox.kubernetes.nodes import Taint
from tests.artefacts.kubernetes_driver import (
    GP3,
    PATIENCE_SECONDS,
    apply,
    claim,
    eventually,
    get,
    group,
    kubectl,
    pod,
    template,
    workload,
)

VIEWER_TOKEN = "viewer"


class Authenticator(BaseHTTPRequestHandler):
    """What EKS's token webhook does, for one known token."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = review["spec"]["token"] == VIEWER_TOKEN
        review["status"] = {"authenticated": known}
        if known:
            review["status"]["user"] = {"username": "viewer", "groups": ["eks:view"]}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def webhook_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Authenticator)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/authenticate"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, webhook_url: str) -> Iterator[ControlPlane]:
    directory = tmp_path_factory.mktemp("control-plane")
    control_plane = ControlPlane.start(name="tested", directory=directory, authentication_webhook_url=webhook_url)
    try:
        control_plane.add_node_group(group("general", count=3))
        apply(control_plane, GP3)
        yield control_plane
    finally:
        control_plane.stop()


@pytest.fixture
def namespace(cluster: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    name = request.node.name.removeprefix("test_").replace("_", "-")[:50].strip("-")
    kubectl(cluster, "create", "namespace", name)
    yield name
    kubectl(cluster, "delete", "namespace", name, "--wait=false", "--ignore-not-found")


def test_kubectl_sees_ready_nodes_like_eks_makes_them(cluster: ControlPlane) -> None:
    nodes = get(cluster, "nodes", "-l", "eks.amazonaws.com/nodegroup=general")["items"]
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert zones == {"us-west-2a", "us-west-2b", "us-west-2c"}
    kubectl(cluster, "wait", "--for=condition=Ready", "node", "--all", "--timeout=20s")
    node = nodes[0]
    assert node["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"
    assert node["status"]["allocatable"]["cpu"] == "1930m"
    assert node["status"]["capacity"]["pods"] == "35"


def test_token_is_reviewed_by_the_webhook_and_maps_to_a_role(cluster: ControlPlane, namespace: str) -> None:
    def allowed(token: str, verb: str) -> bool:
        # An empty kubeconfig: the admin's client certificate would win over the token.
        server = [f"--server={cluster.endpoint}", f"--certificate-authority={ca}", f"--token={token}"]
        result = kubectl(cluster, "--kubeconfig=/dev/null", *server, "auth", "can-i", verb, "pods", check=False)
        return result.stdout.strip() == "yes"

    ca = cluster.directory / "pki" / "ca.crt"
    assert allowed(VIEWER_TOKEN, "list")
    assert not allowed(VIEWER_TOKEN, "create")
    assert not allowed("forged", "list")


def test_stateful_set_gets_its_volumes_in_its_zone_and_they_go_with_their_claims(
    cluster: ControlPlane, namespace: str
) -> None:
    claims = [{"metadata": {"name": "data"}, "spec": claim("10Gi")}]
    apply(cluster, workload("StatefulSet", "db", namespace, serviceName="db", replicas=2, volumeClaimTemplates=claims))
    kubectl(cluster, "-n", namespace, "rollout", "status", "statefulset/db", f"--timeout={PATIENCE_SECONDS}s")

    bound = get(cluster, "-n", namespace, "pvc", "data-db-0")
    volume = get(cluster, "pv", bound["spec"]["volumeName"])
    term = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]
    node = get(cluster, "node", get(cluster, "-n", namespace, "pod", "db-0")["spec"]["nodeName"])
    assert term["values"] == [node["metadata"]["labels"]["topology.kubernetes.io/zone"]]
    assert volume["spec"]["csi"]["driver"] == "ebs.csi.aws.com"

    kubectl(cluster, "-n", namespace, "delete", "statefulset/db", "pvc/data-db-0", "pvc/data-db-1")
    eventually(lambda: not [v for v in get(cluster, "pv")["items"] if v["spec"]["claimRef"]["namespace"] == namespace])


def test_volume_grows_with_its_claim(cluster: ControlPlane, namespace: str) -> None:
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": namespace}}
    apply(cluster, {**body, "spec": claim("1Gi")})
    mount = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    apply(cluster, pod("user", namespace, volumes=mount))
    kubectl(cluster, "-n", namespace, "wait", "--for=condition=Ready", "pod/user", f"--timeout={PATIENCE_SECONDS}s")
    apply(cluster, {**body, "spec": claim("5Gi")})
    eventually(lambda: get(cluster, "-n", namespace, "pvc", "data")["status"]["capacity"]["storage"] == "5Gi")


def test_claim_that_ebs_cannot_serve_stays_pending_and_says_why(cluster: ControlPlane, namespace: str) -> None:
    metadata = {"name": "shared", "namespace": namespace}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
    apply(cluster, {**body, "spec": claim("1Gi", "ReadWriteMany")})
    events = eventually(lambda: warnings(cluster, namespace, "ProvisioningFailed"))
    assert "can't be ReadWriteMany" in events[0]
    assert get(cluster, "-n", namespace, "pvc", "shared")["status"]["phase"] == "Pending"


def warnings(cluster: ControlPlane, namespace: str, reason: str) -> list[str]:
    events = get(cluster, "-n", namespace, "events", f"--field-selector=reason={reason}")["items"]
    return [event["message"] for event in events]


def test_pod_larger_than_any_node_stays_pending(cluster: ControlPlane, namespace: str) -> None:
    apply(cluster, pod("huge", namespace, container={"resources": {"requests": {"memory": "7500Mi"}}}))
    events = eventually(lambda: warnings(cluster, namespace, "FailedScheduling"))
    assert "Insufficient memory" in events[0]
    assert get(cluster, "-n", namespace, "pod", "huge")["status"]["phase"] == "Pending"


def test_daemon_set_runs_once_on_every_node_that_it_tolerates(cluster: ControlPlane, namespace: str) -> None:
    taint = Taint(key="dedicated", value="batch", effect="NoSchedule")
    cluster.add_node_group(group("tainted", count=1, taints=(taint,)))
    apply(cluster, workload("DaemonSet", "agent", namespace))
    kubectl(cluster, "-n", namespace, "rollout", "status", "daemonset/agent", f"--timeout={PATIENCE_SECONDS}s")
    pods = get(cluster, "-n", namespace, "pods")["items"]
    general = get(cluster, "nodes", "-l", "eks.amazonaws.com/nodegroup=general")["items"]
    assert sorted(one["spec"]["nodeName"] for one in pods) == sorted(node["metadata"]["name"] for node in general)
    cluster.remove_node_group("tainted")
    assert not get(cluster, "nodes", "-l", "eks.amazonaws.com/nodegroup=tainted")["items"]


def test_restricted_pod_security_refuses_a_privileged_pod(cluster: ControlPlane, namespace: str) -> None:
    kubectl(cluster, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    bad = pod("bad", namespace, container={"securityContext": {"privileged": True}})
    refusal = kubectl(cluster, "apply", "-f", "-", given=bad, check=False)
    assert refusal.returncode != 0
    assert "violates PodSecurity" in refusal.stderr


def test_quota_counts_and_refuses_what_is_over_it(cluster: ControlPlane, namespace: str) -> None:
    kubectl(cluster, "-n", namespace, "create", "quota", "limit", "--hard=requests.cpu=500m")
    half = {"resources": {"requests": {"cpu": "300m"}}}
    eventually(lambda: get(cluster, "-n", namespace, "quota", "limit").get("status", {}).get("hard"))
    apply(cluster, pod("first", namespace, container=half))
    refusal = kubectl(cluster, "apply", "-f", "-", given=pod("second", namespace, container=half), check=False)
    assert "exceeded quota: limit" in refusal.stderr
    eventually(lambda: get(cluster, "-n", namespace, "quota", "limit")["status"]["used"]["requests.cpu"] == "300m")


def test_pod_waits_for_the_secret_that_it_reads_and_then_starts(cluster: ControlPlane, namespace: str) -> None:
    variable = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}
    apply(cluster, pod("reader", namespace, container={"env": [variable]}))
    waiting = eventually(lambda: get(cluster, "-n", namespace, "pod", "reader")["status"].get("containerStatuses"))
    assert waiting[0]["state"]["waiting"]["reason"] == "CreateContainerConfigError"
    assert warnings(cluster, namespace, "Failed") == ['Error: secret "login" not found']

    kubectl(cluster, "-n", namespace, "create", "secret", "generic", "login", "--from-literal=user=me")
    eventually(lambda: any("couldn't find key password" in text for text in warnings(cluster, namespace, "Failed")))
    kubectl(cluster, "-n", namespace, "patch", "secret", "login", "-p", '{"stringData": {"password": "x"}}')
    kubectl(cluster, "-n", namespace, "wait", "--for=condition=Ready", "pod/reader", f"--timeout={PATIENCE_SECONDS}s")


def test_job_completes(cluster: ControlPlane, namespace: str) -> None:
    metadata = {"name": "once", "namespace": namespace}
    spec = {"template": template(restartPolicy="Never")}
    apply(cluster, {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec})
    kubectl(cluster, "-n", namespace, "wait", "--for=condition=Complete", "job/once", f"--timeout={PATIENCE_SECONDS}s")


def test_load_balancer_service_gets_a_host_name_of_the_region(cluster: ControlPlane, namespace: str) -> None:
    kubectl(cluster, "-n", namespace, "create", "service", "loadbalancer", "front", "--tcp=80:80")
    ingress = eventually(
        lambda: get(cluster, "-n", namespace, "service", "front")["status"]["loadBalancer"].get("ingress")
    )
    assert ingress[0]["hostname"].endswith(".us-west-2.elb.amazonaws.com")


def test_ingress_of_class_alb_gets_a_host_name_of_the_region(cluster: ControlPlane, namespace: str) -> None:
    kubectl(cluster, "-n", namespace, "create", "ingress", "front", "--class=alb", "--rule=a.example/*=front:80")
    kubectl(cluster, "-n", namespace, "create", "ingress", "other", "--class=nginx", "--rule=a.example/*=front:80")
    ingress = eventually(
        lambda: get(cluster, "-n", namespace, "ingress", "front")["status"]["loadBalancer"].get("ingress")
    )
    assert ingress[0]["hostname"].endswith(".us-west-2.elb.amazonaws.com")
    assert not get(cluster, "-n", namespace, "ingress", "other")["status"]["loadBalancer"]


def test_removed_node_group_hands_its_pods_to_the_others(cluster: ControlPlane, namespace: str) -> None:
    cluster.add_node_group(group("leaving", count=1, labels={"role": "leaving"}))
    preference = {"weight": 100, "preference": {"matchExpressions": [{"key": "role", "operator": "Exists"}]}}
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [preference]}}
    apply(cluster, workload("Deployment", "web", namespace, template=template(affinity=affinity)))
    kubectl(cluster, "-n", namespace, "rollout", "status", "deployment/web", f"--timeout={PATIENCE_SECONDS}s")
    leaving = get(cluster, "nodes", "-l", "role=leaving")["items"][0]["metadata"]["name"]
    assert [one["spec"]["nodeName"] for one in get(cluster, "-n", namespace, "pods")["items"]] == [leaving]

    cluster.remove_node_group("leaving")

    def moved() -> bool:
        pods = get(cluster, "-n", namespace, "pods")["items"]
        return [one["status"]["phase"] for one in pods] == ["Running"] and pods[0]["spec"]["nodeName"] != leaving

    eventually(moved)


def test_node_group_is_scaled_and_relabelled_in_place(cluster: ControlPlane) -> None:
    cluster.add_node_group(group("scaled", count=2, labels={"old": "1"}))
    before = {node["metadata"]["uid"] for node in get(cluster, "nodes", "-l", "old=1")["items"]}
    cluster.add_node_group(group("scaled", count=3, labels={"new": "1"}))
    after = {node["metadata"]["uid"] for node in get(cluster, "nodes", "-l", "new=1,!old")["items"]}
    assert len(after) == 3
    assert before < after
    cluster.remove_node_group("scaled")


def test_deleted_namespace_goes_with_all_that_is_in_it(cluster: ControlPlane, namespace: str) -> None:
    apply(cluster, workload("Deployment", "web", namespace, replicas=2))
    kubectl(cluster, "-n", namespace, "rollout", "status", "deployment/web", f"--timeout={PATIENCE_SECONDS}s")
    kubectl(cluster, "delete", "namespace", namespace, f"--timeout={PATIENCE_SECONDS}s")
    assert kubectl(cluster, "get", "namespace", namespace, check=False).returncode != 0


def test_writes_are_audited(cluster: ControlPlane, namespace: str) -> None:
    def recorded() -> bool:
        lines = (cluster.directory / "audit.log").read_text().splitlines()
        entries = [json.loads(line) for line in lines if f'"name":"{namespace}"' in line]
        return any(entry["verb"] == "create" and entry["user"]["username"] == "kubernetes-admin" for entry in entries)

    eventually(recorded)


def test_second_start_in_a_directory_in_use_is_refused(cluster: ControlPlane) -> None:
    with pytest.raises(ControlPlaneError, match="another control plane is running in"):
        ControlPlane.start(name="other", directory=cluster.directory, authentication_webhook_url=None)
