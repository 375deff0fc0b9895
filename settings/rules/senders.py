"""What each service of a stack is expected to send, and so the shares by which the planned bill is shared out."""

from collections.abc import Callable

from planning.base import Frozen
from planning.cost.attribution import Sender, normalised
from planning.retention import Signal
from planning.sampling_advice import tail_kept_percent
from planning.workload import PLATFORM_SERIES
from settings.models.platform import PlatformSettings
from settings.models.services import Service


class ServiceLoad(Frozen):
    """The expected load of one service, a daily mean."""

    requests_per_second: float
    """Traces that start in it, each second."""
    log_lines_per_second: float
    """Log lines."""
    series: float
    """Active series of its metrics."""


def service_loads(settings: PlatformSettings) -> dict[str, ServiceLoad]:
    """By service: its own numbers; services without one share evenly what of the stack's workload is left."""
    workload = settings.workload
    lines = workload.requests_per_second * workload.log_lines_per_request
    requests = _parts(settings, workload.requests_per_second, lambda one: one.requests_per_second)
    logs = _parts(settings, lines, lambda one: one.log_lines_per_second)
    series = _parts(settings, workload.active_series - PLATFORM_SERIES, lambda one: one.series)
    return {
        name: ServiceLoad(requests_per_second=requests[name], log_lines_per_second=logs[name], series=series[name])
        for name in requests
    }


def _parts(settings: PlatformSettings, whole: float, own: Callable[[Service], float | None]) -> dict[str, float]:
    known = {one.name: number for one in settings.services if (number := own(one)) is not None}
    even = max(0.0, whole - sum(known.values())) / max(1, len(settings.services) - len(known))
    return {one.name: known.get(one.name, even) for one in settings.services}


def senders(settings: PlatformSettings) -> tuple[Sender, ...]:
    """One a service. Of traces counts what sampling keeps; the platform's own series are borne in proportion."""
    loads = service_loads(settings)
    lines = normalised({name: load.log_lines_per_second for name, load in loads.items()})
    kept = normalised(
        {one.name: loads[one.name].requests_per_second * _all_kept_percent(one, settings) for one in settings.services}
    )
    shares = {
        Signal.LOGS: lines,
        Signal.TRACES: kept,
        Signal.METRICS: normalised({name: load.series for name, load in loads.items()}),
        Signal.PROFILES: normalised(dict.fromkeys(loads, 1.0)),
    }
    return tuple(
        Sender(
            service=one.name,
            team=team_of(one, settings),
            shares={signal: shares[signal][one.name] for signal in settings.retention.signals},
        )
        for one in settings.services
    )


def team_of(service: Service, settings: PlatformSettings) -> str:
    """Whose a service is: the stack's owner's where nobody is named."""
    return service.team or settings.owner


def kept_percent(service: Service, settings: PlatformSettings) -> float:
    """What tail sampling keeps of the ordinary traces through one service, in percent."""
    return tail_kept_percent(
        settings.sampling,
        service=service.name,
        language=service.language.value,
        tier=service.tier.value,
    )


def _all_kept_percent(service: Service, settings: PlatformSettings) -> float:
    """Errors and slow ones among them."""
    always = settings.workload.error_percent + settings.workload.slow_percent
    return always + (100 - always) * kept_percent(service, settings) / 100
