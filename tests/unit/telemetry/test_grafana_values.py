"""Grafana: no secret in the values, stable data sources linked both ways, nothing open to strangers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from planning.backends import LOKI, MIMIR, TEMPO
from settings.models.platform import PlatformSettings
from telemetry.grafana.datasources import datasources
from telemetry.kubernetes.endpoints import Endpoints

Build = Callable[[PlatformSettings], dict[str, dict[str, Any]]]
Make = Callable[..., PlatformSettings]


@pytest.fixture
def grafana(make_settings: Make, build: Build) -> dict[str, Any]:
    return build(make_settings("staging"))["grafana"]


@pytest.fixture
def sources() -> dict[str, dict[str, Any]]:
    return {
        source["uid"]: source
        for source in datasources(Endpoints(namespace="monitoring"), (LOKI, TEMPO, MIMIR))["datasources"]
    }


def test_credentials_are_a_reference(grafana: dict[str, Any]) -> None:
    assert grafana["admin"] == {
        "existingSecret": "grafana-admin",
        "userKey": "admin-user",
        "passwordKey": "admin-password",
    }
    assert grafana["assertNoLeakedSecrets"] is True


def test_a_volume_for_one_pod_is_never_awaited_by_two(grafana: dict[str, Any]) -> None:
    assert grafana["persistence"] == {"enabled": True, "size": "10Gi", "storageClassName": "gp3"}
    assert grafana["deploymentStrategy"] == {"type": "Recreate"}
    assert grafana["replicas"] == 1


def test_nothing_runs_as_root_or_without_requests(grafana: dict[str, Any]) -> None:
    for part in ("initChownData", "testFramework", "imageRenderer"):
        assert grafana[part] == {"enabled": False}


def test_no_roles_of_the_charts_own(grafana: dict[str, Any]) -> None:
    assert grafana["rbac"] == {"create": False}


def test_strangers_stay_out(grafana: dict[str, Any]) -> None:
    ini = grafana["grafana.ini"]
    assert ini["auth.anonymous"]["enabled"] is False
    assert ini["users"]["allow_sign_up"] is False
    assert ini["analytics"]["reporting_enabled"] is False


@pytest.mark.parametrize(
    ("hostname", "root_url", "secure"),
    [(None, "http://localhost:3000/", False), ("grafana.acme.example", "https://grafana.acme.example/", True)],
)
def test_cookies_are_secure_where_there_is_tls(
    make_settings: Make, build: Build, hostname: str | None, root_url: str, secure: bool
) -> None:
    ini = build(make_settings("dev", grafana={"hostname": hostname}))["grafana"]["grafana.ini"]
    assert ini["server"]["root_url"] == root_url
    assert ini["security"]["cookie_secure"] is secure


def test_the_sidecar_watches_dashboards_in_its_own_namespace(grafana: dict[str, Any]) -> None:
    sidecar = grafana["sidecar"]["dashboards"]
    assert (sidecar["enabled"], sidecar["label"], sidecar["resource"]) == (True, "grafana_dashboard", "configmap")
    assert sidecar["folderAnnotation"] == "grafana_folder"
    assert sidecar["provider"]["foldersFromFilesStructure"] is True
    assert "searchNamespace" not in sidecar


def test_the_rulers_alerts_need_no_sidecar(grafana: dict[str, Any]) -> None:
    assert set(grafana["sidecar"]) == {"resources", "dashboards"}


def test_a_size_that_the_sidecar_fills_is_refused(make_settings: Make, build: Build) -> None:
    settings = make_settings("dev", sizes={"grafana": {"memory_request_mib": 64}})
    with pytest.raises(ValueError, match=r"sizes\.grafana is too small: its sidecar alone takes 10 millicores"):
        build(settings)


def test_uids_are_stable_and_one_source_is_the_default(sources: dict[str, dict[str, Any]]) -> None:
    assert set(sources) == {"mimir", "loki", "tempo", "alertmanager"}
    assert [uid for uid, source in sources.items() if source["isDefault"]] == ["mimir"]
    assert not any(source["editable"] for source in sources.values())


def test_traces_lead_to_logs_and_metrics(sources: dict[str, dict[str, Any]]) -> None:
    tempo = sources["tempo"]["jsonData"]
    assert tempo["tracesToLogsV2"]["datasourceUid"] == "loki"
    # What Grafana makes of it: $$ is a literal dollar sign in provisioning files.
    assert tempo["tracesToLogsV2"]["query"] == '{$${__tags}} | trace_id="$${__span.traceId}"'
    assert tempo["tracesToMetrics"]["datasourceUid"] == "mimir"
    assert tempo["serviceMap"] == {"datasourceUid": "mimir"}


def test_logs_and_metrics_lead_to_traces(sources: dict[str, dict[str, Any]]) -> None:
    (field,) = sources["loki"]["jsonData"]["derivedFields"]
    assert (field["matcherType"], field["matcherRegex"], field["datasourceUid"]) == ("label", "trace_id", "tempo")
    (destination,) = sources["mimir"]["jsonData"]["exemplarTraceIdDestinations"]
    assert destination == {"name": "trace_id", "datasourceUid": "tempo"}


def test_the_alertmanager_is_mimirs(sources: dict[str, dict[str, Any]]) -> None:
    assert sources["alertmanager"]["jsonData"]["implementation"] == "mimir"
    assert sources["mimir"]["jsonData"]["alertmanagerUid"] == "alertmanager"


def test_dollars_survive_grafanas_expansion_and_braces_helms(sources: dict[str, dict[str, Any]]) -> None:
    text = json.dumps(sources)
    assert "{{" not in text
    # The one expansion that is wanted; all else is doubled.
    text = text.replace("$__file{/etc/lgtm/tls/ca.crt}", "")
    assert text.count("$") == 2 * text.count("$$") > 0


def test_sources_point_at_this_stacks_services(make_settings: Make, build: Build) -> None:
    values = build(make_settings("dev"))["grafana"]["datasources"]["datasources.yaml"]
    assert [source["url"] for source in values["datasources"]] == [
        "https://mimir-gateway.monitoring-dev.svc.cluster.local:8443/prometheus",
        "https://loki.monitoring-dev.svc.cluster.local:3100",
        "https://tempo.monitoring-dev.svc.cluster.local:3200",
        "https://mimir-gateway.monitoring-dev.svc.cluster.local:8443",
    ]
