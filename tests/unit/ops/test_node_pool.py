"""`ops node-pool`: a pool whose largest bill stays within the budget, or a message that says what is missing."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.errors import CommandError
from ops.report.output import show_answer
from ops.setup.node_pool import karpenter_pool
from ops.stacks import settings_of
from settings.document.loader import FULL_KEY
from telemetry.cost.node_pool import PlannedPool
from telemetry.kubernetes.placement import DEDICATED_TAINT
from tests.stacks import stack_file


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tests' stacks with room for a pool."""
    for stack, usd in (("dev", 300), ("staging", 400), ("prod", 600)):
        document = stack_file(stack)
        document["config"][FULL_KEY]["budget"] = {"usd_per_month": usd}
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (tmp_path / "Pulumi.yaml").write_text("name: lgtm\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def manifests(stack: str, *types: str, capacity: str = "both") -> tuple[PlannedPool, dict[str, Any], dict[str, Any]]:
    value: Any = karpenter_pool(stack, types, capacity).value
    return value["pool"], *value["manifests"]


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_base_and_pool_together_stay_within_the_budget(stack: str, project: Path) -> None:
    pool, node_class, node_pool = manifests(stack)
    assert pool.base_usd + pool.bounds.usd_per_month <= pool.budget_usd
    # One core more would not fit.
    dearest = max(one.usd_per_core for one in pool.types)
    assert pool.base_usd + pool.bounds.usd_per_month + dearest > pool.budget_usd
    spec = node_pool["spec"]
    assert spec["limits"]["cpu"] == str(pool.bounds.cpu_cores)
    assert spec["disruption"]["consolidationPolicy"] == "WhenEmptyOrUnderutilized"
    assert spec["template"]["spec"]["nodeClassRef"]["name"] == node_class["metadata"]["name"]
    taints = spec["template"]["spec"].get("taints", [])
    assert [one["key"] for one in taints] == ([DEDICATED_TAINT] if stack == "dev" else [])


def test_a_node_costs_what_the_bill_says_of_one(project: Path) -> None:
    pool, _, _ = manifests("prod")
    usd = {one.name: one.usd_per_month for one in pool.types}
    # 730 h, and 40 GiB of gp3; prod's nodes are in private subnets.
    assert usd["m7g.large"] == pytest.approx(0.0816 * 730 + 40 * 0.08)
    public, _, _ = manifests("staging")
    in_public = {one.name: one.usd_per_month for one in public.types}
    assert in_public["m7g.large"] == pytest.approx(0.0816 * 730 + 20 * 0.08 + 730 * 0.005)


def test_nodes_are_made_as_node_groups_make_them(project: Path) -> None:
    _, node_class, _ = manifests("dev")
    spec = node_class["spec"]
    assert spec["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (volume,) = spec["blockDeviceMappings"]
    assert volume["ebs"]["encrypted"]
    assert volume["ebs"]["volumeType"] == "gp3"
    assert spec["role"] == "acme-monitoring-dev-nodes"
    # A tenant stack's nodes join its owner's cluster.
    assert spec["securityGroupSelectorTerms"] == [{"tags": {"aws:eks:cluster-name": "acme-monitoring-staging-cluster"}}]


def test_it_is_yaml_for_kubectl(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_answer(karpenter_pool("prod", [], "spot"), as_json=False) == 0
    text = capsys.readouterr().out
    documents = list(yaml.safe_load_all(text))
    assert [one["kind"] for one in documents] == ["EC2NodeClass", "NodePool"]
    requirements = {one["key"]: one["values"] for one in documents[1]["spec"]["template"]["spec"]["requirements"]}
    assert requirements["karpenter.sh/capacity-type"] == ["spot"]
    assert text.startswith("# prod costs ")


@pytest.mark.parametrize(
    ("stack", "types", "capacity", "message"),
    [
        ("prod", ["m7g.large"], "both", r"--type: 1 types \(m7g\.large\); accepted: at least 3"),
        ("prod", ["t4g.large"], "both", "unlimited"),
        ("prod", ["m5.large"], "both", "--type m5.large; accepted: a Graviton type"),
        ("prod", [], "cheap", "--capacity cheap; accepted: spot, on-demand, both"),
    ],
)
def test_what_is_not_accepted(stack: str, types: list[str], capacity: str, message: str, project: Path) -> None:
    with pytest.raises(CommandError, match=message):
        karpenter_pool(stack, types, capacity)


def test_a_stack_whose_program_makes_the_pool_gets_no_second_one(project: Path) -> None:
    document = stack_file("staging")
    document["config"][FULL_KEY] |= {"budget": {"usd_per_month": 800}}
    groups = {"spot": {"nodes": 3, "max_nodes": 3}}
    document["config"][FULL_KEY]["cluster"] |= {"autoscaling": "karpenter", "node_groups": groups}
    (project / "Pulumi.staging.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(CommandError, match=r"autoscaling of stack staging: karpenter, so `pulumi up` makes the pool"):
        karpenter_pool("staging", [], "both")


def test_a_budget_too_small_says_what_is_needed(project: Path) -> None:
    document = stack_file("staging")
    document["config"][FULL_KEY]["budget"] = {"usd_per_month": 165}
    (project / "Pulumi.staging.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    assert settings_of("staging").budget.usd_per_month == 165
    with pytest.raises(CommandError, match=r"165 leaves 0\.\d\d USD a month, and 6\d\.\d\d USD a month are needed"):
        karpenter_pool("staging", [], "both")
