"""`validate` and `upgrade-check`."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ops.backends import eks_addons
from ops.backends.errors import LiveError, Problem
from ops.backends.kubernetes import Kubernetes
from ops.checks.upgrade_check import upgrade_check
from planning.cost.eks_versions import STANDARD_SUPPORT_ENDS
from telemetry.charts.lock import COLLECTOR_VERSION
from tests.stacks import PROJECT
from tests.unit.ops.running import run

pytestmark = pytest.mark.usefixtures("alone")

Tools = Callable[[str, str], Path]


def test_a_stack_that_is_in_order(tools: Tools, tmp_path: Path) -> None:
    ran = run("validate", "--stack", "prod")
    assert ran.code == 0, ran.out
    assert ran.out.endswith("all is well; warnings: workload, access\n")
    collector = tools("otelcol", "assert arguments[:2] == ['validate', '--config']\nassert open(arguments[2]).read()")
    ran = run("validate", "--stack", "prod", "--collector", str(collector))
    assert ran.out.count("accepted") == 2, ran.out
    tools("otelcol", "sys.stderr.write('Error: unknown receiver\\n')\nsys.exit(1)")
    ran = run("validate", "--stack", "prod", "--collector", str(collector))
    assert (ran.code, ran.out.count("Error: unknown receiver")) == (1, 2)
    assert run("validate", "--stack", "prod", "--collector", str(tmp_path / "none")).code == 2


def test_a_mirror_that_lacks_charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LGTM_CHART_MIRROR", str(tmp_path))
    ran = run("validate", "--stack", "prod", "--json")
    assert ran.code == 1
    checks = {check["name"]: check for check in json.loads(ran.out)["checks"]}
    assert "chart loki 18.11.0 is missing" in checks["chart loki"]["detail"]
    assert checks["chart loki"]["advice"].startswith("helm pull oci://")


def test_a_kubernetes_version_near_its_end(tools: Tools, tmp_path: Path) -> None:
    ends = STANDARD_SUPPORT_ENDS[36]
    early = upgrade_check("prod", online=False, today=date(2026, 4, 1)).checks[0]
    late = upgrade_check("prod", online=False, today=ends).checks[0]
    assert (early.state.value, late.state.value, late.value) == ("ok", "finding", 0)
    assert "438 instead of 73 USD" in late.detail
    tools("kubectl", 'print(\'{"major": "1", "minor": "33+"}\')')
    running = upgrade_check("dev", online=False, kubernetes=Kubernetes(tmp_path), today=ends).checks[0]
    assert running.detail.startswith("1.33: EKS standard support ended on 2026-07-29")
    tools("kubectl", 'print(\'{"major": "1", "minor": "99"}\')')
    newer = upgrade_check("dev", online=False, kubernetes=Kubernetes(tmp_path), today=ends).checks[0]
    assert newer.state.value == "unknown"
    unknown = upgrade_check("dev", online=False, today=ends).checks[0]
    assert "give --kubeconfig to ask it" in unknown.detail


def test_newer_charts_are_named(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise LiveError("AWS", Problem.UNREACHABLE, "no credentials for eks")

    monkeypatch.setattr(eks_addons, "untyped_client", unreachable)
    tools("helm", "assert arguments[:2] == ['show', 'chart'], arguments\nprint('version: 18.11.0\\nappVersion: 3.7.6')")
    ran = run("upgrade-check", "--stack", "staging", "--online", "--json")
    found = {check["name"]: check for check in json.loads(ran.out)["checks"]}
    assert found["chart loki"]["state"] == "ok"
    assert "no credentials for eks" in found["add-on vpc-cni"]["detail"]
    assert found["chart opentelemetry-collector"]["detail"].startswith(f"locked 0.170.0 ({COLLECTOR_VERSION})")
    assert found["chart tempo"]["detail"] == "locked 2.2.4 (2.10.8), newest 18.11.0 (3.7.6)"
    assert "chart 3.0.0 runs Tempo 3 in one process" in found["chart tempo"]["advice"]
    tools("helm", "sys.stderr.write('Error: Get https://x: no such host\\n')\nsys.exit(1)")
    ran = run("upgrade-check", "--stack", "staging", "--online")
    assert "no such host" in ran.out
    assert ran.code == 0


def test_validate_says_what_the_program_would_warn_of() -> None:
    ran = run("validate", "--stack", "prod", "--json")
    checks = {check["name"]: check for check in json.loads(ran.out)["checks"]}
    assert checks["access"]["state"] == "warning"
    assert "put the blocks of your offices, VPN and CI there" in checks["access"]["advice"]
    assert {checks[name]["state"] for name in ("load", "budget", "region", "owner", "kubernetes", "nodes")} == {"ok"}


def test_validate_compares_the_policies_limits_and_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in PROJECT.glob("Pulumi*.yaml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path)
    arguments = ("validate", "--stack", "prod")
    ran = run(*arguments)
    assert ran.code == 1
    assert "policies/config/prod.json is missing" in ran.out
    assert "python -m ops validate --stack prod --fix" in ran.out
    assert run(*arguments, "--fix").code == 0
    limits = tmp_path / "policies" / "config" / "prod.json"
    assert run(*arguments).code == 0
    limits.write_text("{}", encoding="utf-8")
    assert "is behind the stack file" in run(*arguments).out
