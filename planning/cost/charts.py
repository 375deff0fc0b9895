"""Which volumes a Helm chart claims with given values: the templates' own rules and the charts' defaults.

Sources: values and templates of the charts loki 18.11, tempo 2.2, mimir-distributed 6.2, pyroscope 2.2,
grafana 12.11, opentelemetry-collector 0.170, karpenter 1.13.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from planning.registered import Property, is_list, number, value_at

Values = Mapping[str, Property]


class Claim(NamedTuple):
    """Equal volumes of one workload."""

    workload: str
    volumes: float | None
    """How many; None where it isn't known."""
    size: Property
    """Kubernetes quantity."""
    storage_class: Property = None


def chart_of(reference: str) -> str:
    """The chart's name out of a name, path, archive or oci:// reference."""
    last = reference.rstrip("/").rpartition("/")[2]
    return re.sub(r"-\d+\.\d+\.\d+[^/]*\.tgz$", "", last)


def claims_of(chart: str, values: Values) -> list[Claim] | None:
    """The claims of a release; None for a chart that nothing is known of."""
    rules = _CHARTS.get(chart)
    return None if rules is None else list(rules(values))


def _set(value: Property, default: Property) -> Property:
    return default if value is None else value


def _claim(
    values: Values, workload: str, persistence: str, *, replicas: float, size: str, enabled: bool = True
) -> Iterator[Claim]:
    """A workload with `replicas` and a persistence section, and the chart's defaults for both."""
    section = value_at(values, *workload.split("."), *persistence.split("."))
    if _set(value_at(section, "enabled"), enabled) is False:
        return
    count = number(_set(value_at(values, *workload.split("."), "replicas"), replicas))
    if count == 0:
        return
    storage_class = value_at(section, "storageClass")
    yield Claim(
        workload,
        count,
        _set(value_at(section, "size"), size),
        storage_class if storage_class is not None else value_at(section, "storageClassName"),
    )


def _on(values: Values, *path: str, default: bool) -> bool:
    return _set(value_at(values, *path, "enabled"), default) is not False


def _loki(values: Values) -> Iterator[Claim]:
    mode = _set(value_at(values, "deploymentMode"), "SimpleScalable")
    if mode in ("Monolithic", "SingleBinary"):
        yield from _claim(values, "singleBinary", "persistence", replicas=0, size="10Gi")
    elif mode == "SimpleScalable":
        for workload in ("write", "backend"):
            if value_at(values, workload, "persistence", "volumeClaimsEnabled") is not False:
                yield from _claim(values, workload, "persistence", replicas=3, size="10Gi")
    elif mode == "Distributed":
        for workload in ("ingester", "indexGateway", "compactor", "ruler"):
            yield from _listed(values, workload)
    else:
        yield Claim(f"deployment mode {mode}", None, None)
    for cache in ("chunksCache", "resultsCache"):
        section = value_at(values, cache, "persistence")
        if _on(values, cache, default=True) and value_at(section, "enabled") is True:
            size, replicas = value_at(section, "storageSize"), number(_set(value_at(values, cache, "replicas"), 1))
            yield Claim(cache, replicas, _set(size, "10G"), value_at(section, "storageClass"))
    if _on(values, "minio", default=False):
        yield from _claim(values, "minio", "persistence", replicas=1, size="5Gi")


def _listed(values: Values, workload: str) -> Iterator[Claim]:
    """A workload whose persistence may list its claims; without a list there is one of the section's size."""
    claims = value_at(values, workload, "persistence", "claims")
    if not is_list(claims) or value_at(values, workload, "persistence", "enabled") is not True:
        yield from _claim(values, workload, "persistence", replicas=0, size="10Gi", enabled=False)
        return
    count = number(_set(value_at(values, workload, "replicas"), 0))
    for claim in claims if count != 0 else ():
        yield Claim(workload, count, _set(value_at(claim, "size"), "10Gi"), value_at(claim, "storageClass"))


def _tempo(values: Values) -> Iterator[Claim]:
    section = value_at(values, "persistence")
    if value_at(section, "enabled") is True or not isinstance(value_at(section, "enabled"), bool | None):
        yield Claim(
            "tempo",
            number(_set(value_at(values, "replicas"), 1)),
            _set(value_at(section, "size"), "10Gi"),
            value_at(section, "storageClassName"),
        )


def _pyroscope(values: Values) -> Iterator[Claim]:
    if _on(values, "architecture", "microservices", default=False):
        yield Claim("microservices", None, None)
    else:
        section = value_at(values, "pyroscope", "persistence")
        if value_at(section, "enabled") is True:
            replicas = number(_set(value_at(values, "pyroscope", "replicaCount"), 1))
            yield Claim(
                "pyroscope", replicas, _set(value_at(section, "size"), "10Gi"), value_at(section, "storageClassName")
            )
    if _on(values, "minio", default=False):
        yield from _claim(values, "minio", "persistence", replicas=1, size="5Gi")


def _mimir(values: Values) -> Iterator[Claim]:
    yield from _claim(values, "ingester", "persistentVolume", replicas=3, size="2Gi")
    yield from _claim(values, "store_gateway", "persistentVolume", replicas=1, size="2Gi")
    yield from _claim(values, "compactor", "persistentVolume", replicas=1, size="2Gi")
    if _on(values, "alertmanager", default=True):
        yield from _claim(values, "alertmanager", "persistentVolume", replicas=1, size="1Gi")
    if _on(values, "kafka", default=True):
        yield from _claim(values, "kafka", "persistence", replicas=1, size="5Gi")
    if _on(values, "minio", default=True):
        yield from _claim(values, "minio", "persistence", replicas=1, size="5Gi")


def _grafana(values: Values) -> Iterator[Claim]:
    section = value_at(values, "persistence")
    if _set(value_at(section, "enabled"), default=False) is False:
        return
    # A Deployment's pods share one claim; a StatefulSet has one for each pod.
    stateful = value_at(section, "type") in ("statefulset", "sts")
    count = number(_set(value_at(values, "replicas"), 1)) if stateful else 1
    yield Claim("grafana", count, _set(value_at(section, "size"), "10Gi"), value_at(section, "storageClassName"))


def _none(_: Values) -> Iterator[Claim]:
    return iter(())


_CHARTS: Mapping[str, Callable[[Values], Iterator[Claim]]] = {
    "loki": _loki,
    "tempo": _tempo,
    "mimir-distributed": _mimir,
    "pyroscope": _pyroscope,
    "grafana": _grafana,
    # Its queue is on the node's disk (hostPath), which the root volume holds.
    "opentelemetry-collector": _none,
    "kube-state-metrics": _none,
    "prometheus-node-exporter": _none,
    "prometheus-yet-another-cloudwatch-exporter": _none,
    "metrics-server": _none,
    "karpenter": _none,
    "karpenter-crd": _none,
}
