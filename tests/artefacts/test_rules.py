"""Every rule on the real promtool: it fires, keeps silent and resolves as its cases say, at the exact thresholds."""

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.files import loki_groups, mimir_groups, mimir_rule_files
from telemetry.alerting.rules.model import Group, alerts, recordings, text
from telemetry.cost.planned import planned_cost
from tests.artefacts.promtool_driver import alert_tests, check_rules, promtool, recording_tests, rendered_texts
from tests.artefacts.rule_cases import ALERT_CASES, RECORDING_CASES
from tests.stacks import settings_of

STACK = "prod"
ALWAYS_FIRING = {"Watchdog"}


@cache
def stack_settings(stack: str = STACK) -> PlatformSettings:
    return settings_of(stack)


@cache
def groups() -> tuple[Group, ...]:
    by_topic = mimir_groups(stack_settings(), planned_cost(stack_settings(), STACK, None))
    return tuple(group for topic in by_topic.values() for group in topic)


ALERTING_GROUPS = [group.name for group in groups() if any(alerts([group]))]


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_rules_of_every_stack_are_rules(stack: str, tmp_path: Path) -> None:
    settings = stack_settings(stack)
    result = check_rules(mimir_rule_files(settings, planned_cost(settings, stack, None)), tmp_path)
    assert result.returncode == 0, result.stdout


def test_the_check_sees_a_broken_rule(tmp_path: Path) -> None:
    broken = {"x.yaml": "groups: [{name: a, rules: [{alert: B, expr: 'rate(up)'}]}]"}
    assert check_rules(broken, tmp_path).returncode != 0


def test_every_alert_has_cases_that_fire_stay_silent_and_resolve() -> None:
    cases = defaultdict(list)
    for case in ALERT_CASES:
        cases[case.alert].append(case)
    names = {alert.alert for alert in alerts(groups())}
    assert set(cases) == names
    for name in names - ALWAYS_FIRING:
        counts = [list(case.firing.values()) for case in cases[name]]
        assert any(any(row) for row in counts), f"{name}: no case fires"
        assert any(not any(row) for row in counts), f"{name}: no case stays silent"
        assert any(any(row) and row[-1] == 0 for row in counts), f"{name}: no case resolves"
    assert all(len(cases[name]) >= 2 for name in names)


@pytest.mark.parametrize("name", ALERTING_GROUPS)
def test_alerts_fire_as_their_cases_say(name: str, tmp_path: Path) -> None:
    group = next(group for group in groups() if group.name == name)
    own = {alert.alert for alert in alerts([group])}
    cases = [case for case in ALERT_CASES if case.alert in own]
    result = promtool("test", "rules", alert_tests(group, cases, stack_settings(), tmp_path), cwd=tmp_path)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", ALERTING_GROUPS)
def test_texts_of_alerts_have_their_values_filled_in(name: str, tmp_path: Path) -> None:
    group = next(group for group in groups() if group.name == name)
    for alert in alerts([group]):
        case = next(case for case in ALERT_CASES if case.alert == alert.alert and any(case.firing.values()))
        texts = rendered_texts(group, case, stack_settings(), tmp_path)
        assert len(texts) == 2, alert.alert
        for filled_in in texts:
            assert not any(bad in filled_in for bad in ("{{", "<no value>", "<error", "NaN")), filled_in


def test_a_case_that_expects_the_wrong_thing_fails(tmp_path: Path) -> None:
    group = next(group for group in groups() if group.name == "services-alerts")
    case = next(case for case in ALERT_CASES if case.alert == "HighErrorRate")
    wrong = case._replace(firing={time: 1 - count for time, count in case.firing.items()})
    result = promtool("test", "rules", alert_tests(group, [wrong], stack_settings(), tmp_path), cwd=tmp_path)
    assert result.returncode != 0


@pytest.mark.parametrize("topic", ["services", "slo", "anomalies", "cost", "forecast"])
def test_recordings_are_what_their_cases_say(topic: str, tmp_path: Path) -> None:
    content = mimir_rule_files(stack_settings(), planned_cost(stack_settings(), STACK, None))[f"{topic}.yaml"]
    cases = [case for case in RECORDING_CASES if case.topic == topic]
    result = promtool("test", "rules", recording_tests(topic, content, cases, tmp_path), cwd=tmp_path)
    assert result.returncode == 0, result.stdout


def test_every_recording_has_a_case() -> None:
    assert {case.record for case in RECORDING_CASES} == {rule.record for rule in recordings(groups())}


def test_loki_rules_have_the_shape_of_rules(tmp_path: Path) -> None:
    """promtool knows no LogQL: the queries are parsed elsewhere, here is only what stands around them."""
    settings = stack_settings()
    shaped = [
        group.model_copy(update={"rules": tuple(rule.model_copy(update={"expr": "vector(1)"}) for rule in group.rules)})
        for group in loki_groups(settings)
    ]
    result = check_rules({"loki.yaml": text(shaped, settings)}, tmp_path)
    assert result.returncode == 0, result.stdout
