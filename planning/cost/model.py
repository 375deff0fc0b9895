"""What a cost report is made of: priced lines, and everything that has no price or none yet, by name."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, computed_field

from planning.base import Frozen
from planning.budget import Category
from planning.cost.assumptions import Assumptions
from planning.prices.table import Confidence

NotNegative = Annotated[float, Field(ge=0)]


class LineKind(StrEnum):
    """What a line pays for; what would lower it follows from this."""

    CONTROL_PLANE = "control plane"
    CONTROL_PLANE_EXTENDED = "control plane in extended support"
    NODE_ON_DEMAND = "on-demand nodes"
    NODE_SPOT = "spot nodes"
    CPU_CREDITS = "CPU credits"
    ROOT_VOLUME = "root volumes"
    DATA_VOLUME = "data volumes"
    SNAPSHOT = "snapshots"
    BUCKET_STORAGE = "bucket storage"
    BUCKET_REQUESTS = "bucket requests"
    NAT_GATEWAY = "NAT gateway"
    PUBLIC_ADDRESS = "public addresses"
    LOAD_BALANCER = "load balancer"
    ENDPOINT = "interface endpoint"
    ZONE_TRANSFER = "transfer between zones"
    EGRESS = "transfer to other back ends"
    KEY = "keys"
    LOGS = "log groups"
    SECRET = "secrets"  # noqa: S105 (a kind of line)
    ALARM = "alarms"


class QuantityBasis(StrEnum):
    """How a line's quantity is known; how its unit price is known is another matter."""

    REGISTERED = "registered"
    """The resource says it: hours, sizes, counts."""
    MEASURED = "measured"
    """Measured with this platform's own parts."""
    DOCUMENTED = "documented"
    """From figures that a vendor publishes."""
    ASSUMED = "assumed"
    """A judgement that the running stack should replace."""


class CostLine(Frozen):
    """One amount of one thing at one price."""

    component: str
    """Component that registered the resource, such as Network; stack where there is none."""
    resource: str
    """Logical name of the resource."""
    kind: LineKind
    """What is paid for."""
    category: Category
    """compute, storage or operations."""
    item: str
    """What exactly, for people."""
    quantity: NotNegative
    """Units a month."""
    unit: str
    """The price's unit."""
    unit_usd: NotNegative
    """US dollars for one unit."""
    source: str
    """Where the price was read."""
    as_of: date
    """Date of the price's source."""
    confidence: Confidence
    """source or model."""
    basis: QuantityBasis = QuantityBasis.REGISTERED
    """How the quantity is known."""
    note: str = ""
    """How the quantity came about."""
    uncompressed: bool = False
    """Whether it is traffic that compression would make smaller."""

    @computed_field
    @property
    def usd_per_month(self) -> float:
        """US dollars a month."""
        return self.quantity * self.unit_usd


class FreeType(Frozen):
    """A resource type that costs nothing by itself."""

    type: str
    """Pulumi type token."""
    count: int
    """Resources of it."""
    reason: str
    """Why nothing is charged."""


class UnpricedCause(StrEnum):
    """Why something has no amount."""

    NOT_KNOWN_YET = "not known yet"
    """Only the cloud will tell."""
    NO_RULE = "no rule"
    """Nothing prices the type."""
    NO_PRICE = "no price"
    """The region's table lacks the price."""
    NOT_COVERED = "not covered"
    """The rule that prices the type doesn't cover this resource as it is configured."""


class Unpriced(Frozen):
    """Resources that cost money or may, and whose price or amount isn't known: the total leaves them out."""

    type: str
    """Pulumi type token."""
    resource: str
    """Logical name."""
    cause: UnpricedCause
    """The same for programs."""
    reason: str
    """What is missing, and what to do."""


class SteadyCpu(Frozen):
    """Cores that are needed for long, and that burstable nodes have for long."""

    need_cores: NotNegative
    """What the expected load needs, with the system's pods."""
    baseline_cores: NotNegative
    """What all nodes have without using up credits; a node without credits has all its cores."""

    @property
    def percent(self) -> float:
        """The need in percent of what there is; infinite where there is none."""
        return 100 * self.need_cores / self.baseline_cores if self.baseline_cores else float("inf")


class CostReport(Frozen):
    """What the registered resources of one stack cost in a month."""

    region: str
    """AWS region of the prices."""
    today: date
    """Date that ages and support ends are judged by."""
    lines: tuple[CostLine, ...]
    """Priced lines, dearest first."""
    free: tuple[FreeType, ...]
    """Types known to cost nothing."""
    unpriced: tuple[Unpriced, ...]
    """Never silently zero: resources that the total leaves out."""
    warnings: tuple[str, ...]
    """Prices too old to rely on, and the like."""
    load: str
    """The load that bytes and requests follow from, in words."""
    assumptions: Assumptions
    """What the quantities rest on."""
    usd_at_most_nodes: NotNegative
    """US dollars a month if every node group grew to its largest size."""
    usd_at_all_hours: NotNegative | None = None
    """Where node groups follow working hours: US dollars a month without them."""
    usd_at_pool_limits: NotNegative | None = None
    """Where Karpenter's pools are: US dollars a month with all of them at their limits, the most that they reach."""
    steady_cpu: SteadyCpu | None = None
    """Where burstable nodes are: whether they can carry the load for long."""

    @computed_field
    @property
    def usd_per_month(self) -> float:
        """The sum of all lines."""
        return sum(line.usd_per_month for line in self.lines)

    @computed_field
    @property
    def by_category(self) -> dict[Category, float]:
        """US dollars a month for each category; categories add up to the total."""
        return {
            category: sum(line.usd_per_month for line in self.lines if line.category is category)
            for category in Category
        }

    @computed_field
    @property
    def by_component(self) -> dict[str, float]:
        """US dollars a month for each component, dearest first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.component] = sums.get(line.component, 0.0) + line.usd_per_month
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))

    @computed_field
    @property
    def by_basis(self) -> dict[QuantityBasis, float]:
        """US dollars a month for each way in which quantities are known; they add up to the total."""
        return {basis: sum(line.usd_per_month for line in self.lines if line.basis is basis) for basis in QuantityBasis}

    def top_costs(self, count: int = 3) -> tuple[CostLine, ...]:
        """The lines that cost most."""
        return self.lines[:count]
