"""Where the bill is heading: a line through four weeks of the platform's own cost, with a band, and the alert on it.

Ordinary least squares of the recorded cost against time. The band is the interval of a single prediction (Draper and
Smith, Applied Regression Analysis, 3rd edition, section 1.4) at two deviations, with one independent observation a day:
what is stored is a day's increase, so neighbouring samples say the same.
"""

from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from telemetry.alerting.rules.model import Alert, Group, Recording, groups_of
from telemetry.cost.planned import DAYS_PER_MONTH, PlannedCost
from telemetry.grafana.dashboards.model import Uid

COST = "lgtm:cost_usd_per_month"
FORECAST = "lgtm:cost_forecast_usd_per_month"
WINDOW = "28d"
# The first week says nothing about a trend.
LEAST = "7d"
BAND_DEVIATIONS = 2
SLOW_SECONDS = 180
MONTH_END, THREE_MONTHS = "month's end", "three months"
LOW, EXPECTED, HIGH = "low", "expected", "high"
_DAYS_LEFT = "(days_in_month() - day_of_month() + 1 - hour() / 24)"
HORIZONS = {MONTH_END: f"scalar({_DAYS_LEFT})", THREE_MONTHS: f"{3 * DAYS_PER_MONTH:.6g}"}


def forecast_groups(planned: PlannedCost | None) -> tuple[Group, ...]:
    """Nothing where there are no dollars."""
    return groups_of("cost-forecast", _recordings(), SLOW_SECONDS) if planned else ()


def _recordings() -> list[Recording]:
    """The line and its band; slopes are dollars a month for each day that passes."""
    mean, slope, days, deviation = (f"{COST}:{name}28d" for name in ("avg", "slope", "days", "deviation"))
    seen = f"and {COST} offset {LEAST}"
    fit = [
        Recording(record=COST, expr=f"sum(lgtm:cost_usd_per_day) * {DAYS_PER_MONTH:.6g}"),
        Recording(record=mean, expr=f"avg_over_time({COST}[{WINDOW}]) {seen}"),
        Recording(record=slope, expr=f"deriv({COST}[{WINDOW}]) * 86400 {seen}"),
        Recording(record=days, expr=f"count_over_time({COST}[{WINDOW}:1h]) / 24 {seen}"),
        # What is left of the variance when the line's own is taken away.
        Recording(
            record=deviation,
            expr=f"sqrt(clamp_min(stdvar_over_time({COST}[{WINDOW}]) - ({slope} * {days}) ^ 2 / 12, 0))",
        ),
    ]
    return [
        *fit,
        *(one for name, ahead in HORIZONS.items() for one in _band(name, ahead, mean, slope, days, deviation)),
    ]


def _band(name: str, ahead: str, mean: str, slope: str, days: str, deviation: str) -> list[Recording]:
    expected = f"{mean} + {slope} * ({days} / 2 + {ahead})"
    error = f"{deviation} * sqrt(1 + 1 / {days} + 12 * ({days} / 2 + {ahead}) ^ 2 / {days} ^ 3)"
    edges = {EXPECTED: expected, LOW: _edge(expected, "-", error), HIGH: _edge(expected, "+", error)}
    return [
        Recording(record=FORECAST, expr=f"clamp_min({expr}, 0)", labels={"horizon": name, "edge": edge})
        for edge, expr in edges.items()
    ]


def _edge(expected: str, sign: str, error: str) -> str:
    return f"({expected}) {sign} {BAND_DEVIATIONS} * {error}"


def forecast_alert(settings: PlatformSettings) -> Alert:
    """Even the band's lower edge is beyond the budget: the trend must break, or the budget will."""
    usd = settings.budget.usd_per_month
    return Alert(
        alert="BudgetForecastHigh",
        expr=f'{FORECAST}{{edge="{LOW}"}} > {usd:g}',
        for_minutes=60,
        severity=Severity.WARNING,
        summary='By {{ $labels.horizon }} the platform will cost at least {{ $value | printf "%.0f" }} USD a month',
        description=f"The trend of the last {WINDOW} leads beyond the budget of {usd:g} USD a month, at the lower edge "
        "of its band.",
        dashboard=Uid.COST,
    )
