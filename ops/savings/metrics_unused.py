"""`metrics unused`: series and labels that nobody asks for, what they cost, and the settings that do without them."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from ops.backends.prometheus import Mimir
from ops.backends.target import Target
from ops.savings.demand import OWN_MARK, Demand, DemandSource, demand
from ops.savings.promql import Use
from ops.tuning.effects import priced_settings
from planning.base import Frozen
from planning.cost.attribution import signal_costs
from planning.retention import Signal
from settings.models.metrics import Aggregation, Merge, MetricsSettings
from settings.models.platform import PlatformSettings
from telemetry.charts.mimir_config import PROMOTED_ATTRIBUTES
from telemetry.collector.metric_names import attribute_pattern, condition
from telemetry.cost.planned import memory_shares

# Fewer aren't worth a line in the stack's file.
LEAST_SERIES = 2
# One beginning instead of so many names; it must have two words, so that it says whose metrics it means.
LEAST_NAMES, LEAST_WORDS = 3, 2
MOST_CHARACTERS = 3500
PARTS = ("_bucket", "_sum", "_count")
# Labels of the resource, which no aggregation inside a scrape or an export can take away, and a histogram's own.
KEPT_LABELS = frozenset(
    {"__name__", "le", "quantile", "job", "instance", *(name.replace(".", "_") for name in PROMOTED_ATTRIBUTES)}
)
MADE_BY_MIMIR = frozenset({"ALERTS", "ALERTS_FOR_STATE", "target_info"})
DROP_RISK = "whoever asks for it later finds nothing from before the day it is stored again"
MERGE_RISK = (
    "the labels are gone from what is stored meanwhile; a counter whose one series ends alone looks as if it began anew"
)


class Proposal(Frozen):
    """Something to do without."""

    name: str
    """Metric, or the beginning of several."""
    without: tuple[str, ...] = ()
    """Labels to take away; empty where the whole is dropped."""
    merge: Merge | None = None
    """How series that become one are merged."""
    of: int
    """Series that it has now."""
    series: int
    """Fewer series."""
    usd_per_month: float | None
    """What they bear of the bill, in US dollars a month; None off AWS."""
    filter: str
    """In the collector's words."""
    risk: str
    """One sentence."""
    undo: str
    """One sentence."""


class Unused(Frozen):
    """The answer."""

    stack: str
    """The stack."""
    series: int
    """Series that exist now, of metrics that collectors send."""
    others: int
    """Series of rules and of Mimir itself, which no collector can leave out."""
    usd_per_series: float | None
    """What a series bears of the bill, in US dollars a month."""
    sources: tuple[DemandSource, ...]
    """Where it was looked who asks."""
    anything: int
    """Queries that ask for whatever their reader chooses."""
    proposals: tuple[Proposal, ...]
    """Most series first."""

    @property
    def saved(self) -> int:
        """Series of all proposals."""
        return sum(one.series for one in self.proposals)

    def values(self, now: MetricsSettings) -> MetricsSettings:
        """The stack's settings with every proposal."""
        dropped = {one.name for one in self.proposals if not one.without} | set(now.drop)
        beginnings = {name for name in dropped if name.endswith("*")}
        kept = (name for name in dropped if not any(name != one and name.startswith(one[:-1]) for one in beginnings))
        merged = {one.name: one for one in now.aggregate}
        for one in self.proposals:
            if one.without and one.merge is not None:
                before = merged[one.name].without if one.name in merged else ()
                labels = tuple(sorted({*before, *one.without}))
                merged[one.name] = Aggregation(name=one.name, without=labels, merge=one.merge)
        return MetricsSettings(drop=tuple(sorted(kept)), aggregate=tuple(merged[name] for name in sorted(merged)))


class Family(Frozen):
    """A metric with all its series."""

    name: str
    """A histogram's or summary's without _bucket, _sum and _count."""
    members: tuple[str, ...]
    """Names of its series."""
    series: int
    """How many there are."""


def unused(target: Target, now: datetime, days: int) -> Unused:
    """Everything. Raises `LiveError` when Mimir or Grafana can't be read."""
    mimir = target.mimir()
    recorded = {rule.name for rule in mimir.rules() if rule.type == "recording"}
    counted = dict(_counted(mimir, mimir.metric_names()))
    sent = {name: count for name, count in counted.items() if not _made_here(name, recorded)}
    asked = demand(target, now, days)
    families = families_of(sent)
    price = usd_per_series(target.settings, target.stack)
    unasked = [one for one in families if asked.of(one.members) is None]
    taken = asked.names | {one.name for one in families if one not in unasked}
    proposals = [
        *dropped(unasked, taken, price),
        *_merged(mimir, families, asked, price),
    ]
    return Unused(
        stack=target.stack,
        series=sum(sent.values()),
        others=sum(counted.values()) - sum(sent.values()),
        usd_per_series=price,
        sources=asked.sources,
        anything=asked.anything,
        proposals=tuple(sorted(proposals, key=lambda one: (-one.series, one.name))),
    )


