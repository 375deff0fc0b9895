"""`erase` against replicas of Loki on loopback: what it shows, files, follows, and what it says where it can't."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter

from ops.backends import http
from ops.backends.kubernetes import Pod
from ops.erasure import erase
from ops.erasure.replicas import Replicas
from tests.large_stack import large_settings
from tests.live_servers import DOWN, UNAUTHORIZED, Failure, Platform
from tests.unit.ops.certificates import certificates
from tests.unit.ops.erasure import lokis
from tests.unit.ops.erasure.lokis import DELETE, KEY, hash_of, kubectl, pod, three_lokis
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

HOST = "loki.monitoring.svc.cluster.local"
OLD_KEY = "the-key-before-the-rotation"
SECRETS = {"redaction-hash-key": KEY, "old-key": OLD_KEY}
Tools = Callable[[str, str], Path]
Erase = Callable[..., Ran]


@pytest.fixture
def replicas(tmp_path: Path, platform: Platform) -> Iterator[lokis.Replicas]:
    """Lines of user 7 in both places, and of others; queries see what the replicas store."""
    found = certificates(tmp_path, HOST)
    with three_lokis(found.server) as one:
        one.stored = [
            {"in": "attribute", "value": hash_of("7")},
            {"in": "attribute", "value": hash_of("7")},
            {"in": "body", "value": hash_of("7")},
            {"in": "body", "value": hash_of("8")},
            {"in": "body", "value": '"7"'},
        ]
        platform.loki.answers["/loki/api/v1/query"] = one.count
        yield one


@pytest.fixture
def erasing(
    replicas: lokis.Replicas, platform: Platform, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Erase:
    """`erasing("--apply")` runs the command for user 7 of prod."""
    (tmp_path / "kubeconfig").write_text("{}")
    waits = iter(range(50))
    monkeypatch.setattr(http, "pause", lambda _: next(waits))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    def ran(*options: str, user: str = "7", secrets: dict[str, str] = SECRETS) -> Ran:
        kubectl(tools, tmp_path, replicas.addresses, secrets, replicas.down)
        reach = [part for one in platform.endpoints for part in ("--endpoint", one)]
        reach += ["--kubeconfig", str(tmp_path / "kubeconfig"), "--ca-file", str(tmp_path / "ca.pem")]
        return run("erase", "--stack", "prod", "--user", user, *options, *reach)

    return ran


def document(ran: Ran) -> Any:
    return json.loads(ran.out)


def stages(found: Any) -> dict[str, str]:
    return {f"{one['what']} in {one['place']}": one["stage"] for one in found["searches"]}


def filed(replicas: lokis.Replicas) -> dict[str, list[str]]:
    return {name: [one["query"] for one in requests] for name, requests in replicas.lists.items()}


def test_by_itself_it_shows_what_would_go_and_changes_nothing(erasing: Erase, replicas: lokis.Replicas) -> None:
    ran = erasing()
    assert ran.code == 1, ran.err
    assert "3 lines to erase; 1 more hold the id itself: --also-plain takes them too" in ran.out
    assert f'{{service_name=~".+"}} | user_id="{hash_of("7")}" or enduser_id="{hash_of("7")}"' in ran.out
    assert f'{{service_name=~".+"}} |= "{hash_of("7")}" |~ ' in ran.out
    assert "nothing was changed" in ran.err
    assert filed(replicas) == {"loki-0": [], "loki-1": [], "loki-2": []}


def test_the_key_is_never_shown(erasing: Erase, replicas: lokis.Replicas) -> None:
    replicas.works_at_look = 3
    for options in ((), ("--json",), ("--apply", "--yes", "--previous-key-secret", "old-key")):
        ran = erasing(*options)
        for key in (KEY, OLD_KEY):
            assert key not in ran.out + ran.err


def test_it_is_filed_on_every_replica_with_one_range_and_followed(erasing: Erase, replicas: lokis.Replicas) -> None:
    replicas.works_at_look = 3
    ran = erasing("--apply", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert set(stages(document(ran)).values()) == {"erased", "only counted"}
    assert len({tuple(one) for one in filed(replicas).values()}) == 1
    ranges = {(one["start_time"], one["end_time"]) for requests in replicas.lists.values() for one in requests}
    assert len(ranges) == 1
    assert replicas.stored == [{"in": "body", "value": hash_of("8")}, {"in": "body", "value": '"7"'}]
    assert "2 requests: received; Loki begins after" in ran.err
    assert "2 requests: processed" in ran.err


def test_without_a_yes_nothing_is_filed(erasing: Erase, replicas: lokis.Replicas) -> None:
    ran = erasing("--apply")
    assert ran.code == 1
    assert "nothing was changed (--yes doesn't ask)" in ran.err
    assert not any(filed(replicas).values())


def test_a_run_that_was_cut_is_continued_by_the_next(erasing: Erase, replicas: lokis.Replicas) -> None:
    ran = erasing("--apply", "--yes", "--no-follow", "--json")
    assert ran.code == 1
    assert stages(document(ran))["hash in body"] == "filed"
    before = filed(replicas)
    # One replica lost its volume, another is elected.
    replicas.lists["loki-2"].clear()
    replicas.leader, replicas.works_at_look, replicas.looks = "loki-2", 3, 0
    ran = erasing("--apply", "--json")
    assert ran.code == 0, ran.err
    assert filed(replicas) == before
    ranges = {(one["start_time"], one["end_time"]) for requests in replicas.lists.values() for one in requests}
    assert len(ranges) == 1


def test_a_leader_that_dies_midway_is_replaced_by_one_that_has_the_request(
    erasing: Erase, replicas: lokis.Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: float) -> None:
        if replicas.leader == "loki-0":
            replicas.servers["loki-0"].failure = Failure(status=503, body=b"Ingester not ready", times=4)
            replicas.leader = "loki-1"
            replicas.work("loki-1")

    monkeypatch.setattr(http, "pause", killed)
    ran = erasing("--apply", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert document(ran)["leader"] == "loki-1"
    assert replicas.stored == [{"in": "body", "value": hash_of("8")}, {"in": "body", "value": '"7"'}]


def test_new_lines_of_a_person_who_was_erased_are_found_again(erasing: Erase, replicas: lokis.Replicas) -> None:
    replicas.works_at_look = 3
    assert erasing("--apply", "--yes").code == 0
    assert "erased: 0 lines left" in erasing().out
    replicas.stored.append({"in": "body", "value": hash_of("7"), "new": "yes"})
    assert "1 lines to erase" in erasing().out


def test_an_id_that_no_line_holds(erasing: Erase) -> None:
    ran = erasing(user="nobody")
    assert ran.code == 0
    assert "no log line holds this id; is it as services send it, and under these names?" in ran.out


def test_keys_of_before_and_hashes_without_one(erasing: Erase, replicas: lokis.Replicas) -> None:
    replicas.stored += [
        {"in": "body", "value": hash_of("7", OLD_KEY)},
        {"in": "attribute", "value": hash_of("7", "")},
    ]
    found = stages(document(erasing("--json", "--previous-key-secret", "old-key", "--also-unkeyed")))
    assert found["hash with the key of old-key in body"] == "to file"
    assert found["hash without a key in attribute"] == "to file"
    replicas.works_at_look = 3
    ran = erasing("--apply", "--yes", "--also-plain", "--also-unkeyed", "--previous-key-secret", "old-key")
    assert ran.code == 0, ran.err
    assert replicas.stored == [{"in": "body", "value": hash_of("8")}]


def test_what_is_true_of_traces_and_metrics_is_said(erasing: Erase, platform: Platform) -> None:
    assert "metrics: no series has the id's hash as a label" in erasing().out
    platform.tell("last_over_time", ({}, 3.0))
    ran = erasing()
    assert "metrics: 3 series have the id's hash as a label" in ran.out
    # 7 days, an hour for replaced blocks, and a day for blocks whose newest span is younger.
    gone = datetime.now(UTC) + timedelta(days=8, hours=1)
    assert f"traces: can't be deleted one by one; those of until now are gone by {gone:%Y-%m-%d}" in ran.out
    platform.mimir.failure = DOWN
    assert "metrics: not known, Mimir gave no answer" in erasing().out


def test_the_id_may_come_from_standard_input(erasing: Erase, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("7\n"))
    assert "3 lines to erase" in erasing(user="-").out


@pytest.mark.parametrize(
    ("change", "said"),
    [({"compactor": {"retention_enabled": False}}, "loki-0 deletes nothing: compactor.retention_enabled is false"),
     ({"limits_config": {"deletion_mode": "disabled"}}, "limits_config.deletion_mode is 'disabled'; accepted: filter-"),
     ({"limits_config": {"deletion_mode": "filter-only"}}, "limits_config.deletion_mode is 'filter-only'"),
     ({"auth_enabled": True}, "loki-0: auth_enabled is true, so that logs belong to tenants; accepted: false")],
)  # fmt: skip
def test_a_loki_that_deletes_nothing_is_told(
    erasing: Erase, replicas: lokis.Replicas, change: dict[str, Any], said: str
) -> None:
    replicas.configuration |= change
    ran = erasing("--apply", "--yes")
    assert ran.code == 2
    assert said in ran.err
    assert not any(filed(replicas).values())


def test_a_secret_that_is_not_there(erasing: Erase) -> None:
    ran = erasing(secrets={})
    assert ran.code == 2
    assert "there is no Secret redaction-hash-key in monitoring, whose hash-key keys the hashes; accepted:" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--attribute", "order.id"), "--attribute: got 'order.id', which isn't hashed in this stack; accepted: "),
     (("--user", " "), "--user: got an empty id"),
     (("--previous-key-secret", "lost"), "there is no Secret lost in monitoring")],
)  # fmt: skip
def test_input_that_cannot_be_used(erasing: Erase, options: tuple[str, ...], said: str) -> None:
    ran = erasing(*options)
    assert ran.code == 2
    assert said in ran.err


def test_a_replica_that_does_not_run_stops_it_before_anything_is_filed(
    erasing: Erase, replicas: lokis.Replicas
) -> None:
    replicas.down = {"loki-1"}
    ran = erasing("--apply", "--yes")
    assert ran.code == 3
    assert "loki-1 in monitoring isn't up" in ran.err
    assert "each replica keeps a list of deletion requests of its own, so all must run" in ran.err
    assert not any(filed(replicas).values())


@pytest.mark.parametrize(
    ("failure", "said"),
    [(UNAUTHORIZED, "loki-2 refuses access: HTTP 401 to /config"), (DOWN, "loki-2 is busy: HTTP 503")],
)
def test_a_replica_that_gives_no_answer(erasing: Erase, replicas: lokis.Replicas, failure: Failure, said: str) -> None:
    replicas.servers["loki-2"].failure = failure
    ran = erasing("--apply", "--yes")
    assert ran.code == 3
    assert said in ran.err
    assert not any(filed(replicas).values())


def test_a_request_that_loki_refuses_is_told_with_its_words(erasing: Erase, replicas: lokis.Replicas) -> None:
    replicas.servers["loki-0"].posted[DELETE] = lambda _: 400
    ran = erasing("--apply", "--yes")
    assert ran.code == 3
    assert f"loki-0 answers with an error: HTTP 400 to {DELETE}" in ran.err


def test_pieces_that_take_too_long_are_asked_in_halves(
    erasing: Erase, platform: Platform, replicas: lokis.Replicas
) -> None:
    def slow(parameters: Any) -> Any:
        seconds = int(parameters["query"].rpartition("[")[2].partition("s]")[0])
        return 504 if seconds > 3600 else replicas.count(parameters)

    platform.loki.answers["/loki/api/v1/query"] = slow
    assert "3 lines to erase" in erasing().out


def test_lines_that_an_old_index_still_finds_are_waited_for(erasing: Erase, replicas: lokis.Replicas) -> None:
    replicas.works_at_look, replicas.stale_counts = 3, 6
    ran = erasing("--apply", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert ran.err.count("queries find lines still") == 2
    assert stages(document(ran))["hash in body"] == "erased"


def test_stopping_it_leaves_the_request_filed(
    erasing: Erase, replicas: lokis.Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(erase.http, "pause", interrupted)
    ran = erasing("--apply", "--yes")
    assert ran.code == 1
    assert "Loki goes on by itself, and running it again continues" in ran.err
    assert all(len(one) == 2 for one in filed(replicas).values())


def test_in_mode_distributed_the_compactor_alone_keeps_requests() -> None:
    pods = TypeAdapter(tuple[Pod, ...]).validate_python([pod("loki-compactor-0"), pod("loki-ingester-0")])
    cluster = SimpleNamespace(pods=lambda _: pods)  # pyright: ignore[reportUnknownLambdaType]
    target = SimpleNamespace(settings=large_settings(), kubernetes=lambda: cluster)
    assert Replicas(target).names() == ("loki-compactor-0",)  # type: ignore[arg-type]
