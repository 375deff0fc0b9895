"""Who pays: shares add up to the bill whatever anybody sends, and follow what is sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.cost.attribution import Sender, bucket_usd, normalised, shared_bill, signal_costs
from planning.retention import Signal
from telemetry.cost.planned import bill_by_service, memory_shares
from tests.stacks import settings_of
from tests.unit.planning.cost_cases import STACKS, stack_report

SIGNALS = (Signal.LOGS, Signal.TRACES, Signal.METRICS)
weights = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.floats(0, 1e12, allow_subnormal=False), min_size=1, max_size=60
)
bills = st.fixed_dictionaries({signal: st.floats(0, 1e9) for signal in SIGNALS})


@given(bills, weights, st.data())
@settings(deadline=None)
def test_the_services_shares_add_up_to_the_bill(
    by_signal: dict[Signal, float], logs: dict[str, float], data: st.DataObject
) -> None:
    sent = {signal: {name: data.draw(st.floats(0, 1e12)) for name in logs} for signal in SIGNALS[1:]}
    shares = {signal: normalised(of) for signal, of in {**sent, Signal.LOGS: logs}.items()}
    senders = [
        Sender(service=name, team=name[0], shares={signal: shares[signal][name] for signal in SIGNALS}) for name in logs
    ]
    bill = shared_bill(by_signal, 0.0, senders)
    assert sum(one.usd_per_month for one in bill.services) == pytest.approx(sum(by_signal.values()), rel=1e-3)
    assert sum(bill.by_team.values()) == pytest.approx(bill.usd_per_month, rel=1e-3)
    assert all(one.usd_per_month >= 0 for one in bill.services)


@given(st.floats(0.01, 100), st.floats(0.01, 100))
@settings(deadline=None)
def test_who_sends_more_pays_more(one: float, more: float) -> None:
    shares = normalised({"a": one, "b": one + more})
    senders = [Sender(service=name, team="t", shares={Signal.LOGS: part}) for name, part in shares.items()]
    costs = {cost.service: cost.usd_per_month for cost in shared_bill({Signal.LOGS: 100.0}, 0.0, senders).services}
    assert costs["b"] / costs["a"] == pytest.approx((one + more) / one)


def test_shares_that_miss_some_of_the_bill_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shares of logs add up to 0\.9, not to 1"):
        shared_bill({Signal.LOGS: 1.0}, 0.0, [Sender(service="a", team="t", shares={Signal.LOGS: 0.9})])


@pytest.mark.parametrize("stack", STACKS)
def test_a_recorded_previews_bill_is_shared_out_whole(stack: str) -> None:
    report, of = stack_report(stack), settings_of(stack)
    bill = bill_by_service(report, of)
    assert bill.usd_per_month == pytest.approx(report.usd_per_month)
    assert sum(one.usd_per_month for one in bill.services) == pytest.approx(report.usd_per_month, rel=1e-3)
    assert {one.service for one in bill.services} == {one.name for one in of.services}
    buckets = sum(bucket_usd(report, signal) for signal in of.retention.signals)
    assert bill.fixed_usd_per_month == pytest.approx(report.usd_per_month - buckets)
    assert buckets > 0


def test_a_signal_pays_its_bucket_and_its_memorys_share_of_the_rest() -> None:
    report, shares = stack_report("prod"), memory_shares(settings_of("prod"))
    costs = signal_costs(report, shares)
    fixed = report.usd_per_month - sum(bucket_usd(report, signal) for signal in SIGNALS)
    assert costs[Signal.METRICS] == pytest.approx(bucket_usd(report, Signal.METRICS) + shares[Signal.METRICS] * fixed)
    assert sum(shares.values()) == pytest.approx(1)
