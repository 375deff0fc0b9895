"""The operator's commands against real Loki and Tempo, and the deletion API that erasure needs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest

from tests.artefacts.otlp_source import post
from tests.live.deployed import ACCOUNT, object_storage
from tests.live.platform import CREDENTIALS, Live, eventually, s3_client
from tests.live.traffic import log_request
from tests.live_servers import serving
from tests.unit.ops.running import Ran, run


@pytest.fixture(scope="module", autouse=True)
def traffic(live: Live) -> None:
    """A thousand lines."""
    post(live.agent.ports, "logs", log_request(1, 1000))
    eventually("lines", live.lines)


def _ran(live: Live, *words: str) -> Ran:
    return run(*words, "--stack", "prod", *live.endpoint_arguments)


def test_connectivity_goes_through_tls_to_loki_and_tempo(live: Live) -> None:
    said = _ran(live, "connectivity").out
    lines = [line for line in said.splitlines() if line.strip().startswith(("loki", "tempo"))]
    assert lines, said
    assert not [line for line in lines if "fail" in line.lower()], said


def test_health_reads_the_real_answers_of_loki_and_tempo(live: Live) -> None:
    said = _ran(live, "health").out
    lines = [line for line in said.splitlines() if "loki" in line.lower() or "tempo" in line.lower()]
    ready = [line for line in lines if "ready" in line.lower() or "answers" in line.lower()]
    assert ready, said


def test_slow_queries_are_those_that_were_asked(live: Live) -> None:
    ran = _ran(live, "queries", "slow", "--hours", "1", "--over", "0")
    assert ran.code in (0, 1), ran.err


def test_a_deletion_request_is_taken_and_listed_by_the_compactor(live: Live) -> None:
    start = f"{time.time() - 3600:.0f}"
    query = '{service_name=~".+"} | user_id="user-7"'
    live.post(live.loki_url, "/loki/api/v1/delete", query=query, start=start)
    listed = [one["query"] for one in live.get(live.loki_url, "/loki/api/v1/delete")]
    assert query in listed


IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT}:user/live</Arn><UserId>live</UserId><Account>{ACCOUNT}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


@pytest.fixture
def aws(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """S3 is the platform's; only the account's number comes from elsewhere."""
    with serving() as account:
        account.posts["/"] = lambda _: IDENTITY.encode()
        for name, value in {
            "AWS_ENDPOINT_URL_S3": f"http://{live.s3}", "AWS_ENDPOINT_URL_STS": account.url, **CREDENTIALS,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield


@pytest.mark.usefixtures("aws")
def test_storage_adds_up_what_loki_and_tempo_have_written(live: Live) -> None:
    live.loki[0].terminate()  # its chunks go into the bucket
    live.loki[0].start()
    live.loki[0].wait()
    ran = run("storage", "--stack", "prod", "--json")
    assert ran.code in (0, 1), ran.err
    uses = {one["purpose"]: one for one in json.loads(ran.out)["uses"]["uses"]}
    s3 = s3_client(live.s3)
    for purpose, bucket in object_storage("").buckets.items():
        listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        found = uses.get(purpose.value, {"objects": 0})
        # Index files come and go between the two listings.
        assert abs(found["objects"] - len(listed)) <= 3, purpose
    assert uses["loki-chunks"]["objects"] > 0


def test_cache_status_reads_loki_s_real_metrics(live: Live) -> None:
    """A share of keys where queries have asked the cache, no verdict where none has; never that it can't be reached."""
    ran = _ran(live, "cache", "status", "--json")
    assert ran.code in (0, 1), ran.err
    said = [one["detail"] for one in json.loads(ran.out)["checks"]]
    assert len(said) == 2
    for one in said:
        assert re.fullmatch(r"\d+ MB(, \d+% of keys found|; nothing has been asked of it)", one), one


def test_what_is_deployed_is_what_validate_accepts() -> None:
    ran = run("validate", "--stack", "prod", "--json")
    assert ran.code in (0, 1), ran.err
    states = {one["name"]: one["state"] for one in json.loads(ran.out)["checks"]}
    assert {states["loki values"], states["tempo values"]} == {"ok"}
