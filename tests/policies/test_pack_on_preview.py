"""`pulumi preview` with the pack: prod as it is passes, prod changed against its agreement fails with every reason."""

import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.session import Sandbox
from tests.e2e.conftest import make_project

# Each changed key with the rules that must object, on the resource in parentheses.
CHANGES: dict[str, Any] = {
    "network": {"nat": "per_az"},
    "retention": {"logs": {"hot_days": 3, "warm_days": 7, "delete_days": 30}},
    "storage": {"protect": False},
    "cluster": {
        "public_access_cidrs": ["198.51.100.0/24"],
        "control_plane_logs": ["api"],
        "log_retention_days": 365,
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


def preview(sandbox: Sandbox, *options: str) -> tuple[int, str]:
    result = sandbox.pulumi("preview", "--stack", "prod", "--policy-pack", "policies", "--color", "never", *options)
    return result.returncode, result.stdout + result.stderr


def objections(output: str) -> set[tuple[str, str]]:
    """Rule and resource of every violation in the engine's summary."""
    return set(re.findall(r"^\s+- \[mandatory\] \[severity: \w+\]  ([a-z-]+)  \(\S+ (\S+)\)$", output, re.MULTILINE))


def test_prod_as_it_is_passes(sandbox: Sandbox) -> None:
    code, output = preview(sandbox, "--policy-pack-config", "policies/config/prod.json")
    assert code == 0, output
    assert "✅ lgtm-platform" in output


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
