"""What each service of a stack is expected to send: the shares by which the planned bill is shared out."""

from collections.abc import Mapping

from planning.cost.attribution import Sender, normalised
from planning.retention import Signal
from planning.sampling_advice import tail_kept_percent
from settings.models.platform import PlatformSettings
from settings.models.services import Language, Service, ServiceTier


def senders(settings: PlatformSettings) -> tuple[Sender, ...]:
    """One a service. Requests, lines and series are the workload's in equal parts; of traces counts what is kept."""
    kept = normalised({one.name: kept_percent(one, settings) for one in settings.services})
    even = normalised({one.name: 1.0 for one in settings.services})
    shares: Mapping[Signal, Mapping[str, float]] = {Signal.TRACES: kept}
    return tuple(
        Sender(
            service=one.name,
            team=settings.owner,
            shares={signal: shares.get(signal, even)[one.name] for signal in settings.retention.signals},
        )
        for one in settings.services
    )


def kept_percent(service: Service, settings: PlatformSettings) -> float:
    """What tail sampling keeps of the traces through one service, errors and slow ones among them, in percent."""
    always = settings.workload.error_percent + settings.workload.slow_percent
    ordinary = tail_kept_percent(
        settings.sampling,
        critical=service.tier is ServiceTier.CRITICAL,
        python=service.language is Language.PYTHON,
    )
    return always + (100 - always) * ordinary / 100
