"""The capacity report: every number that it must show, and the sources of all coefficients."""

from collections.abc import Sequence

import pytest

from ops.report.capacity import capacity_document
from ops.report.terminal import plain
from planning.capacity.coefficients import Basis, all_coefficients
from planning.capacity.compute import ENVIRONMENTS, StackCapacity
from planning.capacity.estimate import CapacityEstimate
from tests.unit.planning.loads import estimated
from tests.unit.planning.test_capacity import INPUTS


def render(found: CapacityEstimate, ceilings: Sequence[StackCapacity] = ENVIRONMENTS, *, sources: bool = False) -> str:
    return plain(capacity_document(found, ceilings, sources=sources))


def lines(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


def test_rates_before_and_after_sampling() -> None:
    text = render(estimated(INPUTS))
    assert "Sampling keeps 14.5% of traces" in text
    assert lines(text, "logs ")[0].split() == ["logs", "0.500", "43.2", "0.500", "43.2", "12.07"]
    assert lines(text, "traces ")[0].split()[:4] == ["traces", "3.200", "276.5", "0.464"]


def test_each_environment_is_judged_with_its_own_replication() -> None:
    text = render(estimated(INPUTS))
    judged = {
        line.split()[0]: line for line in text.splitlines() if line.split() and line.split()[0] in ("dev", "prod")
    }
    assert "fits" in judged["prod"]
    assert float(judged["prod"].split()[-1].replace(",", "")) > float(judged["dev"].split()[-1].replace(",", ""))


def test_what_does_not_fit_is_named_with_both_numbers() -> None:
    small = StackCapacity(name="small", cpu_cores=2, memory_gb=4, storage_gb=100)
    (line,) = lines(render(estimated(INPUTS), (small,)), "small")
    assert "needs CPU" in line
    assert "of 2 cores" in line
    assert "memory" in line


def test_fifty_mb_a_second_and_what_could_carry_it() -> None:
    text = render(estimated(INPUTS))
    assert "50 MB/s of logs (4.3 TB/day) can't be carried by 8 cores: prod alone reaches" in text
    assert "It takes Loki Distributed with 170 cores and 289 GiB: 23 nodes m7g.2xlarge" in text


def test_a_large_cluster_gets_no_such_sentence() -> None:
    large = StackCapacity(name="large", cpu_cores=128, memory_gb=512, storage_gb=10_000)
    assert "can't be carried" not in render(estimated(INPUTS), (large,))


def test_monolithic_beyond_its_advice_is_said_and_not_below() -> None:
    assert "more than the 20 GB/day" in render(estimated(INPUTS))
    assert "more than the 20 GB/day" not in render(estimated(INPUTS.scaled(0.4)))


@pytest.fixture(scope="module")
def with_sources() -> str:
    return render(estimated(INPUTS), sources=True)


@pytest.mark.parametrize("name", all_coefficients())
def test_every_coefficient_has_a_source_and_stands_in_the_report(name: str, with_sources: str) -> None:
    value = all_coefficients()[name]
    assert value.value > 0
    assert value.unit
    assert value.source
    assert value.basis in Basis
    assert f"{name.lower()} " in with_sources