def usd_per_series(settings: PlatformSettings, stack: str) -> float | None:
    """What metrics bear of the planned bill, for each active series; None off AWS, where there are no prices."""
    if not settings.on_aws:
        return None
    by_signal = signal_costs(priced_settings(stack, settings), memory_shares(settings))
    return by_signal[Signal.METRICS] / settings.workload.active_series


def _made_here(name: str, recorded: Collection[str]) -> bool:
    return ":" in name or name in recorded or name in MADE_BY_MIMIR


def _counted(mimir: Mimir, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Series by name, in questions that fit into an address."""
    for some in _chunks(sorted(names)):
        counts = mimir.by("__name__", f"count by (__name__) ({_selector(some)})")
        yield from ((name, int(count)) for name, count in counts.items())


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    for name in names:
        if some and sum(map(len, some)) + len(some) + len(name) > MOST_CHARACTERS:
            yield some
            some = []
        some.append(name)
    if some:
        yield some


def _selector(names: Iterable[str]) -> str:
    return f'{{__name__=~"{"|".join(names)}",{OWN_MARK}=""}}'


def families_of(counted: Mapping[str, int]) -> list[Family]:
    """Histograms and summaries put together."""
    bases = {name.removesuffix("_bucket") for name in counted if name.endswith("_bucket")}
    bases |= {
        name.removesuffix("_sum") for name in counted if name.endswith("_sum") and f"{name[:-4]}_count" in counted
    }
    members: dict[str, list[str]] = {}
    for name in sorted(counted):
        base = next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)
        members.setdefault(base if base in bases else name, []).append(name)
    return [
        Family(name=name, members=tuple(parts), series=sum(counted[part] for part in parts))
        for name, parts in members.items()
    ]


def dropped(unasked: Iterable[Family], taken: Collection[str], price: float | None) -> Iterator[Proposal]:
    """Proposals to drop metrics; those that begin alike become one where nothing that is asked for begins so too."""
    series = {one.name: one.series for one in unasked}
    for name, count in shortened(series, taken).items():
        if count >= LEAST_SERIES:
            yield Proposal(
                name=name,
                of=count,
                series=count,
                usd_per_month=None if price is None else count * price,
                filter=condition([name]),
                risk=DROP_RISK,
                undo=f"take {name} out of metrics.drop and deploy: it is stored again from the next scrape on",
            )


def shortened(series: Mapping[str, int], taken: Collection[str]) -> dict[str, int]:
    """Series by name or by the shortest beginning of several that no metric in use has."""
    starts = Counter(start for name in series for start in _starts(name))
    forbidden = {start for name in taken for start in _starts(f"{name}_")}
    found: Counter[str] = Counter()
    for name, count in series.items():
        usable = (start for start in _starts(name) if start not in forbidden and starts[start] >= LEAST_NAMES)
        start = next(usable, None)
        found[f"{start}*" if start else name] += count
    return found


def _starts(name: str) -> Iterator[str]:
    """Its beginnings up to a `_`, shortest first."""
    places = [match.end() for match in re.finditer("_", name)]
    yield from (name[:place] for place in places[LEAST_WORDS - 1 :])


def _merged(mimir: Mimir, families: Iterable[Family], asked: Demand, price: float | None) -> Iterator[Proposal]:
    for family in families:
        uses = asked.of(family.members)
        how = mergeable(uses) if uses and family.series >= LEAST_SERIES else None
        if how is None or not _can_be_merged(family, how[0]):
            continue
        selector = _selector(family.members)
        labels = set(mimir.labels(selector)) - KEPT_LABELS - asked.labels - how[1]
        if not labels:
            continue
        names = ",".join(sorted(labels))
        told_apart = f'label_replace({selector}, "{OWN_MARK}", "$1", "__name__", "(.+)")'
        left = mimir.number(f"count(count without ({names}) ({told_apart}))")
        saved = family.series - int(left or family.series)
        if saved >= LEAST_SERIES:
            yield Proposal(
                name=family.name,
                without=tuple(sorted(labels)),
                merge=how[0],
                of=family.series,
                series=saved,
                usd_per_month=None if price is None else saved * price,
                filter=f'delete_matching_keys(datapoint.attributes, "{attribute_pattern(sorted(labels))}"), then '
                f'aggregate_on_attributes("{how[0]}") where {condition([family.name])}',
                risk=MERGE_RISK,
                undo=f"take {family.name} out of metrics.aggregate and deploy: its labels are stored again",
            )


def _can_be_merged(family: Family, merge: Merge) -> bool:
    """The collector sums up histograms only, and merges no summaries."""
    histogram = f"{family.name}_bucket" in family.members
    return merge is Merge.SUM if histogram else family.members == (family.name,)


def mergeable(uses: Iterable[Use]) -> tuple[Merge, frozenset[str]] | None:
    """How all uses allow series to be merged, and the labels that they need; None where one of them doesn't."""
    merges: set[Merge | None] = set()
    labels: frozenset[str] = frozenset()
    for use in uses:
        merges.add(use.merge)
        labels |= use.labels or frozenset()
    (merge, *others) = merges
    return None if others or merge is None else (merge, labels)
