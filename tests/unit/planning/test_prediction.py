"""A minimum before the daily peak, bounded, and what it is worth on replayed days."""

import pytest

from benchmarks import prediction as replayed
from planning.prediction import MARGIN, MOST_TREND, History, expected_peak, least_pods


def history(ahead: list[float], of_day: list[float], last_day: float = 1, a_week_before: float = 1) -> History:
    return History(ahead, of_day, last_day, a_week_before)


def test_the_second_highest_of_four_weeks_counts() -> None:
    one_odd_day = history([10, 11, 10, 40], [10, 11, 10, 40])
    assert expected_peak(one_odd_day) == pytest.approx(11 * MARGIN, rel=0.03)


def test_away_from_the_peak_and_without_a_week_the_autoscaler_is_alone() -> None:
    assert expected_peak(history([8.9, 8.9], [10, 10])) is None
    assert expected_peak(history([9.1, 9.1], [10, 10])) is not None
    assert expected_peak(history([], [])) is None


def test_growth_moves_what_is_expected_within_bounds() -> None:
    grown = expected_peak(history([10], [10], last_day=1.1, a_week_before=1))
    assert grown == pytest.approx(11 * MARGIN)
    assert expected_peak(history([10], [10], last_day=9, a_week_before=1)) == pytest.approx(10 * MOST_TREND * MARGIN)
    assert expected_peak(history([10], [10], last_day=9, a_week_before=0)) == pytest.approx(10 * MARGIN)


@pytest.mark.parametrize(("load", "pods"), [(None, 2), (0.1, 2), (3.0, 3), (3.1, 4), (99.0, 6)])
def test_pods_stay_within_the_bounds(load: float | None, pods: int) -> None:
    assert least_pods(load, 1.0, least=2, most=6) == pods


def test_on_recorded_days_peaks_are_met_at_little_more_than_perfect_knowledge() -> None:
    found = replayed.replay(replayed.taxi())
    predicted, alone, perfect = found["with prediction"], found["autoscaler alone"], found["perfect knowledge"]
    assert alone.ready < 0.85
    assert predicted.ready >= replayed.READY_SHARE
    assert predicted.node_hours <= perfect.node_hours * (1 + replayed.EXTRA_HOURS)
    assert all(more >= less for more, less in zip(predicted.pods, alone.pods, strict=True))
