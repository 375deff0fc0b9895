"""What agents scrape: which jobs, whose pods, and that nothing is scraped twice."""

import re
from collections.abc import Callable
from typing import Any

from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.inventory import inventory_files
from telemetry.collector.scrapes import prometheus_receiver, scrapes
from tests.query_inventory import series

Make = Callable[..., PlatformSettings]
PLATFORM = {"loki", "tempo", "mimir", "grafana", "collector-agent", "collector-gateway"}
NODE_NAME = "${env:OTEL_K8S_NODE_NAME}"


def jobs(settings: PlatformSettings) -> dict[str, dict[str, Any]]:
    return {job["job_name"]: job for job in prometheus_receiver(settings)["config"]["scrape_configs"]}


def rules(job: dict[str, Any], action: str) -> dict[str, str]:
    """Regular expressions by the first source label."""
    return {rule["source_labels"][0]: rule["regex"] for rule in job["relabel_configs"] if rule.get("action") == action}


def test_the_owner_of_a_cluster_scrapes_its_exporters_and_a_tenant_stack_only_its_nodes(
    make_settings: Make, on_premises: PlatformSettings
) -> None:
    own = PLATFORM | {"node-exporter", "kube-state-metrics", "cert-manager"}
    assert set(jobs(make_settings("staging"))) == own
    assert set(jobs(on_premises)) == own
    assert set(jobs(make_settings("dev"))) == PLATFORM | {"node-exporter"}


def test_every_agent_looks_at_its_own_node_only(settings: PlatformSettings) -> None:
    for job in jobs(settings).values():
        (discovery,) = job["kubernetes_sd_configs"]
        assert discovery["role"] == "pod"
        assert discovery["selectors"] == [{"role": "pod", "field": f"spec.nodeName={NODE_NAME}"}]


def test_no_namespace_of_another_stack_is_looked_at(make_settings: Make) -> None:
    for stack, own in (
        ("dev", {"monitoring-dev", "monitoring-dev-agent"}),
        ("staging", {"monitoring", "monitoring-agent"}),
    ):
        for name, job in jobs(make_settings(stack)).items():
            (discovery,) = job["kubernetes_sd_configs"]
            assert {one for one in discovery["namespaces"]["names"] if one.startswith("monitoring")} == own
            namespace = rules(job, "keep")["__meta_kubernetes_namespace"]
            assert (namespace in own) == (name in PLATFORM)


def test_one_port_of_a_pod_is_scraped_and_finished_pods_are_not(settings: PlatformSettings) -> None:
    for job, scrape in zip(jobs(settings).values(), scrapes(settings), strict=True):
        assert rules(job, "keep")["__meta_kubernetes_pod_container_port_number"] == str(scrape.port)
        assert rules(job, "drop")["__meta_kubernetes_pod_phase"] == "Failed|Succeeded"


def test_mimirs_nginx_has_no_metrics(settings: PlatformSettings) -> None:
    assert (
        rules(jobs(settings)["mimir"], "drop")["__meta_kubernetes_pod_label_app_kubernetes_io_component"] == "gateway"
    )


def test_the_interval_is_the_workloads(make_settings: Make) -> None:
    for seconds, timeout in ((60, "10s"), (5, "5s")):
        settings = make_settings("prod", workload={"scrape_interval_seconds": seconds})
        assert prometheus_receiver(settings)["config"]["global"] == {
            "scrape_interval": f"{seconds}s",
            "scrape_timeout": timeout,
            "scrape_protocols": ["PrometheusText0.0.4"],
        }


def test_what_is_listed_is_kept_and_nothing_else(make_settings: Make) -> None:
    settings = make_settings("prod")
    for scrape, job in zip(scrapes(settings), jobs(settings).values(), strict=True):
        keep = [rule["regex"] for rule in job.get("metric_relabel_configs", ()) if rule["action"] == "keep"]
        if scrape.inventory is None:
            assert keep == []
            continue
        (expression,) = keep
        for name, _ in series(inventory_files()[scrape.inventory]):
            assert re.fullmatch(expression, name), name
        assert not re.fullmatch(expression, "go_gc_duration_seconds")
        assert not re.fullmatch(expression, "anything_else_total")
