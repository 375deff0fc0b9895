"""Who pays: a stack's whole bill shared out among the services that send telemetry, and among their teams.

The rule, in two steps. A signal costs its bucket, and of everything else (nodes, volumes, network, control plane, keys,
rules: what is paid whatever arrives) the share of memory that its back end asks for. A service bears of each signal
what it sends of it: traces by the bytes that sampling keeps, logs by bytes, metrics by series. So the shares add up to
the bill; it is a mean: what one more service costs is the difference of two plans, which is less.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pydantic import computed_field

from planning.backends import BY_SIGNAL
from planning.base import Frozen
from planning.cost.model import CostReport, LineKind
from planning.retention import Signal

BUCKET_KINDS = frozenset({LineKind.BUCKET_STORAGE, LineKind.BUCKET_REQUESTS})
# Shares are sums of floating-point numbers; what they miss of 1 is far below a cent of any bill.
TOLERANCE = 1e-6


class Sender(Frozen):
    """A service and what it sends."""

    service: str
    """Its name."""
    team: str
    """Who pays for it."""
    shares: Mapping[Signal, float]
    """What it sends of each signal, 0 to 1; those of all senders add up to 1."""


class ServiceCost(Frozen):
    """What one service costs, in US dollars a month."""

    service: str
    """Its name."""
    team: str
    """Who pays for it."""
    by_signal: Mapping[Signal, float]
    """For each signal: its part of the bucket and of what is paid whatever arrives."""

    @computed_field
    @property
    def usd_per_month(self) -> float:
        """All signals."""
        return sum(self.by_signal.values())


class SharedBill(Frozen):
    """A bill by service; the parts add up to it."""

    usd_per_month: float
    """The bill."""
    fixed_usd_per_month: float
    """What of it is paid whatever arrives."""
    services: tuple[ServiceCost, ...]
    """Dearest first."""

    @computed_field
    @property
    def by_team(self) -> dict[str, float]:
        """US dollars a month for each team, dearest first."""
        sums: defaultdict[str, float] = defaultdict(float)
        for one in self.services:
            sums[one.team] += one.usd_per_month
        return dict(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signals that are paid for."""
        kept = {signal for one in self.services for signal in one.by_signal}
        return tuple(signal for signal in Signal if signal in kept)


def bucket_usd(report: CostReport, signal: Signal) -> float:
    """What the bucket of a signal costs in a month: storage and requests."""
    bucket = f"storage-{BY_SIGNAL[signal].data.purpose}"
    return sum(line.usd_per_month for line in report.lines if line.resource == bucket and line.kind in BUCKET_KINDS)


def signal_costs(report: CostReport, memory_shares: Mapping[Signal, float]) -> dict[Signal, float]:
    """The bill by signal: buckets as they are, the rest by `memory_shares`, which add up to 1."""
    buckets = {signal: bucket_usd(report, signal) for signal in memory_shares}
    fixed = report.usd_per_month - sum(buckets.values())
    return {signal: usd + fixed * memory_shares[signal] for signal, usd in buckets.items()}


def shared_bill(by_signal: Mapping[Signal, float], fixed_usd_per_month: float, senders: Sequence[Sender]) -> SharedBill:
    """The bill by service. Raises `ValueError` where the senders' shares of a signal don't add up to 1."""
    for signal in by_signal:
        whole = sum(sender.shares.get(signal, 0.0) for sender in senders)
        if not math.isclose(whole, 1, abs_tol=TOLERANCE):
            raise ValueError(f"shares of {signal} add up to {whole:g}, not to 1")
    services = [
        ServiceCost(
            service=sender.service,
            team=sender.team,
            by_signal={signal: usd * sender.shares.get(signal, 0.0) for signal, usd in by_signal.items()},
        )
        for sender in senders
    ]
    return SharedBill(
        usd_per_month=sum(by_signal.values()),
        fixed_usd_per_month=fixed_usd_per_month,
        services=tuple(sorted(services, key=lambda one: (-one.usd_per_month, one.service))),
    )


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights as shares of 1; equal ones where nobody weighs anything."""
    whole = sum(weights.values())
    return {name: weight / whole if whole else 1 / len(weights) for name, weight in weights.items()}
