"""The traps of the back ends' charts, one test each."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.models.platform import PlatformSettings

Build = Callable[[PlatformSettings], dict[str, dict[str, Any]]]
Make = Callable[..., PlatformSettings]


class TestLoki:
    def test_only_the_monolithic_target_has_replicas(self, settings: PlatformSettings, build: Build) -> None:
        values = build(settings)["loki"]
        assert values["deploymentMode"] == "Monolithic"
        assert values["singleBinary"]["replicas"] >= 1
        assert [values[target]["replicas"] for target in ("read", "write", "backend")] == [0, 0, 0]

    @pytest.mark.parametrize(("environment", "factor"), [("dev", 1), ("staging", 1), ("prod", 3)])
    def test_replication_follows_the_replicas(
        self, make_settings: Make, build: Build, environment: str, factor: int
    ) -> None:
        values = build(make_settings(environment))["loki"]
        assert values["loki"]["commonConfig"]["replication_factor"] == factor
        spread = values["singleBinary"]["topologySpreadConstraints"]
        assert [s["topologyKey"] for s in spread] == (["topology.kubernetes.io/zone"] if factor == 3 else [])

    def test_retention_deletes(self, settings: PlatformSettings, build: Build) -> None:
        loki = build(settings)["loki"]["loki"]
        assert loki["compactor"]["retention_enabled"] is True
        assert loki["compactor"]["delete_request_store"] == "s3"
        assert loki["compactor"]["deletion_marker_object_store_prefix"].endswith("/"), "else Loki doesn't start"
        assert loki["compactor"]["retention_delete_delay"] == "2h"
        assert loki["limits_config"]["retention_period"] == "336h"
        assert loki["limits_config"]["max_query_lookback"] == "336h"

    def test_retention_follows_the_settings(self, make_settings: Make, build: Build) -> None:
        settings = make_settings("dev", retention={"logs": {"hot_days": 1, "warm_days": 2, "delete_days": 5}})
        limits = build(settings)["loki"]["loki"]["limits_config"]
        assert limits["retention_period"] == "120h"
        assert limits["reject_old_samples"] is True, "the age below means nothing where old lines are accepted"
        assert limits["reject_old_samples_max_age"] == "48h"

    def test_the_schema_is_v13_with_daily_indexes_from_a_fixed_day(
        self, settings: PlatformSettings, build: Build
    ) -> None:
        assert build(settings)["loki"]["loki"]["schemaConfig"]["configs"] == [
            {
                "from": "2026-01-01",
                "store": "tsdb",
                "object_store": "s3",
                "schema": "v13",
                "index": {"prefix": "index_", "period": "24h"},
            }
        ]

    def test_one_tenant_without_a_header(self, settings: PlatformSettings, build: Build) -> None:
        assert build(settings)["loki"]["loki"]["auth_enabled"] is False

    def test_caches_are_off_or_sized(self, settings: PlatformSettings, build: Build) -> None:
        values = build(settings)["loki"]
        for key, cache_mb in (
            ("chunksCache", settings.sizes.loki.chunks_cache_mb),
            ("resultsCache", settings.sizes.loki.results_cache_mb),
        ):
            cache = values[key]
            assert cache["enabled"] == (cache_mb > 0)
            if cache_mb:
                assert cache["allocatedMemory"] == cache_mb
                assert cache["resources"]["limits"] == {"memory": cache["resources"]["requests"]["memory"]}
                assert cache["writebackSizeLimit"] == "32MB"

    def test_extras_are_off(self, settings: PlatformSettings, build: Build) -> None:
        values = build(settings)["loki"]
        for part in ("lokiCanary", "test", "gateway", "memcachedExporter"):
            assert values[part] == {"enabled": False}
        assert values["sidecar"]["rules"] == {"enabled": False}

    def test_few_resource_attributes_become_labels(self, settings: PlatformSettings, build: Build) -> None:
        otlp = build(settings)["loki"]["loki"]["limits_config"]["otlp_config"]["resource_attributes"]
        (action,) = otlp["attributes_config"]
        assert otlp["ignore_defaults"] is True
        assert action["action"] == "index_label"
        assert "service.name" in action["attributes"]
        assert not {"k8s.pod.name", "service.instance.id"} & set(action["attributes"])

    def test_no_storage_class_or_encryption_overrides_the_buckets_defaults(
        self, make_settings: Make, build: Build
    ) -> None:
        assert build(make_settings("prod"))["loki"]["loki"]["storage"]["s3"] == {"region": "us-west-2"}

    def test_ingestion_limits_follow_the_settings(self, settings: PlatformSettings, build: Build) -> None:
        limits = build(settings)["loki"]["loki"]["limits_config"]
        assert limits["ingestion_rate_mb"] == settings.ingestion.logs_mb_per_second
        assert limits["ingestion_burst_size_mb"] == settings.ingestion.logs_burst_mb

    def test_a_drain_takes_one_pod_at_a_time(self, make_settings: Make, build: Build) -> None:
        budget = build(make_settings("prod"))["loki"]["singleBinary"]["podDisruptionBudget"]
        assert budget == {"enabled": True, "maxUnavailable": 1}


class TestExemplars:
    def test_mimir_takes_the_exemplars_that_lead_from_a_metric_to_its_trace(
        self, settings: PlatformSettings, build: Build
    ) -> None:
        # Mimir's own default is 0: none.
        limits = build(settings)["mimir"]["mimir"]["structuredConfig"]["limits"]
        assert limits["max_global_exemplars_per_user"] > 0


class TestTempo:
    def test_the_write_ahead_log_is_on_a_volume(self, settings: PlatformSettings, build: Build) -> None:
        values = build(settings)["tempo"]
        assert values["persistence"]["enabled"] is True
        assert values["tempo"]["storage"]["trace"]["wal"]["path"].startswith("/var/tempo/")

    def test_no_memory_ballast_beyond_the_limit(self, settings: PlatformSettings, build: Build) -> None:
        assert build(settings)["tempo"]["tempo"]["memBallastSizeMbs"] == 0

    def test_retention_replaces_the_charts_single_day(self, settings: PlatformSettings, build: Build) -> None:
        assert build(settings)["tempo"]["tempo"]["retention"] == f"{settings.retention.traces.delete_days * 24}h"

    def test_limits_are_in_bytes(self, make_settings: Make, build: Build) -> None:
        ingestion = build(make_settings("prod"))["tempo"]["tempo"]["overrides"]["defaults"]["ingestion"]
        assert ingestion["rate_limit_bytes"] == 20_000_000
        assert ingestion["burst_size_bytes"] == 50_000_000

    def test_only_otlp_listens_beyond_the_pod(self, settings: PlatformSettings, build: Build) -> None:
        receivers = build(settings)["tempo"]["tempo"]["receivers"]
        reachable = {
            f"{name}/{protocol}": config["endpoint"]
            for name, receiver in receivers.items()
            for protocol, config in receiver["protocols"].items()
            if not config["endpoint"].startswith("127.0.0.1:")
        }
        assert reachable == {"otlp/grpc": "0.0.0.0:4317", "otlp/http": "0.0.0.0:4318"}
        # The chart's service template reads these four and fails on a null.
        assert set(receivers["jaeger"]["protocols"]) == {"grpc", "thrift_binary", "thrift_compact", "thrift_http"}

    def test_metrics_are_not_made_from_sampled_spans(self, settings: PlatformSettings, build: Build) -> None:
        assert build(settings)["tempo"]["tempo"]["metricsGenerator"] == {"enabled": False}

    def test_pods_pass_pod_security_restricted(self, settings: PlatformSettings, build: Build) -> None:
        values = build(settings)["tempo"]
        assert values["securityContext"]["runAsNonRoot"] is True
        assert values["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert values["tempo"]["securityContext"]["allowPrivilegeEscalation"] is False
        assert values["tempo"]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


class TestMimir:
    def config(self, settings: PlatformSettings, build: Build) -> dict[str, Any]:
        return build(settings)["mimir"]["mimir"]["structuredConfig"]

    def test_kafka_minio_and_the_operator_are_off(self, settings: PlatformSettings, build: Build) -> None:
        values = build(settings)["mimir"]
        for part in ("kafka", "minio", "rollout_operator", "overrides_exporter"):
            assert values[part] == {"enabled": False}
        assert self.config(settings, build)["ingest_storage"] == {"enabled": False}

    def test_writes_reach_ingesters_by_grpc(self, settings: PlatformSettings, build: Build) -> None:
        assert self.config(settings, build)["ingester"]["push_grpc_method_enabled"] is True
        assert self.config(settings, build)["distributor"]["remote_timeout"] == "2s"

    @pytest.mark.parametrize(("environment", "factor"), [("dev", 1), ("staging", 1), ("prod", 3)])
    def test_replication_follows_the_ingesters(
        self, make_settings: Make, build: Build, environment: str, factor: int
    ) -> None:
        settings = make_settings(environment)
        config, values = self.config(settings, build), build(settings)["mimir"]
        assert config["ingester"]["ring"] == {"replication_factor": factor}
        assert config["store_gateway"]["sharding_ring"] == {"replication_factor": 1}
        spread = values["ingester"].get("topologySpreadConstraints", [])
        hard = [s["topologyKey"] for s in spread if s["whenUnsatisfiable"] == "DoNotSchedule"]
        assert hard == (["kubernetes.io/hostname"] if factor == 3 else [])

    def test_no_component_is_spread_over_zones_by_the_operator(self, settings: PlatformSettings, build: Build) -> None:
        values = build(settings)["mimir"]
        for component in ("ingester", "store_gateway", "alertmanager"):
            assert values[component]["zoneAwareReplication"] == {"enabled": False}

    def test_caches_are_off(self, settings: PlatformSettings, build: Build) -> None:
        values = build(settings)["mimir"]
        for cache in ("chunks-cache", "index-cache", "metadata-cache", "results-cache"):
            assert values[cache] == {"enabled": False}

    def test_the_ruler_has_no_ballast(self, settings: PlatformSettings, build: Build) -> None:
        assert build(settings)["mimir"]["ruler"]["memBallastSizeBytes"] == 0

    @pytest.mark.parametrize("hot_days", [1, 3])
    def test_ingesters_keep_samples_until_store_gateways_answer_for_them(
        self, make_settings: Make, build: Build, hot_days: int
    ) -> None:
        metrics = {"hot_days": hot_days, "warm_days": 30, "delete_days": 90}
        config = self.config(make_settings("dev", retention={"metrics": metrics}), build)
        store_after = hours(config["querier"]["query_store_after"])
        assert store_after == hot_days * 24
        assert hours(config["blocks_storage"]["tsdb"]["retention_period"]) > store_after
        assert hours(config["limits"]["query_ingesters_within"]) > store_after

    def test_retention_is_the_compactors(self, settings: PlatformSettings, build: Build) -> None:
        assert self.config(settings, build)["limits"]["compactor_blocks_retention_period"] == "90d"

    def test_only_blocks_are_in_a_bucket_rules_and_receivers_are_mounted_files(
        self, settings: PlatformSettings, build: Build
    ) -> None:
        config, values = self.config(settings, build), build(settings)["mimir"]
        assert config["blocks_storage"]["s3"]["bucket_name"] == "acme-mimir-blocks"
        assert config["ruler_storage"] == {"backend": "local", "local": {"directory": "/etc/lgtm/rules"}}
        assert config["alertmanager_storage"] == {"backend": "local", "local": {"path": "/etc/lgtm/alertmanager"}}
        assert [mount["mountPath"] for mount in values["ruler"]["extraVolumeMounts"]] == ["/etc/lgtm/rules/anonymous"]
        assert values["ruler"]["extraVolumes"] == [{"name": "mimir-rules", "configMap": {"name": "mimir-rules"}}]
        assert [mount["mountPath"] for mount in values["alertmanager"]["extraVolumeMounts"]] == [
            "/etc/lgtm/alertmanager"
        ]
        (volume,) = values["alertmanager"]["extraVolumes"]
        assert volume["secret"] == {"secretName": "mimir-alertmanager-config"}

    def test_credentials_come_from_awss_own_chain(self, make_settings: Make, build: Build) -> None:
        assert self.config(make_settings("prod"), build)["common"]["storage"]["s3"] == {
            "endpoint": "s3.us-west-2.amazonaws.com",
            "region": "us-west-2",
            "native_aws_auth_enabled": True,
        }

    def test_promoted_attributes_are_one_string(self, settings: PlatformSettings, build: Build) -> None:
        promoted = self.config(settings, build)["limits"]["promote_otel_resource_attributes"]
        assert {"service.name", "collector.instance.id"} <= set(promoted.split(","))

    def test_the_gateway_listens_where_clients_were_promised_and_only_there(
        self, settings: PlatformSettings, build: Build
    ) -> None:
        gateway = build(settings)["mimir"]["gateway"]
        assert gateway["enabled"] is True
        ports = [8443] if settings.encrypted else []
        assert gateway["service"].items() >= {"port": 8080, "legacyPort": 0}.items()
        assert [port["port"] for port in gateway["service"]["extraPorts"]] == ports
        assert "env" not in gateway

    def test_go_collects_garbage_before_the_limit(self, make_settings: Make, build: Build) -> None:
        ingester = build(make_settings("prod"))["mimir"]["ingester"]
        assert ingester["resources"]["limits"] == {"memory": "1280Mi"}
        assert ingester["env"] == [{"name": "GOMEMLIMIT", "value": "1152MiB"}]


def test_an_s3_compatible_server_gets_address_path_style_and_credentials(
    on_premises: PlatformSettings, build: Build
) -> None:
    values = build(on_premises)
    credentials = [{"secretRef": {"name": "object-store"}}]
    assert values["loki"]["loki"]["storage"]["s3"] == {
        "region": "us-west-2",
        "endpoint": "seaweedfs.storage.svc:8333",
        "insecure": True,
        "s3ForcePathStyle": True,
    }
    assert values["loki"]["singleBinary"]["extraEnvFrom"] == credentials
    trace = values["tempo"]["tempo"]["storage"]["trace"]["s3"]
    assert (trace["endpoint"], trace["insecure"], trace["forcepathstyle"]) == ("seaweedfs.storage.svc:8333", True, True)
    assert values["tempo"]["tempo"]["extraEnvFrom"] == credentials
    client = values["mimir"]["mimir"]["structuredConfig"]["common"]["storage"]["s3"]
    assert (client["insecure"], client["bucket_lookup_type"]) == (True, "path")
    assert "native_aws_auth_enabled" not in client
    assert values["mimir"]["global"]["extraEnvFrom"] == credentials


def test_on_aws_no_secret_holds_credentials(make_settings: Make, build: Build) -> None:
    for name, values in build(make_settings("prod")).items():
        assert "extraEnvFrom" not in str(values), name


def test_a_volume_that_is_missing_is_named(make_settings: Make) -> None:
    from settings.models.sizes import WorkloadSize
    from telemetry.charts.values import volume_size

    size = WorkloadSize(cpu_request_millicores=10, memory_request_mib=64, memory_limit_mib=64)
    with pytest.raises(ValueError, match=r"sizes\.mimir\.ingester: volume_gib is missing"):
        volume_size(size, "mimir.ingester")


def hours(duration: str) -> int:
    assert duration.endswith("h")
    return int(duration[:-1])
