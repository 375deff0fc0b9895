"""How many anomalies of a public corpus the shipped rules find, and how often they cry wolf.

`python -m benchmarks.anomalies [--files NAME ...]`. The corpus is NAB's realAWSCloudwatch and realKnownCause (Numenta
Anomaly Benchmark, 24 series with labelled windows, MIT; benchmarks/nab). Each series goes through the rules of
`telemetry.alerting.rules.anomalies` as Prometheus' own engine evaluates them, every 5 or 10 minutes in its own time:
`promtool test rules`, because what is learnt builds on what was learnt before, which no server computes for the past.

A window is found when an alert fires inside it. Any other episode is false; alerts that come back within an hour are
one (`keep_firing_for`). As NAB has it, the first 15 % of each series are not judged. Margins are chosen on half of the
files (`SEED`) and judged on the other.
"""

import argparse
import csv
import gzip
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sandbox.bootstrap.catalog import TOOLS
from sandbox.bootstrap.install import ensure_tools
from telemetry.alerting.rules.anomalies import (
    HOURS,
    KEEP_FIRING_MINUTES,
    REQUESTS,
    STRICT,
    TICKET,
    VALUE,
    WEEKS,
    bands,
    beyond,
    means,
)

CORPUS = Path(__file__).parent / "nab"
SEED = 17
STEP_SECONDS = 300
LOOK_SECONDS = 600
WORKERS = 2
SHORT_STEPS = 6000
UNJUDGED_SHARE = 0.15
WEEK_SECONDS = 604_800
MARGINS = {WEEKS: (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7), HOURS: (0.5, 0.6, 0.7, 0.8)}
_TIME = re.compile(r"time: ([0-9dhms]+),")
_PART = re.compile(r"(\d+)([dhms])")
_UNIT = {"d": 86_400, "h": 3600, "m": 60, "s": 1}

Window = tuple[float, float]
Margin = tuple[str, float]


class Series(NamedTuple):
    """One file of the corpus."""

    name: str
    values: tuple[float | None, ...]
    """Every `step_seconds` from the first; None where there is a gap."""
    windows: tuple[Window, ...]
    """Labelled anomalies, in seconds from the first value."""
    step_seconds: int = STEP_SECONDS
    """Between two values: ten minutes where they were taken by the half-hour or the hour."""

    @property
    def seconds(self) -> float:
        """Its length."""
        return (len(self.values) - 1) * self.step_seconds

    @property
    def judged_from(self) -> float:
        """Seconds that aren't judged."""
        return self.seconds * UNJUDGED_SHARE


class Score(NamedTuple):
    """How one choice of margins did."""

    found: int
    windows: int
    false: int
    weeks: float

    @property
    def share(self) -> float:
        """Of windows found."""
        return self.found / self.windows if self.windows else 0.0

    @property
    def false_a_week(self) -> float:
        """False episodes for each series and week."""
        return self.false / self.weeks

    def __add__(self, other: Any) -> "Score":
        return Score(*(mine + others for mine, others in zip(self, other, strict=True)))


def corpus() -> tuple[Series, ...]:
    """All series, by name."""
    labels: Mapping[str, list[list[str]]] = json.loads((CORPUS / "combined_windows.json").read_text(encoding="utf-8"))
    return tuple(_series(name, windows) for name, windows in sorted(labels.items()))


