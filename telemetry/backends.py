"""What the platform runs of each back end: the values of its chart, for a stack.

The facts about a back end stand in its record, `planning.backends`.
"""

from collections.abc import Callable, Mapping

from planning.backends import LOKI, MIMIR, TEMPO, Backend
from settings.models.platform import PlatformSettings
from telemetry.charts.loki import loki_values
from telemetry.charts.mimir import mimir_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.tempo import tempo_values
from telemetry.charts.values import ChartValues
from telemetry.kubernetes.placement import Placement

_VALUES: Mapping[str, Callable[[PlatformSettings, ObjectStorage, Placement, str], ChartValues]] = {
    LOKI.name: loki_values,
    TEMPO.name: tempo_values,
    MIMIR.name: mimir_values,
}


def values_of(
    backend: Backend, settings: PlatformSettings, storage: ObjectStorage, placement: Placement, storage_class: str
) -> ChartValues:
    """The values of a back end's chart. Raises `ValueError` for a size that they can't hold."""
    return _VALUES[backend.name](settings, storage, placement, storage_class)
