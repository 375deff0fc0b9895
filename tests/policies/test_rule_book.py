"""The pack as a whole: its rules, their configuration and the page about them."""

import json
from pathlib import Path
from typing import Any

import pytest

from docs.tools.rule_book import STACKS, level_in, rule_book, stack_configs
from policies.configuration import ConfigurationError, config_file, limits_for, stack_of
from policies.limits import Limits, config_schema
from policies.rule import Level
from policies.rules import EXCEPTION_RULES, RULES
from policies.rules.sizes import NAT_LIMITED, NODES_LIMITED
from settings.document.policy_config import config_files, policy_config
from tests.policies import (
    test_cost_rules,
    test_kubernetes_rules,
    test_retention_rules,
    test_security_rules,
    test_spending_rules,
)
from tests.policies.cases import FAIL, PASS, UNKNOWN_YET
from tests.stacks import PROJECT, policy_configs, settings_of

TABLES = (test_spending_rules, test_cost_rules, test_retention_rules, test_security_rules, test_kubernetes_rules)
# What these look at is never unknown to an engine that knows the resource at all.
ALWAYS_KNOWN = {"secrets-not-plain"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_passes_fails_and_waits_somewhere(rule: Any) -> None:
    seen = {case.verdict for table in TABLES for case in table.CASES if case.rule == rule.id}
    assert seen == {PASS, FAIL, UNKNOWN_YET} - ({UNKNOWN_YET} if rule.id in ALWAYS_KNOWN else set())


def test_rules_are_named_once_and_explain_themselves() -> None:
    rules = (*RULES, *EXCEPTION_RULES)
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.title[0].isupper()
        assert rule.title[-1] != "."
        assert rule.why.endswith(".")
        assert rule.fix.endswith(".")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_limit_is_described_and_its_schema_stands_by_itself(rule: Any) -> None:
    schema = config_schema(rule.limits)
    assert "exceptions" in schema
    assert all(node.get("description") for node in schema.values())
    text = json.dumps(schema)
    assert "$ref" not in text
    # A default in the schema would be filled in by the engine, over the stack's own file.
    assert '"default":' not in text


def test_files_configure_rules_that_exist_with_limits_that_they_take() -> None:
    known = {rule.id: rule for rule in RULES} | {rule.id: rule for rule in EXCEPTION_RULES}
    for stack, config in stack_configs(policy_configs()):
        assert set(config) - {"all"} <= set(known)
        for rule in RULES:
            assert isinstance(limits_for(rule, stack, None, policy_configs()), Limits)


def test_dev_is_advisory_and_the_others_mandatory() -> None:
    for stack, config in stack_configs(policy_configs()):
        levels = {rule.id: level_in(rule, config) for rule in RULES if rule.level is Level.MANDATORY}
        assert set(levels.values()) == {"advisory" if stack == "dev" else "mandatory"}
        assert level_in(EXCEPTION_RULES[1], config) == "advisory"


def test_exceptions_in_a_file_outlive_its_generation() -> None:
    exception = {"resource": "grafana", "reason": "no version tag yet", "until": "2027-01-31"}
    written = {
        "images-pinned": {"exceptions": [exception]},
        "nat-limited": {"max_nat_gateways": 9, "exceptions": [exception]},
    }
    config = policy_config(settings_of("prod"), None, written)
    assert config["images-pinned"] == {"exceptions": [exception]}
    assert config["nat-limited"] == {"max_nat_gateways": 1, "exceptions": [exception]}


def test_the_page_shows_every_rule_and_limit() -> None:
    text = rule_book(dict(stack_configs(policy_configs())))
    for rule in (*RULES, *EXCEPTION_RULES):
        assert f"### {rule.id}\n" in text
        assert rule.why in text
    assert "| `max_nat_gateways` |" in text


@pytest.mark.parametrize(
    ("stack", "file"),
    [
        ("prod", "prod"),
        ("dev", "dev"),
        ("staging", "staging"),
        ("prod-eu", "prod"),
        ("eu-dev", "dev"),
        ("x", "prod"),
        ("", "prod"),
    ],
)
def test_a_stack_is_judged_by_its_own_file_or_its_environments(stack: str, file: str) -> None:
    assert config_file(stack, policy_configs()).stem == file


def test_a_stack_s_own_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "prod-eu.json").write_text(json.dumps({"nat-limited": {"max_nat_gateways": 3}}), encoding="utf-8")
    limits = limits_for(NAT_LIMITED, "prod-eu", {}, tmp_path)
    assert limits.model_dump()["max_nat_gateways"] == 3
    given = limits_for(NAT_LIMITED, "prod-eu", {"max_nat_gateways": 0.0}, tmp_path)
    assert given.model_dump()["max_nat_gateways"] == 0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "policies/config/prod.json is not JSON"),
        ("[]", "must hold one table"),
        ('{"nodes-limited": {"max_nodes": "six"}}', "nodes-limited.max_nodes: Input should be a valid integer"),
        ('{"nodes-limited": {"max_node": 6}}', "nodes-limited.max_nodes: Field required"),
        ('{"nodes-limited": {"max_nodes": 6, "exception": []}}', "Extra inputs are not permitted"),
        ('{"nodes-limited": {"max_nodes": 6, "exceptions": [{"resource": "*"}]}}', "exceptions.0.reason"),
    ],
)
def test_a_wrong_file_gives_one_clear_message(text: str, word: str, tmp_path: Path) -> None:
    (tmp_path / "prod.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r".+") as caught:
        limits_for(NODES_LIMITED, "prod", None, tmp_path)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"prod\.json can't be read"):
        limits_for(NODES_LIMITED, "prod", None, tmp_path)


def test_stack_names_are_read_from_urns() -> None:
    assert stack_of("urn:pulumi:prod-eu::lgtm::pulumi:pulumi:Stack::lgtm-prod-eu") == "prod-eu"
    assert stack_of("nonsense") == ""


def test_three_stacks_have_files() -> None:
    assert {path.stem for path in config_files(PROJECT)} == set(STACKS)
