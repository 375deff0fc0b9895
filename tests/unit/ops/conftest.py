"""Fixtures: a platform on loopback, a checkout of its own, AWS as moto keeps it, and tools that are stand-ins."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ops.backends import http
from ops.report import terminal
from tests.live_servers import Platform, running_platform
from tests.stacks import PROJECT
from tests.unit.ops.running import Ran, run, stand_in


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No tools, no addresses and no credentials of this machine; retries don't wait, and no sentence is broken."""
    monkeypatch.setattr(terminal, "WIDTH", 1000)
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("ops.backends.tools.SETUP_FOLDER", tmp_path / "setup")
    for name in ("LOKI", "TEMPO", "MIMIR", "GRAFANA", "OTLP"):
        monkeypatch.delenv(f"LGTM_{name}_URL", raising=False)
        monkeypatch.delenv(f"LGTM_{name}_TOKEN", raising=False)
    for name in ("LGTM_KUBECONFIG", "LGTM_CA_FILE", "LGTM_CHART_MIRROR", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(http, "pause", lambda seconds: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]


@pytest.fixture
def tools(tmp_path: Path) -> Callable[[str, str], Path]:
    """`tools("kubectl", "print('{}')")` puts a stand-in on PATH."""
    return lambda name, body: stand_in(tmp_path / "tools", name, body)


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A platform that is well."""
    with running_platform() as one:
        yield one


@pytest.fixture
def operate(platform: Platform) -> Callable[..., Ran]:
    """`operate("health")` runs a command against the platform, as stack staging."""

    def operated(*command: str, stack: str = "staging") -> Ran:
        endpoints = [part for one in platform.endpoints for part in ("--endpoint", one)]
        return run(*command, "--stack", stack, *endpoints)

    return operated


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the stack files, to be changed."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for path in PROJECT.glob("Pulumi*.yaml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS account that moto keeps."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    # Thousands of machine images, read anew for every account; nothing here asks for one.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield


@pytest.fixture
def s3(aws: None) -> Any:
    """A client of it."""
    import boto3

    untyped: Any = boto3
    return untyped.client("s3", region_name="us-west-2")
