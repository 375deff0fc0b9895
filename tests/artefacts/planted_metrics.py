"""Metrics that arrive when nothing is filtered: kube-state-metrics and the node exporter as they are, and services that
count things which nobody asks for. Names, types and labels are the programs' own (tests/data/unused)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

from tests.reference_series import SERVICES, Series

FOLDER = Path(__file__).parents[1] / "data" / "unused"
# Objects of a small cluster; of other labels, two values.
_VALUES: Mapping[str, Sequence[str]] = {"namespace": ("shop", "monitoring")}
_MOST_LABELS = 3
_TARGETS = {
    "kube_state_metrics.txt": {"job": "kube-state-metrics", "instance": "kube-state-metrics-0"},
    "node_exporter.txt": {"job": "node-exporter", "instance": "node-exporter-0", "k8s_node_name": "node-1"},
}
_ROUTES = ("/orders", "/orders/{id}", "/carts", "/carts/{id}", "/health")
_POOLS = ("primary", "replica", "reports")


def planted() -> list[Series]:
    """All of them."""
    return [*_listed(), *_of_services()]


def _listed() -> Iterator[Series]:
    for path in sorted(FOLDER.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            name, kind, labels = f"{line} ".split(" ")[:3]
            own = [label for label in labels.split(",") if label]
            for values in product(*(_values(label, place) for place, label in enumerate(own))):
                yield Series(name, {**dict(zip(own, values, strict=True)), **_TARGETS[path.name]}, kind == "counter")


def _values(label: str, place: int) -> Sequence[str]:
    """Two of the first labels, so that series multiply, but not without end."""
    many = _VALUES.get(label, (f"{label}-1", f"{label}-2"))
    return many if place < _MOST_LABELS else many[:1]


def _of_services() -> Iterator[Series]:
    """A histogram and counters without readers, and one metric that is read by service only."""
    for service in SERVICES:
        about = {"service_name": service, "job": service, "instance": f"{service}-0"}
        for route in _ROUTES:
            for bound in ("0.1", "1.0", "+Inf"):
                labels = {**about, "http_route": route, "le": bound}
                yield Series("shop_render_duration_seconds_bucket", labels, True, of="shop_render_duration_seconds")
            for part in ("_sum", "_count"):
                yield Series(f"shop_render_duration_seconds{part}", {**about, "http_route": route}, True)
            for pool in _POOLS:
                labels = {**about, "http_route": route, "pool": pool}
                yield Series("shop_queries_total", labels, True)
                yield Series("shop_cache_lookups_total", labels, True)
            yield Series("shop_open_carts", {**about, "http_route": route}, False)
