"""`dr-test`: whether a stack could be brought back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.ops.running import run

pytestmark = pytest.mark.usefixtures("alone")

Tools = Callable[[str, str], Path]


@pytest.mark.parametrize("protected", [True, False])
def test_recovery_needs_protected_buckets_where_they_should_be(protected: bool, tools: Tools) -> None:
    urn = "urn:pulumi:prod::lgtm::lgtm:components:TierBuckets$aws:s3/bucket:Bucket::storage-loki-chunks"
    bucket = {"type": "aws:s3/bucket:Bucket", "urn": urn, "protect": protected, "retainOnDelete": protected}
    password = {"type": "random:index/randomPassword:RandomPassword", "urn": "u"}
    state = {"deployment": {"resources": [bucket, password]}}
    tools("pulumi", f"import json\nprint(json.dumps({state!r}) if 'export' in arguments else '{{}}')")
    ran = run("dr-test", "--stack", "prod", "--json")
    found = {check["name"]: check for check in json.loads(ran.out)["report"]["checks"]}
    assert found["bucket protection"]["state"] == ("ok" if protected else "finding")
    assert ("storage-loki-chunks" in found["bucket protection"]["advice"]) is not protected
    assert "comes back the same" in found["Grafana password"]["detail"]
    text = run("dr-test", "--stack", "staging").out
    assert "steps of a drill (storage.protect is off" in text
    assert "the region" in text


def test_recovery_without_a_state(tools: Tools) -> None:
    tools("pulumi", "print('nothing')")
    assert "stack export is not JSON" in run("dr-test", "--stack", "staging").out
    tools("pulumi", "print('{}')")
    assert "it has no resources" in run("dr-test", "--stack", "staging").out
