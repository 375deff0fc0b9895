"""The way to the simulated AWS: boto3 clients bound to a loopback endpoint, never to the real AWS.

boto3 is untyped: its clients are `Any`, here and only here.
"""

from __future__ import annotations

import importlib
import ipaddress
import json
import os
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.providers.narrow import as_object, is_object
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError, ResourceGoneError, ResourceType

ACCOUNT_ID = "123456789012"
Record = dict[str, Any]


@dataclass
class AwsCloud:
    """One region of the simulated AWS."""

    endpoint: str
    region: str
    _clients: dict[str, Any] = field(default_factory=dict[str, Any])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str) -> Any:
        """A boto3 client, made once. Making one takes some 50 ms and is not thread-safe."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def _new_client(self, service: str) -> Any:
        from botocore.config import Config

        config = Config(retries={"total_max_attempts": 1}, max_pool_connections=20, read_timeout=120)
        session: Any = _boto3().session.Session(region_name=self.region)
        return session.client(service, endpoint_url=self.endpoint, config=config)

    def arn(self, service: str, resource: str, *, global_service: bool = False) -> str:
        return f"arn:aws:{service}:{'' if global_service else self.region}:{ACCOUNT_ID}:{resource}"


def _boto3() -> Any:
    """boto3 without types, imported when the first client is made (0.2 s)."""
    return importlib.import_module("boto3")


class AwsType(ResourceType[AwsCloud]):
    """A resource type of AWS."""


def connect(config: Properties) -> AwsCloud:
    """The cloud of this configuration. Raises ProviderError unless AWS_ENDPOINT_URL is set and on loopback."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if not endpoint:
        raise ProviderError(
            "AWS_ENDPOINT_URL is not set: this is the simulated AWS provider and it only talks to a simulated AWS "
            "on this machine. Start one, or install the official AWS plugin."
        )
    if not _is_loopback(urlsplit(endpoint).hostname):
        raise ProviderError(
            f"AWS_ENDPOINT_URL is {endpoint}, which is not on this machine: "
            "the simulated AWS provider talks to loopback only."
        )
    region = config.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not isinstance(region, str):
        raise ProviderError("No AWS region: set `pulumi config set aws:region us-west-2` or AWS_REGION.")
    return AwsCloud(endpoint=endpoint, region=region)


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def default_tags(config: Properties) -> dict[str, str]:
    """The provider's default tags. Nested configuration arrives as JSON text."""
    given: Any = config.get("defaultTags")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise ProviderError(f"aws:defaultTags is no JSON: {given!r}") from None
    tags = given.get("tags") if is_object(given) else None
    if given is not None and tags is not None and not is_object(tags):
        raise ProviderError("aws:defaultTags must have the form {tags: {name: value}}")
    return {str(key): str(value) for key, value in as_object(tags).items()}


@contextmanager
def gone_if(*codes: str) -> Generator[None]:
    """Raise ResourceGoneError for these error codes of AWS."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if error_code(error) in codes:
            raise ResourceGoneError(str(error)) from None
        raise


def error_code(error: Exception) -> str:
    """AWS's error code of a ClientError."""
    response: Any = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def tag_list(tags: Mapping[str, str] | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: content} for name, content in sorted(as_object(tags).items())]


def tag_map(tags: list[Record] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {str(tag[key]): str(tag.get(value, "")) for tag in tags or []}


def change_tags(
    state: Properties,
    inputs: Properties,
    changed: frozenset[str],
    tag: Callable[[dict[str, str]], object],
    untag: Callable[[list[str]], object],
) -> None:
    """Bring the tags from the state to the inputs with the service's own calls."""
    if not changed & {"tags", "tagsAll"}:
        return
    before, after = state.get("tagsAll", {}), inputs.get("tagsAll", {})
    removed = sorted(before.keys() - after.keys())
    added = {key: value for key, value in after.items() if before.get(key) != value}
    if removed:
        untag(removed)
    if added:
        tag(added)


def given(inputs: Properties, names: Mapping[str, str]) -> Record:
    """The API parameters of those inputs that are set, under the API's names (`names`: input -> parameter)."""
    return {parameter: inputs[name] for name, parameter in names.items() if inputs.get(name) is not None}
