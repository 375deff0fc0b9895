"""Runs promtool on rules and cases."""

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.model import Alert, Group, text
from tests.artefacts.rule_cases.model import AlertCase, RecordingCase


def promtool(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs promtool; its output is in stdout."""
    binary = shutil.which("promtool")
    assert binary is not None, "promtool is not on PATH"
    return subprocess.run(
        [binary, *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def check_rules(files: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """promtool's syntax check, strict about duplicates."""
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return promtool("check", "rules", "--lint=all", "--lint-fatal", *(folder / name for name in files))


def alert_tests(group: Group, cases: Sequence[AlertCase], settings: PlatformSettings, folder: Path) -> Path:
    """Writes a test file of one group's alerts; the group's rules are all that is evaluated."""
    (folder / f"{group.name}.yaml").write_text(text((group,), settings), encoding="utf-8")
    return _test_file(group.name, f"{group.name}.yaml", [_alert_case(case) for case in cases], folder)


def recording_tests(topic: str, content: str, cases: Sequence[RecordingCase], folder: Path) -> Path:
    """Writes a test file of one topic's recordings; all of the topic's rules are evaluated."""
    (folder / f"{topic}.yaml").write_text(content, encoding="utf-8")
    # Cases with the same series share one run of the rules.
    runs: dict[str, list[RecordingCase]] = defaultdict(list)
    for case in cases:
        runs[repr((case.series, case.interval))].append(case)
    # A day of all rules of a topic at every minute would take half a minute.
    interval = "4m" if any(case.at.endswith("h") and len(case.at) > 2 for case in cases) else "1m"
    return _test_file(topic, f"{topic}.yaml", [_recording_cases(run) for run in runs.values()], folder, interval)


def rendered_texts(group: Group, case: AlertCase, settings: PlatformSettings, folder: Path) -> list[str]:
    """Summary and description of a firing alert, as promtool fills them in: it prints what it didn't expect."""
    (folder / f"{group.name}.yaml").write_text(text((group,), settings), encoding="utf-8")
    at = next(time for time, count in case.firing.items() if count)
    unexpected = {"eval_time": at, "alertname": case.alert, "exp_alerts": []}
    test = {"interval": case.interval, "input_series": _series(case.series), "alert_rule_test": [unexpected]}
    result = promtool("test", "rules", _test_file(case.alert, f"{group.name}.yaml", [test], folder), cwd=folder)
    return re.findall(r'(?:description|summary)="((?:[^"\\\\]|\\\\.)*)"', result.stdout)


def _test_file(name: str, rules: str, tests: list[dict[str, Any]], folder: Path, interval: str = "1m") -> Path:
    path = folder / f"{name}.test.yaml"
    document = {"rule_files": [rules], "evaluation_interval": interval, "tests": tests}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def _alert_case(case: AlertCase) -> dict[str, Any]:
    query = f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"}})'
    return {
        "name": f"{case.alert}: {case.title}",
        "interval": case.interval,
        "input_series": _series(case.series),
        "promql_expr_test": [
            {
                "expr": query,
                "eval_time": time,
                "exp_samples": [{"labels": "{}", "value": count}] if count else [],
            }
            for time, count in case.firing.items()
        ],
    }


def _recording_cases(cases: Sequence[RecordingCase]) -> dict[str, Any]:
    return {
        "name": ", ".join(dict.fromkeys(case.record for case in cases)),
        "interval": cases[0].interval,
        "input_series": _series(cases[0].series),
        "promql_expr_test": [
            {
                "expr": case.query,
                "eval_time": case.at,
                "exp_samples": [{"labels": labels, "value": value} for labels, value in case.samples.items()],
            }
            for case in cases
        ],
    }


def _series(series: Any) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in series.items()]


def template_labels(alert: Alert) -> set[str]:
    """Labels that an alert's text speaks of."""
    return set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description))
