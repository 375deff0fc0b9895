"""What the platform runs of each back end: the values of its chart, and its configuration file on one machine.

The facts about a back end stand in its record, `planning.backends`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from planning.backends import LOKI, MIMIR, PYROSCOPE, TEMPO, Backend
from settings.models.platform import PlatformSettings
from telemetry.charts.loki import loki_values
from telemetry.charts.mimir import mimir_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.pyroscope import pyroscope_file, pyroscope_values
from telemetry.charts.tempo import tempo_values
from telemetry.charts.values import ChartValues
from telemetry.kubernetes.placement import Placement
from telemetry.local.back_ends import loki_file, mimir_file, tempo_file


class _Configuration(NamedTuple):
    values: Callable[[PlatformSettings, ObjectStorage, Placement, str], ChartValues]
    file: Callable[[PlatformSettings, ObjectStorage], dict[str, Any]]


_CONFIGURATIONS: Mapping[str, _Configuration] = {
    LOKI.name: _Configuration(loki_values, loki_file),
    TEMPO.name: _Configuration(tempo_values, tempo_file),
    MIMIR.name: _Configuration(mimir_values, mimir_file),
    PYROSCOPE.name: _Configuration(pyroscope_values, pyroscope_file),
}


def values_of(
    backend: Backend, settings: PlatformSettings, storage: ObjectStorage, placement: Placement, storage_class: str
) -> ChartValues:
    """The values of a back end's chart. Raises `ValueError` for a size that they can't hold."""
    return _CONFIGURATIONS[backend.name].values(settings, storage, placement, storage_class)


def file_of(backend: Backend, settings: PlatformSettings, storage: ObjectStorage) -> dict[str, Any]:
    """The configuration file of a back end on one machine."""
    return _CONFIGURATIONS[backend.name].file(settings, storage)
