"""Agent to gateway to back ends over TLS on the real collector, and everybody who must be kept out."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import yaml
from cryptography import x509

from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from tests.artefacts.certificate_folders import BACK_ENDS, CertificateFolders, authority
from tests.artefacts.collector_driver import LOOPBACK, POD_ENVIRONMENT, Collector, Ports, on_loopback, running, validate
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink
from tests.artefacts.otlp_source import post, traces_to
from tests.artefacts.tls_driver import (
    HOST,
    SETTINGS,
    a_gauge,
    a_log_line,
    agent,
    credentials,
    errors,
    export,
    gateway,
    https_server,
    secure_channel,
    serial_shown,
    without_a_node,
)
from tests.stacks import NAMES, stack_settings


@pytest.fixture
def folders(tmp_path: Path) -> CertificateFolders:
    return CertificateFolders(tmp_path / "certificates", SETTINGS, authority())


@pytest.mark.parametrize("stack", NAMES)
def test_the_collectors_of_every_stack_are_valid_and_start(stack: str, tmp_path: Path) -> None:
    settings = stack_settings(stack)
    folders = CertificateFolders(tmp_path / "certificates", settings, authority())
    with Sink(folders.folder(BACK_ENDS)) as sink:
        for name, document, back_ends in (
            ("collector-agent", without_a_node(agent_config(settings).document()), {"otlp_grpc": f"{LOOPBACK}:1"}),
            ("collector-gateway", gateway_config(settings).document(), sink.back_ends),
        ):
            directory, ports = tmp_path / name, Ports.free()
            (directory / "state").mkdir(parents=True)
            local = on_loopback(document, ports, directory / "state", back_ends, folders.folder(name))
            assert str(folders.folder(name)) in yaml.safe_dump(local)
            assert validate(local, directory, POD_ENVIRONMENT).stderr == ""
            with running(local, ports, directory) as collector:
                assert "Everything is ready" in collector.log.read_text()


def test_all_signals_get_from_agent_to_back_ends(folders: CertificateFolders, tmp_path: Path) -> None:
    with (
        # As Tempo's receivers do, which take spans from the platform's clients only.
        Sink(folders.folder(BACK_ENDS), asks_clients=True) as sink,
        gateway(folders, tmp_path / "gateway", sink) as gateways,
        agent(folders, tmp_path / "agent", gateways.ports.grpc) as agents,
    ):
        with traces_to(agents.ports) as client:
            for request in errors(1):
                client.Export(request)
        post(agents.ports, "logs", a_log_line())
        post(agents.ports, "metrics", a_gauge())
        eventually(lambda: list(sink.spans()) and list(sink.records()) and list(sink.measured("over_tls")))


def test_agents_scrape_loki_over_tls(folders: CertificateFolders, tmp_path: Path) -> None:
    """Found by an address instead of by Kubernetes; everything else of the job is as rendered."""
    rendered = agent_config(SETTINGS).document()
    receiver = rendered["receivers"]["prometheus"]
    (loki,) = [job for job in receiver["config"]["scrape_configs"] if job["job_name"] == "loki"]
    folder = folders.folder(BACK_ENDS)
    with (
        https_server(folder / "tls.crt", folder / "tls.key", b"loki_ingester_memory_streams 7\n") as port,
        Sink(folder) as sink,
        gateway(folders, tmp_path / "gateway", sink) as gateways,
    ):
        target = {"targets": [f"{LOOPBACK}:{port}"], "labels": {"instance": "loki-0"}}
        job = {key: part for key, part in loki.items() if key not in ("kubernetes_sd_configs", "relabel_configs")}
        scraping = {"global": receiver["config"]["global"] | {"scrape_interval": "1s", "scrape_timeout": "1s"}}
        scraping["scrape_configs"] = [{**job, "static_configs": [target]}]
        reduced = without_a_node(rendered)
        reduced["receivers"]["prometheus"] = {"config": scraping}
        reduced["service"]["pipelines"]["metrics"]["receivers"].append("prometheus")
        with agent(folders, tmp_path / "agent", gateways.ports.grpc, rendered=reduced):
            found = eventually(lambda: list(sink.measured("loki_ingester_memory_streams")))
    assert {point.as_double for _, metric in found for point in metric.gauge.data_points} == {7}


class TestWhoIsKeptOut:
    """One gateway for all of them: nothing that they send may arrive."""

    @pytest.fixture(scope="class")
    def shared(self, tmp_path_factory: pytest.TempPathFactory) -> CertificateFolders:
        return CertificateFolders(tmp_path_factory.mktemp("certificates"), SETTINGS, authority())

    @pytest.fixture(scope="class")
    def sink(self, shared: CertificateFolders) -> Iterator[Sink]:
        with Sink(shared.folder(BACK_ENDS)) as running_one:
            yield running_one

    @pytest.fixture(scope="class")
    def collector(
        self, shared: CertificateFolders, sink: Sink, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Collector]:
        with gateway(shared, tmp_path_factory.mktemp("gateway") / "run", sink) as running_one:
            yield running_one

    @pytest.fixture(scope="class")
    def root(self, shared: CertificateFolders) -> bytes:
        return (shared.folder("collector-agent") / "ca.crt").read_bytes()

    def test_an_agents_certificate_is_let_in(
        self, collector: Collector, shared: CertificateFolders, root: bytes
    ) -> None:
        with secure_channel(collector, credentials(root, shared.folder("collector-agent"))) as channel:
            assert export(channel) is grpc.StatusCode.OK

    def test_plain_text(self, collector: Collector) -> None:
        before = received(collector)
        with grpc.insecure_channel(f"{LOOPBACK}:{collector.ports.grpc}") as channel:
            assert export(channel) is grpc.StatusCode.UNAVAILABLE
        with pytest.raises(OSError, match="400"):
            post(collector.ports, "logs", a_log_line())
        assert received(collector) == before

    def test_a_client_without_a_certificate(self, collector: Collector, root: bytes) -> None:
        with secure_channel(collector, credentials(root, None)) as channel:
            assert export(channel) is grpc.StatusCode.UNAVAILABLE

    @pytest.mark.parametrize("server", ["loki", "tempo", "mimir-gateway", "collector-gateway"])
    def test_a_server_that_plays_the_client(
        self, collector: Collector, shared: CertificateFolders, root: bytes, server: str
    ) -> None:
        with secure_channel(collector, credentials(root, shared.folder(server))) as channel:
            assert export(channel) is grpc.StatusCode.UNAVAILABLE

    def test_another_authoritys_agent(self, collector: Collector, root: bytes, tmp_path: Path) -> None:
        strangers = CertificateFolders(tmp_path, SETTINGS, authority())
        with secure_channel(collector, credentials(root, strangers.folder("collector-agent"))) as channel:
            assert export(channel) is grpc.StatusCode.UNAVAILABLE

    def test_an_old_version_of_tls(self, collector: Collector, shared: CertificateFolders) -> None:
        folder = shared.folder("collector-agent")
        context = ssl.create_default_context(cafile=folder / "ca.crt")
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection((LOOPBACK, collector.ports.grpc), timeout=10) as plain,
            pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"),
        ):
            context.wrap_socket(plain, server_hostname=HOST)


def received(collector: Collector) -> float:
    """How much the gateway took in."""
    return sum(collector.own_metric(f"otelcol_receiver_accepted_{kind}_total") for kind in ("spans", "log_records"))


class TestRotation:
    def test_the_gateway_shows_a_renewed_certificate_without_a_restart(
        self, folders: CertificateFolders, tmp_path: Path
    ) -> None:
        issuer = authority()
        for name in ("collector-gateway", "collector-agent", BACK_ENDS):
            folders.issue(name, issuer)
        with Sink(folders.folder(BACK_ENDS)) as sink, gateway(folders, tmp_path / "gateway", sink) as collector:
            first = serial_shown(collector, folders)
            renewed = x509.load_pem_x509_certificate(folders.issue("collector-gateway", issuer).certificate)
            assert renewed.serial_number != first
            eventually(lambda: serial_shown(collector, folders) == renewed.serial_number)
            assert collector.process.poll() is None

    def test_agents_show_theirs_when_they_connect_again(self, folders: CertificateFolders, tmp_path: Path) -> None:
        issuer = authority()
        for name in ("collector-gateway", "collector-agent"):
            folders.issue(name, issuer)
        with (
            Sink(folders.folder("collector-gateway"), asks_clients=True) as sink,
            agent(folders, tmp_path / "agent", sink.ports["traces"], compression="gzip") as collector,
        ):
            first = self._client(sink, collector, seed=1)
            renewed = folders.issue("collector-agent", issuer).certificate
            sink.go()
            sink.come()
            second = self._client(sink, collector, seed=2)
        assert first != second
        assert second.strip() == renewed.strip()

    def _client(self, sink: Sink, collector: Collector, seed: int) -> bytes:
        """The certificate by which the agent delivered a trace."""
        sink.clients.clear()
        with traces_to(collector.ports) as client:
            for request in errors(seed):
                client.Export(request)
        eventually(lambda: sink.clients)
        return sink.clients[-1]


def test_an_impostor_gets_nothing_and_nothing_is_lost(folders: CertificateFolders, tmp_path: Path) -> None:
    """A back end whose certificate another authority signed; then the right one comes back."""
    strangers = CertificateFolders(tmp_path / "strangers", SETTINGS, authority())
    sink = Sink(strangers.folder(BACK_ENDS))
    with sink, gateway(folders, tmp_path / "gateway", sink) as collector:
        with secure_channel(
            collector,
            credentials((folders.folder("collector-agent") / "ca.crt").read_bytes(), folders.folder("collector-agent")),
        ) as channel:
            assert export(channel) is grpc.StatusCode.OK
        eventually(lambda: "certificate signed by unknown authority" in collector.log.read_text())
        assert not sink.traces
        sink.go()
        sink.certificates = folders.folder(BACK_ENDS)
        sink.come()
        eventually(lambda: list(sink.spans()))
