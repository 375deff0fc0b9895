"""EC2 instance types and their architectures, from the table that moto ships (every type of every region)."""

from __future__ import annotations

import gzip
import importlib.util
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from sandbox.providers.rules.refusal import Refusal, nearest


@lru_cache(maxsize=1)
def architectures() -> dict[str, str]:
    """Instance type -> `arm64` or `x86_64`. Read on first use (0.1 s), without importing moto."""
    spec = importlib.util.find_spec("moto")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The table of instance types is part of moto, which is not installed.")
    table = Path(spec.submodule_search_locations[0]) / "ec2" / "resources" / "instance_types.json.gz"
    with gzip.open(table) as file:
        types: dict[str, Any] = json.load(file)
    return {
        name: "arm64" if "arm64" in entry["ProcessorInfo"]["SupportedArchitectures"] else "x86_64"
        for name, entry in types.items()
    }


def instance_type_refusals(property_path: str, value: object, code: str) -> list[Refusal]:
    """Refuse an instance type that EC2 doesn't have."""
    if not isinstance(value, str) or value in architectures():
        return []
    return [
        Refusal(property_path, code, f"The instance type {value!r} does not exist.{nearest(value, architectures())}")
    ]
