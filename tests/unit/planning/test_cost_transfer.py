"""Traffic between zones: how many copies of what, compressed or not, over how many zones."""

from typing import Any

import pytest

from planning.cost.inputs import REFERENCE_LOAD
from planning.cost.model import CostReport, LineKind
from planning.registered import UNKNOWN, Resource
from tests.unit.planning.cost_cases import node_group, priced, release

LOAD = REFERENCE_LOAD
THREE_ZONES = node_group(subnetIds=[UNKNOWN, UNKNOWN, UNKNOWN])


def _loki(factor: int, *, compressed: bool = False) -> Resource:
    client = {"ingester_client": {"grpc_client_config": {"grpc_compression": "snappy"}}} if compressed else {}
    return release(
        "loki", {"deploymentMode": "SingleBinary", "loki": {"commonConfig": {"replication_factor": factor}, **client}}
    )


def _mimir(factor: int, *, compressed: bool = False) -> Resource:
    client = {"ingester_client": {"grpc_client_config": {"grpc_compression": "snappy"}}} if compressed else {}
    config: dict[str, Any] = {"ingester": {"ring": {"replication_factor": factor}}, **client}
    return release("mimir", {"mimir": {"structuredConfig": config}}, "mimir-distributed")


def _gigabytes(report: CostReport) -> dict[str, float]:
    return {line.item: line.quantity for line in report.lines if line.kind is LineKind.ZONE_TRANSFER}


def test_three_copies_over_three_zones_cross_twice() -> None:
    found = _gigabytes(priced(THREE_ZONES, _loki(3), _mimir(1)))
    # 1000 requests/s x 2 lines x 250 bytes, 730 hours, two of three copies in other zones.
    assert found["replication inside loki"] == pytest.approx(0.5 * 3600 * 730 / 1000 * 2)
    assert "replication inside mimir" not in found


def test_single_copies_do_not_cross_between_replicas() -> None:
    assert set(_gigabytes(priced(THREE_ZONES, _loki(1), _mimir(1)))) == {"telemetry from collectors"}


@pytest.mark.parametrize(("build", "ratio"), [(_loki, 3), (_mimir, 5)])
def test_grpc_compression_in_the_releases_values_is_seen(build: Any, ratio: float) -> None:
    plain = _gigabytes(priced(THREE_ZONES, build(3)))
    packed = _gigabytes(priced(THREE_ZONES, build(3, compressed=True)))
    (item,) = (name for name in plain if (build is _loki and "loki" in name) or (build is _mimir and "mimir" in name))
    assert plain[item] == pytest.approx(packed[item] * ratio)


@pytest.mark.parametrize("group", [node_group(), node_group(subnetIds=["a", "b"], scalingConfig={"desiredSize": 1})])
def test_one_zone_or_one_node_crosses_nothing(group: Resource) -> None:
    assert not _gigabytes(priced(group, _loki(3)))


def test_both_ends_of_a_crossing_are_paid() -> None:
    line = next(line for line in priced(THREE_ZONES).lines if line.kind is LineKind.ZONE_TRANSFER)
    assert line.unit_usd == pytest.approx(0.02)


def test_traffic_is_charged_to_the_release_that_sends_it() -> None:
    report = priced(THREE_ZONES, _loki(3), _mimir(3), release("collector-agent", {}, "opentelemetry-collector"))
    senders = {line.item: line.resource for line in report.lines if line.kind is LineKind.ZONE_TRANSFER}
    assert senders == {
        "telemetry from collectors": "collector-agent",
        "replication inside loki": "loki",
        "replication inside mimir": "mimir",
    }
