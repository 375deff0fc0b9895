"""Each alert has a page, and each page an alert."""

from collections.abc import Callable

import pytest

from docs.tools import runbook_index as runbooks
from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.model import kebab

SECTIONS = ["What it means", "First look", "Likely causes", "What to do", "Escalate"]
PAGES = sorted(runbooks.pages())


def test_alerts_and_pages_belong_together(make_settings: Callable[..., PlatformSettings]) -> None:
    topics = runbooks.alerts_by_topic(make_settings("prod"), "prod")
    assert {path.stem for path in PAGES} == {kebab(alert.alert) for found in topics.values() for alert in found}


def test_a_page_names_the_dashboard_that_its_alert_names(make_settings: Callable[..., PlatformSettings]) -> None:
    for found in runbooks.alerts_by_topic(make_settings("prod"), "prod").values():
        for alert in found:
            text = (runbooks.DIRECTORY / f"{kebab(alert.alert)}.md").read_text(encoding="utf-8")
            assert text.startswith(f"# {alert.alert}\n")
            assert alert.dashboard is None or f"`{alert.dashboard}`" in text, alert.alert


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_whole(page: object) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()  # pyright: ignore[reportAttributeAccessIssue]
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == SECTIONS
    assert 20 <= len(lines) <= 45
    assert max(map(len, lines)) <= 200
    assert sum(line.startswith("1. ") for line in lines) == 1


def test_queries_of_pages_are_queries_on_metrics_that_exist() -> None:
    from tests.query_inventory import unknown_names
    from tests.query_parsers import syntax_errors

    logs: list[str] = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for language, query in (
            (part.partition("\n")[0], part.partition("\n")[2].strip()) for part in text.split("```")[1::2]
        ):
            if language == "promql":
                assert unknown_names(query) == [], page.stem
            else:
                logs.append(query)
    assert len(logs) == 2
    assert syntax_errors("logql", logs) == {}
