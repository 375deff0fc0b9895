"""Ready before the peak? A minimum from the weeks before, beside the autoscaler alone and perfect knowledge.

Replays load in steps of five minutes: pods are ready five minutes after they are wanted, the autoscaler follows the
shipped behaviour (`telemetry.kubernetes.pod_scaling`). Traces: NYC taxi demand, July 2014 to January 2015, with a
marathon, holidays and a blizzard (Numenta Anomaly Benchmark, public), and two generated ones: growth of 2 % a week with
holidays, and a flash crowd in every second week. The first five weeks teach and aren't counted.

    python -m benchmarks.prediction
"""

import csv
import gzip
import math
import random
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from planning.prediction import (
    AHEAD_MINUTES,
    EVERY_MINUTES,
    HALF_DAY_HOURS,
    WEEKS,
    History,
    expected_peak,
    least_pods,
)
from telemetry.kubernetes.pod_scaling import DOWN_SECONDS, ONE_LESS_EVERY_SECONDS

TAXI = Path(__file__).resolve().parent / "nab" / "realKnownCause" / "nyc_taxi.csv.gz"
STEP_MINUTES = 5
DAY = 24 * 60 // STEP_MINUTES
WEEK = 7 * DAY
HALF_DAY = HALF_DAY_HOURS * 60 // STEP_MINUTES
LEARNING = 5 * WEEK
LEAD = 5 // STEP_MINUTES
LEAST, MOST, PODS_AT_PEAK, PODS_A_NODE = 2, 40, 20, 2
READY_SHARE, EXTRA_HOURS = 0.95, 0.10


class Outcome(NamedTuple):
    """What one way to scale did on one trace."""

    ready: float
    """Share of daily peaks before which all pods were ready for five minutes."""
    node_hours: float
    """Nodes times hours."""
    pods: tuple[int, ...]
    """Ready pods at each counted step."""


def main() -> int:
    """Prints a line for each trace and way; 1 where prediction misses what is expected of days that repeat."""
    good = True
    print(f"{'trace':26} {'way':22} {'peaks ready':>11} {'node hours':>10} {'more than perfect':>17}")
    for name, load in TRACES.items():
        outcomes = replay(load())
        perfect = outcomes["perfect knowledge"].node_hours
        for way, outcome in outcomes.items():
            more = outcome.node_hours / perfect - 1
            print(f"{name:26} {way:22} {outcome.ready:11.1%} {outcome.node_hours:10,.0f} {more:17.1%}")
        predicted, alone = outcomes["with prediction"], outcomes["autoscaler alone"]
        good &= predicted.ready >= READY_SHARE or name in UNFORESEEN
        good &= predicted.node_hours <= perfect * (1 + EXTRA_HOURS)
        good &= all(with_ >= without for with_, without in zip(predicted.pods, alone.pods, strict=True))
    print(
        f"expected: {READY_SHARE:.0%} of peaks ({' and '.join(UNFORESEEN)} can't be foreseen), at most "
        f"{EXTRA_HOURS:.0%} more, never below the autoscaler alone: {'yes' if good else 'NO'}"
    )
    return 0 if good else 1


def replay(load: Sequence[float]) -> dict[str, Outcome]:
    """A trace under each way to scale."""
    per_pod = max(load[:LEARNING]) / PODS_AT_PEAK
    need = [least_pods(one, per_pod, least=LEAST, most=MOST) for one in load]
    minimum = _minimum(load, per_pod)
    last = len(need) - 1
    perfect = [max(need[at : min(at + 2 * LEAD, last) + 1]) for at in range(len(need))]
    wanted = {
        "autoscaler alone": _scaled(need, [LEAST] * len(need)),
        "with prediction": _scaled(need, minimum),
        "perfect knowledge": perfect,
    }
    return {way: _outcome(load, need, one) for way, one in wanted.items()}


