"""The way to a stack: its outputs, a port-forward that ends, tokens that are never shown."""

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.backends import port_forward
from ops.backends.connection import Connection
from ops.backends.errors import LiveError, Problem
from ops.backends.port_forward import Forwarded, PortForward
from ops.backends.target import Role, Target
from tests.live_servers import LOOPBACK, Platform, serving
from tests.unit.ops.certificates import certificates
from tests.unit.ops.running import run

pytestmark = pytest.mark.usefixtures("alone")

Tools = Callable[[str, str], Path]
HOST = "monitoring.svc.cluster.local"
PASSWORD = "correct-horse-battery"
OUTPUTS = {
    "endpoints": {
        "otlp": {"grpc": f"http://collector.{HOST}:4317", "http": f"http://collector.{HOST}:4318"},
        "logs": {"push": "", "query": f"http://loki.{HOST}:3100/loki/api/v1/query"},
        "traces": {"push": "", "query": f"http://tempo.{HOST}:3200/api/search"},
        "metrics": {"push": "", "query": f"http://mimir-gateway.{HOST}:8080/prometheus/api/v1/query"},
    },
    "grafana_url": "http://localhost:3000",
    "grafana_admin_password_secret": {"namespace": "monitoring", "name": "grafana-admin", "key": "admin-password"},
    "kubeconfig": "[secret]",
}
PULUMI = """
import json
outputs = {outputs!r}
assert arguments[:3] == ["stack", "output", "--json"], arguments
if "--show-secrets" in arguments:
    outputs["kubeconfig"] = "the kubeconfig"
print(json.dumps(outputs))
"""
# Forwards to the server that stands for the service, as kubectl does, until it is told to end.
KUBECTL = """
import json, socket, threading
ports = {ports!r}
config = open(arguments[arguments.index("--kubeconfig") + 1]).read()
assert config == "the kubeconfig", config
if "get" in arguments:
    name = arguments[-1].removeprefix("/api/v1/namespaces/monitoring/secrets/")
    print(json.dumps({{"data": {secrets!r}[name]}}))
    sys.exit(0)
assert "127.0.0.1" in arguments
target = ports[arguments[-2].removeprefix("svc/")]
listener = socket.create_server(("127.0.0.1", 0))
print(f"Forwarding from 127.0.0.1:{{listener.getsockname()[1]}} -> {{arguments[-1].removeprefix(':')}}", flush=True)
open({pids!r}, "a").write(f"{{__import__('os').getpid()}}\\n")

def copy(source, sink):
    while chunk := source.recv(65536):
        sink.sendall(chunk)
    sink.close()

while True:
    inner, _ = listener.accept()
    outer = socket.create_connection(("127.0.0.1", target))
    for one, other in ((inner, outer), (outer, inner)):
        threading.Thread(target=copy, args=(one, other), daemon=True).start()
"""


@pytest.fixture
def forwarding(platform: Platform, tools: Tools, tmp_path: Path) -> Path:
    """A stack whose services only its cluster reaches; returns the file with the process ids of its port-forwards."""
    ports = {
        "loki": platform.loki.port,
        "tempo": platform.tempo.port,
        "mimir-gateway": platform.mimir.port,
        "grafana": platform.grafana.port,
        "collector": platform.otlp.port,
    }
    pids = tmp_path / "pids"
    tools("pulumi", PULUMI.format(outputs=OUTPUTS))
    password = base64.b64encode(PASSWORD.encode()).decode()
    secrets = {"grafana-admin": {"admin-password": password}}
    tools("kubectl", KUBECTL.format(ports=ports, secrets=secrets, pids=str(pids)))
    return pids


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_services_are_reached_through_port_forwards_that_end(forwarding: Path, platform: Platform) -> None:
    with Target(Connection("staging")) as target:
        assert target.loki().service.ready().status == 200
        assert target.mimir().number("vector(1)") == 1
        assert target.tempo().service.address.connect_to is not None
        assert target.grafana().health().database == "ok"
        kubeconfig = target.kubeconfig()
        assert kubeconfig.stat().st_mode & 0o777 == 0o600
        assert kubeconfig.parent.stat().st_mode & 0o777 == 0o700
        pids = [int(line) for line in forwarding.read_text(encoding="utf-8").split()]
        assert len(pids) == 4
        assert not any(map(_gone, pids))
    assert all(map(_gone, pids))
    assert not kubeconfig.parent.exists()
    assert platform.loki.requests == ["/ready"]


def test_port_forwards_end_when_a_command_fails(forwarding: Path) -> None:
    def fails() -> None:
        with Target(Connection("staging")) as target:
            target.loki().service.ready()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert all(_gone(int(line)) for line in forwarding.read_text(encoding="utf-8").split())


def test_grafanas_password_is_sent_and_never_shown(forwarding: Path, platform: Platform) -> None:
    expected = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    for command in ("health", "connectivity", "dashboards optimise"):
        ran = run(*command.split(), "--stack", "staging", "--json")
        assert PASSWORD not in ran.out + ran.err
        assert expected.removeprefix("Basic ") not in ran.out + ran.err
    assert set(platform.grafana.authorizations) == {expected}
    assert forwarding.exists()


