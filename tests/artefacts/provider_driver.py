"""Drives a provider servicer as the Pulumi engine does, in this process, and starts a simulated AWS for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.cloud.server import CloudServer
from sandbox.providers.properties import UNKNOWN, Properties, decode, encode
from sandbox.providers.servicer import ProviderServicer

REGION = "us-west-2"
DEFAULT_TAGS = {"project": "lgtm", "stack": "test"}


class FakeControlPlane:
    """A control plane that only notes its node groups."""

    def __init__(self, name: str) -> None:
        self.endpoint = f"https://127.0.0.1:1/{name}"
        self.certificate_authority_pem = "-----BEGIN CERTIFICATE-----\n"
        self.node_groups: dict[str, Any] = {}
        self.addons: dict[str, str] = {}
        self.stopped = False

    def add_node_group(self, group: Any) -> None:
        self.node_groups[group.name] = group

    def remove_node_group(self, name: str) -> None:
        self.node_groups.pop(name, None)

    def install_addon(self, addon: str, namespace: str) -> None:
        self.addons[addon] = namespace

    def remove_addon(self, addon: str, namespace: str) -> None:
        assert self.addons.pop(addon) == namespace

    def stop(self) -> None:
        self.stopped = True


@dataclass
class RunningCloud:
    """A simulated AWS whose control planes are fakes."""

    endpoint: str
    control_planes: dict[str, FakeControlPlane]

    def client(self, service: str) -> Any:
        """An ordinary boto3 client, as a person would use."""
        import boto3

        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="test",
            aws_secret_access_key="test",
        )  # fmt: skip


@contextmanager
def running_cloud(directory: Path) -> Iterator[RunningCloud]:
    """A simulated AWS in this process, with the environment that the provider looks at."""
    control_planes: dict[str, FakeControlPlane] = {}

    def start(name: str, folder: Path, webhook: str) -> FakeControlPlane:
        control_planes[name] = FakeControlPlane(name)
        return control_planes[name]

    server = CloudServer.create(directory, start)
    thread = threading.Thread(target=server.serve)
    thread.start()
    variables = {"AWS_ENDPOINT_URL": server.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    try:
        _reset_moto()
        with mock.patch.dict(os.environ, variables):
            yield RunningCloud(server.endpoint, control_planes)
    finally:
        server.stop()
        thread.join()


def _reset_moto() -> None:
    """moto's state belongs to the process: another test module may have used it."""
    from moto.core.models import BackendDict  # noqa: F401  (its import makes sure that moto is loaded)
    from moto.moto_api._internal import moto_api_backend

    moto_api_backend.reset()


class AbortedError(Exception):
    """The servicer ended the call with an error."""

    def __init__(self, message: str, trailing: Any) -> None:
        super().__init__(message)
        self.trailing = trailing


class FakeContext:
    """The part of a gRPC context that the servicer uses."""

    def __init__(self) -> None:
        self.trailing: Any = ()

    def set_trailing_metadata(self, metadata: Any) -> None:
        self.trailing = metadata

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise AbortedError(details, self.trailing)


class CheckFailedError(Exception):
    """Check refused the inputs; `failures` maps properties to reasons."""

    def __init__(self, failures: dict[str, str]) -> None:
        super().__init__("; ".join(failures.values()))
        self.failures = failures


@dataclass
class Resource:
    """A resource as the engine's state has it."""

    token: str
    name: str
    id: str
    inputs: Properties
    state: Properties
    secrets: frozenset[str] = field(default_factory=frozenset)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::lgtm::{self.token}::{self.name}"


@dataclass
class Difference:
    """What Diff said."""

    changed: set[str]
    replaces: set[str]
    paths: dict[str, str]
    delete_before_replace: bool


