"""Bands: one switch a service, few evaluations; and how the benchmark counts what alerts found."""

from typing import Any

import pytest

from benchmarks.anomalies import STEP_SECONDS, Score, Series, corpus, halves, score
from settings.document.loader import FULL_KEY, parse_settings
from telemetry.alerting.rules.anomalies import VALUE, anomaly_groups
from telemetry.alerting.rules.files import mimir_rule_files
from telemetry.alerting.rules.model import recordings
from tests.stacks import settings_of, stack_file

MOST_EVALUATIONS_A_SECOND = 3


def switched(**off: bool) -> str:
    document = stack_file("prod")["config"][FULL_KEY]
    services: list[Any] = [
        {**one, "anomalies": off.get(one["name"].replace("-", "_"), True)} for one in document["services"]
    ]
    settings = parse_settings({**document, "services": services}, stack="prod")
    return mimir_rule_files(settings, None).get("anomalies.yaml", "")


def test_a_service_that_is_switched_off_has_no_band() -> None:
    text = switched(web_search=False)
    assert "api-gateway" in text
    assert "web-search" not in text


def test_where_no_service_wants_it_there_are_no_rules() -> None:
    names = [one["name"].replace("-", "_") for one in stack_file("prod")["config"][FULL_KEY]["services"]]
    assert switched(**dict.fromkeys(names, False)) == ""


def test_six_services_cost_less_than_three_evaluations_a_second() -> None:
    groups = anomaly_groups(settings_of("prod"))
    assert sum(len(group.rules) / group.interval_seconds for group in groups) < MOST_EVALUATIONS_A_SECOND


def test_an_alert_fires_on_so_that_what_comes_back_is_one_episode() -> None:
    assert "keep_firing_for: 60m" in switched()


def test_five_measures_are_watched() -> None:
    rules = [rule for rule in recordings(anomaly_groups(settings_of("prod"))) if rule.record == VALUE]
    assert [rule.labels["measure"] for rule in rules] == ["requests", "errors", "latency", "log bytes", "bytes"]


def test_the_corpus_is_the_whole_of_both_folders_and_its_halves_share_nothing() -> None:
    series = corpus()
    chosen, judged = halves([one.name for one in series])
    assert len(series) == 24
    assert sum(len(one.windows) for one in series) == 49
    assert not chosen & judged
    assert chosen | judged == {one.name for one in series}


@pytest.mark.parametrize(
    ("times", "found", "false"),
    [
        ([], 0, 0),
        # Not judged: the first 15 %.
        ([600.0], 0, 0),
        ([30_000.0], 1, 0),
        # Begins before its window and reaches into it.
        ([20_400.0 + step * STEP_SECONDS for step in range(20)], 1, 0),
        # Three looks without a break are one episode, two apart are two.
        ([60_000.0, 60_300.0, 60_600.0, 80_000.0], 0, 2),
        ([30_000.0, 60_000.0], 1, 1),
    ],
)
def test_what_counts_as_found_and_as_false(times: list[float], found: int, false: int) -> None:
    series = Series("a", (1.0,) * 337, ((25_200.0, 36_000.0),))
    assert score(series, times)[:3] == Score(found, 1, false, 0)[:3]
