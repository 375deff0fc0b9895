"""Which of the locked charts a stack installs."""

from planning.backends import BACKENDS, backends_of
from settings.models.platform import PlatformSettings
from settings.rules.sizing import karpenter_pods
from telemetry.charts.lock import ChartName, ClusterChart


def installed_charts(settings: PlatformSettings) -> tuple[ChartName | ClusterChart, ...]:
    """Those of the platform without back ends that aren't kept, and of a cluster what its owner asks for."""
    absent = {one.chart for one in set(BACKENDS) - set(backends_of(settings.retention))}
    platform = [name for name in ChartName if name not in absent]
    return (*platform, *(ClusterChart if karpenter_pods(settings) else ()))
