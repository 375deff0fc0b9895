"""Every wrong value gets one line: path, value, rule, what is accepted."""

import re
from typing import Any

import pytest
import yaml

from settings.document.loader import parse_settings
from settings.document.messages import SettingsError
from settings.models.platform import PlatformSettings
from tests.unit.settings.documents import ROOT, changed, minimal

CASES: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/unit/settings/bad_documents.yaml").read_text(encoding="utf-8")
)
TOP_KEYS = ", ".join(PlatformSettings.model_fields)
JARGON = re.compile(r"pydantic|Input should|Traceback|Value error|Field required|validation error", re.IGNORECASE)


def problems_of(document: Any, stack: str, mirror: str | None = None) -> tuple[str, ...]:
    """The lines of a document that is refused."""
    with pytest.raises(SettingsError) as caught:
        parse_settings(document, stack=stack, mirror=mirror)
    return caught.value.problems


@pytest.mark.parametrize("case", CASES, ids=[case["case"].replace(" ", "-") for case in CASES])
def test_bad_document_gets_exactly_these_lines(case: dict[str, Any]) -> None:
    stack = case["environment"]
    problems = problems_of(changed(stack, case["changes"]), stack)
    assert list(problems) == ["lgtm:platform" + line.replace("<top keys>", TOP_KEYS) for line in case["lines"]]
    for line in problems:
        assert not JARGON.search(line)
        assert line.isprintable()


def test_there_are_many_cases() -> None:
    assert len({case["case"] for case in CASES}) == len(CASES) >= 80


@pytest.mark.parametrize("document", ["x", 5, True, [], [{}]])
def test_a_document_must_be_a_table(document: Any) -> None:
    (line,) = problems_of(document, "dev")
    assert line.startswith("lgtm:platform: got ")
    assert line.endswith(
        "; not a table; accepted: a table with at least environment, project, owner, cost_centre and services"
    )


def test_a_missing_document_says_what_is_needed() -> None:
    assert problems_of(None, "dev") == (
        "lgtm:platform: is missing; accepted: a table with at least environment, project, owner, cost_centre and "
        "services",
    )


def test_the_whole_message_names_the_file_and_lists_every_problem() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(changed("dev", {"services.1.port": 0, "charts.timeout_seconds": 1}), stack="dev")
    assert str(caught.value).splitlines() == [
        "Pulumi.dev.yaml can't be used:",
        "  - lgtm:platform.charts.timeout_seconds: got 1; too small; accepted: a whole number from 60 to 3600",
        "  - lgtm:platform.services[1].port: got 0; too small; accepted: a whole number from 1 to 65535",
    ]


def test_an_empty_document_lists_only_what_has_no_default() -> None:
    assert [line.split(":")[1].split()[0] for line in problems_of({}, "dev")] == [
        "platform.environment",
        "platform.project",
        "platform.owner",
        "platform.cost_centre",
        "platform.services",
    ]


def test_a_bad_mirror_from_the_environment_names_the_variable() -> None:
    assert problems_of(minimal("dev"), "dev", mirror="https://charts.example.com") == (
        'lgtm:platform.charts.mirror: got "https://charts.example.com" (from the environment variable '
        "LGTM_CHART_MIRROR); not of that form; accepted: oci:// with a registry, or a directory that starts with / or "
        "./ or ../",
    )


def test_a_default_that_breaks_a_rule_is_named_as_a_default() -> None:
    document = changed("prod", {"cluster.node_groups.spot.nodes": 1, "cluster.node_groups.spot.min_nodes": 1})
    assert (
        "lgtm:platform.sizes.loki.monolithic.replicas: got 3 (default of prod); each replica needs a node of its own, "
        "nodes: 2; lower replicas or add nodes"
    ) in problems_of(document, "prod")


def test_text_that_is_no_unicode_and_tables_without_end_are_refused() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = {"deeper": deep}
    expected = "lgtm:platform: holds text that is no valid Unicode, or tables nested too deep"
    assert problems_of(changed("dev", {"owner": "\ud800"}), "dev") == (expected,)
    assert problems_of(changed("dev", {"owner": deep}), "dev") == (expected,)
