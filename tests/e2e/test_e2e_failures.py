"""What goes wrong: bad settings, a cloud that fails once, an interrupted `up`. Nothing half-created, nothing lost."""

import os
import signal
import subprocess
import time

import pytest

from tests.e2e.conftest import Platform

# What a run that ended early has written down is what counts here.
CHECKPOINTS = True
BAD_SETTINGS = {
    "retention": {"retention": {"logs": {"hot_days": 30}}},
    "kubernetes_version": {
        "cluster": {"mode": "eks", "kubernetes_version": "1.33", "public_access_cidrs": ["10.0.0.0/8"]}
    },
    "unknown key": {"retentoin": {}},
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_wrong_settings_fail_with_one_message_before_anything_is_created(platform: Platform, name: str) -> None:
    path = platform.sandbox.project / "Pulumi.staging.yaml"
    good = path.read_text(encoding="utf-8")
    try:
        platform.change_settings("staging", **BAD_SETTINGS[name])
        for command in (["preview"], ["up", "--yes", "--skip-preview"]):
            result = platform.pulumi(*command, "--stack", "staging", code=None)
            text = result.stdout + result.stderr
            assert result.returncode != 0
            assert "Pulumi.staging.yaml can't be used" in text
            assert "lgtm:platform." in text
            assert "Traceback" not in text
    finally:
        path.write_text(good, encoding="utf-8")
    kinds = {resource["type"] for resource in platform.state("staging")}
    assert kinds <= {"pulumi:pulumi:Stack"}
    assert platform.client("s3").list_buckets()["Buckets"] == []


def test_an_interrupted_up_recovers(platform: Platform) -> None:
    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", "staging", "--non-interactive"]
    sandbox = platform.sandbox
    process = subprocess.Popen(
        command, cwd=sandbox.project, env=sandbox.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not platform.client("s3").list_buckets()["Buckets"] and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)  # Ctrl-C reaches the whole group, as in a terminal
    process.communicate(timeout=120)
    assert process.returncode != 0
    made = len(platform.state("staging"))
    assert made > 1
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "staging")
    assert len(platform.state("staging")) > made
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "staging", "--expect-no-changes")
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "staging")


def test_a_cloud_that_fails_once_leaves_a_stack_that_the_next_up_completes(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LGTM_SANDBOX_FAIL", "aws:s3/bucketPolicy:BucketPolicy@create#1")
    failed = platform.pulumi("up", "--yes", "--skip-preview", "--stack", "staging", code=None)
    assert failed.returncode != 0
    assert "InternalError" in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr
    monkeypatch.delenv("LGTM_SANDBOX_FAIL")
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "staging")
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "staging", "--expect-no-changes")
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "staging")
