"""`pulumi preview` with the pack: prod as it is passes, prod changed against its agreement fails with every reason.

So does a program that knows nothing of the rules, and its deployed state gets the verdicts that its preview got.
"""

import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.session import Sandbox
from tests.stacks import LINKED, REPOSITORY, copy_pack, make_project

# Each changed key with the rules that must object, on the resource in parentheses.
CHANGES: dict[str, Any] = {
    "network": {"nat": "per_az"},
    "retention": {"logs": {"hot_days": 3, "warm_days": 7, "delete_days": 30}},
    "storage": {"protect": False},
    "cluster": {
        "public_access_cidrs": ["198.51.100.0/24"],
        "control_plane_logs": ["api"],
        "log_retention_days": 731,
        "node_groups": {"spot": {"instance_types": ["m7g.4xlarge"], "max_nodes": 9, "root_volume_gib": 100}},
    },
    "sizes": {"tempo": {"volume_gib": 90}},
}
OBJECTIONS = {
    "budget": "lgtm-prod",
    "nat-limited": "network-nat-c",
    "applications-retain": "loki",
    "buckets-expire": "storage-loki-chunks",
    "data-protected": "storage-loki-chunks",
    "cluster-endpoint-limited": "cluster",
    "control-plane-audited": "cluster",
    "logs-bounded": "cluster-logs",
    "instances-limited": "prod-spot",
    "nodes-limited": "lgtm-prod",
    "volumes-limited": "tempo",
}

# What the program in tests/policies/violations does wrong: each rule with the resource that it must name.
VIOLATIONS = {
    "autoscaling-bounded": "endless",
    "buckets-encrypted": "open-logs",
    "buckets-expire": "open-logs",
    "buckets-private": "open-logs",
    "buckets-tls-only": "open-logs",
    "budget": "violations-prod",
    "charts-pinned": "dashboards",
    "cluster-endpoint-limited": "open-cluster",
    "cluster-in-standard-support": "open-cluster",
    "cluster-secrets-encrypted": "open-cluster",
    "control-plane-audited": "open-cluster",
    "credits-chosen": "dear-nodes",
    "data-protected": "still-key",
    "images-pinned": "dashboards",
    "indexes-untouched": "frozen-traces",
    "instances-limited": "dear-nodes",
    "keys-rotate": "still-key",
    "kubernetes-roles-named": "everything",
    "kubernetes-secrets-named": "all-secrets",
    "logs-bounded": "kept-for-ever",
    "metadata-closed": "old-nodes",
    "nat-limited": "nat-b",
    "no-open-ingress": "ssh",
    "no-wildcards": "anything",
    "nodes-limited": "violations-prod",
    "pod-roles-bound": "anything",
    "queried-data-readable": "frozen-traces",
    "required-tags": "open-logs",
    "secrets-not-plain": "dashboards",
    "transitions-pay": "frozen-traces",
    "uploads-aborted": "open-logs",
    "versions-expire": "all-versions",
    "volumes-encrypted": "old-nodes",
    "volumes-limited": "old-nodes",
}
PROGRAM = REPOSITORY / "tests" / "policies" / "violations" / "__main__.py"
PROJECT = {
    "name": "violations",
    "runtime": {"name": "python", "options": {"virtualenv": ".venv", "toolchain": "pip"}},
}
# The pack takes prod's configuration for every stack with prod in its name.
JUDGED, DEPLOYED = "prod", "prod-deployed"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    folder: Path = tmp_path_factory.mktemp("policies")
    sandbox = Sandbox(folder / "sandbox", project=make_project(folder / "project"))
    sandbox.start(owner_pid=os.getpid())
    try:
        sandbox.ensure_stacks(["prod"])
        yield sandbox
    finally:
        sandbox.stop()


