"""Fixtures of the unit ring: stack settings, and a recording engine in place of Pulumi's."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.document.loader import parse_settings
from settings.models.platform import PlatformSettings
from tests.unit.recording import Graph, run_program

SERVICES: list[dict[str, Any]] = [
    {"name": "api-gateway", "language": "go", "port": 8000, "tier": "critical"},
    {"name": "order-processing", "language": "python", "port": 8003, "tier": "standard"},
]


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
