"""The sums behind the rules on capacity and nodes."""

import pytest

from planning.instances import InstanceShape, instance_shape
from settings.document.loader import parse_settings
from settings.models.sizes import cache_memory_request_mib
from settings.rules.sizing import NODE_EXPORTER, NODE_SYSTEM_PODS, nodes_allocatable, resource_sums
from tests.unit.settings.documents import STACKS, changed, minimal


def parsed(stack: str, **changes: object):
    return parse_settings(
        changed(stack, {key.replace("__", "."): value for key, value in changes.items()}), stack=stack
    )


@pytest.mark.parametrize(
    ("stack", "pods", "cpu_millicores", "memory_mib", "data_gib", "root_gib"),
    [
        # by hand from the table of sizes: agents once a node, caches 1.2 MiB a MB
        ("dev", 16, 1275, 3536, 51, 40),
        ("staging", 21, 2555 + 75, 6832 + 307 + 77, 101, 60),
        ("prod", 28, 3780 + 75, 9312 + 307 + 77, 311, 160),
    ],
)
def test_sums_of_the_environments(
    stack: str, pods: int, cpu_millicores: int, memory_mib: int, data_gib: int, root_gib: int
) -> None:
    sums = resource_sums(parsed(stack))
    assert (sums.pods, sums.cpu_millicores, sums.memory_mib) == (pods, cpu_millicores, memory_mib)
    assert (sums.data_volumes_gib, sums.root_volumes_gib) == (data_gib, root_gib)


@pytest.mark.parametrize("stack", STACKS)
def test_the_environments_fit_their_row_and_their_nodes(stack: str) -> None:
    settings = parsed(stack)
    sums, offer = resource_sums(settings), nodes_allocatable(settings)
    assert sums.memory_mib * 1024**2 <= settings.capacity.memory_gb * 10**9
    assert sums.cpu_millicores <= settings.capacity.cpu_cores * 1000
    assert (sums.data_volumes_gib + sums.root_volumes_gib) * 1024**3 <= settings.capacity.storage_gb * 10**9
    assert offer is not None
    assert sums.memory_mib <= offer.memory_mib
    assert sums.cpu_millicores <= offer.cpu_millicores
    assert sums.pods <= offer.pods


def test_gigabytes_are_decimal() -> None:
    sums = resource_sums(parsed("dev"))
    assert sums.memory_gb == pytest.approx(3536 * 1048576 / 1e9)
    assert sums.storage_gb == pytest.approx(91 * 1.073741824)


def test_every_component_has_its_line() -> None:
    lines = {component.key: component for component in resource_sums(parsed("prod")).components}
    assert lines["mimir.ingester"] == ("mimir.ingester", 3, 600, 1920, 90)
    assert lines["collector_agent"].pods == 4
    assert lines["loki.chunks_cache_mb"].memory_mib == cache_memory_request_mib(256) == 307
    assert "loki.chunks_cache_mb" not in {component.key for component in resource_sums(parsed("dev")).components}


def test_the_agent_runs_once_on_each_node() -> None:
    more = parsed("staging", cluster__node_groups__spot__nodes=3)
    before, after = resource_sums(parsed("staging")), resource_sums(more)
    agent = more.sizes.collector_agent
    assert after.memory_mib - before.memory_mib == agent.memory_request_mib
    assert after.root_volumes_gib - before.root_volumes_gib == 20


def test_an_existing_cluster_offers_what_nobody_knows() -> None:
    document = minimal("dev") | {
        "cluster": {"mode": "existing", "context": "kind", "eks_cluster_name": "c", "nodes": 3}
    }
    settings = parse_settings(document, stack="dev")
    assert nodes_allocatable(settings) is None
    assert resource_sums(settings).root_volumes_gib == 0
    assert {c.key: c.pods for c in resource_sums(settings).components}["collector_agent"] == 3


def test_a_tenant_stack_does_not_carry_the_owners_system_pods() -> None:
    tenant_stack = nodes_allocatable(parsed("dev"))
    shape = instance_shape("t4g.medium")
    assert tenant_stack is not None
    assert shape is not None
    assert tenant_stack.pods == 2 * (shape.max_pods - NODE_SYSTEM_PODS - NODE_EXPORTER.pods)


def test_the_owner_carries_the_add_ons_of_the_cluster() -> None:
    names = ("kube_state_metrics", "prometheus_node_exporter", "cert_manager")
    # Without cert-manager nothing could be encrypted.
    offers = {
        name: nodes_allocatable(parsed("staging", tls__mode="plain", **{f"cluster__addons__{name}": False}))
        for name in names
    }
    full = nodes_allocatable(parsed("staging"))
    assert full is not None
    freed = {
        name: (offer.pods - full.pods, offer.memory_mib - full.memory_mib) for name, offer in offers.items() if offer
    }
    assert freed == {
        "kube_state_metrics": (1, 96),
        "prometheus_node_exporter": (3, 3 * 24),
        "cert_manager": (3, 3 * 48),
    }


def test_the_smallest_of_several_types_counts() -> None:
    mixed = nodes_allocatable(parsed("prod", cluster__node_groups__spot__instance_types=["t4g.xlarge", "t4g.large"]))
    assert mixed == nodes_allocatable(parsed("prod"))


@pytest.mark.parametrize(
    ("instance_type", "vcpus", "memory_gib", "max_pods"),
    [
        ("t4g.medium", 2, 4, 17),
        ("t4g.large", 2, 8, 35),
        ("t4g.xlarge", 4, 16, 58),
        ("m7g.medium", 1, 4, 8),
        ("m7g.large", 2, 8, 29),
        ("c7g.xlarge", 4, 8, 58),
        ("r8g.2xlarge", 8, 64, 58),
        ("c7gn.4xlarge", 16, 32, 110),
        ("m6gd.16xlarge", 64, 256, 250),
        ("m8g.48xlarge", 192, 768, 250),
        ("t3.medium", 2, 4, 17),
        ("t3a.xlarge", 4, 16, 58),
        ("m6i.large", 2, 8, 29),
        ("c7i.8xlarge", 32, 64, 234),
        ("r7a.medium", 1, 8, 8),
    ],
)
def test_instance_shapes(instance_type: str, vcpus: int, memory_gib: int, max_pods: int) -> None:
    shape = instance_shape(instance_type)
    assert shape is not None
    assert (shape.vcpus, shape.memory_gib, shape.max_pods) == (vcpus, memory_gib, max_pods)


@pytest.mark.parametrize(
    "name",
    [
        "m5.large",
        "m7i.medium",
        "t3.nano",
        "m6i.24xlarge",
        "m7i-flex.large",
        "t4g.nano",
        "m7g.3xlarge",
        "m7g.24xlarge",
        "g5g.xlarge",
        "m7g",
        "",
    ],
)
def test_types_that_are_not_known(name: str) -> None:
    assert instance_shape(name) is None


def test_what_the_kubelet_leaves() -> None:
    # 2 vCPUs: 1930m, as EKS's bootstrap computes; 4 GiB: 7.5 % overhead, then 255 + 17 x 11 + 100 MiB
    shape = InstanceShape(vcpus=2, memory_gib=4, interfaces=3, addresses_per_interface=6)
    assert shape.allocatable_millicores == 1930
    assert shape.allocatable_mib == int(4096 * 0.925) - 255 - 187 - 100
