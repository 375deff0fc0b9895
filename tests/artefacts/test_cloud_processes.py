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


# Started in place of the engine: it starts what stands on its command line, notes that, and waits. The pipe is its own
# as the engine's is, or ours as with a shell in between.
PARENT = """
import pathlib, subprocess, sys
directory, pipe, *command = sys.argv[1:]
child = subprocess.Popen(command, stdout=subprocess.PIPE if pipe == "own" else None)
pathlib.Path(directory, "started").touch()
line = child.stdout.readline() if pipe == "own" else b""
sys.stdin.read()
"""
# A process that stops at a moment of its start until its parent is dead; where the kernel tells nobody, if so asked.
LATE = """
import builtins, ctypes, os, pathlib, runpy, sys, time, types
module, directory, moment, kernel = sys.argv[1:]
parent, tell = os.getppid(), builtins.print
def wait():
    pathlib.Path(directory, "waiting").touch()
    while os.getppid() == parent:
        time.sleep(0.01)
def late(*arguments, **options):
    wait()
    tell(*arguments, **options)
if kernel == "silent":
    ctypes.CDLL = lambda name: types.SimpleNamespace(prctl=lambda *arguments: -1)
if moment == "before the port":
    builtins.print = late
else:
    wait()
runpy.run_module(module, run_name="__main__")
"""
SERVERS = ("sandbox.providers.aws", "sandbox.providers.random", "sandbox.language_host")


@contextmanager
def started_by(directory: Path, pipe: str, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A parent with a child that runs Python; what both inherit of ours ends with the last of them."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(directory), pipe, sys.executable, *command],
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield parent
    finally:
        parent.kill()
        parent.wait()


def assert_the_child_ends(parent: subprocess.Popen[str]) -> str:
    """Kill the parent and wait for the child, which can't be waited for by number: it isn't ours. What both printed."""
    parent.kill()
    try:
        # The child holds our pipe until it has ended.
        output, errors = parent.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.fail("the child outlives its parent")
    assert parent.returncode == -signal.SIGKILL
    assert errors == ""
    return output


@pytest.mark.parametrize("module", SERVERS)
def test_server_ends_with_its_parent(module: str, tmp_path: Path) -> None:
    """The engine may die without a word."""
    with started_by(tmp_path, "ours", "-m", module) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline())
        assert assert_the_child_ends(parent) == ""


@pytest.mark.parametrize("module", SERVERS)
@pytest.mark.parametrize(
    ("moment", "kernel", "pipe"),
    [
        ("before the port", "tells", "ours"),
        ("before the port", "silent", "ours"),
        ("before its first line", "tells", "own"),
        ("before its first line", "silent", "own"),
    ],
)
def test_server_ends_with_a_parent_that_died_while_it_started(
    module: str, moment: str, kernel: str, pipe: str, tmp_path: Path
) -> None:
    with started_by(tmp_path, pipe, "-c", LATE, module, str(tmp_path), moment, kernel) as parent:
        wait_for(tmp_path / "waiting", exists=True, running=parent)
        output = assert_the_child_ends(parent)
    assert bool(output) == ((moment, kernel) == ("before the port", "silent")), "told where nobody said it's over"


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
