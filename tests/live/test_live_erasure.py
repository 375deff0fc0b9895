"""One person is erased from three real Lokis: none of his lines is left in the bucket, all of the others' are.

What queries find proves little: a replica leaves out what its list names, also before it is deleted. So a fourth Loki
judges, which has no list and no deletion (`deletion_mode: disabled`), and reads the same bucket.
Prod waits 24 hours before it deletes, up to half an hour for the compactor's round, and 2 hours with replaced chunks;
here it is Loki's own fixed minute, some seconds, and 40 seconds.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from ops.backends import http
from ops.erasure.searches import keyed_hash
from planning.buckets import BucketPurpose
from sandbox.kubernetes.processes import free_ports
from tests.artefacts.otlp_source import pairs, post, resource_spans, value
from tests.live.conftest import live_platform
from tests.live.deployed import Document, object_storage
from tests.live.platform import CREDENTIALS, HASH_KEY, LOKI_ADDRESSES, Live, eventually, s3_client
from tests.live.processes import Process
from tests.live.programs import find
from tests.live.traffic import NAMESPACE
from tests.unit.ops.erasure.lokis import kubectl
from tests.unit.ops.running import Ran, run, stand_in

USERS = ("user-1", "user-2", "user-7", "user-8")
ERASED = ("user-7", "user-8")
LINES = 40
BUCKET = object_storage("").buckets[BucketPurpose.LOKI_CHUNKS]
SHORT = {
    "compaction_interval": "5s",
    "delete_request_cancel_period": "1s",
    "retention_delete_delay": "40s",
}
RING = {"heartbeat_period": "2s", "heartbeat_timeout": "10s"}
POLL_SECONDS = 3.0


def hurried(configuration: Document) -> Document:
    """Waits that don't change what is done."""
    configuration["compactor"] |= SHORT
    configuration["common"]["ring"] |= RING
    configuration["storage_config"].setdefault("tsdb_shipper", {})["resync_interval"] = "10s"
    return configuration


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A platform whose Lokis wait less."""
    with live_platform(tmp_path_factory.mktemp("erasure"), hurried) as running:
        yield running


def request_of(user: str) -> ExportLogsServiceRequest:
    """His lines in the forms that services write: JSON, JSON in JSON, logfmt, and an attribute."""
    bodies = [
        lambda n: json.dumps({"msg": "order stored", "user_id": user, "n": n}),
        lambda n: json.dumps({"event": json.dumps({"userId": user, "n": n})}),
        lambda n: f"level=info user.id={user} msg=stored n={n}",
        lambda n: f"order {n} stored",
    ]
    records = [
        LogRecord(
            time_unix_nano=time.time_ns(),
            body=value(body(number)),
            attributes=pairs({"user.id": user} if body is bodies[-1] else {}),
        )
        for number in range(LINES)
        for body in bodies
    ]
    resource = resource_spans({"service.name": "shop", **NAMESPACE}, []).resource
    return ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=resource, scope_logs=[ScopeLogs(log_records=records)])]
    )


FORMS = 4


def found(ask: Callable[[str], Any], user: str) -> int:
    """His lines, in bodies and attributes."""
    hashed = keyed_hash(HASH_KEY, user)
    queries = f'{{service_name=~".+"}} |= "{hashed}"', f'{{service_name=~".+"}} != "{hashed}" | user_id="{hashed}"'
    answers = [ask(f"sum(count_over_time({query} [1h]))") for query in queries]
    return sum(int(one["value"][1]) for answer in answers for one in answer["data"]["result"])


def at_the_service(live: Live) -> Callable[[str], Any]:
    return lambda query: live.get(live.loki_url, "/loki/api/v1/query", query=query)


@pytest.fixture(scope="module", autouse=True)
def stored(live: Live) -> None:
    """Everybody's lines, in chunks of the bucket with their index: what a day does in prod, a restart does here."""
    for user in USERS:
        post(live.agent.ports, "logs", request_of(user))
    for user in USERS:
        eventually(f"lines of {user}", lambda it=user: found(at_the_service(live), it) == LINES * FORMS)
    for one in live.loki:
        one.terminate()
        one.start()
        one.wait()
    eventually("the index of each replica", lambda: len(keys(live, "index/index_")) >= 1, seconds=150)
    time.sleep(10)


def keys(live: Live, prefix: str) -> set[str]:
    """Objects of the chunks' bucket."""
    pages = s3_client(live.s3).get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {one["Key"] for page in pages for one in page.get("Contents", ())}