@pytest.fixture(scope="module")
def violating(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    """A sandbox with a project whose program breaks the rules."""
    folder: Path = tmp_path_factory.mktemp("violations")
    project = folder / "project"
    project.mkdir()
    for name in set(LINKED) - {"__main__.py"}:
        (project / name).symlink_to(REPOSITORY / name)
    copy_pack(project)
    (project / "__main__.py").symlink_to(PROGRAM)
    (project / "Pulumi.yaml").write_text(yaml.safe_dump(PROJECT), encoding="utf-8")
    for stack in (JUDGED, DEPLOYED):
        (project / f"Pulumi.{stack}.yaml").write_text("config:\n  aws:region: us-west-2\n", encoding="utf-8")
    sandbox = Sandbox(folder / "sandbox", project=project)
    sandbox.start(owner_pid=os.getpid())
    try:
        sandbox.ensure_stacks([JUDGED, DEPLOYED])
        yield sandbox
    finally:
        sandbox.stop()


def preview(sandbox: Sandbox, *options: str, stack: str = "prod") -> tuple[int, str]:
    result = sandbox.pulumi("preview", "--stack", stack, "--policy-pack", "policies", "--color", "never", *options)
    return result.returncode, result.stdout + result.stderr


def objections(output: str, level: str = "mandatory") -> set[tuple[str, str]]:
    """Rule and resource of every violation in the engine's summary."""
    return set(re.findall(rf"^\s+- \[{level}\] \[severity: \w+\]  ([a-z-]+)  \(\S+ (\S+)\)$", output, re.MULTILINE))


def test_prod_as_it_is_passes_with_one_advice(sandbox: Sandbox) -> None:
    """Its nodes' baseline is 2.40 cores: the surplus is in the bill, and the rule says so."""
    code, output = preview(sandbox, "--policy-pack-config", "policies/config/prod.json")
    assert code == 0, output
    assert objections(output) == set()
    assert {rule for rule, _ in objections(output, "advisory")} == {"steady-load-sustained"}, output
    assert "need 2.52 cores for long, burstable nodes have 2.40 of baseline (105 %)" in output


def test_prod_against_its_agreement_fails_with_every_reason(sandbox: Sandbox) -> None:
    path = sandbox.project / "Pulumi.prod.yaml"
    document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["config"]["lgtm:platform"].update(CHANGES)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    # Without a configuration the pack finds prod's by the stack's name.
    code, output = preview(sandbox)
    assert code != 0
    found = objections(output)
    assert {rule for rule, _ in found} == set(OBJECTIONS), output
    assert set(OBJECTIONS.items()) <= found, output
    text = " ".join(output.split())
    assert "values.loki.limits_config.retention_period is 720h; accepted: 336h (14 days" in text
    assert "over the budget of 387.00; dearest: m7g.4xlarge" in text


def test_a_program_that_knows_no_rule_fails_for_every_one_that_it_breaks(violating: Sandbox) -> None:
    assert len(VIOLATIONS | OBJECTIONS) >= 20
    code, output = preview(violating, stack=JUDGED)
    assert code != 0
    found = objections(output)
    assert set(VIOLATIONS.items()) <= found, output
    assert {rule for rule, _ in found} == set(VIOLATIONS), output
    assert "changeme" not in output


def test_a_deployed_state_gets_the_verdicts_of_its_preview(violating: Sandbox, tmp_path: Path) -> None:
    code, output = preview(violating, stack=DEPLOYED)
    assert code != 0
    previewed = objections(output)
    without_control_plane = {name for name in VIOLATIONS if (name, VIOLATIONS[name]) in previewed}
    assert len(without_control_plane) >= 20, output
    # Without the pack nothing stops it.
    deployed = violating.pulumi("up", "--yes", "--skip-preview", "--stack", DEPLOYED, "--color", "never")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    state = tmp_path / "state.json"
    exported = violating.pulumi("stack", "export", "--stack", DEPLOYED, "--file", str(state))
    assert exported.returncode == 0, exported.stderr
    analyzed = violating.pulumi(
        "policy", "analyze", "--file", str(state), "--policy-pack", "policies", "--color", "never"
    )
    assert analyzed.returncode != 0
    assert objections(analyzed.stdout + analyzed.stderr) == previewed, analyzed.stdout
