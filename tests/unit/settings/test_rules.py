"""Rules as data: every one is broken by a document, and each names keys that are there."""

import ast
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from planning import base
from settings.document.loader import lay_over
from settings.document.schema_tree import VARIANTS, Node, child, keys_of, schema_tree
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from settings.rules.whole_document import STAGES, BrokenRule
from tests.unit.settings.documents import ROOT, changed
from tests.unit.settings.test_messages import CASES

Rule = Callable[[PlatformSettings], Iterator[BrokenRule]]
RULES: list[Rule] = [rule for stage in STAGES for rule in stage]
# Where the document's tables are; a compiled plan is no part of it.
FILES = [
    *(ROOT / "settings/models").glob("*.py"),
    *(ROOT / f"planning/{name}.py" for name in ("budget", "retention", "workload", "tiers/lifecycle")),
]
NO_TABLES = ("TierPlan",)


def read(case: Mapping[str, Any]) -> PlatformSettings | list[ErrorDetails]:
    """The settings of a bad document whose tables are right by themselves, else what is wrong with them."""
    merged = lay_over(changed(case["environment"], case["changes"]), Environment(case["environment"]))
    try:
        return PlatformSettings.model_validate_json(json.dumps(merged), strict=True)
    except ValidationError as error:
        return error.errors(include_url=False)


def nodes_at(loc: tuple[str | int, ...]) -> Iterator[Node]:
    """What the schema has at a path; of a union every variant that has it."""

    def below(node: Node, rest: tuple[str | int, ...]) -> Iterator[Node]:
        if VARIANTS in node and not (rest and rest[0] in node[VARIANTS]):
            for variant in node[VARIANTS].values():
                yield from below(variant, rest)
        elif not rest:
            yield node
        else:
            inner = child(node, rest[0])
            if inner is not None:
                yield from below(inner, rest[1:])

    return below(schema_tree(), loc)


def call_sites() -> Iterator[tuple[str, int]]:
    """Every place where a model of the document says that a rule is broken."""
    for path in FILES:
        for part in ast.parse(path.read_text(encoding="utf-8")).body:
            if not (isinstance(part, ast.ClassDef) and part.name in NO_TABLES):
                for node in ast.walk(part):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "broken_rule":
                        yield str(path.relative_to(ROOT)), node.lineno


def test_every_check_of_a_model_is_broken_by_a_document_and_names_its_own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    broken: set[tuple[str, int]] = set()

    def recorded(kind: Any, template: Any, context: Any) -> PydanticCustomError:
        caller = sys._getframe(2)
        broken.add((str(Path(caller.f_code.co_filename).relative_to(ROOT)), caller.f_lineno))
        return PydanticCustomError(kind, template, context)

    monkeypatch.setattr(base, "PydanticCustomError", recorded)
    for case in CASES:
        found = read(case)
        for item in found if isinstance(found, list) else []:
            if item["type"] == base.BROKEN_RULE:
                (node,) = nodes_at(item["loc"])
                keys = item.get("ctx", {})["keys"]
                assert set(keys) <= set(keys_of(node)), f"{case['case']}: {keys} are not all keys of {item['loc']}"
                assert bool(keys) == bool(keys_of(node)), (
                    f"{case['case']}: a check of a table names the keys it is about"
                )
    assert set(call_sites()) - broken == set(), "no document of bad_documents.yaml breaks these checks"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_broken_by_a_document_and_its_path_is_a_key_of_the_model(rule: Rule) -> None:
    broken: list[BrokenRule] = []
    for case in CASES:
        found = read(case)
        if isinstance(found, PlatformSettings):
            broken += rule(found)
    assert broken, "no document of bad_documents.yaml breaks this rule"
    for one in broken:
        assert any(nodes_at(one.path)), f"{one.path} is no key of the settings: {one.sentence}"


def test_models_raise_no_other_error_of_their_own() -> None:
    """What isn't raised as a broken rule would be told as the one foreign check that the document has."""
    raised = {
        (path.name, node.lineno)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("ValueError", "AssertionError")
    }
    assert raised == set()