@contextmanager
def judge(live: Live, directory: Path) -> Generator[Callable[[str], Any]]:
    """Asks a Loki of its own, which reads the bucket and knows no requests."""
    directory.mkdir()
    http_port, grpc_port, gossip = free_ports(3)
    file = Path(str(live.loki[0].command[1]).partition("=")[2])
    configuration = json.loads(file.read_text().replace(str(file.parent / "data"), str(directory / "data")))
    configuration["server"] |= {
        "http_listen_address": "127.0.0.1",
        "http_listen_port": http_port,
        "grpc_listen_address": "127.0.0.1",
        "grpc_listen_port": grpc_port,
    }
    configuration["common"] |= {"replication_factor": 1, "ring": {"kvstore": {"store": "inmemory"}}}
    configuration["common"].pop("compactor_grpc_address")
    configuration["memberlist"] = {"bind_addr": ["127.0.0.1"], "bind_port": gossip, "join_members": []}
    configuration["limits_config"]["deletion_mode"] = "disabled"
    configuration["compactor"] |= {"compaction_interval": "24h"}
    (directory / "config.yaml").write_text(json.dumps(configuration))
    url = f"https://localhost:{http_port}"

    def ready() -> bool:
        try:
            return live.text(url, "/ready").strip() == "ready"
        except Exception:
            return False

    program = find("loki")
    process = Process(
        "judge",
        [str(program), f"-config.file={directory / 'config.yaml'}", "-config.expand-env=true", "-target=all"],
        directory / "log", ready, CREDENTIALS,
    )  # fmt: skip
    process.start()
    try:
        process.wait()
        yield lambda query: live.get(url, "/loki/api/v1/query", query=query)
    finally:
        process.stop()


def leader(live: Live) -> int | None:
    """The replica that runs the compactor."""
    for number, address in enumerate(LOKI_ADDRESSES):
        try:
            said = live.text(f"https://{address}:{live.loki_port}", "/metrics")
        except OSError:
            continue
        if "loki_boltdb_shipper_compactor_running 1" in said.splitlines():
            return number
    return None


def erased(live: Live, folder: Path, user: str, monkeypatch: pytest.MonkeyPatch, wait: Callable[[], None]) -> Ran:
    """The command, with a stand-in for kubectl that forwards to the real replicas; `wait` runs between its looks."""
    folder.mkdir()
    addresses = {f"loki-{number}": (address, live.loki_port) for number, address in enumerate(LOKI_ADDRESSES)}
    kubectl(lambda name, body: stand_in(folder, name, body), folder, addresses, {"redaction-hash-key": HASH_KEY})
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    (folder / "kubeconfig").write_text("{}")

    def waited(_: float) -> None:
        wait()
        time.sleep(POLL_SECONDS)

    monkeypatch.setattr(http, "pause", waited)
    options = ["--apply", "--yes", "--json", "--kubeconfig", str(folder / "kubeconfig"), "--timeout", "30"]
    return run("erase", "--stack", "prod", "--user", user, *options, *live.endpoint_arguments)


def test_the_replicas_run_what_makes_deletion_possible(live: Live) -> None:
    for address in LOKI_ADDRESSES:
        configuration = yaml.safe_load(live.text(f"https://{address}:{live.loki_port}", "/config"))
        assert configuration["compactor"]["retention_enabled"] is True
        assert configuration["compactor"]["deletion_marker_object_store_prefix"] == "deletion-markers/"
        assert configuration["limits_config"]["deletion_mode"] == "filter-and-delete"


def test_nothing_is_left_of_one_person_and_everything_of_the_others(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = keys(live, "fake/")
    with judge(live, tmp_path / "before") as ask:
        before = {user: found(ask, user) for user in USERS}
    assert before == dict.fromkeys(USERS, LINES * FORMS), "not everything is in the bucket yet"
    ran = erased(live, tmp_path / "run", "user-7", monkeypatch, lambda: None)
    assert ran.code == 0, ran.err
    said = json.loads(ran.out)
    print(ran.err)
    assert {one["stage"] for one in said["searches"]} == {"erased", "only counted"}
    with judge(live, tmp_path / "after") as ask:
        after = {user: found(ask, user) for user in USERS}
    assert after == {**before, "user-7": 0}
    eventually("the old chunks leave the bucket", lambda: not chunks & keys(live, "fake/"), seconds=240)
    eventually("the marks leave it too", lambda: not keys(live, "deletion-markers/"), seconds=120)


def test_a_leader_that_is_killed_midway_leaves_nothing(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    def wait() -> None:
        leads = leader(live)
        if not killed and leads is not None:
            killed.append(leads)
            live.loki[leads].kill()
        elif len(killed) == 1 and leads is not None and leads != killed[0]:
            requests = live.get(f"https://{LOKI_ADDRESSES[leads]}:{live.loki_port}", "/loki/api/v1/delete")
            hashed = keyed_hash(HASH_KEY, "user-8")
            if all(one["status"] == "processed" for one in requests if hashed in one["query"]):
                # Midway again: chunks are marked and not deleted yet. The first one comes back for the quorum.
                live.loki[killed[0]].start()
                live.loki[killed[0]].wait()
                killed.append(leads)
                live.loki[leads].kill()
        elif len(killed) == 2:
            killed.append(killed[1])
            live.loki[killed[1]].start()
            live.loki[killed[1]].wait()

    chunks = keys(live, "fake/")
    ran = erased(live, tmp_path / "run", "user-8", monkeypatch, wait)
    while len(killed) < 3:
        wait()
    print(ran.err)
    assert ran.code == 0, ran.err
    with judge(live, tmp_path / "after") as ask:
        after = {user: found(ask, user) for user in USERS}
    assert after == {"user-1": LINES * FORMS, "user-2": LINES * FORMS, "user-7": 0, "user-8": 0}
    eventually("the old chunks leave the bucket", lambda: not chunks & keys(live, "fake/"), seconds=300)