def _series(name: str, windows: Sequence[Sequence[str]]) -> Series:
    with gzip.open(CORPUS / f"{name}.gz", "rt", encoding="utf-8") as file:
        rows = sorted({_seconds(row["timestamp"]): float(row["value"]) for row in csv.DictReader(file)}.items())
    times, values = [time for time, _ in rows], [value for _, value in rows]
    steps = sorted(later - earlier for earlier, later in pairwise(times))
    # A value holds until the next is due, and half as long again.
    usual, start, place = steps[len(steps) // 2], times[0], 0
    holds, every = usual * 1.5, STEP_SECONDS if usual <= STEP_SECONDS else 2 * STEP_SECONDS
    filled: list[float | None] = []
    for step in range(int((times[-1] - start) // every) + 1):
        now = start + step * every
        while place + 1 < len(times) and times[place + 1] <= now:
            place += 1
        filled.append(values[place] if now - times[place] <= holds else None)
    spans = tuple((_seconds(first) - start, _seconds(last) - start) for first, last in windows)
    return Series(name, tuple(filled), spans, every)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def halves(names: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Files to choose margins by, and files to judge them by."""
    shuffled = sorted(names)
    random.Random(SEED).shuffle(shuffled)  # noqa: S311 - a split, no secret
    return frozenset(shuffled[::2]), frozenset(shuffled[1::2])


def firing(series: Sequence[Series]) -> dict[tuple[str, Margin], list[float]]:
    """Seconds at which each margin's alert fires on each series, looked at every `LOOK_SECONDS`."""
    alerts = [
        {
            "alert": "Unusual",
            "expr": beyond({band: margin}),
            "keep_firing_for": f"{KEEP_FIRING_MINUTES}m",
            "labels": {"band": band, "margin": f"{margin:g}"},
        }
        for band, margins in MARGINS.items()
        for margin in margins
    ]
    recorded = [
        {"record": rule.record, "expr": rule.expr, **({"labels": dict(rule.labels)} if rule.labels else {})}
        for rule in (*means(), *bands())
    ]
    steps, every = max(len(one.values) for one in series), series[0].step_seconds
    test: dict[str, Any] = {
        "interval": f"{every}s",
        "input_series": [
            {
                "series": f'{VALUE}{{measure="{REQUESTS}",service_name="{one.name}"}}',
                "values": " ".join("_" if value is None else f"{value:.9g}" for value in one.values),
            }
            for one in series
        ],
        "promql_expr_test": [
            {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{time}s", "exp_samples": []}
            for time in range(0, steps * every, LOOK_SECONDS)
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        rules, tests = Path(folder) / "rules.yaml", Path(folder) / "test.yaml"
        rules.write_text(yaml.safe_dump({"groups": [{"name": "unusual", "rules": [*recorded, *alerts]}]}))
        document: dict[str, Any] = {
            "rule_files": [rules.name],
            "evaluation_interval": f"{every}s",
            "tests": [test],
        }
        tests.write_text(json.dumps(document))
        promtool = ensure_tools(tuple(tool for tool in TOOLS if tool.name == "promtool"))["promtool"]
        run = subprocess.run([promtool, "test", "rules", tests], capture_output=True, text=True, check=False)
    found: defaultdict[tuple[str, Margin], list[float]] = defaultdict(list)
    for seconds, labels in _fired(run.stdout + run.stderr):
        found[labels["service_name"], (labels["band"], float(labels["margin"]))].append(seconds)
    return found


def _fired(text: str) -> Iterator[tuple[float, dict[str, str]]]:
    """What promtool didn't expect: alerts, with their time."""
    now = 0.0
    for line in text.splitlines():
        if time := _TIME.search(line):
            now = float(sum(int(count) * _UNIT[unit] for count, unit in _PART.findall(time[1])))
        elif "got:" in line:
            for labels in re.findall(r"ALERTS\{([^}]*)\}|\{__name__=\"ALERTS\", ([^}]*)\}", line):
                yield now, dict(re.findall(r'(\w+)="([^"]*)"', "".join(labels)))


def score(one: Series, times: Sequence[float]) -> Score:
    """How one series' alerts did."""
    judged = [window for window in one.windows if window[1] >= one.judged_from]
    episodes: list[list[float]] = []
    for time in sorted(time for time in times if time >= one.judged_from):
        if episodes and time - episodes[-1][1] <= LOOK_SECONDS:
            episodes[-1][1] = time
        else:
            episodes.append([time, time])

    def inside(episode: Sequence[float], windows: Sequence[Window]) -> bool:
        return any(episode[0] <= last and episode[1] >= first for first, last in windows)

    return Score(
        found=sum(any(inside(episode, [window]) for episode in episodes) for window in judged),
        windows=len(judged),
        false=sum(not inside(episode, one.windows) for episode in episodes),
        weeks=(one.seconds - one.judged_from) / WEEK_SECONDS,
    )


def total(
    series: Sequence[Series], fired: Mapping[tuple[str, Margin], list[float]], margins: Mapping[str, float]
) -> Score:
    """How a choice of margins did on some series."""
    scores = [
        score(one, sorted({time for margin in margins.items() for time in fired.get((one.name, margin), ())}))
        for one in series
    ]
    return Score(*(sum(column) for column in zip(*scores, strict=True)))  # pyright: ignore[reportArgumentType]


def main() -> int:
    """Prints the shipped margins' scores and the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", nargs="*", default=[], help="parts of names; default: all")
    wanted: list[str] = parser.parse_args().files
    every = [one for one in corpus() if not wanted or any(part in one.name for part in wanted)]
    fired: dict[tuple[str, Margin], list[float]] = {}
    # Series of about a length together: the engine walks to the end of the longest.
    with ThreadPoolExecutor(WORKERS) as pool:
        for part in pool.map(firing, _by_length(every)):
            fired |= part
    chosen_by, judged_by = (
        [one for one in every if one.name in half] for half in halves([one.name for one in corpus()])
    )
    for title, margins in (("ticket", TICKET), ("strict", STRICT)):
        for half, part in (("chosen by", chosen_by), ("judged by", judged_by), ("all", every)):
            _say(f"{title} {half}", total(part, fired, margins))
    print("\ncurve: two weeks, same hours: chosen by; judged by")
    for weeks in (None, *MARGINS[WEEKS]):
        for hours in (None, *MARGINS[HOURS]):
            margins = {band: one for band, one in ((WEEKS, weeks), (HOURS, hours)) if one is not None}
            if margins:
                both = (total(part, fired, margins) for part in (chosen_by, judged_by))
                told = "; ".join(f"{one.share:.1%} at {one.false_a_week:.3f}" for one in both if one.windows)
                print(f"{weeks or '-'}, {hours or '-'}: {told}")
    return 0


def _by_length(series: Sequence[Series]) -> Iterator[list[Series]]:
    short = [one for one in series if len(one.values) <= SHORT_STEPS and one.step_seconds == STEP_SECONDS]
    yield from ([one] for one in sorted(series, key=lambda one: -len(one.values)) if one not in short)
    yield from ([short] if short else [])


def _say(title: str, found: Score) -> None:
    if found.windows:
        print(
            f"{title}: {found.found} of {found.windows} windows ({found.share:.1%}), {found.false} false episodes in "
            f"{found.weeks:.0f} series-weeks ({found.false_a_week:.3f})"
        )


if __name__ == "__main__":
    sys.exit(main())
