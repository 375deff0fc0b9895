"""Deletion requests on all replicas: which are filed, which lack somewhere, which are done."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from ops.backends.loki_deletion import PROCESSED, DeleteRequest
from planning.base import Frozen

Lists = Mapping[str, Sequence[DeleteRequest]]
"""Each replica's list, by its name."""
Range = tuple[int, int]
"""Start and end in Unix seconds."""


class Stage(StrEnum):
    """How far a search is."""

    COUNTED = "only counted"
    NOTHING = "no line"
    TO_FILE = "to file"
    FILED = "filed"
    ERASED = "erased"


class Order(Frozen):
    """One query over one time range, as replicas have it."""

    start: int
    """Unix seconds, as the others."""
    end: int
    filed: int
    """When the first replica got it."""
    status: str
    """The furthest that a replica has come with it: the elected compactor works off its own list only."""
    lacking: tuple[str, ...]
    """Replicas that don't have it."""

    @property
    def done(self) -> bool:
        """Whether the elected compactor, of now or of then, has worked it off."""
        return self.status == PROCESSED


def orders(query: str, lists: Lists) -> dict[Range, Order]:
    """Every order of a query, by its range."""
    found: dict[Range, dict[str, DeleteRequest]] = {}
    for replica, requests in lists.items():
        for one in requests:
            if one.query == query:
                found.setdefault((round(one.start_time), round(one.end_time)), {})[replica] = one
    return {key: _order(*key, requests, lists) for key, requests in found.items()}


def latest(query: str, lists: Lists) -> Order | None:
    """The newest order of a query: an open one, else the last that is done. None where no replica has any."""
    return max(orders(query, lists).values(), key=lambda one: (not one.done, one.end), default=None)


def _order(start: int, end: int, found: Mapping[str, DeleteRequest], lists: Lists) -> Order:
    return Order(
        start=start,
        end=end,
        filed=int(min(one.created_at for one in found.values())),
        status=max((one.status for one in found.values()), key=_progress),
        lacking=tuple(sorted(set(lists) - set(found))),
    )


def _progress(status: str) -> float:
    """received, 40% Complete, processed."""
    number = status.partition("%")[0]
    return 101.0 if status == PROCESSED else float(number) if number.isdecimal() else 0.0
