"""Documents for the tests: the stack files, small good ones of every mode, and overrides."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
STACKS = ("dev", "staging", "prod")

SERVICES: list[dict[str, Any]] = [
    {"name": "api-gateway", "language": "go", "port": 8000, "tier": "critical"},
    {"name": "order-processing", "language": "python", "port": 8003, "tier": "standard"},
]
OFFICE = "203.0.113.0/24"
MODES: dict[str, dict[str, Any]] = {
    "eks": {"mode": "eks", "public_access_cidrs": []},
    "shared": {"mode": "shared"},
    "existing": {"mode": "existing", "context": "kind-lgtm", "eks_cluster_name": "tools"},
}


def minimal(environment: str = "prod") -> dict[str, Any]:
    """The smallest document that an environment takes."""
    document: dict[str, Any] = {
        "environment": environment,
        "project": "acme-monitoring",
        "owner": "platform-team",
        "cost_centre": "observability",
        "services": [dict(service) for service in SERVICES],
    }
    if environment != "dev":
        document["cluster"] = {"public_access_cidrs": [OFFICE]}
    return document


def changed(environment: str, changes: dict[str, Any]) -> dict[str, Any]:
    """The minimal document with values put at dotted paths; `services.1.port` reaches into a list."""
    document: Any = minimal(environment)
    for path, value in changes.items():
        *parents, leaf = path.split(".")
        table: Any = document
        for part in parents:
            table = table[int(part)] if isinstance(table, list) else table.setdefault(part, {})
        if isinstance(table, list):
            table[int(leaf)] = value
        else:
            table[leaf] = value
    return document
