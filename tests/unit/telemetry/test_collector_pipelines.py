"""The collector's pipelines: order, connections, queues, and what the checker of a whole configuration refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from settings.models.platform import PlatformSettings
from telemetry.collector.agent import agent_config
from telemetry.collector.config import CollectorConfig, Pipeline
from telemetry.collector.gateway import gateway_config

Make = Callable[..., PlatformSettings]
# The published export interval of Python services.
PYTHON_EXPORT_SECONDS = 30
DEPRECATED = {"otlp/", "otlphttp", "filelog", "k8sattributes"}


def small(**changes: Any) -> CollectorConfig:
    """A minimal valid configuration, with changes."""
    parts: dict[str, Any] = {
        "receivers": {"otlp": {}},
        "processors": {"memory_limiter": {}, "batch": {}},
        "exporters": {"debug": {}},
        "extensions": {"health_check": {}},
        "pipelines": {
            "logs": Pipeline(receivers=("otlp",), processors=("memory_limiter", "batch"), exporters=("debug",))
        },
    }
    return CollectorConfig(**(parts | changes))


def logs(**changes: Any) -> dict[str, Pipeline]:
    return {"logs": small().pipelines["logs"].model_copy(update=changes)}


class TestChecker:
    def test_the_minimum_is_accepted(self) -> None:
        assert small().document()["service"]["pipelines"]["logs"]["processors"] == ["memory_limiter", "batch"]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"pipelines": logs(receivers=("otlp", "jaeger"))}, "receiver jaeger is not defined"),
            ({"pipelines": logs(processors=("memory_limiter", "batch", "x"))}, "processor x is not defined"),
            ({"pipelines": logs(exporters=("debug", "x"))}, "exporter x is not defined"),
            ({"receivers": {"otlp": {}, "jaeger": {}}}, "receiver jaeger is in no pipeline"),
            ({"exporters": {"debug": {}, "file": {}}}, "exporter file is in no pipeline"),
            ({"connectors": {"forward": {}}}, "connector forward is in no pipeline"),
            ({"pipelines": logs(processors=("batch", "memory_limiter"))}, "memory_limiter must be the first processor"),
        ],
    )
    def test_a_broken_configuration_is_named(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            small(**changes)


class TestBoth:
    @pytest.mark.parametrize("build", [agent_config, gateway_config])
    def test_current_component_names(
        self, settings: PlatformSettings, build: Callable[[PlatformSettings], CollectorConfig]
    ) -> None:
        document = build(settings).document()
        names = [n for part in ("receivers", "processors", "exporters") for n in document[part]]
        assert not [name for name in names for old in DEPRECATED if name.startswith(old)]

    @pytest.mark.parametrize("build", [agent_config, gateway_config])
    def test_batches_come_last(
        self, settings: PlatformSettings, build: Callable[[PlatformSettings], CollectorConfig]
    ) -> None:
        config = build(settings)
        for name, pipeline in config.pipelines.items():
            leaves = set(pipeline.exporters) <= set(config.exporters)
            assert not leaves or pipeline.processors[-1] == "batch", name

    @pytest.mark.parametrize("build", [agent_config, gateway_config])
    def test_the_probes_are_answered_and_own_metrics_wait_for_the_scrape(
        self, settings: PlatformSettings, build: Callable[[PlatformSettings], CollectorConfig]
    ) -> None:
        service = build(settings).document()["service"]
        assert "health_check" in service["extensions"]
        (reader,) = service["telemetry"]["metrics"]["readers"]
        assert reader["pull"]["exporter"]["prometheus"]["port"] == 8888

    @pytest.mark.parametrize("build", [agent_config, gateway_config])
    def test_nothing_listens_on_the_pods_address_alone(
        self, settings: PlatformSettings, build: Callable[[PlatformSettings], CollectorConfig]
    ) -> None:
        """A port-forward comes from localhost inside the pod."""
        document = build(settings).document()
        (reader,) = document["service"]["telemetry"]["metrics"]["readers"]
        protocols = document["receivers"]["otlp"]["protocols"].values()
        listening = [
            *(protocol["endpoint"].rpartition(":")[0] for protocol in protocols),
            document["extensions"]["health_check"]["endpoint"].rpartition(":")[0],
            reader["pull"]["exporter"]["prometheus"]["host"],
        ]
        assert listening == ["0.0.0.0"] * 4  # noqa: S104
        assert "MY_POD_IP" not in str(document)


class TestAgent:
    def test_every_signal_is_enriched_by_pod_before_it_leaves(self, settings: PlatformSettings) -> None:
        pipelines = dict(agent_config(settings).pipelines)
        del pipelines["metrics/cluster"]
        assert set(pipelines) == {"traces", "metrics", "metrics/node", "logs", "logs/pods"}
        enriched = ("k8s_attributes", "resourcedetection", "batch")
        for pipeline in pipelines.values():
            sent = pipeline.receivers == ("otlp",)
            assert sent or "otlp" not in pipeline.receivers
            claims = ("resource/unclaimed",) if sent else ()
            assert pipeline.processors == ("memory_limiter", *claims, *enriched)

    def test_a_connection_says_more_than_what_is_sent(self, settings: PlatformSettings) -> None:
        sources = agent_config(settings).processors["k8s_attributes"]["pod_association"]
        assert [source["from"] for one in sources for source in one["sources"]] == ["connection", "resource_attribute"]

    def test_what_speaks_of_other_pods_isnt_given_the_agents_node(self, settings: PlatformSettings) -> None:
        config = agent_config(settings)
        pipeline = config.pipelines["metrics/cluster"]
        assert pipeline.receivers == ("prometheus", "k8s_cluster")
        assert pipeline.processors == ("memory_limiter", "resource/cluster", "batch")
        keys = {
            attribute["key"]: attribute["action"] for attribute in config.processors["resource/cluster"]["attributes"]
        }
        assert keys == {"k8s.cluster.name": "insert", "deployment.environment.name": "insert"}

    def test_one_agent_of_a_stack_reports_object_states(self, make_settings: Make) -> None:
        owner, tenant_stack = (agent_config(make_settings(stack)) for stack in ("staging", "dev"))
        for config, namespace in ((owner, "monitoring-agent"), (tenant_stack, "monitoring-dev-agent")):
            assert config.receivers["k8s_cluster"]["k8s_leader_elector"] == "k8s_leader_elector"
            assert config.extensions["k8s_leader_elector"]["lease_namespace"] == namespace
        assert "namespaces" not in owner.receivers["k8s_cluster"]
        assert tenant_stack.receivers["k8s_cluster"]["namespaces"] == ["monitoring-dev", "monitoring-dev-agent"]

    def test_claims_of_volumes_are_asked_for_where_the_kubelet_may_tell(
        self, make_settings: Make, on_premises: PlatformSettings
    ) -> None:
        for settings, labels in ((make_settings("prod"), ["k8s.volume.type"]), (on_premises, None)):
            assert agent_config(settings).receivers["kubeletstats"].get("extra_metadata_labels") == labels

    def test_every_exporter_keeps_what_it_cant_send_on_disk(self, settings: PlatformSettings) -> None:
        config = agent_config(settings)
        for name, exporter in config.exporters.items():
            assert exporter["sending_queue"]["storage"] == "file_storage", name
            assert exporter["retry_on_failure"]["max_elapsed_time"] == "0s", name
        assert config.extensions["file_storage"]["directory"] == "/var/lib/otelcol"

    def test_log_offsets_survive_and_the_agents_dont_read_themselves(self, settings: PlatformSettings) -> None:
        receiver = agent_config(settings).receivers["file_log"]
        assert receiver["storage"] == "file_storage"
        assert receiver["exclude"] == [f"/var/log/pods/{settings.namespace}-agent_*/*/*.log"]
        assert receiver["operators"][0] == {"type": "container", "id": "container-parser"}

    def test_nothing_asks_the_metadata_service(self, settings: PlatformSettings) -> None:
        assert agent_config(settings).processors["resourcedetection"]["detectors"] == ["env", "system"]

    def test_kubelets_are_asked_once_a_minute(self, settings: PlatformSettings) -> None:
        assert agent_config(settings).receivers["kubeletstats"]["collection_interval"] == "60s"

    def test_kubelet_certificates_are_verified_where_the_clusters_ca_signs_them(
        self, make_settings: Make, on_premises: PlatformSettings
    ) -> None:
        def skipped(settings: PlatformSettings) -> bool:
            return agent_config(settings).receivers["kubeletstats"]["insecure_skip_verify"]

        adopted = {"mode": "existing", "context": "eks", "eks_cluster_name": "acme"}
        assert not skipped(make_settings("prod"))
        assert not skipped(make_settings("dev"))
        assert not skipped(make_settings("dev", cluster=adopted))
        assert skipped(on_premises)

    def test_one_gateway_is_reached_directly(self, make_settings: Make) -> None:
        config = agent_config(make_settings("dev"))
        assert config.pipelines["traces"].exporters == ("otlp_grpc",)
        assert config.exporters["otlp_grpc"]["endpoint"] == "collector-gateway.monitoring-dev.svc.cluster.local:4317"

    def test_several_gateways_get_whole_traces(self, make_settings: Make) -> None:
        config = agent_config(make_settings("prod"))
        balancer = config.exporters["loadbalancing"]
        assert config.pipelines["traces"].exporters == ("loadbalancing",)
        assert config.pipelines["logs"].exporters == config.pipelines["metrics"].exporters == ("otlp_grpc",)
        assert balancer["routing_key"] == "traceID"
        assert balancer["resolver"] == {"k8s": {"service": "collector-gateway.monitoring", "ports": [4317]}}


class TestGateway:
    def test_span_metrics_see_every_span_and_tempo_only_sampled_ones(self, settings: PlatformSettings) -> None:
        pipelines = gateway_config(settings).pipelines
        everything, sampled = pipelines["traces/all"], pipelines["traces/sampled"]
        assert "tail_sampling" not in everything.processors
        assert {"spanmetrics", "servicegraph"} <= set(everything.exporters)
        assert sampled.receivers == ("forward/sampling",)
        assert sampled.processors[0] == "tail_sampling"
        assert sampled.exporters == ("otlp_grpc/tempo",)
        assert [n for n, p in pipelines.items() if "otlp_grpc/tempo" in p.exporters] == ["traces/sampled"]

    def test_each_signal_ends_in_its_back_end(self, make_settings: Make) -> None:
        config = gateway_config(make_settings("dev"))
        assert config.exporters["otlp_grpc/tempo"]["endpoint"] == "tempo.monitoring-dev.svc.cluster.local:4317"
        assert (
            config.exporters["otlp_http/loki"]["endpoint"] == "https://loki.monitoring-dev.svc.cluster.local:3100/otlp"
        )
        mimir = "https://mimir-gateway.monitoring-dev.svc.cluster.local:8443/otlp"
        assert config.exporters["otlp_http/mimir"]["endpoint"] == mimir
        assert config.pipelines["logs"].exporters == ("otlp_http/loki",)
        assert config.pipelines["metrics"].exporters == ("otlp_http/mimir",)

    def test_gateways_dont_overwrite_each_others_span_metrics(self, settings: PlatformSettings) -> None:
        config = gateway_config(settings)
        attribute, *taken = config.processors["resource/instance"]["attributes"]
        assert config.pipelines["metrics/spans"].processors[0] == "resource/instance"
        assert attribute["key"] == "collector.instance.id"
        assert attribute["value"] == "${env:OTEL_K8S_POD_NAME}"
        assert {one["action"] for one in taken} == {"delete"}
        assert {"k8s.pod.name", "service.instance.id"} <= {one["key"] for one in taken}

    def test_span_metrics_know_the_http_status_and_the_version(self, settings: PlatformSettings) -> None:
        spans = gateway_config(settings).connectors["spanmetrics"]
        assert spans["dimensions"] == [{"name": "http.response.status_code"}]
        assert "service.version" in spans["resource_metrics_key_attributes"]

    def test_tenants_are_counted_apart_without_operations_and_durations(self, settings: PlatformSettings) -> None:
        config = gateway_config(settings)
        tenants = config.connectors["spanmetrics/tenants"]
        assert tenants["namespace"] == "traces.tenants"
        assert tenants["dimensions"] == [{"name": "tenant.id"}]
        assert tenants["exclude_dimensions"] == ["span.name"]
        assert tenants["histogram"] == {"disable": True}
        assert 0 < tenants["aggregation_cardinality_limit"] <= 5000
        assert "spanmetrics/tenants" in config.pipelines["traces/all"].exporters

    def test_the_tenants_attribute_is_a_setting(self, make_settings: Make) -> None:
        other = gateway_config(make_settings("prod", span_metrics={"tenant_attribute": "org.id"}))
        none = gateway_config(make_settings("prod", span_metrics={"tenant_attribute": None}))
        assert other.connectors["spanmetrics/tenants"]["dimensions"] == [{"name": "org.id"}]
        assert "spanmetrics/tenants" not in none.connectors

    def test_durations_are_seconds_with_exemplars(self, settings: PlatformSettings) -> None:
        spans = gateway_config(settings).connectors["spanmetrics"]
        assert spans["histogram"]["unit"] == "s"
        assert spans["exemplars"] == {"enabled": True}

    def test_nothing_leaves_unredacted(self, settings: PlatformSettings) -> None:
        config = gateway_config(settings)
        for name, pipeline in config.pipelines.items():
            if not set(pipeline.exporters) <= set(config.connectors):
                assert pipeline.processors[-2:] == ("transform/redaction", "batch"), name
        assert config.pipelines["traces/all"].processors == ("memory_limiter", "transform/span_names")

    def test_the_sampler_hands_over_before_the_dear_work(self, settings: PlatformSettings) -> None:
        processors = gateway_config(settings).pipelines["traces/sampled"].processors
        assert processors[:3] == ("tail_sampling", "batch/sampled", "transform/redaction")

    def test_every_back_end_may_be_away_for_as_long_as_the_disk_has_room(self, settings: PlatformSettings) -> None:
        for name, exporter in gateway_config(settings).exporters.items():
            assert exporter["sending_queue"]["storage"] == "file_storage", name
            assert exporter["retry_on_failure"]["max_elapsed_time"] == "0s", name

    def test_traces_wait_for_python_services_and_none_is_evicted_before_memory_is_full(
        self, settings: PlatformSettings
    ) -> None:
        sampling = gateway_config(settings).processors["tail_sampling"]
        assert int(sampling["decision_wait"].removesuffix("s")) > PYTHON_EXPORT_SECONDS
        smallest_trace_kib = 2
        memory_kib = settings.sizes.collector_gateway.memory_limit_mib * 1024 * 0.6
        assert sampling["num_traces"] > memory_kib / smallest_trace_kib