def test_the_authority_of_an_encrypted_service_comes_from_the_cluster(tools: Tools, tmp_path: Path) -> None:
    found = certificates(tmp_path, f"loki.{HOST}")
    outputs = json.loads(json.dumps(OUTPUTS).replace("http://loki", "https://loki"))
    outputs["ca_certificate_secret"] = {"namespace": "monitoring", "name": "loki-tls", "key": "ca.crt"}
    tools("pulumi", PULUMI.format(outputs=outputs))
    authority = base64.b64encode(found.ca_file.read_bytes()).decode()
    with serving(found.server) as server:
        server.answers["/ready"] = lambda _: b"ready"
        secrets = {"loki-tls": {"ca.crt": authority}}
        pids = str(tmp_path / "pids")
        tools("kubectl", KUBECTL.format(ports={"loki": server.port}, secrets=secrets, pids=pids))
        with Target(Connection("staging")) as target:
            assert target.loki().service.ready().status == 200
        other = certificates(tmp_path, "elsewhere")
        with Target(Connection("staging", ca_file=other.ca_file)) as target:
            loki = target.loki()
            with pytest.raises(LiveError, match="its certificate isn't trusted"):
                loki.service.ready()


def test_a_token_from_the_environment(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LGTM_GRAFANA_URL", platform.grafana.url)
    monkeypatch.setenv("LGTM_GRAFANA_TOKEN", "glsa_x")
    with Target(Connection("staging")) as target:
        target.grafana().health()
    assert platform.grafana.authorizations == ["Bearer glsa_x"]


def test_the_command_line_wins_over_the_environment(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LGTM_LOKI_URL", "http://elsewhere:1")
    with Target(Connection("staging", endpoints=(f"loki={platform.loki.url}",))) as target:
        assert target.address(Role.LOKI).url == platform.loki.url


def test_an_ingress_needs_no_port_forward(tools: Tools) -> None:
    tools("pulumi", PULUMI.format(outputs={**OUTPUTS, "grafana_url": "https://grafana.example.com"}))
    with Target(Connection("staging", endpoints=("grafana=https://grafana.example.com",))) as target:
        assert target.address(Role.GRAFANA).connect_to is None


@pytest.mark.parametrize(
    ("pulumi", "words"),
    [
        ("sys.stderr.write('error: no stack named staging found\\n')\nsys.exit(255)", "no stack named staging found"),
        ("print('{}')", "it has no output endpoints; bring it up first: pulumi up --stack staging"),
        ("print('Please log in')", "stack output is not JSON"),
        ("print('{\"endpoints\": 3}')", "its outputs name no address of loki; give one: --endpoint loki=http"),
    ],
)
def test_a_stack_without_outputs(pulumi: str, words: str, tools: Tools) -> None:
    tools("pulumi", pulumi)
    ran = run("queries", "slow", "--stack", "staging")
    assert (ran.code, ran.out) == (3, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1


def test_a_failing_back_end_of_states_is_asked_once(tools: Tools, tmp_path: Path, platform: Platform) -> None:
    calls = tmp_path / "calls"
    tools("pulumi", f"open({str(calls)!r}, 'a').write('x')\nsys.exit(1)")
    ran = run("health", "--stack", "staging")
    assert (ran.code, ran.out, ran.err) == (3, "", "error: pulumi answers with an error: exit code 1\n")
    ran = run("health", "--stack", "staging", "--endpoint", f"loki={platform.loki.url}")
    assert ran.out.count("exit code 1") == 6
    assert calls.read_text(encoding="utf-8") == "xx"


def test_a_port_forward_that_fails_says_why(tools: Tools, tmp_path: Path) -> None:
    tools("kubectl", "sys.stderr.write('error: services \"loki\" not found\\n')\nsys.exit(1)")
    with pytest.raises(LiveError) as caught:
        PortForward(Forwarded("monitoring", "svc/loki", 3100), tmp_path / "kubeconfig", tmp_path)
    assert str(caught.value) == 'svc/loki in monitoring can\'t be reached: error: services "loki" not found'


def test_a_port_forward_that_never_starts_is_ended(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def recorded(*arguments: Any, **more: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", recorded)
    tools("kubectl", "import time\ntime.sleep(60)")
    with pytest.raises(LiveError) as caught:
        PortForward(Forwarded("monitoring", "svc/loki", 3100), tmp_path / "kubeconfig", tmp_path, timeout_seconds=0.1)
    assert caught.value.problem is Problem.TIMEOUT
    assert [process.returncode is not None for process in started] == [True]


def test_outputs_are_read_in_the_checkout(tools: Tools, checkout: Path) -> None:
    tools("pulumi", f"import json, os\nassert os.getcwd() == {str(checkout)!r}\nprint(json.dumps({OUTPUTS!r}))")
    with Target(Connection("staging"), project=checkout) as target:
        assert target.outputs.plain().endpoints == OUTPUTS["endpoints"]


def test_loopback_only() -> None:
    assert port_forward.LOOPBACK == LOOPBACK
