"""Head-sampling advice for a stack's services, from its settings."""

from collections.abc import Mapping

from planning.base import Frozen
from planning.capacity.ingest import ingest_of
from planning.sampling_advice import (
    CollectorPool,
    ServiceAdvice,
    ServiceRate,
    SpanCapacity,
    head_sampling_advice,
    span_capacity,
)
from planning.sampling_estimate import SurgeBudget, surge_budget
from settings.models.platform import PlatformSettings
from settings.rules.senders import kept_percent, service_loads

MILLICORES = 1000


class StackAdvice(Frozen):
    """Head sampling in one stack."""

    capacity: SpanCapacity
    """What its collectors take in."""
    surge: SurgeBudget
    """What tail sampling keeps of ordinary traces at most; it needs no head sampling for that."""
    services: tuple[ServiceAdvice, ...]
    """In the order of the settings."""

    def of(self, service: str) -> ServiceAdvice:
        """One service's advice. Raises `KeyError` for a service that the stack doesn't have."""
        return {one.service: one for one in self.services}[service]


def stack_advice(settings: PlatformSettings, spans_per_second: Mapping[str, float] | None = None) -> StackAdvice:
    """Advice for every service. Rates that aren't given are the settings' own; services without one share evenly what
    of the stack's workload is left."""
    workload, sampling = settings.workload, settings.sampling
    given, loads = spans_per_second or {}, service_loads(settings)
    rates = [
        ServiceRate(
            service=service.name,
            spans_per_second=given.get(
                service.name,
                workload.spans_per_request * loads[service.name].requests_per_second,
            ),
            kept_percent=kept_percent(service, settings),
        )
        for service in settings.services
    ]
    capacity = span_capacity(_pool(settings), workload, ingest_of(workload, sampling, settings.replication))
    return StackAdvice(
        capacity=capacity,
        surge=surge_budget(workload, sampling, settings.ingestion.traces_mb_per_second),
        services=head_sampling_advice(rates, capacity.spans_per_second, workload),
    )


def _pool(settings: PlatformSettings) -> CollectorPool:
    agent, gateway = settings.sizes.collector_agent, settings.sizes.collector_gateway
    return CollectorPool(
        agents=settings.node_count,
        agent_cpu_cores=agent.cpu_request_millicores / MILLICORES,
        gateways=gateway.replicas,
        gateway_cpu_cores=gateway.cpu_request_millicores / MILLICORES,
        gateway_memory_mib=gateway.memory_limit_mib,
    )
