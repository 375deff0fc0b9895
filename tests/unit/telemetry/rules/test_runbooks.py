"""Each alert has a page, and each page an alert."""

import json
import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
import typer.main

from docs.tools import runbook_index as runbooks
from ops.cli.app import app
from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.model import kebab, runbook_url
from telemetry.alerting.runbooks import Place, first_command, pages, runbook
from telemetry.grafana.runbooks import runbook_files
from tests.runbook_commands import commands, lookups

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


def test_the_first_look_is_a_command_that_answers_the_question() -> None:
    for name, text in pages().items():
        first = first_command(text)
        assert first.startswith("lgtm "), name
        assert "--stack <stack>" in first, name


def test_a_command_of_ours_is_one_that_the_command_line_takes() -> None:
    for page, command in sorted(set(commands("lgtm"))):
        words = shlex.split(command.replace("<stack>", "prod").replace("<service>", "api-gateway"))[1:]
        found: Any = typer.main.get_command(app)
        # With the names of the help option: a command keeps the first that it is asked for.
        context = found.context_class(found, **found.context_settings)
        while hasattr(found, "resolve_command"):
            _, found, words = found.resolve_command(context, words)
            assert found is not None, f"{page}: there is no {command}"
        assert "--stack" in words, f"{page}: {command} names no stack"
        found.make_parser(context).parse_args(words)


def test_logs_by_label_are_asked_for_whole() -> None:
    for page, command in commands("kubectl"):
        if " logs " in command and " -l " in command:
            assert "--tail=" in command, f"{page}: kubectl shows ten lines of each pod where a label chooses them"


def test_what_the_commands_need_can_be_looked_up(make_settings: Callable[..., PlatformSettings]) -> None:
    """On an API server: `test_e2e_owner_and_tenant_stack`."""
    wanted = lookups(make_settings("prod"), "prod", "node-1")
    assert len(wanted) > 20
    assert ("-n", "monitoring", "get", "svc/mimir-gateway", "-o", "name") in wanted
    assert not [words for words in wanted if any("<" in word for word in words)]


def test_a_page_of_a_stack_is_in_its_words(make_settings: Callable[..., PlatformSettings]) -> None:
    settings = make_settings("dev")
    place = Place(page="{}.md".format, grafana="https://grafana.acme.io")
    for name in pages():
        page = runbook(name, settings, "dev", place)
        assert not re.search("<(stack|namespace|agent-namespace)>", page), name
        assert "pulumi stack output kubeconfig --show-secrets --stack dev > dev.kubeconfig" in page
    page = runbook("collector-queue-full", settings, "dev", place)
    assert "`kubectl -n monitoring-dev get pods`" in page
    assert "`lgtm health --stack dev`" in page
    assert "[CollectorQueueFilling](collector-queue-filling.md)" in page
    assert "[Platform health](https://grafana.acme.io/d/lgtm-platform-health)" in page
    assert "[Run it in Grafana](https://grafana.acme.io/explore?schemaVersion=1&panes=" in page
    assert "](.." not in page


def test_grafana_has_each_page_where_its_alert_leads(make_settings: Callable[..., PlatformSettings]) -> None:
    settings = make_settings("prod")
    files = {name: json.loads(text) for name, text in runbook_files(settings, "prod").items()}
    addresses = {f"http://localhost:3000/d/{page['uid']}" for page in files.values()}
    for found in runbooks.alerts_by_topic(settings, "prod").values():
        assert {runbook_url(alert.alert, settings) for alert in found} <= addresses
    for page in files.values():
        (panel,) = page["panels"]
        assert (panel["type"], panel["options"]["mode"]) == ("text", "markdown")
        # Grafana puts its variables in; "$ " before a command is none.
        assert not re.search(r"\$\w|\$\{|\[\[", panel["options"]["content"]), page["title"]
        assert len(page["uid"]) <= 40
    linked = {uid for page in files.values() for uid in re.findall(r"\(/d/([a-z-]+)\)", json.dumps(page))}
    assert {uid for uid in linked if uid.startswith("runbook-")} <= {page["uid"] for page in files.values()}


def test_all_pages_fit_into_one_config_map(make_settings: Callable[..., PlatformSettings]) -> None:
    """Kubernetes documentation, "ConfigMaps": 1 MiB."""
    files = runbook_files(make_settings("prod"), "prod")
    assert sum(len(name) + len(text.encode()) for name, text in files.items()) < 1024 * 1024 // 4
    assert files == runbook_files(make_settings("prod"), "prod")
