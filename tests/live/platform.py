"""The platform as processes on loopback, from what prod deploys: S3, three Lokis, Tempo, gateway and agent."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3

from planning.backends import LOKI, MIMIR, TEMPO
from sandbox.kubernetes.processes import free_ports
from telemetry.alerting.rules.files import loki_rule_files
from telemetry.alerting.rules.mounts import LOKI_RULES
from telemetry.charts.lock import ChartName
from telemetry.collector.gateway import gateway_config
from telemetry.collector.place import HASH_KEY_VARIABLE
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.tls import DIRECTORY
from tests.artefacts.certificate_folders import CertificateFolders, authority
from tests.artefacts.collector_driver import LOOPBACK, POD_ENVIRONMENT, Collector, Ports, on_loopback, running
from tests.artefacts.tls_driver import agent
from tests.live.deployed import Charts, Document, loki_on, object_storage, rendered, tempo_on
from tests.live.processes import Process
from tests.live_servers import Server
from tests.stacks import stack_settings

SETTINGS = stack_settings("prod")
ACCESS_KEY, SECRET_KEY = "live", "live-secret-key"
HASH_KEY = "0123456789abcdef0123456789abcdef"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
# Each replica on a loopback address of its own, so that all have the same ports, as pods do.
LOKI_ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]


class RefusedError(Exception):
    """A back end's answer that isn't 2xx."""


@dataclass
class Live:
    """A running platform; URLs are https with the platform's own CA."""

    ca_file: Path
    loki: list[Process]
    tempo: Process
    loki_port: int
    tempo_port: int
    mimir: Server
    gateway: Collector
    agent: Collector
    s3: str
    """host:port of the buckets."""
    alerts: list[Any] = field(default_factory=list[Any])
    """What the ruler has posted to Alertmanager."""

    @property
    def loki_url(self) -> str:
        """Of the first replica."""
        return f"https://localhost:{self.loki_port}"

    @property
    def tempo_url(self) -> str:
        """Tempo's API."""
        return f"https://localhost:{self.tempo_port}"

    @property
    def endpoint_arguments(self) -> list[str]:
        """How the command line finds this platform."""
        named = {"loki": self.loki_url, "tempo": self.tempo_url, "mimir": self.mimir.url}
        found = [part for name, url in named.items() for part in ("--endpoint", f"{name}={url}")]
        return [*found, "--ca-file", str(self.ca_file)]

    def get(self, url: str, path: str, **parameters: str) -> Any:
        """The JSON that a back end answers. Raises `RefusedError` with its words."""
        return json.loads(self.text(url, path, **parameters))

    def text(self, url: str, path: str, **parameters: str) -> str:
        """The text that a back end answers. Raises `RefusedError` with its words."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self._asked(urllib.request.Request(f"{url}{path}{query}"))  # noqa: S310 - loopback

    def post(self, url: str, path: str, **parameters: str) -> str:
        """The same with POST."""
        return self._asked(urllib.request.Request(f"{url}{path}?{urlencode(parameters)}", method="POST"))  # noqa: S310

    def lines(self, marker: str = "", seconds: float = 3600) -> int:
        """How many log lines of the last seconds hold a text."""
        query = f'sum(count_over_time({{service_name=~".+"}} |= "{marker}" [{seconds:.0f}s]))'
        answer = self.get(self.loki_url, "/loki/api/v1/query", query=query)
        return sum(int(series["value"][1]) for series in answer["data"]["result"])

    def _asked(self, request: urllib.request.Request) -> str:
        try:
            with urllib.request.urlopen(request, timeout=60, context=_trusting(self.ca_file)) as response:  # noqa: S310 - loopback
                return response.read().decode()
        except urllib.error.HTTPError as error:
            raise RefusedError(f"{request.full_url}: {error.code} {error.read().decode()}") from error


def _trusting(ca_file: Path) -> ssl.SSLContext:
    """The platform's CA, whatever the name: each replica is asked by its address, and all have one certificate."""
    context = ssl.create_default_context(cafile=str(ca_file))
    context.check_hostname = False
    return context


def as_deployed(configuration: Document) -> Document:
    """No change."""
    return configuration


