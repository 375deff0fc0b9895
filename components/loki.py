"""Loki: logs."""

from components.back_end import BackEnd
from planning.backends import LOKI


class Loki(BackEnd):
    """Loki in Monolithic mode, with its caches."""

    backend = LOKI
