"""The file format of a price table: sources once, prices in groups of one unit and source."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from planning.base import Frozen
from planning.prices.table import SPOT, Price, PriceSource, PriceTable, PriceTableError
from planning.shipped_yaml import read_shipped
from planning.usd import UnitUsd

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]

# Spot prices move: what a bad month may cost is a high percentile of what was seen on several days.
PERCENTILE = 0.95

HEADER = """\
# List prices in US dollars without tax. `python -m ops prices refresh --region {region}` brings them up to date.
# A price's key is its group and its name, such as ec2.on_demand.t4g.large. Confidence `model`: no source confirmed it.
"""


class PriceGroup(Frozen):
    """Prices that share the first part of their key, their unit and their source."""

    group: Name
    """First part of the keys, such as ec2.on_demand."""
    unit: str
    """What is paid for."""
    source: Name
    """Name of an entry of `sources`."""
    usd: Annotated[Mapping[Name, UnitUsd], Field(min_length=1)]
    """US dollars for one unit, by the last part of the key."""


class PriceDocument(Frozen):
    """One file."""

    region: Name
    """AWS region."""
    compiled: date
    """Date on which the table was last put together."""
    sources: Mapping[Name, PriceSource]
    """Where prices come from."""
    groups: tuple[PriceGroup, ...]
    """The prices."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: set[str] = set()
        for group in self.groups:
            if group.source not in self.sources:
                raise ValueError(f"group {group.group}: there is no source {group.source}")
            for name in group.usd:
                key = f"{group.group}.{name}"
                if key in seen and group.group != SPOT:
                    raise ValueError(f"{key}: is given twice")
                seen.add(key)
        return self

    def table(self) -> PriceTable:
        """The prices by key."""
        prices = [
            Price(
                key=f"{group.group}.{name}",
                usd=usd,
                unit=group.unit,
                source=source.title,
                as_of=source.as_of,
                confidence=source.confidence,
            )
            for group in self.groups
            for source in (self.sources[group.source],)
            for name, usd in group.usd.items()
        ]
        by_key: dict[str, list[Price]] = {}
        for price in prices:
            by_key.setdefault(price.key, []).append(price)
        return PriceTable(
            region=self.region, compiled=self.compiled, prices={key: at_risk(seen) for key, seen in by_key.items()}
        )


def at_risk(seen: Sequence[Price]) -> Price:
    """The 95th percentile of several dated observations of one price (nearest rank: of fewer than 20, the highest)."""
    ranked = sorted(seen, key=lambda price: price.usd)
    price = ranked[math.ceil(PERCENTILE * len(ranked)) - 1]
    if len(ranked) == 1:
        return price
    return price.model_copy(update={"source": f"{price.source}; 95th percentile of {len(ranked)} observations"})


def parse_document(text: str, where: str) -> PriceDocument:
    """Reads a file's text. Raises `PriceTableError` with the file's name and the first mistake."""
    try:
        return PriceDocument.model_validate(read_shipped(text))
    except yaml.YAMLError as error:
        raise PriceTableError(f"{where} is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise PriceTableError(f"{where}: {path + ': ' if path else ''}{first['msg']}") from None


def dump_document(document: PriceDocument) -> str:
    """The text of a file; `parse_document` reads the same document from it."""
    plain = document.model_dump(mode="json")
    plain["compiled"] = document.compiled
    for name, source in document.sources.items():
        plain["sources"][name]["as_of"] = source.as_of
    body = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
    return HEADER.format(region=document.region) + body


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as the linters of YAML ask; says a date again instead of pointing to it."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)
