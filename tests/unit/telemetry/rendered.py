"""Reads requests, limits and volumes out of chart values as the charts render them."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_FACTORS = {"m": 1, "": 1000, "Mi": 1, "Gi": 1024}


class Pods(NamedTuple):
    """One workload in rendered values."""

    workload: str
    replicas: int
    cpu_millicores: int
    memory_request_mib: int
    memory_limit_mib: int
    volume_gib: int


def pods_of(release: str, values: dict[str, Any], nodes: int) -> Iterator[Pods]:
    """Every workload that a release's values start, containers of one pod added up."""
    match release:
        case "loki":
            single = values["singleBinary"]
            yield _pods("loki.monolithic", single["replicas"], [single["resources"]], single["persistence"])
            for key in ("chunksCache", "resultsCache"):
                if values[key]["enabled"]:
                    yield _pods(f"loki.{key}", 1, [values[key]["resources"]], None)
        case "tempo":
            yield _pods("tempo", values["replicas"], [values["tempo"]["resources"]], values["persistence"])
        case "mimir":
            for name, part in values.items():
                if isinstance(part, dict) and "replicas" in part:
                    volume = part.get("persistentVolume")
                    yield _pods(f"mimir.{name}", part["replicas"], [part["resources"]], volume)
        case "grafana":
            sidecars = [
                values["sidecar"]["resources"]
                for watcher in values["sidecar"].values()
                if isinstance(watcher, dict) and watcher.get("enabled")
            ]
            yield _pods("grafana", values["replicas"], [values["resources"], *sidecars], values["persistence"])
        case "collector-agent":
            yield _pods("collector_agent", nodes, [values["resources"]], None)
        case _:
            yield _pods("collector_gateway", values["replicaCount"], [values["resources"]], None)


def _pods(workload: str, replicas: int, containers: list[dict[str, Any]], volume: dict[str, Any] | None) -> Pods:
    return Pods(
        workload,
        replicas,
        sum(_amount(c["requests"]["cpu"]) for c in containers),
        sum(_amount(c["requests"]["memory"]) for c in containers),
        sum(_amount(c["limits"]["memory"]) for c in containers),
        _amount(volume["size"]) // 1024 if volume and volume["enabled"] else 0,
    )


def _amount(quantity: str) -> int:
    """Millicores for CPU, MiB for memory and storage."""
    match = re.fullmatch(r"(\d+)(m|Mi|Gi|)", quantity)
    assert match, quantity
    return int(match[1]) * _FACTORS[match[2]]
