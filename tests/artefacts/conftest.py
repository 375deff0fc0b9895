"""Fixtures shared by the tests of the simulated AWS: one cloud and one configured provider a module."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sandbox.providers.aws.provider import DEFINITION
from sandbox.providers.servicer import ProviderServicer
from tests.artefacts.provider_driver import DEFAULT_TAGS, REGION, Engine, Resource, RunningCloud, running_cloud
from tests.artefacts.resource_life import TRUST, Network
from tests.tool_path import tools_on_path


@pytest.fixture(scope="session", autouse=True)
def tools() -> Iterator[None]:
    """Control planes, helm and the collector are started by name."""
    with tools_on_path():
        yield


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A simulated AWS with fake control planes."""
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def engine(cloud: RunningCloud) -> Engine:
    """A driver of the AWS provider, configured with default tags."""
    config = {"region": REGION, "defaultTags": json.dumps({"tags": DEFAULT_TAGS})}
    return Engine(ProviderServicer(DEFINITION), config)


@pytest.fixture(scope="module")
def network(engine: Engine) -> Network:
    return Network(engine)


@pytest.fixture(scope="module")
def role(engine: Engine) -> Resource:
    return engine.create("aws:iam/role:Role", "shared", {"assumeRolePolicy": TRUST})
