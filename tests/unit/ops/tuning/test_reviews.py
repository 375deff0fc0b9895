"""`review` and `retention review`."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ops.report import html, markdown
from ops.report.model import Document, Section, Text, table
from ops.report.terminal import plain
from ops.tuning import retention_review
from ops.tuning.retention_review import review
from planning.retention import MAX_RETENTION_DAYS, Signal
from tests.live_servers import DOWN, Platform
from tests.stacks import settings_of
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
Tools = Callable[[str, str], Path]


def _recorded(platform: Platform, *, budget_left: float = 0.8, burn: float = 0.7) -> None:
    api = {"service_name": "api|gateway", "slo": "availability"}
    platform.tell("slo:error_budget_remaining:ratio30d", (api, budget_left))
    platform.tell("slo:objective:ratio", (api, 0.995))
    platform.tell("ALERTS{", ({"alertname": "HighErrorRate", "severity": "critical"}, 90.0))
    platform.tell("lgtm:budget_usd_per_month", ({"line": "compute"}, 214.0), ({"line": "total"}, 387.0))
    platform.tell("lgtm:planned_usd_per_month", ({"line": "compute"}, 190.0), ({"line": "total"}, 316.0))
    platform.tell("lgtm:cost_usd_per_day", ({"signal": "logs"}, 1.25))
    platform.tell("lgtm:budget_burn:ratio", ({}, burn))
    platform.tell("lgtm:stored_bytes:increase1d", ({"signal": "logs"}, 4e9))
    platform.tell("lgtm:active_series", ({}, 30_000))
    platform.tell("lgtm:ingestion_bytes_by_service:rate1h", ({"service_name": "api-gateway"}, 50_000))
    platform.tell("lgtm:series_by_service", ({"service_name": "api-gateway"}, 1234))
    platform.loki.answers["/loki/api/v1/labels"] = lambda _: {"data": []}
    platform.tempo.answers["/api/search"] = lambda _: {"traces": []}


def test_a_good_week_as_markdown(operate: Operate, platform: Platform) -> None:
    _recorded(platform)
    ran = operate("review", "weekly")
    assert ran.code == 0, ran.out
    assert ran.out.startswith("# Weekly review of staging, ")
    assert "\n\nNo findings.\n\n" in ran.out
    for line in (
        "| api\\|gateway | availability | 99.50% | 80% |",
        "| HighErrorRate | critical | 1.5 |",
        "| compute | 190.00 | 214.00 |",
        "Projected against the budget: 70%.",
        "| logs | 4.00 |",
        "| api-gateway | 4.32 | 1,234 |",
        "No query took 2 s.",
    ):
        assert line in ran.out
    assert any("%5B168h%5D" in request for request in platform.mimir.requests)


def test_a_bad_month_as_html(operate: Operate, platform: Platform, tmp_path: Path) -> None:
    _recorded(platform, budget_left=-0.2, burn=1.3)
    output = tmp_path / "review.html"
    ran = operate("review", "monthly", "--output", str(output))
    assert ran.code == 1
    assert "2 findings: an objective has used up its error budget; a month of this is over the budget." in ran.out
    text = output.read_text(encoding="utf-8")
    parser = HTMLParser()
    parser.feed(text)
    parser.close()
    assert text.count("<table") == text.count("</table>") == 6
    assert "api|gateway" in text
    head = text.split("<body>")[0].replace(
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'', ""
    )
    assert "http" not in head.replace("https://", "").replace("http://", "")
    assert "Content-Security-Policy" not in head
    ran = operate("review", "monthly", "--output", str(tmp_path))
    assert (ran.code, "can't be written" in ran.err) == (2, True)


def test_a_part_that_is_down_does_not_spoil_the_report(operate: Operate, platform: Platform) -> None:
    _recorded(platform)
    platform.loki.failure = DOWN
    ran = operate("review", "weekly")
    assert "## Slow queries\n\nnot known: loki is busy: HTTP 503" in ran.out
    assert "## Services that send most" in ran.out


def test_text_of_others_stays_text() -> None:
    rows = table(("a",), [("<script>alert(1)</script>\n|",)])
    document = Document(title="D", sections=(Section(heading="T", blocks=(Text(words="<b> & |"), rows)),))
    assert "<script>alert" not in html.render(document) + markdown.render(document)
    assert "| &lt;script>alert(1)&lt;/script> \\| |" in markdown.render(document)


def test_a_week_more_and_less_of_each_signal() -> None:
    settings = settings_of("staging")
    found = review("staging", settings)
    by = {(row.signal, row.change_days): row for row in found.rows}
    assert len(found.rows) == 9
    for signal in settings.retention.signals:
        now, more = by[(signal, 0)], by[(signal, 7)]
        assert now.days == settings.retention.of(signal).delete_days
        assert now.stack_usd_per_month == pytest.approx(found.now_usd_per_month)
        assert more.bucket_usd_per_month is not None
        assert now.bucket_usd_per_month is not None
        assert more.bucket_usd_per_month > now.bucket_usd_per_month
        assert not any(row.refused for row in found.rows)
    # A whole week less would leave warm_days no room.
    assert [row.days for row in found.rows if row.change_days < 0] == [8, 4, 83]


def test_a_retention_with_no_room_below_and_none_above() -> None:
    settings = settings_of("staging")
    logs = settings.retention.logs
    tight = settings.retention.model_copy(
        update={
            "logs": logs.model_copy(update={"delete_days": logs.warm_days + 1}),
            "metrics": settings.retention.metrics.model_copy(update={"delete_days": MAX_RETENTION_DAYS - 8}),
        }
    )
    found = review("staging", settings.model_copy(update={"retention": tight}))
    assert [row.change_days for row in found.rows if row.signal is Signal.LOGS] == [0, 7]
    refused = {(row.signal, row.change_days) for row in found.rows if row.refused}
    assert refused == {(Signal.METRICS, 7)}
    assert "not possible:\n- metrics " in plain(found.document())


def test_retention_by_itself_is_the_storage_plan() -> None:
    assert run("retention", "review", "--stack", "dev").out.startswith("Retention of dev: ")
    assert json.loads(run("retention", "--stack", "dev", "--json").out)
    assert run("retention").err == "error: needed: --stack\n"
    assert retention_review.WEEK_DAYS == 7
