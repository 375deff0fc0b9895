"""The simulated random provider as a whole."""

from __future__ import annotations

from sandbox.providers.definition import ProviderDefinition, register
from sandbox.providers.random.types import Nowhere, RandomId, RandomPassword, RandomString

VERSION = "4.21.4"  # of pulumi_random: the engine asks for exactly this plugin

DEFINITION: ProviderDefinition[Nowhere] = ProviderDefinition(
    name="random",
    version=VERSION,
    types=register(RandomId(), RandomPassword(), RandomString()),
    connect=lambda _: Nowhere(),
)
