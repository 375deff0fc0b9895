"""The platform of one stack, read from top to bottom."""

import pulumi

from components import (
    Collector,
    Grafana,
    Loki,
    Mimir,
    PlatformNamespace,
    Tempo,
)
from settings import Names, load_settings
