"""Tempo: traces."""

from components.back_end import BackEnd
from planning.backends import TEMPO


class Tempo(BackEnd):
    """Tempo as a single binary."""

    backend = TEMPO
