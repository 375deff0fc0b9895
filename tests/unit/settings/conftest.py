"""Property tests here have no deadline: how fast a machine is decides nothing."""

from hypothesis import settings

settings.register_profile("unit", settings(), deadline=None)
settings.load_profile("unit")
