"""Whether profiles are kept."""

from planning.base import Frozen


class ProfilesSettings(Frozen):
    """Continuous profiling."""

    enabled: bool
    """Keep profiles in Pyroscope, a fourth back end."""
