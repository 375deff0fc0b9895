"""The pack on the real engine: violations reach a person with the right text and exit code, and so does a wrong file.

`pulumi policy analyze --file` judges a state file without a backend, a provider or a program, so one run of a few
seconds carries a violation of every rule.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from planning.registered import UNKNOWN, Property, Resource
from policies.facts import leaves
from policies.rules import RULES
from sandbox.bootstrap.catalog import TOOLS
from sandbox.bootstrap.install import ensure_tools
from sandbox.bootstrap.paths import PROJECT_ROOT, VENV_BIN
from tests.policies import (
    test_cost_rules,
    test_kubernetes_rules,
    test_retention_rules,
    test_security_rules,
    test_spending_rules,
)
from tests.policies.cases import FAIL, Case, resource
from tests.stacks import policy_configs

TABLES = (test_spending_rules, test_cost_rules, test_retention_rules, test_security_rules, test_kubernetes_rules)
STACK_URN = "urn:pulumi:prod::lgtm::pulumi:pulumi:Stack::lgtm-prod"
FOREVER = "2999-12-31"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where `pulumi` is found, and nothing of the machine's own Pulumi."""
    pulumi = ensure_tools(tuple(tool for tool in TOOLS if tool.name == "pulumi"))["pulumi"]
    return {
        "PATH": os.pathsep.join([str(pulumi.parent), str(VENV_BIN), os.environ["PATH"]]),
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PULUMI_HOME": str(tmp_path_factory.mktemp("pulumi")),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "LGTM_SANDBOX_PROJECT": str(PROJECT_ROOT),
        "LGTM_SANDBOX_PYTHON": str(VENV_BIN / "python"),
    }


def analyze(
    environment: Mapping[str, str], folder: Path, state: Mapping[str, Any], config: Mapping[str, Any]
) -> subprocess.CompletedProcess[str]:
    """What the engine says about a state under a configuration."""
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    command = ["pulumi", "policy", "analyze", "--non-interactive", "--color", "never", "--file", "state.json"]
    command += ["--policy-pack", str(PROJECT_ROOT / "policies"), "--policy-pack-config", "config.json"]
    return subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)


def prod_config() -> dict[str, Any]:
    return json.loads((policy_configs() / "prod.json").read_text(encoding="utf-8"))


def state_of(*resources: Resource) -> dict[str, Any]:
    """A state file as `pulumi stack export` writes it."""
    root = {"urn": STACK_URN, "custom": False, "type": "pulumi:pulumi:Stack"}
    manifest = {"time": "2026-11-24T00:00:00Z", "magic": "", "version": ""}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": [root, *map(_exported, resources)]}}


def _exported(item: Resource) -> dict[str, Any]:
    known = json.loads(json.dumps(item.properties, default=str))
    dependencies = {key: sorted(urns) for key, urns in item.property_dependencies.items()}
    return {
        "urn": item.urn,
        "custom": True,
        "id": f"{item.name}-id",
        "type": item.type,
        "inputs": known,
        "outputs": known,
        "parent": STACK_URN,
        "protect": bool(item.protect),
        "propertyDependencies": dependencies,
        "dependencies": sorted({urn for urns in dependencies.values() for urn in urns}),
    }


def first_failing(rule_id: str) -> Case:
    """A failing case of a rule that says all that a state file must say."""
    cases = (case for table in TABLES for case in table.CASES if case.rule == rule_id and case.verdict == FAIL)
    return next(case for case in cases if not any(_unsaid(item.properties) for item in case.resources))


def _unsaid(value: Property) -> bool:
    return any(leaf is UNKNOWN for _, leaf in leaves(value))


def apart(case: Case) -> list[Resource]:
    """The case's resources under names of its own, so that no two cases join."""
    return [_renamed(item, case.rule) for item in case.resources]