@contextmanager
def platform(
    directory: Path, programs: Mapping[str, Path], charts: Charts, loki: Callable[[Document], Document] = as_deployed
) -> Generator[Live]:
    """Starts everything; all of it ends with the block. `loki` may shorten waits of each replica's configuration."""
    with ExitStack() as stack:
        made = _Starting(directory, programs, charts, stack, loki)
        yield made.live()


class _Starting:
    def __init__(
        self,
        directory: Path,
        programs: Mapping[str, Path],
        charts: Charts,
        stack: ExitStack,
        change: Callable[[Document], Document],
    ) -> None:
        self._directory, self._programs, self._charts, self._change = directory, programs, charts, change
        self._stack = stack
        self._folders = CertificateFolders(directory / "certificates", SETTINGS, authority(), also=("localhost",))
        self._ca_file = self._folders.folder("loki") / "ca.crt"
        self._alerts: list[Any] = []
        self._mimir = self._stand_in_for_mimir()
        self._s3 = self._object_store()

    def live(self) -> Live:
        lokis, loki_port = self._lokis()
        tempo, tempo_port, otlp_port = self._tempo()
        for one in (*lokis, tempo):
            one.wait()
        back_ends = {
            "otlp_http/loki": f"https://{LOOPBACK}:{loki_port}{LOKI.otlp_path}",
            "otlp_grpc/tempo": f"{LOOPBACK}:{otlp_port}",
            "otlp_http/mimir": f"{self._mimir.url}{MIMIR.otlp_path}",
        }
        gateway = self._stack.enter_context(self._gateway(back_ends))
        node = self._stack.enter_context(agent(self._folders, self._directory / "agent", gateway.ports.grpc))
        return Live(
            self._ca_file, lokis, tempo, loki_port, tempo_port, self._mimir, gateway, node, self._s3, self._alerts
        )  # fmt: skip

    def _stand_in_for_mimir(self) -> Server:
        """Takes what is written to Mimir and keeps the alerts; a real Prometheus judges its queries elsewhere."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        folder = self._folders.folder("mimir-gateway")
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
        server = Server(context)
        self._stack.callback(server.close)
        for path in (f"{MIMIR.otlp_path}/v1/metrics", MIMIR.push_path):
            server.posts[path] = lambda _: b""
        server.posts["/alertmanager/api/v2/alerts"] = lambda body: self._alerts.extend(json.loads(body)) or {}
        return server

    def _object_store(self) -> str:
        """SeaweedFS; host:port of its S3 API."""
        s3, master, volume, filer = free_ports(4)
        folder = self._directory / "seaweedfs"
        folder.mkdir(parents=True)
        identity = {"name": "live", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
                    "actions": ["Admin", "Read", "Write", "List", "Tagging"]}  # fmt: skip
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        client = s3_client(f"{LOOPBACK}:{s3}")

        def ready() -> bool:
            try:
                client.list_buckets()
            except Exception:
                return False
            return True

        process = Process(
            "seaweedfs",
            [self._programs["weed"], "server", f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", f"-dir={folder}", "-s3",
             f"-s3.port={s3}", f"-s3.config={folder}/s3.json", f"-master.port={master}", f"-volume.port={volume}",
             f"-filer.port={filer}", f"-s3.port.grpc={_grpc(s3)}", f"-master.port.grpc={_grpc(master)}",
             f"-volume.port.grpc={_grpc(volume)}", f"-filer.port.grpc={_grpc(filer)}",
             "-volume.max=20", "-master.volumeSizeLimitMB=64"],
            folder / "log", ready,
        )  # fmt: skip
        self._start(process)
        process.wait()
        for bucket in object_storage("").buckets.values():
            client.create_bucket(Bucket=bucket)
        return f"{LOOPBACK}:{s3}"

    def _start(self, process: Process) -> None:
        self._stack.callback(process.stop)
        process.start()

    def _lokis(self) -> tuple[list[Process], int]:
        document = rendered(ChartName.LOKI, SETTINGS, object_storage(self._s3), self._charts)
        ports = _ports("http", "grpc", "memberlist")
        mimir = Endpoints.of(SETTINGS).url(MIMIR)
        found: list[Process] = []
        for number, address in enumerate(LOKI_ADDRESSES):
            folder = self._directory / f"loki-{number}"
            folder.mkdir(parents=True)
            runtime = folder / "runtime-config.yaml"
            runtime.write_text("{}")
            texts = {
                "/var/loki": str(folder / "data"),
                DIRECTORY: str(self._folders.folder("loki")),
                LOKI_RULES.directory: str(self._rules()),
                "/etc/loki/runtime-config/runtime-config.yaml": str(runtime),
                mimir: f"{self._mimir.url.replace(LOOPBACK, 'localhost')}",
            }
            local = self._change(loki_on(document, address, ports, LOKI_ADDRESSES, texts))
            file = folder / "config.yaml"
            file.write_text(json.dumps(local))
            process = Process(
                f"loki-{number}",
                [self._programs["loki"], f"-config.file={file}", "-config.expand-env=true", "-target=all"],
                folder / "log", self._ready(f"https://{address}:{ports['http']}{LOKI.probe_path}"), CREDENTIALS,
            )  # fmt: skip
            self._start(process)
            found.append(process)
        return found, ports["http"]

    def _rules(self) -> Path:
        folder = self._directory / "rules" / LOKI_RULES.tenant
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in loki_rule_files(SETTINGS).items():
            (folder / name).write_text(text)
        return folder.parent

    def _tempo(self) -> tuple[Process, int, int]:
        """The process, its HTTP port and the one of OTLP over gRPC."""
        document = rendered(ChartName.TEMPO, SETTINGS, object_storage(self._s3), self._charts)
        ports = _ports("http", "grpc", "memberlist", "otlp_grpc", "otlp_http")
        folder = self._directory / "tempo"
        folder.mkdir(parents=True)
        overrides = folder / "overrides.yaml"
        overrides.write_text("overrides: {}\n")
        texts = {
            "/var/tempo": str(folder / "data"),
            DIRECTORY: str(self._folders.folder("tempo")),
            "/conf/overrides.yaml": str(overrides),
        }
        file = folder / "tempo.yaml"
        file.write_text(json.dumps(tempo_on(document, ports, texts)))
        process = Process(
            "tempo",
            [self._programs["tempo"], f"-config.file={file}"],
            folder / "log", self._ready(f"https://{LOOPBACK}:{ports['http']}{TEMPO.probe_path}"), CREDENTIALS,
        )  # fmt: skip
        self._start(process)
        return process, ports["http"], ports["otlp_grpc"]

    def _ready(self, url: str) -> Any:
        context = _trusting(self._ca_file)

        def ready() -> bool:
            try:
                with urllib.request.urlopen(url, timeout=2, context=context):  # noqa: S310 - loopback
                    return True
            except OSError:
                return False

        return ready

    @contextmanager
    def _gateway(self, back_ends: dict[str, str]) -> Generator[Collector]:
        folder = self._directory / "gateway"
        (folder / "state").mkdir(parents=True)
        ports = Ports.free()
        document = on_loopback(
            gateway_config(SETTINGS).document(),
            ports,
            folder / "state",
            back_ends,
            self._folders.folder("collector-gateway"),
        )
        with running(document, ports, folder, {**POD_ENVIRONMENT, HASH_KEY_VARIABLE: HASH_KEY}) as collector:
            yield collector


def s3_client(address: str) -> Any:
    """A client of the buckets."""
    return boto3.client(
        "s3", endpoint_url=f"http://{address}", region_name="us-west-2",
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip


def _ports(*names: str) -> dict[str, int]:
    return dict(zip(names, free_ports(len(names)), strict=True))


def _grpc(port: int) -> int:
    """SeaweedFS has a gRPC port beside each HTTP port, by default 10000 above, which may not be one."""
    return port + 1 if port < 65535 else port - 1


def eventually(what: str, found: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first true answer of `found`. A refusal isn't one: a ring has unhealthy members for seconds after a start.

    Raises `AssertionError` with the last answer.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            if answer := found():
                return answer
        except (RefusedError, OSError) as error:
            answer = error
        assert time.monotonic() < deadline, f"{what}: {answer!r} after {seconds:.0f} s"
        time.sleep(0.5)
