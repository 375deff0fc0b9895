"""TLS between the platform's parts: each server has a certificate for the names that are used, and each client asks."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from settings.models.platform import PlatformSettings
from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.tls import Usage, certificates, renewal_before

Build = Callable[[PlatformSettings], dict[str, dict[str, Any]]]
Make = Callable[..., PlatformSettings]
DIRECTORY = "/etc/lgtm/tls"
OWN = {
    "cert_file": f"{DIRECTORY}/tls.crt",
    "key_file": f"{DIRECTORY}/tls.key",
    "min_version": "1.3",
    "reload_interval": "5m",
}


@pytest.fixture
def encrypted(make_settings: Make) -> PlatformSettings:
    """prod: the gateways are two, so that agents reach them by address."""
    return make_settings("prod")


@pytest.fixture
def plain(make_settings: Make) -> PlatformSettings:
    return make_settings("prod", tls={"mode": "plain"})


def strings(document: Any) -> Iterator[str]:
    """Every string in a document, keys too."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from strings(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from strings(value)
    elif isinstance(document, str):
        yield document


class TestMode:
    @pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
    def test_stacks_on_eks_are_encrypted(self, make_settings: Make, stack: str) -> None:
        assert make_settings(stack).encrypted is True

    def test_a_cluster_made_elsewhere_is_not_unless_it_is_asked_for(
        self, make_settings: Make, on_premises: PlatformSettings
    ) -> None:
        assert on_premises.encrypted is False
        asked = make_settings(
            "dev",
            cluster={"mode": "existing", "context": "kind", "eks_cluster_name": "x"},
            tls={"mode": "cert_manager"},
        )
        assert asked.encrypted is True

    def test_plain_mode_leaves_no_trace(self, plain: PlatformSettings, build: Build) -> None:
        assert certificates(plain) == []
        for release, values in build(plain).items():
            found = [text for text in strings(values) if "/tls" in text or text.endswith("-tls")]
            assert found == [], release
            assert "https://" not in " ".join(strings(values.get("datasources", {}))), release
        assert {exporter["tls"]["insecure"] for exporter in gateway_config(plain).exporters.values()} == {True}


class TestCertificates:
    def test_every_server_that_is_spoken_to_has_one_for_the_name_that_is_used(
        self, encrypted: PlatformSettings, build: Build
    ) -> None:
        names = {name for one in certificates(encrypted) if one.usage is Usage.SERVER for name in one.dns_names}
        urls = [
            source["url"] for source in build(encrypted)["grafana"]["datasources"]["datasources.yaml"]["datasources"]
        ]
        urls += [exporter["endpoint"] for exporter in gateway_config(encrypted).exporters.values()]
        urls += [agent_config(encrypted).exporters["otlp_grpc"]["endpoint"]]
        hosts = {urlsplit(url if "//" in url else f"//{url}").hostname for url in urls}
        assert len(hosts) == 4
        assert hosts <= names

    def test_they_name_every_form_of_their_service(self, encrypted: PlatformSettings) -> None:
        loki = next(one for one in certificates(encrypted) if one.name == "loki")
        assert loki.dns_names == (
            "loki.monitoring.svc.cluster.local", "loki.monitoring.svc", "loki.monitoring", "loki",
        )  # fmt: skip

    def test_only_who_writes_has_one_of_a_client(self, encrypted: PlatformSettings) -> None:
        clients = [one for one in certificates(encrypted) if one.usage is Usage.CLIENT]
        assert [(one.name, one.namespace) for one in clients] == [
            ("collector-agent", "monitoring-agent"),
            ("collector-gateway-client", "monitoring"),
            ("loki-client", "monitoring"),
        ]

    def test_they_are_renewed_when_a_third_is_left(self) -> None:
        assert renewal_before(90) == "720h0m0s"
        assert renewal_before(45) == "360h0m0s"

    @pytest.mark.parametrize("release", ["loki", "tempo", "mimir", "grafana", "collector-agent", "collector-gateway"])
    def test_secrets_that_pods_mount_are_those_of_certificates_in_their_namespace(
        self, encrypted: PlatformSettings, build: Build, release: str
    ) -> None:
        endpoints = Endpoints.of(encrypted)
        namespace = endpoints.agent_namespace if release == "collector-agent" else endpoints.namespace
        issued = {one.secret_name for one in certificates(encrypted) if one.namespace == namespace}
        mounted = {name for name in secrets(build(encrypted)[release]) if name.endswith("-tls")}
        assert mounted
        assert mounted <= issued

    def test_no_secret_is_mounted_by_sub_path_where_it_would_never_change(
        self, encrypted: PlatformSettings, build: Build
    ) -> None:
        for values in build(encrypted).values():
            assert "subPath" not in set(strings(values))


