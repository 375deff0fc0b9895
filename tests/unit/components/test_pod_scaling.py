"""Autoscalers as they are registered, and that the real charts have what they scale."""

from typing import Any

from components.namespace import PlatformNamespace, PlatformNamespaceArgs
from components.pod_scaling import PodScaling, PodScalingArgs
from settings.models.sizes import SCALABLE_WORKLOADS
from tests.stacks import REPOSITORY
from tests.unit.recording import run_program
from tests.unit.telemetry.stores import S3

SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
FACTS = REPOSITORY / "tests" / "data" / "charts"


def test_one_autoscaler_for_each_workload_that_scales(make_settings: Any) -> None:
    sizes = {"collector_gateway": {"max_replicas": 3}, "mimir": {"distributor": {"max_replicas": 4}}}
    settings = make_settings("prod", sizes=sizes)

    def program() -> None:
        namespace = PlatformNamespace("namespace", PlatformNamespaceArgs(settings, S3, "prod"))
        PodScaling("pod-scaling", PodScalingArgs(settings, namespace))

    graph = run_program(program, stack="prod")
    made = {one.inputs["metadata"]["name"]: one.inputs for one in graph.of(SCALER)}
    assert {name: one["spec"]["maxReplicas"] for name, one in made.items()} == {
        "collector-gateway": 3,
        "mimir-distributor": 4,
    }
    for one in made.values():
        assert one["metadata"]["namespace"] == "monitoring"
        assert one["spec"]["scaleTargetRef"]["name"] == one["metadata"]["name"]


def test_what_is_scaled_is_in_the_real_charts() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in FACTS.glob("*.yaml"))
    for kind, name in SCALABLE_WORKLOADS.values():
        assert f"{kind}/{name}" in text, f"{kind} {name}"
