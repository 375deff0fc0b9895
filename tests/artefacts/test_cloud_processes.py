"""The cloud and the plugins as processes: what they print, what they leave, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.providers import schema
from sandbox.providers.properties import decode, encode

PATIENCE_SECONDS = 60


@contextmanager
def process(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A Python module as a process, ended by its own pid."""
    running = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=os.environ | variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()


def wait_for(path: Path, *, exists: bool, running: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while path.exists() != exists:
        assert time.monotonic() < deadline, f"waited in vain for {path}"
        assert running is None or running.poll() is None, running.stderr and running.stderr.read()
        time.sleep(0.05)


def test_cloud_until_told_to_stop(tmp_path: Path) -> None:
    with process("sandbox.cloud", "--directory", str(tmp_path)) as cloud:
        wait_for(tmp_path / "cloud.json", exists=True, running=cloud)
        state = json.loads((tmp_path / "cloud.json").read_text())
        assert state["pid"] == cloud.pid
        assert state["endpoint"].startswith("http://127.0.0.1:")
        cloud.send_signal(signal.SIGTERM)
        assert cloud.wait(PATIENCE_SECONDS) == 0
    assert not (tmp_path / "cloud.json").exists()
    assert "serving on" in (tmp_path / "cloud.log").read_text()


def test_cloud_ends_with_its_owner(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with process("sandbox.cloud", "--directory", str(tmp_path), "--owner-pid", str(owner.pid)) as cloud:
        wait_for(tmp_path / "cloud.json", exists=True, running=cloud)
        owner.kill()
        owner.communicate()
        assert cloud.wait(PATIENCE_SECONDS) == 0


def test_cloud_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with process("sandbox.cloud", "--directory", str(tmp_path / "file" / "below")) as cloud:
        _, errors = cloud.communicate(timeout=PATIENCE_SECONDS)
    assert cloud.returncode == 1
    assert "can't start in" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(("plugin", "version"), [("aws", "7.51.1"), ("random", "4.21.4")])
def test_plugin(plugin: str, version: str) -> None:
    with process(f"sandbox.providers.{plugin}") as running:
        assert running.stdout is not None
        port = int(running.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(Empty()).version == version
            assert stub.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets
            with pytest.raises(grpc.RpcError) as error:
                stub.GetSchema(provider_pb2.GetSchemaRequest())
            assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=PATIENCE_SECONDS)
    assert (running.returncode, output, errors) == (0, "", "")


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has waited for yet doesn't."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_plugin_ends_with_its_parent(tmp_path: Path) -> None:
    """The engine may die without a word: a shell in between stands for it."""
    script = f'"{sys.executable}" -m sandbox.providers.random & echo $! >"{tmp_path}/pid"; read line'
    parent = subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert int(parent.stdout.readline())
    pid = int((tmp_path / "pid").read_text())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while runs(pid):
        assert time.monotonic() < deadline, f"process {pid} outlives its parent"
        time.sleep(0.05)
    parent.communicate()


def test_plugin_makes_its_schema_on_first_use(tmp_path: Path) -> None:
    """Check needs the schema; an empty cache is filled, and what is in it is what the SDK says."""
    with process(
        "sandbox.providers.aws", XDG_CACHE_HOME=str(tmp_path), AWS_ENDPOINT_URL="http://127.0.0.1:9"
    ) as running:
        assert running.stdout is not None
        port = int(running.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(provider_pb2.ConfigureRequest(args=encode({"region": "us-west-2"})))
            token = "aws:s3/bucket:Bucket"
            request = provider_pb2.CheckRequest(
                urn=f"urn:pulumi:a::b::{token}::c",
                type=token,
                name="c",
                news=encode({"bucket": "a-bucket"}),
                randomSeed=b"1",
            )
            assert decode(stub.Check(request).inputs).values == {"bucket": "a-bucket"}
    [cached] = (tmp_path / "lgtm-platform").iterdir()
    assert cached.name == schema.cache_path().name
    assert schema.Schema.model_validate_json(cached.read_bytes()) == schema.load()