def _renamed(item: Resource, prefix: str) -> Resource:
    def urn(old: str) -> str:
        head, _, name = old.rpartition("::")
        return f"{head}::{prefix}-{name}"

    text = json.dumps(item.properties).replace("acme-prod", f"acme-{prefix}")
    dependencies = {key: frozenset(map(urn, urns)) for key, urns in item.property_dependencies.items()}
    name = f"{prefix}-{item.name}"
    return Resource(item.type, name, urn(item.urn), json.loads(text), dependencies, protect=item.protect)


def test_a_violation_of_every_rule_is_reported_and_stops_the_engine(
    environment: dict[str, str], tmp_path: Path
) -> None:
    cases = [first_failing(rule.id) for rule in RULES]
    config = prod_config()
    for case in cases:
        config[case.rule] = config.get(case.rule, {}) | case.limits
    result = analyze(environment, tmp_path, state_of(*[item for case in cases for item in apart(case)]), config)
    assert result.returncode != 0
    text = " ".join(result.stdout.split())
    for case in cases:
        assert f"{case.rule} (" in text, f"{case.rule} is not reported:\n{result.stdout}\n{result.stderr}"
    for rule in RULES:
        assert f"[{rule.level}] [severity: {rule.severity}] {rule.id}" in text
        assert f"Fix: {' '.join(rule.fix.split())}" in text
    assert "family m7g is not accepted; accepted: t4g" in text
    assert "STANDARD alone 0.352 (3.0 times as much)" in text


def moving_image(name: str) -> Resource:
    values: Property = {"image": {"repository": "grafana/grafana", "tag": "latest"}}
    return resource("kubernetes:helm.sh/v3:Release", {"chart": "grafana", "version": "1.2.3", "values": values}, name)


def excepted(until: str, name: str = "grafana") -> dict[str, Any]:
    exception = {"resource": name, "reason": "no version tag yet, ticket 7", "until": until}
    return {"images-pinned": {"exceptions": [exception]}}


def test_an_exception_covers_its_resource_until_its_day(environment: dict[str, str], tmp_path: Path) -> None:
    state = state_of(moving_image("grafana"))
    covered = analyze(environment, tmp_path, state, prod_config() | excepted(FOREVER))
    assert covered.returncode == 0, covered.stdout
    expired = analyze(environment, tmp_path, state, prod_config() | excepted("2026-01-01"))
    assert expired.returncode != 0
    assert "[mandatory] [severity: medium] exceptions-in-date" in " ".join(expired.stdout.split())
    assert "Its exception ended on 2026-01-01" in expired.stdout


def test_an_unused_exception_is_shown_and_stops_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    result = analyze(environment, tmp_path, state_of(), prod_config() | excepted(FOREVER))
    assert result.returncode == 0, result.stdout
    assert "the exception of grafana from images-pinned covers no violation any more" in result.stdout


def test_dev_only_shows_what_stops_prod(environment: dict[str, str], tmp_path: Path) -> None:
    dev = json.loads((policy_configs() / "dev.json").read_text(encoding="utf-8"))
    result = analyze(environment, tmp_path, state_of(moving_image("grafana")), dev)
    assert result.returncode == 0
    assert "[advisory] [severity: medium] images-pinned" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"nodes-limited": {"max_nodes": "six"}},
            "nodes-limited: max_nodes: Invalid type. Expected: integer, given: string",
        ),
        ({"nodes-limited": {"max_node": 6}}, "nodes-limited.max_node: Extra inputs are not permitted"),
        (excepted("soon"), "images-pinned: exceptions.0.until: Does not match format 'date'"),
        ({"images-pinned": {"exceptions": [{"resource": "x"}]}}, "reason is required"),
    ],
)
def test_a_wrong_configuration_is_one_clear_message(
    wrong: dict[str, Any], message: str, environment: dict[str, str], tmp_path: Path
) -> None:
    result = analyze(environment, tmp_path, state_of(), prod_config() | wrong)
    assert result.returncode != 0
    output = " ".join((result.stdout + result.stderr).split())
    assert message in output
    assert "Traceback" not in output