class Engine:
    """Does with a resource what the engine does, one step at a time."""

    def __init__(self, servicer: ProviderServicer[Any], config: Properties | None = None) -> None:
        self.servicer = servicer
        servicer.Configure(provider_pb2.ConfigureRequest(args=encode(config or {})), FakeContext())

    def check(self, token: str, name: str, inputs: Properties, old: Resource | None = None) -> Properties:
        """Check; raises CheckFailedError."""
        return decode(self._check(token, name, encode(inputs), old)).values

    def _check(self, token: str, name: str, news: Struct, old: Resource | None) -> Struct:
        urn = f"urn:pulumi:test::lgtm::{token}::{name}"
        request = provider_pb2.CheckRequest(
            urn=urn, name=name, type=token, news=news, olds=encode(old.inputs if old else {}), randomSeed=urn.encode()
        )
        answer = self.servicer.Check(request, FakeContext())
        if answer.failures:
            raise CheckFailedError({failure.property: failure.reason for failure in answer.failures})
        return answer.inputs

    def create(self, token: str, name: str, inputs: Properties, secrets: frozenset[str] = frozenset()) -> Resource:
        """Check, preview and create; what the preview knew must be what came out."""
        checked = self._check(token, name, encode(inputs, secrets), None)
        planned = self._create(token, name, checked, preview=True)
        answer = self._create(token, name, checked, preview=False)
        state = decode(answer.properties)
        resource = Resource(token, name, answer.id, decode(checked).values, state.values, state.secrets)
        _assert_preview_was_right(decode(planned.properties).values, resource)
        return resource

    def _create(self, token: str, name: str, checked: Struct, *, preview: bool) -> Any:
        urn = f"urn:pulumi:test::lgtm::{token}::{name}"
        request = provider_pb2.CreateRequest(urn=urn, name=name, type=token, properties=checked, preview=preview)
        return self.servicer.Create(request, FakeContext())

    def preview(self, token: str, name: str, inputs: Properties) -> Properties:
        """What the preview of a create shows."""
        checked = self._check(token, name, encode(inputs), None)
        return decode(self._create(token, name, checked, preview=True).properties).values

    def diff(self, resource: Resource, inputs: Properties, ignore: tuple[str, ...] = ()) -> Difference:
        """What an update to these inputs would change."""
        checked = self.check(resource.token, resource.name, inputs, resource)
        request = provider_pb2.DiffRequest(
            id=resource.id, urn=resource.urn, name=resource.name, type=resource.token, olds=encode(resource.state),
            old_inputs=encode(resource.inputs), news=encode(checked), ignoreChanges=ignore,
        )  # fmt: skip
        answer = self.servicer.Diff(request, FakeContext())
        assert (answer.changes == provider_pb2.DiffResponse.DIFF_SOME) == bool(answer.detailedDiff)
        kinds = {path: provider_pb2.PropertyDiff.Kind.Name(one.kind) for path, one in answer.detailedDiff.items()}
        return Difference(set(answer.diffs), set(answer.replaces), kinds, answer.deleteBeforeReplace)

    def update(self, resource: Resource, inputs: Properties) -> Resource:
        """Preview and do an update in place."""
        difference = self.diff(resource, inputs)
        assert difference.changed, "nothing to update"
        assert not difference.replaces, f"would replace because of {difference.replaces}"
        checked = self.check(resource.token, resource.name, inputs, resource)
        state: Properties = {}
        for preview in (True, False):
            request = provider_pb2.UpdateRequest(
                id=resource.id, urn=resource.urn, name=resource.name, type=resource.token, preview=preview,
                olds=encode(resource.state), old_inputs=encode(resource.inputs), news=encode(checked),
            )  # fmt: skip
            state = decode(self.servicer.Update(request, FakeContext()).properties).values
        return Resource(resource.token, resource.name, resource.id, checked, state)

    def refresh(self, resource: Resource) -> Resource | None:
        """Read; None when the resource is gone."""
        request = provider_pb2.ReadRequest(
            id=resource.id, urn=resource.urn, name=resource.name, type=resource.token,
            properties=encode(resource.state), inputs=encode(resource.inputs),
        )  # fmt: skip
        answer = self.servicer.Read(request, FakeContext())
        if not answer.id:
            return None
        values, inputs = decode(answer.properties).values, decode(answer.inputs).values
        return Resource(resource.token, resource.name, answer.id, inputs, values)

    def import_(self, token: str, name: str, resource_id: str) -> Resource:
        """Read by id alone."""
        return_value = self.refresh(Resource(token, name, resource_id, {}, {}))
        assert return_value is not None
        return return_value

    def delete(self, resource: Resource) -> None:
        request = provider_pb2.DeleteRequest(
            id=resource.id, urn=resource.urn, name=resource.name, type=resource.token,
            properties=encode(resource.state), old_inputs=encode(resource.inputs),
        )  # fmt: skip
        self.servicer.Delete(request, FakeContext())

    def invoke(self, token: str, arguments: Properties) -> Properties:
        request = provider_pb2.InvokeRequest(tok=token, args=encode(arguments))
        return decode(getattr(self.servicer.Invoke(request, FakeContext()), "return")).values


def half_created(error: AbortedError) -> Any:
    """The ErrorResourceInitFailed that a failed create carries."""
    [(key, value)] = error.trailing
    assert key == "grpc-status-details-bin"
    status = status_pb2.Status.FromString(value)
    details = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(details)
    return details


def _assert_preview_was_right(planned: Properties, resource: Resource) -> None:
    for name, value in planned.items():
        if not _agrees(value, resource.state.get(name)):
            raise AssertionError(f"{resource.token}: preview had {name}={value!r}, then {resource.state.get(name)!r}")
    unforeseen = {name for name in resource.state if name not in planned}
    assert not unforeseen, f"{resource.token}: not in the preview: {sorted(unforeseen)}"


def _agrees(planned: Any, actual: Any) -> bool:
    """Unknown agrees with anything; an object may have gained keys."""
    if planned is UNKNOWN:
        return True
    if isinstance(planned, dict) and isinstance(actual, dict):
        return all(_agrees(value, actual.get(key)) for key, value in planned.items())
    if isinstance(planned, list) and isinstance(actual, list):
        return len(planned) == len(actual) and all(map(_agrees, planned, actual))
    return planned == actual
