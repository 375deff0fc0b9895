"""The bill while it is being written: what pricing functions see of the stack, and where they put their lines."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from functools import cached_property
from typing import TypeVar, cast

from planning.aws.types import LIFECYCLE, LIFECYCLE_V2, RELEASE
from planning.budget import Category
from planning.capacity.ingest import Ingest, Replication, ingest_of
from planning.capacity.objects import ObjectFlows, object_flows
from planning.cost.assumptions import NodeCount
from planning.cost.inputs import CostInputs
from planning.cost.model import CostLine, LineKind, QuantityBasis, Unpriced, UnpricedCause
from planning.prices.table import Price, PriceTable
from planning.registered import Resource, number

LOKI_REPLICATION = ("loki", "commonConfig", "replication_factor")
MIMIR_REPLICATION = ("mimir", "structuredConfig", "ingester", "ring", "replication_factor")
LIFECYCLE_TYPES = (
    LIFECYCLE,
    LIFECYCLE_V2,
)

T = TypeVar("T")

CATEGORIES = {
    LineKind.CONTROL_PLANE: Category.COMPUTE,
    LineKind.CONTROL_PLANE_EXTENDED: Category.COMPUTE,
    LineKind.NODE_ON_DEMAND: Category.COMPUTE,
    LineKind.NODE_SPOT: Category.COMPUTE,
    LineKind.CPU_CREDITS: Category.COMPUTE,
    LineKind.ROOT_VOLUME: Category.STORAGE,
    LineKind.DATA_VOLUME: Category.STORAGE,
    LineKind.SNAPSHOT: Category.STORAGE,
    LineKind.BUCKET_STORAGE: Category.STORAGE,
    LineKind.BUCKET_REQUESTS: Category.STORAGE,
}

# Kinds whose quantities resources don't say. The load is an assumption, and what is stored and moved follows from it.
BASES = {
    LineKind.SNAPSHOT: QuantityBasis.ASSUMED,
    LineKind.BUCKET_STORAGE: QuantityBasis.ASSUMED,
    LineKind.BUCKET_REQUESTS: QuantityBasis.ASSUMED,
    LineKind.ZONE_TRANSFER: QuantityBasis.ASSUMED,
    LineKind.EGRESS: QuantityBasis.ASSUMED,
    LineKind.LOGS: QuantityBasis.ASSUMED,
    # The vendors' figures for cores, at the assumed load.
    LineKind.CPU_CREDITS: QuantityBasis.DOCUMENTED,
}


class Bill:
    """Collects lines; every amount is a month's."""

    def __init__(
        self,
        resources: Sequence[Resource],
        table: PriceTable,
        inputs: CostInputs,
        *,
        today: date,
        nodes: NodeCount,
        follows_schedules: bool = True,
    ) -> None:
        self.table, self.today, self.load, self.sharing = table, today, inputs.load, inputs.sharing
        self.assumptions = inputs.assumptions.model_copy(update={"nodes": nodes})
        self.follows_schedules = follows_schedules
        self.lines: list[CostLine] = []
        self.unpriced: list[Unpriced] = []
        self.used_prices: dict[str, Price] = {}
        self.named: set[str] = set()
        self.data_volume_gib = 0.0
        self._found: dict[Hashable, object] = {}
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        for resource in resources:
            self._by_type[resource.type].append(resource)
        self._by_urn = {resource.urn: resource for resource in resources}

    def once(self, key: Hashable, build: Callable[[], T]) -> T:
        """What `build` finds out about the stack, found out once for all resources that ask."""
        if key not in self._found:
            self._found[key] = build()
        return cast("T", self._found[key])

    def of_type(self, *type_tokens: str) -> list[Resource]:
        """Resources of the given types."""
        return [resource for token in type_tokens for resource in self._by_type.get(token, ())]

    def sources_of(self, resource: Resource, key: str, type_token: str) -> list[Resource]:
        """The resources of a type that a property's value came from, as far as they are in this stack."""
        found = [self._by_urn[urn] for urn in resource.property_dependencies.get(key, ()) if urn in self._by_urn]
        return [candidate for candidate in found if candidate.type == type_token]

    def of_bucket(self, bucket: Resource, *type_tokens: str) -> Resource | None:
        """A bucket's configuration of a type: by the bucket's URN, its name, else by the same logical name."""
        by_key = self.once(("of bucket", type_tokens), lambda: self._by_bucket(*type_tokens))
        names = [f"name:{name}" for key in ("bucket", "id") if isinstance(name := bucket.at(key), str)]
        return next((by_key[key] for key in (bucket.urn, *names, f"logical:{bucket.name}") if key in by_key), None)

    def _by_bucket(self, *type_tokens: str) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for one in self.of_type(*type_tokens):
            bucket = one.at("bucket")
            keys = [*one.property_dependencies.get("bucket", ()), f"logical:{one.name}"]
            keys += [f"name:{bucket}"] if isinstance(bucket, str) else []
            for key in keys:
                found.setdefault(key, one)
        return found

    @cached_property
    def replication(self) -> Replication:
        """Copies in the back ends, as the releases' values have it; the load's where they don't say."""
        return Replication(
            loki=self._factor("loki", LOKI_REPLICATION) or self.load.replication.loki,
            mimir=self._factor("mimir", MIMIR_REPLICATION) or self.load.replication.mimir,
        )

    def _factor(self, release_name: str, path: tuple[str, ...]) -> int | None:
        for release in self.of_type(RELEASE):
            factor = number(release.at("values", *path))
            if release.name.startswith(release_name) and factor and factor >= 1:
                return int(factor)
        return None

    @cached_property
    def flows(self) -> ObjectFlows:
        """What is written to buckets each day."""
        return object_flows(self.load.workload, self.load.sampling, self.replication)

    @cached_property
    def ingest(self) -> Ingest:
        """Rates of the expected load."""
        return ingest_of(self.load.workload, self.load.sampling, self.replication)

    @property
    def on_aws(self) -> bool:
        """Whether anything of the stack is on AWS; elsewhere volumes and nodes are somebody else's bill."""
        return any(token.startswith("aws:") for token in self._by_type)

    @property
    def counts_most_nodes(self) -> bool:
        """Whether node groups are counted at their largest size."""
        return self.assumptions.nodes is NodeCount.MOST

    def add(
        self,
        resource: Resource,
        kind: LineKind,
        item: str,
        quantity: float,
        price: Price | str,
        note: str = "",
        *,
        basis: QuantityBasis | None = None,
        uncompressed: bool = False,
    ) -> None:
        """One line; how its quantity is known follows from its kind unless it is said.

        A quantity of nothing is left out. Raises `MissingPriceError` for a key without a price.
        """
        if quantity <= 0:
            return
        if isinstance(price, str):
            price = self.table.price(price)
        self.used_prices[price.key] = price
        self.named.add(resource.urn)
        self.lines.append(
            CostLine(
                component=component_of(resource),
                resource=resource.name,
                kind=kind,
                category=CATEGORIES.get(kind, Category.OPERATIONS),
                item=item,
                quantity=quantity,
                unit=price.unit,
                unit_usd=price.usd,
                source=price.source,
                as_of=price.as_of,
                confidence=price.confidence,
                basis=basis or BASES.get(kind, QuantityBasis.REGISTERED),
                note=note,
                uncompressed=uncompressed,
            )
        )

    def leave_out(self, resource: Resource, cause: UnpricedCause, reason: str) -> None:
        """Names a resource that the total leaves out."""
        self.named.add(resource.urn)
        self.unpriced.append(Unpriced(type=resource.type, resource=resource.name, cause=cause, reason=reason))


def component_of(resource: Resource) -> str:
    """The component that registered a resource, from the types in its URN; `stack` where there is none."""
    types = resource.urn.split("::")[2].split("$")[:-1] if resource.urn.count("::") >= 3 else []
    return types[-1].rpartition(":")[2] if types else "stack"
