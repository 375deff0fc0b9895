"""The workflows: judged by actionlint and zizmor, pinned, without more rights than they name; their scripts run."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.bootstrap.catalog import TOOLS
from sandbox.bootstrap.install import ensure_tools
from sandbox.bootstrap.paths import PROJECT_ROOT

WORKFLOWS = sorted((PROJECT_ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = PROJECT_ROOT / ".github" / "scripts"
GITLAB = PROJECT_ROOT / "docs" / "examples" / "gitlab-ci.yml"
PINNED = re.compile(r"uses: (\./\S+|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)( # zizmor: .*)?$")
FAKE_GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$GH_LOG"
case "$*" in *"--jq"*) cat "$GH_ANSWER" ;; esac
"""


def document(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=PROJECT_ROOT, check=False, capture_output=True, text=True, env={**os.environ, **environment},
    )  # fmt: skip


def test_actionlint_finds_nothing() -> None:
    tool = ensure_tools(tuple(one for one in TOOLS if one.name == "actionlint"))["actionlint"]
    result = run(tool, "-shellcheck=", "-pyflakes=", *WORKFLOWS)
    assert result.returncode == 0, result.stdout + result.stderr


def test_zizmor_finds_nothing() -> None:
    result = run(Path(sys.prefix) / "bin" / "zizmor", "--offline", "--no-progress", PROJECT_ROOT / ".github")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_workflow_starts_without_rights_and_pins_its_actions(path: Path) -> None:
    text, workflow = path.read_text(encoding="utf-8"), document(path)
    assert workflow["permissions"] == {}
    for line in (line for line in text.splitlines() if "uses:" in line):
        assert PINNED.search(line), line
    for name, job in workflow["jobs"].items():
        assert job.get("permissions"), name
        for step in job.get("steps", ()):
            assert "${{" not in step.get("run", ""), f"{name}: expressions go through env"
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_only_the_comment_and_the_drift_issue_may_write() -> None:
    writing = {
        (path.name, name, right)
        for path in WORKFLOWS
        for name, job in document(path)["jobs"].items()
        for right, level in job["permissions"].items()
        if level == "write" and right != "id-token"
    }
    assert writing == {
        ("pull-request-comment.yml", "comment", "pull-requests"),
        ("drift.yml", "issue", "issues"),
    }


def test_a_fork_s_jobs_get_no_token_for_the_cloud() -> None:
    jobs = document(PROJECT_ROOT / ".github/workflows/pull-request.yml")["jobs"]
    assert {name for name, job in jobs.items() if "id-token" in job["permissions"]} == {"look"}
    assert "head.repo.full_name == github.repository" in jobs["look"]["if"]


def test_a_pull_request_reads_no_state_and_takes_no_role_that_does() -> None:
    text = (PROJECT_ROOT / ".github/workflows/pull-request.yml").read_text(encoding="utf-8")
    roles = set(re.findall(r"vars\.(AWS_\w*ROLE_ARN)", text))
    assert roles == {"AWS_PULL_REQUEST_ROLE_ARN"}
    assert "PULUMI_BACKEND_URL" not in text
    for path in WORKFLOWS:
        if path.name != "pull-request.yml":
            assert "AWS_PULL_REQUEST_ROLE_ARN" not in path.read_text(encoding="utf-8")
    merge_request = document(GITLAB)
    jobs = [job for job in merge_request.values() if isinstance(job, dict) and "merge_request_event" in str(job)]
    assert all("AWS_PREVIEW_ROLE_ARN" not in str(job) and "pulumi login" not in str(job) for job in jobs)


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.sh")), ids=lambda path: path.name)
def test_each_script_is_sound_and_executable(path: Path) -> None:
    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text(encoding="utf-8")
    assert run("bash", "-n", path).returncode == 0


@pytest.mark.parametrize(
    ("script", "arguments", "known", "body", "expected"),
    [
        ("post-comment.sh", ("7",), "41\n", "x", "--method PATCH repos/acme/lgtm/issues/comments/41"),
        ("post-comment.sh", ("7",), "", "x", "--method POST repos/acme/lgtm/issues/7/comments"),
        ("drift-issue.sh", (), "", "x", "--method POST repos/acme/lgtm/issues "),
        ("drift-issue.sh", (), "9\n", "x", "--method PATCH repos/acme/lgtm/issues/9 -F body=@"),
        ("drift-issue.sh", (), "9\n", "", "--method PATCH repos/acme/lgtm/issues/9 -f state=closed"),
        ("drift-issue.sh", (), "", "", None),
    ],
)
def test_what_was_written_before_is_updated(
    script: str, arguments: tuple[str, ...], known: str, body: str, expected: str | None, tmp_path: Path
) -> None:
    gh, log, answer, file = (tmp_path / name for name in ("gh", "log", "answer", "body.md"))
    gh.write_text(FAKE_GH, encoding="utf-8")
    gh.chmod(0o755)
    answer.write_text(known, encoding="utf-8")
    file.write_text(body, encoding="utf-8")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    result = run(SCRIPTS / script, "acme/lgtm", *arguments, file, PATH=path, GH_LOG=str(log), GH_ANSWER=str(answer))
    assert result.returncode == 0, result.stderr
    calls = log.read_text(encoding="utf-8").splitlines()
    writes = [call for call in calls if "--method" in call]
    assert any(expected in call for call in writes) if expected else not writes


def test_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    result = run(SCRIPTS / "post-comment.sh", "acme/lgtm", "7/../8", tmp_path / "x")
    assert result.returncode == 2


def test_gitlab_runs_the_same_scripts() -> None:
    jobs = document(GITLAB)
    stages = jobs["stages"]
    reserved = {"stages", "default", "variables", "workflow"}
    for name, job in jobs.items():
        if name in reserved or name.startswith("."):
            continue
        merged = {**jobs.get(job.get("extends", ""), {}), **job}
        assert merged["stage"] in stages, name
        assert merged["script"], name
        assert set(merged.get("needs", ())) <= set(jobs), name
    text = GITLAB.read_text(encoding="utf-8")
    for script in re.findall(r"\.github/scripts/[\w-]+\.sh", text):
        assert (PROJECT_ROOT / script).is_file()
