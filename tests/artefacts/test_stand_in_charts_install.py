"""Kubernetes accepts what the stand-in charts render to for each stack, and releases install and become ready."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sandbox.kubernetes.control_plane import ControlPlane
from tests.artefacts.helm_driver import STAND_INS, helm, render
from tests.artefacts.kubernetes_driver import GP3, apply, group, kubectl
from tests.chart_facts.values import AGENT, RELEASES, STACKS, stack_values

# dev's agents and the owners' have rights in their own namespace.
AGENT_NAMESPACES = {"dev": "monitoring-dev-agent", "staging": "monitoring-agent", "prod": "monitoring-agent"}
NAMESPACES = ("monitoring", *sorted(set(AGENT_NAMESPACES.values())))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    control_plane = ControlPlane.start(
        name="charts", directory=tmp_path_factory.mktemp("charts"), authentication_webhook_url=None
    )
    try:
        control_plane.add_node_group(group("general", count=1, labels={"lgtm.dev/stack": "prod"}))
        apply(control_plane, GP3)
        for namespace in NAMESPACES:
            kubectl(control_plane, "create", "namespace", namespace)
            for mode in ("enforce", "warn"):
                kubectl(control_plane, "label", "ns", namespace, f"pod-security.kubernetes.io/{mode}=restricted")
        # What cert-manager would issue.
        for name in ("tempo-tls", "loki-tls", "pyroscope-tls"):
            entries = (f"--from-literal={entry}=x" for entry in ("tls.crt", "tls.key", "ca.crt"))
            kubectl(control_plane, "-n", "monitoring", "create", "secret", "generic", name, *entries)
        yield control_plane
    finally:
        control_plane.stop()


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("release", RELEASES)
def test_kubernetes_accepts_what_a_stacks_values_render_to(cluster: ControlPlane, stack: str, release: str) -> None:
    documents = render(RELEASES[release], stack_values(stack)[release], release)
    namespace = AGENT_NAMESPACES[stack] if release == AGENT else "monitoring"
    for one in documents:
        if "namespace" in one["metadata"]:
            # Rendered for one namespace for all stacks; what names its own must name the right one.
            assert one["metadata"]["namespace"] in ("monitoring", namespace)
            one["metadata"]["namespace"] = namespace
    manifests = {"apiVersion": "v1", "kind": "List", "items": documents}
    # On the server: kubectl's own way copies an object into an annotation, which is too small for the gateway's.
    result = kubectl(
        cluster,
        "apply",
        "--server-side",
        "-n",
        namespace,
        "--dry-run=server",
        "--validate=strict",
        "-f",
        "-",
        given=manifests,
    )
    # The agent mounts the host's folders, which Pod Security `restricted` forbids; everything else keeps to it.
    assert ("would violate PodSecurity" in result.stderr) == (release == AGENT)


@pytest.mark.parametrize("release", ["tempo", "grafana"])
def test_release_installs_and_all_its_pods_become_ready(cluster: ControlPlane, release: str) -> None:
    if release == "grafana":
        login = ("--from-literal=admin-user=a", "--from-literal=admin-password=b")
        kubectl(cluster, "-n", "monitoring", "create", "secret", "generic", "grafana-admin", *login)
    target = [release, str(STAND_INS / RELEASES[release]), "-n", "monitoring"]
    connection = f"--kubeconfig={cluster.admin_kubeconfig}"
    helm("install", *target, connection, "--wait", "--timeout=60s", values=stack_values("prod")[release])
    selector = f"app.kubernetes.io/instance={release}"
    pods = json.loads(kubectl(cluster, "-n", "monitoring", "get", "pods", "-l", selector, "-o", "json").stdout)["items"]
    assert [one["status"]["phase"] for one in pods] == ["Running"]


def test_grafana_of_before_is_upgraded_though_its_binding_named_the_charts_role(cluster: ControlPlane) -> None:
    """Kubernetes refuses another role in a binding that exists, so the chart's binding must go and not change."""
    target = ["grafana", str(STAND_INS / RELEASES["grafana"]), "-n", "monitoring"]
    connection = f"--kubeconfig={cluster.admin_kubeconfig}"
    values = stack_values("prod")["grafana"]
    helm("upgrade", *target, connection, "--install", values={**values, "rbac": {"namespaced": True}})
    assert kubectl(cluster, "-n", "monitoring", "get", "rolebinding", "grafana", "-o", "name").stdout
    helm("upgrade", *target, connection, values=values)
    left = kubectl(
        cluster,
        "-n",
        "monitoring",
        "get",
        "roles,rolebindings",
        "-l",
        "app.kubernetes.io/instance=grafana",
        "-o",
        "name",
    )
    assert left.stdout == ""