def secrets(document: Any) -> Iterator[str]:
    """Names of the Secrets that a release's values mount."""
    if isinstance(document, dict):
        if "secretName" in document:
            yield document["secretName"]
        for value in document.values():
            yield from secrets(value)
    elif isinstance(document, list):
        for value in document:
            yield from secrets(value)


class TestCollectors:
    def test_the_gateway_asks_for_the_agents_certificate(self, encrypted: PlatformSettings) -> None:
        protocols = gateway_config(encrypted).receivers["otlp"]["protocols"]
        for protocol in protocols.values():
            assert protocol["tls"] == {**OWN, "client_ca_file": f"{DIRECTORY}/ca.crt"}

    def test_agents_show_theirs_also_where_they_reach_gateways_by_address(self, encrypted: PlatformSettings) -> None:
        exporters = agent_config(encrypted).exporters
        shown = {"ca_file": f"{DIRECTORY}/ca.crt", **OWN}
        assert exporters["otlp_grpc"]["tls"] == shown
        name = "collector-gateway.monitoring.svc.cluster.local"
        assert exporters["loadbalancing"]["protocol"]["otlp"]["tls"] == {**shown, "server_name_override": name}

    def test_services_reach_agents_without(self, encrypted: PlatformSettings) -> None:
        protocols = agent_config(encrypted).receivers["otlp"]["protocols"]
        assert all("tls" not in protocol for protocol in protocols.values())
        assert Endpoints.of(encrypted).otlp_grpc.startswith("http://")

    def test_the_gateway_verifies_the_back_ends_and_shows_them_its_own_certificate(
        self, encrypted: PlatformSettings
    ) -> None:
        as_client = {key: value.replace(DIRECTORY, f"{DIRECTORY}-client") for key, value in OWN.items()}
        for name, exporter in gateway_config(encrypted).exporters.items():
            assert exporter["tls"] == {"ca_file": f"{DIRECTORY}/ca.crt", **as_client}, name
            assert "://" not in exporter["endpoint"] or exporter["endpoint"].startswith("https://")

    @pytest.mark.parametrize(("release", "key"), [("collector-gateway", None), ("loki", "singleBinary")])
    def test_writers_mount_both_of_their_certificates(
        self, encrypted: PlatformSettings, build: Build, release: str, key: str | None
    ) -> None:
        values = build(encrypted)[release]
        pod = values[key] if key else values
        volumes = {v["name"]: v["secret"]["secretName"] for v in pod["extraVolumes"] if "secret" in v}
        mounts = {m["name"]: m["mountPath"] for m in pod["extraVolumeMounts"]}
        assert (volumes["tls"], volumes["tls-client"]) == (f"{release}-tls", f"{release}-client-tls")
        assert (mounts["tls"], mounts["tls-client"]) == (DIRECTORY, f"{DIRECTORY}-client")

    def test_pods_that_are_not_root_may_read_their_files(self, encrypted: PlatformSettings, build: Build) -> None:
        built = build(encrypted)
        (volume,) = [v for v in built["collector-gateway"]["extraVolumes"] if v["name"] == "tls"]
        assert volume["secret"]["defaultMode"] == 0o440
        security = built["collector-gateway"]["podSecurityContext"]
        assert security["fsGroup"] == security["runAsGroup"] == 10001
        assert built["tempo"]["securityContext"]["fsGroup"] == 10001


