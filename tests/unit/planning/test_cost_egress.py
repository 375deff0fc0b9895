"""What other back ends cost in traffic: by signal, share and packing, to the internet and through NAT."""

from typing import Any

import pytest

from planning.cost.inputs import REFERENCE_LOAD, Egress
from planning.cost.model import CostReport, LineKind
from planning.registered import Resource
from planning.retention import Signal
from settings.rules.cost_inputs import cost_inputs
from tests.stacks import stack_settings
from tests.unit.planning.cost_cases import node_group, priced, release, resource

GATEWAY = release("collector-gateway", {}, "opentelemetry-collector")
NAT = resource("aws:ec2/natGateway:NatGateway", "nat")


def report(*resources: Resource, **changes: Any) -> CostReport:
    one = Egress(name="vendor", signals=(Signal.LOGS,), share_percent=100).model_copy(update=changes)
    load = REFERENCE_LOAD.model_copy(update={"destinations": (one,)})
    return priced(node_group(), GATEWAY, *resources, load=load)


def gigabytes(found: CostReport) -> dict[str, float]:
    return {line.item: line.quantity for line in found.lines if line.kind is LineKind.EGRESS}


def test_lines_leave_compressed_at_the_price_of_the_internet() -> None:
    (line,) = (line for line in report().lines if line.kind is LineKind.EGRESS)
    # 1000 requests/s x 2 lines x 250 bytes, 8 to 1, 730 hours.
    assert line.quantity == pytest.approx(0.5 / 8 * 3600 * 730 / 1000)
    assert (line.unit_usd, line.item) == (0.09, "to vendor, out to the internet")
    assert line.usd_per_month == pytest.approx(14.78, abs=0.01)


def test_nodes_behind_nat_pay_for_it_too() -> None:
    found = gigabytes(report(NAT))
    assert found["to vendor, through NAT"] == found["to vendor, out to the internet"]


def test_a_share_is_paid_as_one_and_remote_write_is_packed_less() -> None:
    (whole,) = gigabytes(report()).values()
    (tenth,) = gigabytes(report(share_percent=10)).values()
    assert tenth == pytest.approx(whole / 10)
    (otlp,) = gigabytes(report(signals=(Signal.METRICS,))).values()
    (written,) = gigabytes(report(signals=(Signal.METRICS,), remote_write=True)).values()
    assert written == pytest.approx(otlp * 8 / 5)


def test_only_what_sampling_keeps_of_traces_leaves() -> None:
    (traces,) = gigabytes(report(signals=(Signal.TRACES,))).values()
    workload = REFERENCE_LOAD.workload
    everything = workload.requests_per_second * workload.spans_per_request * workload.bytes_per_span / 1e6
    assert traces < everything / 8 * 3600 * 730 / 1000 * 0.5


def test_off_aws_and_without_destinations_nothing_is_added() -> None:
    assert not gigabytes(priced(node_group(), GATEWAY))
    load = REFERENCE_LOAD.model_copy(
        update={"destinations": (Egress(name="v", signals=(Signal.LOGS,), share_percent=100),)}
    )
    assert not gigabytes(priced(GATEWAY, load=load))


@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        ({}, True),
        ({"endpoint": "http://collector.shop.svc.cluster.local:4318"}, False),
        ({"cidrs": ["10.1.2.0/24"]}, False),
        ({"cidrs": ["34.1.2.0/24"]}, True),
    ],
)
def test_what_stays_inside_isnt_paid_as_traffic_to_the_internet(changes: dict[str, Any], *, paid: bool) -> None:
    one = {"name": "vendor", "kind": "otlp_http", "endpoint": "https://otlp.example.com", "signals": ["logs"]}
    inputs = cost_inputs(stack_settings("prod", destinations=[one | changes]), None)
    assert bool(inputs.load.destinations) is paid
