"""The topology planner against published tables, and what holds for every load."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from planning.capacity.ingest import SECONDS_PER_DAY
from planning.capacity.reference import REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.capacity.series import at_rate, estimated_series, service_replicas
from planning.cost.credits import BURSTABLE
from planning.cost.inputs import REFERENCE_LOAD
from planning.instances import instance_shape
from planning.prices.loader import load_prices
from planning.topology.availability import Availability
from planning.topology.loki import PARTS, TIER_TB_PER_DAY, distributed_need
from planning.topology.mimir import plan_mimir, queries_of
from planning.topology.model import LokiMode, Overhead, Queries, TempoMode, Topology, TopologyInputs
from planning.topology.nodes import APART, NoNodesError
from planning.topology.plan import plan_topology
from planning.topology.tempo import monolithic_need, plan_tempo
from planning.workload import Workload
from tests.unit.planning.loads import ingest_at

TABLE = load_prices("us-west-2")
NODE, CLUSTER = (
    Overhead(pods=5, cpu_millicores=260, memory_mib=280),
    Overhead(pods=10, cpu_millicores=390, memory_mib=1008),
)
GIB = 1024**3


def inputs(workload: Workload = REFERENCE_WORKLOAD, **changes: object) -> TopologyInputs:
    given_ = {
        "workload": workload,
        "sampling": REFERENCE_SAMPLING,
        "retention": REFERENCE_LOAD.retention,
        "services": 6,
        "availability": Availability.ZONE,
        "each_node": NODE,
        "each_cluster": CLUSTER,
    }
    return TopologyInputs.model_validate(given_ | changes)


def topology(requests_per_second: float, **changes: object) -> Topology:
    return plan_topology(inputs(at_rate(REFERENCE_WORKLOAD, 6, requests_per_second), **changes), TABLE)


# Grafana Loki, "Size the cluster": total CPU and memory requests of its three tables.
LOKI_TABLES = ((38, 59), (431, 857), (1221, 2235))


@pytest.mark.parametrize(("tb_per_day", "published"), zip(TIER_TB_PER_DAY, LOKI_TABLES, strict=True))
def test_loki_needs_what_its_three_published_tables_say(tb_per_day: float, published: tuple[int, int]) -> None:
    needs = distributed_need(tb_per_day).values()
    assert sum(need.cores for need in needs) == pytest.approx(published[0], rel=0.2)
    assert sum(need.gib for need in needs) == pytest.approx(published[1], rel=0.2)


def test_loki_s_tables_are_copied_right() -> None:
    for place, (cores, gib) in enumerate(LOKI_TABLES):
        assert sum(part.cores[place] for part in PARTS.values()) == cores
        assert sum(part.gib[place] for part in PARTS.values()) == gib


def test_the_pods_of_distributed_loki_ask_for_what_it_needs() -> None:
    mb = TIER_TB_PER_DAY[1] * 1e6 / SECONDS_PER_DAY
    lines = mb * 1e6 / REFERENCE_WORKLOAD.bytes_per_log_line
    load = REFERENCE_WORKLOAD.model_copy(
        update={"log_lines_per_request": lines / REFERENCE_WORKLOAD.requests_per_second}
    )
    found = plan_topology(inputs(load), TABLE)
    loki = [one for one in found.pods if one.workload.startswith("loki.distributed.")]
    assert {one.workload.rpartition(".")[2] for one in loki} == {*PARTS, "ruler", "gateway"}
    assert sum(one.cores for one in loki) == pytest.approx(431, rel=0.2)
    assert sum(one.gib for one in loki) == pytest.approx(857, rel=0.2)
    assert found.of("loki.distributed.ingester").replicas % 3 == 0
    assert found.of("loki.distributed.compactor").replicas == 1


def test_tempo_monolithic_is_the_sum_of_its_published_parts() -> None:
    """Per 10 MB/s: 2 cores of distributor, 2.5 per 3-5 of ingester, 1 per 3-5 of compactor, a querier per 1-2."""
    need = monolithic_need(10)
    assert need.cores == pytest.approx(2 + 10 / 4 * 2.5 + 10 / 4 + 10 / 1.5)
    assert need.gib * GIB / 1e9 == pytest.approx(2 + 10 / 4 * 4 + 10 / 4 * 4 + 10 / 1.5 * 4)


def test_tempo_in_parts_is_what_the_page_says() -> None:
    found = {one.workload: one for one in plan_tempo(ingest_at(traces=48)).pods}
    assert found["tempo.distributor"].cores == pytest.approx(2 * 4.8, rel=0.05)
    assert found["tempo.live_store"].replicas == 6
    assert found["tempo.querier"].replicas == 32
    assert found["tempo.query_frontend"].replicas == 2
    assert found["tempo.backend_scheduler"].replicas == 1
    assert 4e9 <= found["tempo.live_store"].memory_mib * 1024**2 <= 20e9


# Grafana Mimir, "Planning Grafana Mimir capacity": so much load for one core.
def test_mimir_needs_what_its_page_says() -> None:
    ingest = ingest_at(samples=1_000_000)
    plan = plan_mimir(ingest, 8e6, 15, REFERENCE_LOAD.retention, Queries(people=400, rules=100), Availability.ZONE)
    steady = {one.workload: one.steady_cores for one in plan.pods}
    assert steady["mimir.distributor"] == pytest.approx(1_000_000 / 25_000)
    assert steady["mimir.ingester"] == pytest.approx(3 * 8e6 / 300_000)
    assert steady["mimir.querier"] == pytest.approx(500 / 10)
    assert steady["mimir.store_gateway"] == pytest.approx(500 / 10)
    assert steady["mimir.query_frontend"] == pytest.approx(500 / 250)
    assert steady["mimir.query_scheduler"] == pytest.approx(500 / 500)
    assert steady["mimir.ruler"] == pytest.approx(100 / 10)
    assert steady["mimir.compactor"] == pytest.approx(8e6 / 20e6)
    memory = {one.workload: one.gib * GIB / 1e9 for one in plan.pods}
    assert memory["mimir.ingester"] == pytest.approx(2.5 * 3 * 8e6 / 300_000, rel=0.1)
    found = {one.workload: one for one in plan.pods}

    def disk_gb(workload: str, idle_gib: int) -> float:
        one = found[workload]
        return one.replicas * ((one.volume_gib or 0) - idle_gib) * GIB / 1e9

    # 50 % beyond the page's 13 GB a million, at 90 of 365 days; the compactor's 300 GB per 20 million. Whole GiB a pod.
    rounding = found["mimir.store_gateway"].replicas * GIB / 1e9
    assert disk_gb("mimir.store_gateway", 5) == pytest.approx(1.5 * 13 * 8 * 90 / 365 + rounding / 2, abs=rounding / 2)
    assert disk_gb("mimir.compactor", 10) == pytest.approx(300 * 8 / 20, rel=0.02)


def test_mimir_meets_the_record_of_a_billion_series() -> None:
    """Grafana Labs, 2022-04-08: about 7,000 cores, 30 TiB, 1,500 replicas."""
    found = plan_mimir(
        ingest_at(samples=1e9 / 15), 1e9, 15, REFERENCE_LOAD.retention, queries_of(1e9, 6), Availability.ZONE
    )
    assert sum(one.cores for one in found.pods) == pytest.approx(7000, rel=0.2)
    assert sum(one.gib for one in found.pods) == pytest.approx(30 * 1024, rel=0.2)
    assert sum(one.replicas for one in found.pods) == pytest.approx(1500, rel=0.2)


@pytest.mark.parametrize(
    ("gb_per_day", "availability", "mode"),
    [
        (10, Availability.NONE, LokiMode.MONOLITHIC),
        (10, Availability.ZONE, LokiMode.HA_MONOLITHIC),
        (21, Availability.NONE, LokiMode.HA_MONOLITHIC),
        (199, Availability.ZONE, LokiMode.HA_MONOLITHIC),
        (201, Availability.NONE, LokiMode.DISTRIBUTED),
        (432, Availability.ZONE, LokiMode.DISTRIBUTED),
    ],
)
def test_loki_s_mode_follows_the_rate_and_the_wish(
    gb_per_day: float, availability: Availability, mode: LokiMode
) -> None:
    rate = gb_per_day * 1e9 / SECONDS_PER_DAY / (2 * REFERENCE_WORKLOAD.bytes_per_log_line)
    found = topology(rate, availability=availability)
    assert found.loki is mode
    choice = next(one for one in found.choices if one.subject == "Loki's mode")
    assert choice.choice == mode
    assert f"{gb_per_day:,.0f} GB of logs a day" in choice.reason


def test_tempo_stays_one_process_as_far_as_it_goes() -> None:
    assert topology(60_000).tempo is TempoMode.MONOLITHIC
    beyond = topology(70_000)
    assert beyond.tempo is TempoMode.MICROSERVICES
    assert any("Kafka" in sentence for sentence in beyond.unvouched)


def test_the_known_faults_are_gone() -> None:
    """20,000 requests/s found no node type, 10,000 kept Loki Monolithic, and Mimir needed the same at every load."""
    few, some, many = (topology(rate) for rate in (2_000, 10_000, 20_000))
    assert few.loki is LokiMode.HA_MONOLITHIC
    assert some.loki is many.loki is LokiMode.DISTRIBUTED
    ingesters = [found.of("mimir.ingester").steady_cores for found in (few, some, many)]
    assert ingesters[0] < ingesters[1] < ingesters[2]


def test_series_grow_with_services_replicas_and_traffic() -> None:
    assert estimated_series(REFERENCE_WORKLOAD, 12) > estimated_series(REFERENCE_WORKLOAD, 6)
    assert service_replicas(at_rate(REFERENCE_WORKLOAD, 6, 1), 6) == 12
    assert service_replicas(at_rate(REFERENCE_WORKLOAD, 6, 10_000), 6) == pytest.approx(160)
    assert at_rate(REFERENCE_WORKLOAD, 6, 1).active_series <= REFERENCE_WORKLOAD.active_series
    assert at_rate(REFERENCE_WORKLOAD, 6, 10_000).active_series > 2 * REFERENCE_WORKLOAD.active_series


def test_rules_own_queries_are_counted() -> None:
    asked = queries_of(60_000, 6)
    assert asked.rules >= 1.54
    found = topology(1000, queries=Queries(people=0, rules=20))
    assert found.of("mimir.ruler").steady_cores == pytest.approx(2)
    assert found.of("mimir.querier").steady_cores == pytest.approx(2)


def test_a_load_without_nodes_says_what_it_takes() -> None:
    with pytest.raises(NoNodesError, match=r"no Graviton type of the price table of us-west-2 holds .* cores"):
        plan_topology(inputs(at_rate(REFERENCE_WORKLOAD, 6, 1e9)), TABLE)


loads = st.floats(5, 1_000_000)


@hypothesis_settings(max_examples=40, deadline=None)
@given(rate=loads, availability=st.sampled_from(Availability), spot=st.booleans())
@example(rate=778, availability=Availability.NONE, spot=True)  # where the cheapest is among the largest of its family
def test_every_choice_says_why_and_pods_fit_their_nodes(rate: float, availability: Availability, spot: bool) -> None:
    found = topology(rate, availability=availability, spot=spot)
    assert all(one.reason and one.source.title and one.source.as_of for one in found.choices)
    assert found.unvouched
    assert packed(found), f"{rate:g} requests/s: {[(pool.nodes, pool.instance_types[0]) for pool in found.pools]}"
    for pool in found.pools:
        first = instance_shape(pool.instance_types[0])
        assert first is not None
        for name in pool.instance_types:
            shape = instance_shape(name)
            assert shape is not None
            assert shape.vcpus >= first.vcpus
            assert shape.memory_gib >= first.memory_gib
        assert not pool.spot or len(pool.instance_types) >= 3


@hypothesis_settings(max_examples=40, deadline=None)
@given(rate=loads, factor=st.floats(1.01, 100))
def test_more_traffic_never_takes_less(rate: float, factor: float) -> None:
    larger = min(rate * factor, 1e6)
    few, many = topology(rate), topology(larger)
    assert many.cores >= few.cores * 0.95
    assert many.series >= few.series


@hypothesis_settings(max_examples=30, deadline=None)
@given(rate=st.floats(5, 5_000))
def test_burstable_nodes_hold_the_mean_below_their_baseline(rate: float) -> None:
    found = topology(rate, availability=Availability.NONE)
    have = 0.0
    for pool in found.pools:
        family, _, size = pool.instance_types[0].partition(".")
        shape = instance_shape(pool.instance_types[0])
        assert shape is not None
        cores = BURSTABLE[size].vcpus * BURSTABLE[size].baseline if family == "t4g" else shape.vcpus
        have += pool.nodes * cores
    assert sum(one.steady_cores for one in found.everything) + 0.05 * found.nodes <= have


def packed(found: Topology) -> bool:
    """Whether first-fit, largest pod first, places every pod; replicas that must lie apart do."""
    free: list[list[float]] = []
    agent = found.agent
    for pool in found.pools:
        shape = instance_shape(pool.instance_types[0])
        assert shape is not None
        left = [
            shape.allocatable_millicores - NODE.cpu_millicores - agent.cpu_millicores,
            shape.allocatable_mib - NODE.memory_mib - agent.memory_mib,
            shape.max_pods - NODE.pods - 1,
        ]
        free += [list(map(float, left)) for _ in range(pool.nodes)]
    taken: Mapping[str, set[int]] = {name: set() for name in APART}
    wanted = [one for one in found.pods for _ in range(one.replicas)]
    system = [(CLUSTER.cpu_millicores / CLUSTER.pods, CLUSTER.memory_mib / CLUSTER.pods, "")] * CLUSTER.pods
    caches = [(50.0, cache.mb * 1.2, "") for cache in found.caches if cache.mb]
    asked = [(float(one.cpu_millicores), float(one.memory_mib), one.workload) for one in wanted] + system + caches
    for cpu, mib, name in sorted(asked, key=lambda one: -max(one[0], one[1] / 4)):
        place = next(
            (
                index
                for index, left in enumerate(free)
                if cpu <= left[0] and mib <= left[1] and left[2] >= 1 and index not in taken.get(name, ())
            ),
            None,
        )
        if place is None:
            return False
        free[place] = [free[place][0] - cpu, free[place][1] - mib, free[place][2] - 1]
        if name in taken:
            taken[name].add(place)
    return not any(math.isnan(left[0]) for left in free)