def _minimum(load: Sequence[float], per_pod: float) -> list[int]:
    """What the job sets at each of its runs; it knows what lies behind it and nothing else."""
    ahead, every = AHEAD_MINUTES // STEP_MINUTES, EVERY_MINUTES // STEP_MINUTES
    found: list[int] = []
    for at in range(len(load)):
        if at % every or at < WEEK + DAY:
            found.append(found[-1] if found else LEAST)
            continue
        starts = [at - week * WEEK for week in range(1, WEEKS + 1) if at >= week * WEEK]
        history = History(
            ahead=[max(load[start : start + ahead + 1]) for start in starts],
            of_day=[max(load[max(0, start - HALF_DAY) : start + HALF_DAY]) for start in starts],
            last_day=sum(load[at - DAY : at]),
            a_week_before=sum(load[at - DAY - WEEK : at - WEEK]),
        )
        found.append(least_pods(expected_peak(history), per_pod, least=LEAST, most=MOST))
    return found


def _scaled(need: Sequence[int], minimum: Sequence[int]) -> list[int]:
    """Wanted pods as the autoscaler has them: up at once, down by one after a while of less."""
    stable, slow = DOWN_SECONDS // 60 // STEP_MINUTES, ONE_LESS_EVERY_SECONDS // 60 // STEP_MINUTES
    wanted: list[int] = []
    for at, pods in enumerate(need):
        asked = max(pods, minimum[at])
        before = wanted[-1] if wanted else asked
        recent = max(max(need[max(0, at - stable) : at + 1]), minimum[at])
        down = max(recent, before - (1 if at % slow == 0 else 0))
        wanted.append(asked if asked >= before else min(before, max(down, asked)))
    return wanted


def _outcome(load: Sequence[float], need: Sequence[int], wanted: Sequence[int]) -> Outcome:
    ready = [min(wanted[max(0, at - LEAD) : at + 1]) for at in range(len(wanted))]
    peaks = [
        max(range(start, start + DAY), key=lambda at: load[at]) for start in range(LEARNING, len(load) - DAY + 1, DAY)
    ]
    early = sum(ready[peak - 5 // STEP_MINUTES] >= need[peak] for peak in peaks)
    nodes = sum(math.ceil(pods / PODS_A_NODE) for pods in wanted[LEARNING:])
    return Outcome(early / len(peaks), nodes * STEP_MINUTES / 60, tuple(ready[LEARNING:]))


def taxi() -> list[float]:
    """Half hours as lines between their values."""
    with gzip.open(TAXI, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    first = datetime.fromisoformat(rows[0]["timestamp"])
    assert (first.hour, first.minute) == (0, 0)  # noqa: S101 (days are counted from its start)
    values = [float(row["value"]) for row in rows]
    steps = 30 // STEP_MINUTES
    return [here + (after - here) * step / steps for here, after in pairwise(values) for step in range(steps)]


def generated(*, weekly_growth: float, holidays: bool, crowds: bool, weeks: int = 20, seed: int = 7) -> list[float]:
    """Working days with two humps, quieter weekends, noise of 3 %."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    free = {draw.randrange(5, weeks) * 7 + draw.randrange(5) for _ in range(6)} if holidays else set[int]()
    crowd = {week * WEEK + draw.randrange(WEEK) for week in range(5, weeks, 2)} if crowds else set[int]()
    found: list[float] = []
    for at in range(weeks * WEEK):
        day, hour = at // DAY, at % DAY * STEP_MINUTES / 60
        humps = math.exp(-(((hour - 11) / 2.5) ** 2)) + 0.9 * math.exp(-(((hour - 16) / 3) ** 2))
        quiet = 0.4 if day in free else 0.5 if day % 7 >= 5 else 1.0
        beside = 1.5 * sum(math.exp(-(((at - start) * STEP_MINUTES / 30) ** 2)) for start in crowd if at >= start - 12)
        base = (0.15 + quiet * humps) * (1 + weekly_growth) ** (at / WEEK)
        found.append(100 * max(0.01, base * draw.gauss(1, 0.03) + beside))
    return found


TRACES: dict[str, Callable[[], list[float]]] = {
    "NYC taxi": taxi,
    "growth and holidays": lambda: generated(weekly_growth=0.02, holidays=True, crowds=False),
    "flash crowds": lambda: generated(weekly_growth=0.0, holidays=False, crowds=True),
}

# A crowd that no week before had: reported, and no promise.
UNFORESEEN = ("flash crowds",)

if __name__ == "__main__":
    sys.exit(main())
