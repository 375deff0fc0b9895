"""checkov, which nobody here wrote, judges what the program registers; every exception has its reason in a file."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.aws_environment import aws_environment_for
from components.cluster import connect_cluster
from components.object_storage import object_storage_for
from components.volume_snapshots import volume_snapshots_for
from components.workload_identity import workload_identities
from sandbox.bootstrap.python_tools import ensure_python_tool
from settings.models.names import Names
from tests.artefacts.terraform_plan import terraform_plan
from tests.stacks import settings_of
from tests.unit.components.conftest import OWNER, OWNER_OUTPUTS
from tests.unit.recording import Graph, run_program

EXCEPTIONS = Path(__file__).with_name("checkov_exceptions.yaml")
STACKS = ("dev", "staging", "prod")
# Checks that would pass unseen if the plan lost a value or a reference on its way to checkov.
MUST_PASS = {
    "CKV2_AWS_12": "the default security group of a VPC is closed",
    "CKV_AWS_158": "log groups are encrypted with a key",
    "CKV_AWS_66": "log groups are kept for a time",
    "CKV_AWS_58": "secrets of the cluster are encrypted",
    "CKV_AWS_79": "instances answer metadata by version 2 only",
    "CKV_AWS_7": "keys rotate",
    "CKV2_AWS_6": "buckets have a public access block",
    "CKV2_AWS_61": "buckets have a lifecycle",
}


def registered(stack: str) -> Graph:
    """What the program registers on AWS for a stack, snapshots among it."""
    settings = settings_of(stack)
    names = Names(project=settings.project, stack=stack)
    copies = settings.backup.model_copy(update={"volume_snapshot_days": 3})

    def program() -> Any:
        aws = aws_environment_for(settings, names)
        cluster = connect_cluster(settings, names, aws)
        objects = object_storage_for(settings, names, aws, settings.tier_plans)
        volume_snapshots_for(settings.model_copy(update={"backup": copies}), names, aws, cluster)
        return workload_identities(settings, names, aws, cluster, objects)

    return run_program(program, stack=stack, stacks={OWNER: OWNER_OUTPUTS})


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What checkov says of each stack."""
    folder, found = tmp_path_factory.mktemp("checkov"), {}
    for stack in STACKS:
        plan = folder / f"{stack}.json"
        plan.write_text(json.dumps(terraform_plan(registered(stack))), encoding="utf-8")
        command = [str(ensure_python_tool("checkov")), "-f", str(plan), "--framework", "terraform_plan", "-o", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode in (0, 1), done.stderr
        found[stack] = json.loads(done.stdout)
    return found


def test_every_failed_check_is_an_exception_with_its_reason(verdicts: dict[str, Any]) -> None:
    reasons = yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))
    failed = {
        check["check_id"]: f"{check['check_name']}: {check['resource']} of {stack}"
        for stack, verdict in verdicts.items()
        for check in verdict["results"]["failed_checks"]
    }
    assert {name: failed[name] for name in failed.keys() - reasons.keys()} == {}
    assert reasons.keys() - failed.keys() == set(), "exceptions that nothing needs any more"
    assert all(len(str(reason)) > 40 for reason in reasons.values())


def test_nothing_is_skipped_or_misread(verdicts: dict[str, Any]) -> None:
    for stack, verdict in verdicts.items():
        summary = verdict["summary"]
        assert (summary["skipped"], summary["parsing_errors"]) == (0, 0), stack
        assert summary["resource_count"] >= {"dev": 30, "staging": 80, "prod": 80}[stack]


def test_checks_that_need_values_and_references_pass_on_prod(verdicts: dict[str, Any]) -> None:
    passed = {check["check_id"] for check in verdicts["prod"]["results"]["passed_checks"]}
    failed = {check["check_id"] for check in verdicts["prod"]["results"]["failed_checks"]}
    assert MUST_PASS.keys() - passed == set()
    assert MUST_PASS.keys() & failed == set()


def test_a_hole_is_found(tmp_path: Path) -> None:
    """The converter loses nothing that would hide it: an open default group and keys that never rotate are named."""
    plan = terraform_plan(registered("prod"))
    rule = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
    planned = [(one["type"], one["values"]) for one in plan["planned_values"]["root_module"]["resources"]]
    changed = [(one["type"], one["change"]["after"]) for one in plan["resource_changes"]]
    for token, values in (*planned, *changed):
        if token == "aws_default_security_group":
            values["ingress"] = [rule]
        if token == "aws_kms_key":
            values["enable_key_rotation"] = False
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    command = [str(ensure_python_tool("checkov")), "-f", str(path), "--framework", "terraform_plan", "-o", "json"]
    verdict = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    assert {"CKV2_AWS_12", "CKV_AWS_7"} <= {check["check_id"] for check in verdict["results"]["failed_checks"]}
