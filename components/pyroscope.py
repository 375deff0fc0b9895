"""Pyroscope: profiles."""

from components.back_end import BackEnd
from components.platform_context import PlatformContext
from planning.backends import PYROSCOPE


class Pyroscope(BackEnd):
    """Pyroscope as a single binary."""

    backend = PYROSCOPE


def pyroscope_for(context: PlatformContext) -> list[BackEnd]:
    """Pyroscope where the stack keeps profiles; else nothing."""
    if not context.settings.profiles.enabled:
        return []
    return [Pyroscope(PYROSCOPE.name, context.back_end(PYROSCOPE.name), context.back_end_options(PYROSCOPE.name))]
