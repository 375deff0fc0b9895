"""What commands ask `pulumi`: a stack's outputs and state, the stacks there are, and where states are kept."""

import json
from pathlib import Path
from typing import NoReturn, TypeVar

from pydantic import Field, JsonValue
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_fixed

from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import CamelCase, Foreign, parsed
from ops.backends.tools import run_tool
from planning.aws.types import KUBERNETES_PROVIDER

T = TypeVar("T")
READS = 5
SECONDS_BETWEEN_READS = 0.3


class SecretKey(Foreign):
    """Where a value is among the cluster's Secrets."""

    namespace: str
    name: str
    key: str


class Outputs(Foreign):
    """What a stack of this program exports, as far as commands need it."""

    endpoints: dict[str, dict[str, str]] | JsonValue = Field(default=None, union_mode="left_to_right")
    """URLs by what they are for, and by how they are used."""
    grafana_url: str = ""
    grafana_admin_password_secret: SecretKey | None = None
    ca_certificate_secret: SecretKey | None = None
    kubeconfig: str = ""
    """Only when secrets were asked for."""

    def url(self, part: str, use: str) -> str | None:
        """One of the endpoints."""
        found = self.endpoints.get(part) if isinstance(self.endpoints, dict) else None
        url = found.get(use) if isinstance(found, dict) else None
        return url if isinstance(url, str) else None


class Resource(CamelCase):
    """One resource of a state."""

    urn: str = "?"
    type: str = ""
    id: str = ""
    """What its provider calls it; empty for a component, and for what isn't made yet."""
    parent: str = ""
    provider: str = ""
    """URN and id of its provider, with :: between them."""
    inputs: dict[str, JsonValue] = Field(default={})
    outputs: dict[str, JsonValue] = Field(default={})
    protect: bool = False
    retain_on_delete: bool = False

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rpartition("::")[2]


class Operation(Foreign):
    """What was being done to a resource when the engine wrote the state last."""

    type: str
    """creating, updating, deleting, reading or importing."""
    resource: Resource


class Deployment(Foreign):
    """A stack's state."""

    resources: tuple[Resource, ...] = ()
    pending_operations: tuple[Operation, ...] = ()


class _Export(CamelCase):
    deployment: Deployment = Deployment()


class ListedStack(CamelCase):
    """One stack of a project."""

    name: str
    resource_count: int | None = None
    """None where the back end of states doesn't tell."""
    update_in_progress: bool = False
    """Only Pulumi Cloud tells."""


class _Login(CamelCase):
    url: str = ""


def resources(stack: str, project: Path) -> tuple[Resource, ...]:
    """Everything in a stack's state. Raises `LiveError`, as do the others."""
    return deployment(stack, project).resources


def deployment(stack: str, project: Path, *, show_secrets: bool = False) -> Deployment:
    """A stack's state."""
    secrets = ["--show-secrets"] if show_secrets else []
    return _asked(_Export, project, "stack", "export", "--stack", stack, *secrets).deployment


def kubeconfig_of(state: Deployment) -> str | None:
    """The kubeconfig that the stack's own provider uses, of a state with secrets shown; None where it has none yet."""
    for one in state.resources:
        if one.type == KUBERNETES_PROVIDER:
            value = one.inputs.get("kubeconfig")
            # A secret is a table whose `plaintext` is JSON.
            shown = value.get("plaintext") if isinstance(value, dict) else None
            return str(json.loads(shown)) if isinstance(shown, str) else str(value)
    return None


def stacks(project: Path) -> tuple[ListedStack, ...]:
    """The project's stacks."""
    return _asked(tuple[ListedStack, ...], project, "stack", "ls", "--json")


def states_url(project: Path) -> str:
    """Where states are kept."""
    return _asked(_Login, project, "whoami", "--verbose", "--json").url


def _half_written(error: BaseException) -> bool:
    """A state in files, read while an update writes: its attributes' file is emptied first. pulumi doesn't look again.

    Source: gocloud.dev/blob/fileblob, setAttrs (0.46.1); pulumi/pulumi, pkg/backend/diy/state.go (3.274).
    """
    return isinstance(error, LiveError) and "failed to load checkpoint" in error.detail and error.detail.endswith("EOF")


read_whole = Retrying(
    retry=retry_if_exception(_half_written),
    stop=stop_after_attempt(READS),
    wait=wait_fixed(SECONDS_BETWEEN_READS),
    reraise=True,
)


def _asked(kind: type[T], project: Path, *arguments: str) -> T:
    words = [one for one in arguments[:2] if not one.startswith("-")]
    return parsed(kind, read_whole(run_tool, "pulumi", arguments, directory=project), "pulumi", " ".join(words))


class StackOutputs:
    """Outputs of a stack; secrets only when they are asked for."""

    def __init__(self, stack: str, project: Path) -> None:
        self._stack, self._project = stack, project
        self._plain: Outputs | None = None
        self._failure: LiveError | None = None

    def plain(self) -> Outputs:
        """Outputs that are no secrets."""
        if self._plain is None:
            self._plain = self._read()
        return self._plain

    def kubeconfig(self) -> str:
        """The kubeconfig, which is a secret. Raises `LiveError` when the stack hasn't got it."""
        return self._read("--show-secrets").kubeconfig or self._lacks("kubeconfig")

    def _read(self, *more: str) -> Outputs:
        # Every service would ask again, and a back end of states may take long to fail.
        if self._failure is None:
            try:
                found = _asked(Outputs, self._project, "stack", "output", "--json", "--stack", self._stack, *more)
                return found if found.endpoints is not None else self._lacks("endpoints")
            except LiveError as error:
                self._failure = error
        raise self._failure

    def _lacks(self, name: str) -> NoReturn:
        advice = f"bring it up first: pulumi up --stack {self._stack}"
        raise LiveError(f"stack {self._stack}", Problem.ABSENT, f"it has no output {name}; {advice}")
