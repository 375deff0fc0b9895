"""Fixtures of the unit ring: stack settings, and a recording engine in place of Pulumi's."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
import typer.main

from settings.document.loader import parse_settings
from settings.models.platform import PlatformSettings
from tests.unit.recording import Graph, run_program

SERVICES: list[dict[str, Any]] = [
    {"name": "api-gateway", "language": "go", "port": 8000, "tier": "critical"},
    {"name": "order-processing", "language": "python", "port": 8003, "tier": "standard"},
]


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """What a process makes once, the ring makes once too: the tree of commands, and what boto3 knows of AWS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture
def run() -> Callable[..., Graph]:
    """`run(program, stack=..., stacks=...)`: see `tests.unit.recording.run_program`."""
    return run_program


@pytest.fixture
def make_settings() -> Callable[..., PlatformSettings]:
    """`make_settings("prod", network={"nat": "none"})`: an environment's defaults with overrides, validated."""

    def make(environment: str = "staging", **overrides: Any) -> PlatformSettings:
        document: dict[str, Any] = {
            "environment": environment,
            "project": "acme-monitoring",
            "owner": "platform-team",
            "cost_centre": "observability",
            "services": SERVICES,
        }
        if environment != "dev":
            document["cluster"] = {"public_access_cidrs": ["203.0.113.0/24"]}
        return parse_settings(_merge(document, overrides), stack=environment)

    return make


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
