"""What makes one provider plugin out of the common machinery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic

from sandbox.providers.properties import Properties
from sandbox.providers.resource import CloudT, ResourceType

Invoke = Callable[[CloudT, Properties], Properties]


@dataclass(frozen=True)
class ProviderDefinition(Generic[CloudT]):
    """A provider: its types and functions by token, and how to get at its cloud from the configuration.

    `connect` is called with the provider's configuration and raises ProviderError when there is no cloud to talk to;
    it must not contact the cloud, so that a configuration alone costs nothing.
    """

    name: str
    version: str
    types: Mapping[str, ResourceType[CloudT]]
    connect: Callable[[Properties], CloudT]
    invokes: Mapping[str, Invoke[CloudT]] = field(default_factory=dict[str, Invoke[CloudT]])
    default_tags: Callable[[Properties], dict[str, str]] = lambda _: {}
    region: Callable[[CloudT], str | None] = lambda _: None


def register(*types: ResourceType[CloudT]) -> dict[str, ResourceType[CloudT]]:
    """The types by token; two of the same token are a mistake."""
    registered = {one.token: one for one in types}
    if len(registered) != len(types):
        raise ValueError("two resource types have the same token")
    return registered
