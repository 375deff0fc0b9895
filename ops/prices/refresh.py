"""A price table brought up to date: what AWS answers replaces what the file has, and everything else stays, named."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from ops.prices.price_list import Asker
from planning.base import Frozen
from planning.prices.document import PriceDocument, PriceGroup
from planning.prices.table import ON_DEMAND, SPOT, SPOT_UNIT, Confidence, PriceSource

LIST_SOURCE, SPOT_SOURCE = "aws-price-list", "aws-spot-history"


class PriceChange(Frozen):
    """One price that differs from the file's."""

    key: str
    """Key in the table."""
    old: float | None
    """US dollars before; None for a new price."""
    new: float
    """US dollars now."""


class Kept(Frozen):
    """One price that stays as it was."""

    key: str
    """Key in the table."""
    reason: str
    """Why AWS's answer couldn't replace it."""


class Refreshed(Frozen):
    """The outcome."""

    document: PriceDocument
    """The table to write."""
    changes: tuple[PriceChange, ...]
    """Prices that differ."""
    confirmed: int
    """Prices that AWS gave and that hadn't changed."""
    kept: tuple[Kept, ...]
    """Prices that AWS gave no single answer for."""


class _Entry(NamedTuple):
    group: str
    name: str
    unit: str
    source: str
    usd: float

    @property
    def key(self) -> str:
        return f"{self.group}.{self.name}"


def refresh(old: PriceDocument, region: str, asker: Asker, today: date, extra_types: Sequence[str] = ()) -> Refreshed:
    """Asks for every price of `old` and for further instance types; another region's table serves as a list of keys.

    Raises `ValueError` when AWS answers nothing at all for a region without a table of its own.
    """
    foreign = old.region != region
    types = [*dict.fromkeys([*_types(old), *extra_types])]
    answers = _answers(asker, types)
    entries: list[_Entry] = []
    kept: list[Kept] = []
    spot_source = f"{SPOT_SOURCE}-{today}"
    for entry in _wanted(old, types):
        prices = answers.get(entry.key, ())
        if len(prices) == 1:
            source = spot_source if entry.group == SPOT else LIST_SOURCE
            entries.append(entry._replace(usd=prices[0], source=source))
            continue
        # Another region's price is no price here; the risk price stands in for a spot price that isn't known.
        if not foreign and entry.source and entry.group != SPOT:
            entries.append(entry)
        if entry.source:
            kept.append(Kept(key=entry.key, reason=_reason(prices, foreign=foreign)))
    # Spot prices move: what was seen on other days stays beside what is seen today.
    observed = [] if foreign else [one for one in _entries(old) if one.group == SPOT and one.source != spot_source]
    if not [*entries, *observed]:
        raise ValueError(f"AWS listed no price for region {region}: is it the code of a region?")
    before = {} if foreign else {entry.key: entry.usd for entry in _entries(old)}
    changes = tuple(
        PriceChange(key=entry.key, old=before.get(entry.key), new=entry.usd)
        for entry in entries
        if before.get(entry.key) != entry.usd
    )
    answered = sum(entry.source in (LIST_SOURCE, spot_source) and bool(answers.get(entry.key)) for entry in entries)
    return Refreshed(
        document=_document(old, region, [*observed, *entries], today),
        changes=changes,
        confirmed=answered - len(changes),
        kept=tuple(kept),
    )


def _answers(asker: Asker, types: Sequence[str]) -> Mapping[str, Sequence[float]]:
    on_demand = {f"{ON_DEMAND}.{name}": asker.on_demand(name) for name in types}
    offered = [name for name in types if on_demand[f"{ON_DEMAND}.{name}"]]
    spot = {f"{SPOT}.{name}": [usd] for name, usd in asker.spot(offered).items()} if offered else {}
    return {**asker.list_prices(), **on_demand, **spot}


def _types(document: PriceDocument) -> list[str]:
    return [entry.name for entry in _entries(document) if entry.group == ON_DEMAND]


def _entries(document: PriceDocument) -> Iterator[_Entry]:
    for group in document.groups:
        for name, usd in group.usd.items():
            yield _Entry(group.group, name, group.unit, group.source, usd)


def _wanted(document: PriceDocument, types: Sequence[str]) -> Iterator[_Entry]:
    """What the file has, and both prices of every instance type; an entry without a source is new."""
    have = list({entry.key: entry for entry in _entries(document)}.values())
    keys = {entry.key for entry in have}
    yield from have
    for group in (ON_DEMAND, SPOT):
        for name in types:
            if f"{group}.{name}" not in keys:
                yield _Entry(group, name, SPOT_UNIT, "", 0.0)


def _reason(prices: Sequence[float], *, foreign: bool) -> str:
    if len(prices) > 1:
        return f"AWS lists several: {', '.join(f'{usd:g}' for usd in prices)}"
    return "AWS lists none under the name that is asked for" + ("; left out of the new table" if foreign else "")


def _document(old: PriceDocument, region: str, entries: Sequence[_Entry], today: date) -> PriceDocument:
    order = list(dict.fromkeys(entry.group for entry in [*_entries(old), *entries]))
    ranked = sorted(entries, key=lambda entry: (order.index(entry.group), entry.source))
    groups = tuple(
        PriceGroup(group=group, unit=unit, source=source, usd={entry.name: entry.usd for entry in same})
        for (group, unit, source), same in groupby(ranked, key=lambda entry: (entry.group, entry.unit, entry.source))
    )
    sources = {**old.sources, **_aws_sources(region, today)}
    used = {group.source for group in groups}
    return PriceDocument(
        region=region,
        compiled=today,
        sources={name: source for name, source in sources.items() if name in used},
        groups=groups,
    )


def _aws_sources(region: str, today: date) -> dict[str, PriceSource]:
    return {
        LIST_SOURCE: PriceSource(
            title=f"AWS Price List API, {region}, read {today}", as_of=today, confidence=Confidence.SOURCE
        ),
        f"{SPOT_SOURCE}-{today}": PriceSource(
            title=f"Dearest zone of the EC2 spot price history, {region}, read {today}",
            as_of=today,
            confidence=Confidence.SOURCE,
        ),
    }
