"""`cost forecast`: where the bill is heading, from the platform's own recordings."""

from ops.backends.prometheus import Mimir
from ops.backends.target import Target
from ops.cost.actual import ActualCost, actual_cost
from ops.report.checks import FINDING, HEALTHY
from ops.report.model import Document, Text, Tone, document, table
from ops.report.output import Answer
from ops.report.words import usd
from planning.base import Frozen
from telemetry.alerting.rules.forecast import COST, EXPECTED, FORECAST, HIGH, HORIZONS, LEAST, LOW

AWS_DAYS = 30


class Horizon(Frozen):
    """The bill at one time, in US dollars a month."""

    when: str
    """Such as three months."""
    low: float
    """Lower edge of the band."""
    expected: float
    """On the line."""
    high: float
    """Upper edge."""


class Forecast(Frozen):
    """The answer."""

    stack: str
    """The stack."""
    budget_usd_per_month: float
    """Its budget."""
    now_usd_per_month: float | None
    """What it costs now, as its rules have it."""
    slope_usd_per_month_a_day: float | None
    """How much more each day."""
    horizons: tuple[Horizon, ...]
    """Nearest first; none in the first week."""
    charged: ActualCost | None = None
    """What AWS charged, where that was asked for."""

    @property
    def over(self) -> bool:
        """Whether even a lower edge is beyond the budget."""
        return any(one.low > self.budget_usd_per_month for one in self.horizons)

    def document(self) -> Document:
        """As a table and a verdict."""
        rows = [(one.when, *(usd(amount) for amount in (one.low, one.expected, one.high))) for one in self.horizons]
        left = usd(self.budget_usd_per_month)
        if not rows:
            said, tone = f"no trend yet: it takes {LEAST} of recordings", Tone.WARNING
        elif self.over:
            said, tone = f"even the lower edge of the band passes the budget of {left} USD a month", Tone.BAD
        else:
            said, tone = f"the band's lower edge stays within the budget of {left} USD a month", Tone.GOOD
        slope = self.slope_usd_per_month_a_day
        trend = f", {slope:+.3f} each day by the trend of four weeks" if slope is not None else ""
        return document(
            f"Forecast of {self.stack}",
            Text(words=f"Now {usd(self.now_usd_per_month)} USD a month{trend}."),
            *([table(("USD a month", "low", "expected", "high"), rows, numbers=(1, 2, 3))] if rows else []),
            Text(words=said, tone=tone),
            *(_charged(self.charged) if self.charged else ()),
        )


def _charged(charged: ActualCost) -> tuple[Text, ...]:
    words = f"AWS charged {usd(charged.total)} USD a month over the last {charged.days} days, by Cost Explorer."
    return (Text(words=words),)


def forecast(target: Target, *, aws: bool = False) -> Answer:
    """Reads the recordings. Raises `LiveError` where Mimir, or with `aws` Cost Explorer, gives no answer."""
    mimir = target.mimir()
    found = Forecast(
        stack=target.stack,
        budget_usd_per_month=target.settings.budget.usd_per_month,
        now_usd_per_month=mimir.number(COST),
        slope_usd_per_month_a_day=mimir.number(f"{COST}:slope28d"),
        horizons=tuple(one for when in HORIZONS if (one := _horizon(mimir, when))),
        charged=actual_cost(target.stack, AWS_DAYS) if aws else None,
    )
    return Answer(found, found.document, FINDING if found.over else HEALTHY)


def _horizon(mimir: Mimir, when: str) -> Horizon | None:
    edges = mimir.by("edge", f'{FORECAST}{{horizon="{when}"}}')
    if not {LOW, EXPECTED, HIGH} <= set(edges):
        return None
    return Horizon(when=when, low=edges[LOW], expected=edges[EXPECTED], high=edges[HIGH])
