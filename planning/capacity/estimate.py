"""The capacity plan of one stack: rates, objects, bytes at rest, CPU and memory, all from one workload."""

from collections.abc import Mapping

from planning.backends import backends_of
from planning.base import Frozen
from planning.buckets import BucketPurpose
from planning.capacity.compute import Compute, compute_for
from planning.capacity.ingest import Ingest, Replication, ingest_of
from planning.capacity.objects import ObjectFlows, object_flows
from planning.capacity.series import at_rate
from planning.capacity.steady_state import BucketUse, TierUse, bucket_uses, tier_uses
from planning.retention import Retention, Signal
from planning.sampling import SamplingPolicy
from planning.tiers.compiler import compile_tier_plans
from planning.tiers.inputs import LifecycleLimits
from planning.tiers.lifecycle import AuditArchive, TierPlan
from planning.tiers.s3_prices import S3Prices
from planning.workload import Workload


class CapacityInputs(Frozen):
    """What a capacity plan is computed from."""

    workload: Workload
    """Expected load."""
    sampling: SamplingPolicy
    """Which traces are kept."""
    retention: Retention
    """How long signals are kept."""
    audit: AuditArchive
    """The audit archive."""
    replication: Replication = Replication()
    """Copies in the back ends."""
    services: int = 1
    """Services that send telemetry: with their pods series grow."""

    def scaled(self, factor: float) -> "CapacityInputs":
        """The same stack under another traffic."""
        rate = self.workload.requests_per_second * factor
        return self.model_copy(update={"workload": at_rate(self.workload, self.services, rate)})


class CapacityEstimate(Frozen):
    """The capacity plan."""

    inputs: CapacityInputs
    """What it was computed from."""
    ingest: Ingest
    """Rates."""
    compute: Compute
    """CPU, memory and local volumes."""
    flows: ObjectFlows
    """Objects written each day."""
    plans: Mapping[BucketPurpose, TierPlan]
    """Lifecycle of every bucket."""
    tiers: Mapping[Signal, tuple[TierUse, ...]]
    """GiB at rest by temperature."""
    uses: Mapping[BucketPurpose, BucketUse]
    """Bytes and requests by storage class."""


def compute_at(inputs: CapacityInputs) -> Compute:
    """CPU and memory alone."""
    ingest = ingest_of(inputs.workload, inputs.sampling, inputs.replication)
    return compute_for(ingest, inputs.retention, inputs.replication)


def estimate(inputs: CapacityInputs, prices: S3Prices, limits: LifecycleLimits) -> CapacityEstimate:
    """The capacity plan. Raises `pydantic.ValidationError` where the retention can't be compiled."""
    flows = object_flows(inputs.workload, inputs.sampling, inputs.replication)
    plans = compile_tier_plans(inputs.retention, inputs.audit, flows, prices, limits)
    return CapacityEstimate(
        inputs=inputs,
        ingest=ingest_of(inputs.workload, inputs.sampling, inputs.replication),
        compute=compute_at(inputs),
        flows=flows,
        plans=plans,
        tiers={
            backend.signal: tier_uses(flows.of(backend.data.purpose), inputs.retention.of(backend.signal))
            for backend in backends_of(inputs.retention)
        },
        uses=bucket_uses(flows, inputs.retention, plans, inputs.audit),
    )