class TestScrapes:
    def test_loki_and_tempo_are_scraped_over_tls_by_the_name_in_their_certificate(
        self, encrypted: PlatformSettings
    ) -> None:
        names = {name for one in certificates(encrypted) for name in one.dns_names}
        config = agent_config(encrypted).receivers["prometheus"]["config"]
        jobs = {job["job_name"]: job for job in config["scrape_configs"]}
        for job in ("loki", "tempo"):
            assert jobs[job]["scheme"] == "https"
            assert jobs[job]["tls_config"]["ca_file"] == f"{DIRECTORY}/ca.crt"
            assert jobs[job]["tls_config"]["server_name"] in names
        assert {name for name, job in jobs.items() if "tls_config" in job} == {"loki", "tempo"}

    def test_in_plain_mode_nothing_is(self, plain: PlatformSettings) -> None:
        config = agent_config(plain).receivers["prometheus"]["config"]
        assert not any("tls_config" in job or "scheme" in job for job in config["scrape_configs"])


class TestBackEnds:
    def test_loki_serves_https_and_is_probed_so(self, encrypted: PlatformSettings, build: Build) -> None:
        loki = build(encrypted)["loki"]["loki"]
        files = {"cert_file": f"{DIRECTORY}/tls.crt", "key_file": f"{DIRECTORY}/tls.key"}
        assert loki["server"] == {"tls_min_version": "VersionTLS13", "http_tls_config": files}
        for probe in ("readinessProbe", "livenessProbe"):
            assert loki[probe] == {"httpGet": {"scheme": "HTTPS"}}

    def test_tempo_serves_https_and_its_receivers_have_the_certificate(
        self, encrypted: PlatformSettings, build: Build
    ) -> None:
        tempo = build(encrypted)["tempo"]["tempo"]
        assert tempo["server"]["http_tls_config"]["cert_file"] == f"{DIRECTORY}/tls.crt"
        for protocol in tempo["receivers"]["otlp"]["protocols"].values():
            assert protocol["tls"] == {**OWN, "client_ca_file": f"{DIRECTORY}/ca.crt"}
        assert tempo["readinessProbe"] == {"httpGet": {"scheme": "HTTPS"}}
        assert tempo["livenessProbe"] == {"httpGet": {"path": "/status/version", "scheme": "HTTPS"}}

    def test_mimirs_nginx_has_a_listener_whose_certificate_is_read_at_each_handshake(
        self, encrypted: PlatformSettings, build: Build
    ) -> None:
        gateway = build(encrypted)["mimir"]["gateway"]
        snippet = gateway["nginx"]["config"]["serverSnippet"].splitlines()
        assert "listen 8443 ssl;" in snippet
        assert "ssl_certificate /etc/nginx/tls/$scheme/tls.crt;" in snippet
        assert [mount["mountPath"] for mount in gateway["extraVolumeMounts"]] == ["/etc/nginx/tls/https"]
        # Who shows none may read, and not write; what these lines do was tried on nginx 1.22 (docs/adr/0003-tls.md).
        assert snippet[-6:] == [
            "ssl_client_certificate /etc/nginx/tls/https/ca.crt;",
            "ssl_verify_client optional;",
            'set $unproven_writer "";',
            'if ($uri ~ "^(/api/v1/push|/otlp/)") { set $unproven_writer "w"; }',
            'if ($ssl_client_verify != "SUCCESS") { set $unproven_writer "${unproven_writer}u"; }',
            'if ($unproven_writer = "wu") { return 403; }',
        ]
        assert gateway["service"]["extraPorts"] == [
            {"name": "https", "port": 8443, "targetPort": 8443, "protocol": "TCP"}
        ]

    def test_grafana_verifies_and_sees_the_ca_only(self, encrypted: PlatformSettings, build: Build) -> None:
        grafana = build(encrypted)["grafana"]
        (mount,) = grafana["extraSecretMounts"]
        assert mount["items"] == [{"key": "ca.crt", "path": "ca.crt"}]
        sources = grafana["datasources"]["datasources.yaml"]["datasources"]
        assert len(sources) == 4
        for source in sources:
            assert source["url"].startswith("https://")
            assert source["jsonData"]["tlsAuthWithCACert"] is True
            assert source["secureJsonData"] == {"tlsCACert": f"$__file{{{mount['mountPath']}/ca.crt}}"}
            assert "tlsSkipVerify" not in source["jsonData"]
