"""How a workload's active series grow: with services, with their replicas, and with the traffic that asks for those."""

from planning.capacity import coefficients as c
from planning.workload import PLATFORM_SERIES, Workload


def service_replicas(workload: Workload, services: int) -> float:
    """Pods of all services together at this traffic, as a mean; each service has two at least."""
    calls = workload.requests_per_second * workload.spans_per_request / c.SPANS_PER_CALL.value
    return max(c.LEAST_REPLICAS.value * services, calls / c.CALLS_PER_REPLICA.value)


def estimated_series(workload: Workload, services: int) -> float:
    """Active series by services, replicas and traffic alone, for a workload that nobody has counted."""
    return (
        PLATFORM_SERIES
        + services * c.SERIES_PER_SERVICE.value
        + service_replicas(workload, services) * c.SERIES_PER_REPLICA.value
    )


def at_rate(workload: Workload, services: int, requests_per_second: float) -> Workload:
    """The same services under another traffic: what was counted grows as the estimate does; less traffic stops no pod
    of the two that each service has."""
    factor, profiles = requests_per_second / workload.requests_per_second, workload.profile_mb_per_second
    traffic = {
        "requests_per_second": requests_per_second,
        "profile_mb_per_second": None if profiles is None else profiles * factor,
    }
    then = workload.model_copy(update=traffic)
    growth = estimated_series(then, services) / estimated_series(workload, services)
    return then.model_copy(update={"active_series": max(1, round(workload.active_series * growth))})
