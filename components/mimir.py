"""Mimir: metrics, rules and alerts."""

from components.back_end import BackEnd
from planning.backends import MIMIR


class Mimir(BackEnd):
    """Mimir's components in the classic architecture."""

    backend = MIMIR
