"""What a simulated resource type is: one small class, registered by its token."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal

CloudT = TypeVar("CloudT")


class ResourceGoneError(Exception):
    """The resource no longer exists in the cloud."""


class CreatedWithError(Exception):
    """A create that made the resource and then failed: the engine must know its id."""

    def __init__(self, resource_id: str, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.reason = reason


class ProviderError(Exception):
    """A refusal with one clear message."""


@dataclass(frozen=True)
class Created:
    """A new resource with outputs that no later read can tell (generated secrets)."""

    resource_id: str
    outputs: Properties


class ResourceType(ABC, Generic[CloudT]):
    """A resource type. Class attributes describe its properties, methods act on the cloud (a `CloudT`).

    Paths have dots and no list indexes. `read` returns what the cloud says: None for a property that isn't set there; a
    property it leaves out is one the cloud can't tell, which keeps its last value.
    """

    token: ClassVar[str]
    # The property that holds the physical name and is filled in when the program gives none.
    name_property: ClassVar[str | None] = None
    name_prefix_property: ClassVar[str | None] = "namePrefix"
    name_limit: ClassVar[int] = 255
    name_lower: ClassVar[bool] = False
    replace: ClassVar[frozenset[str]] = frozenset()
    sets: ClassVar[frozenset[str]] = frozenset()
    documents: ClassVar[frozenset[str]] = frozenset()
    sticky: ClassVar[frozenset[str]] = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {}
    # Inputs that AWS fills in when the program gives none: unknown in the preview of a create.
    computed_inputs: ClassVar[frozenset[str]] = frozenset()
    # Outputs that an update may change: unknown in the preview of one.
    computed_on_update: ClassVar[frozenset[str]] = frozenset()
    # Outputs that are secret whatever the inputs are.
    secret_outputs: ClassVar[frozenset[str]] = frozenset()
    # Two can't exist side by side even under generated names (one policy per bucket, one route per destination).
    delete_before_replace: ClassVar[bool] = False
    tagged: ClassVar[bool] = False

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        """What AWS would refuse in these inputs, as far as it can be said without looking at the cloud."""
        return ()

    def preview(self, inputs: Properties) -> Properties:
        """Nested outputs that a create will fill in, for its preview: UNKNOWN where AWS decides."""
        return {}

    @abstractmethod
    def create(self, cloud: CloudT, inputs: Properties) -> str | Created:
        """Create the resource; its id or a Created. Raises CreatedWithError when it exists, but not as asked."""

    def id_of_import(self, cloud: CloudT, import_id: str) -> str:
        """The id of what an import names, where the provider's documents name it otherwise. Raises
        ResourceGoneError."""
        return import_id

    @abstractmethod
    def read(self, cloud: CloudT, resource_id: str, known: Properties) -> Properties:
        """What the cloud says. `known` is the last state (empty for an import). Raises ResourceGoneError."""

    def update(
        self, cloud: CloudT, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Bring the resource to the inputs; `changed` holds the changed top-level properties."""
        raise ProviderError(f"{self.token} can't be updated in place (changed: {', '.join(sorted(changed))})")

    @abstractmethod
    def delete(self, cloud: CloudT, resource_id: str, state: Properties) -> None:
        """Delete the resource; raises ResourceGoneError when it is gone already."""
