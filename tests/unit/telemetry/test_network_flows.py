"""The evaluator of network policies, against the words of the Kubernetes documentation and its own examples."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.kubernetes.policy_parts import Policy
from tests.network_flows import Engine, Peer, Policies, allowed, directions, selects

LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b", "c"]))
NAMESPACES = st.sampled_from(["one", "two"])
PORTS = st.integers(1, 6)
Table = dict[str, Any]


def _pod(where: str, labels: dict[str, str]) -> Peer:
    return Peer("pod", "10.0.0.1", where, labels)


def _expression(key: str, operator: str, values: list[str]) -> Table:
    return {"key": key, "operator": operator, "values": values}


def _pods_of(where: str, pods: Table) -> Table:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": where}}, "podSelector": pods}


def _own_pods(pods: Table) -> Table:
    return {"podSelector": pods}


def _policy(selector: Table, types: list[str], ingress: list[Table], egress: list[Table]) -> Policy:
    spec = {"podSelector": selector, "policyTypes": types, "ingress": ingress, "egress": egress}
    return Policy(name="any", spec=spec)


def _selector(labels: dict[str, str] | None, expressions: list[Table] | None) -> Table:
    return {"matchLabels": labels, "matchExpressions": expressions}


def _port(port: int) -> Table:
    return {"protocol": "TCP", "port": port}


def _rules(word: str) -> st.SearchStrategy[list[Table]]:
    def rule(peers: list[Table], ports: list[Table]) -> Table:
        return {word: peers, "ports": ports}

    return st.lists(st.builds(rule, st.lists(PEERS, max_size=2), st.lists(PORTS.map(_port), max_size=2)), max_size=2)


PODS = st.builds(_pod, NAMESPACES, LABELS)
EXPRESSIONS = st.builds(
    _expression,
    st.sampled_from(["app", "tier"]),
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=2),
)
SELECTORS = st.builds(_selector, st.none() | LABELS, st.none() | st.lists(EXPRESSIONS, max_size=2))
ALL_NAMESPACES: Table = {"namespaceSelector": {}}
PEERS: st.SearchStrategy[Table] = st.one_of(
    st.builds(_own_pods, SELECTORS),
    st.just(ALL_NAMESPACES),
    st.builds(_pods_of, NAMESPACES, SELECTORS),
    st.just({"ipBlock": {"cidr": "10.0.0.0/8"}}),
)
TYPES = st.lists(st.sampled_from(["Ingress", "Egress"]), min_size=1, unique=True)
POLICIES = st.builds(_policy, SELECTORS, TYPES, _rules("from"), _rules("to"))
SETS = st.dictionaries(NAMESPACES, st.lists(POLICIES, max_size=3))
CLOSED = Policy(name="default-deny", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
ENGINES = st.sampled_from(list(Engine))


@given(PODS, PODS, PORTS, ENGINES)
def test_without_policies_all_is_open(source: Peer, target: Peer, port: int, engine: Engine) -> None:
    """ "By default, a pod is non-isolated": both ways."""
    assert allowed({}, source, target, port, engine=engine)


@given(PODS, PODS, PORTS, ENGINES)
def test_a_policy_that_selects_all_and_allows_nothing_closes_all(
    source: Peer, target: Peer, port: int, engine: Engine
) -> None:
    for where in {source.namespace, target.namespace}:
        assert where is not None
        assert not allowed({where: [CLOSED]}, source, target, port, engine=engine)


@given(SETS, POLICIES, PODS, PODS, PORTS, ENGINES)
def test_policies_add_up(
    policies: Policies, more: Policy, source: Peer, target: Peer, port: int, engine: Engine
) -> None:
    """ "Network policies do not conflict; they are additive": in a closed namespace one more never closes anything."""
    closed = {where: [CLOSED, *policies.get(where, ())] for where in ("one", "two")}
    if allowed(closed, source, target, port, engine=engine):
        for where in closed:
            wider = {**closed, where: [*closed[where], more]}
            assert allowed(wider, source, target, port, engine=engine)


@given(SETS, PODS, PODS, PORTS, ENGINES)
def test_order_doesnt_matter(policies: Policies, source: Peer, target: Peer, port: int, engine: Engine) -> None:
    """ "Order of evaluation does not affect the policy result"."""
    turned = {where: list(reversed(some)) for where, some in policies.items()}
    here = allowed(policies, source, target, port, engine=engine)
    assert here == allowed(turned, source, target, port, engine=engine)


@given(SETS, PODS, PODS, PORTS, ENGINES)
def test_both_ends_must_agree(policies: Policies, source: Peer, target: Peer, port: int, engine: Engine) -> None:
    """ "For a connection to be allowed, both the egress policy and the ingress policy need to allow it"."""

    def only(direction: str) -> Policies:
        return {
            where: [
                one.model_copy(update={"spec": {**one.spec, "policyTypes": [direction]}})
                for one in some
                if direction.lower() in directions(one)
            ]
            for where, some in policies.items()
        }

    ways = [allowed(only(direction), source, target, port, engine=engine) for direction in ("Ingress", "Egress")]
    assert allowed(policies, source, target, port, engine=engine) == all(ways)


@given(LABELS, st.sampled_from(["app", "tier"]), st.lists(st.sampled_from(["a", "b"]), min_size=1))
def test_operators_of_selectors(labels: dict[str, str], key: str, values: list[str]) -> None:
    def one(operator: str) -> bool:
        return selects({"matchExpressions": [{"key": key, "operator": operator, "values": values}]}, labels)

    assert one("In") is not one("NotIn")
    assert one("Exists") is not one("DoesNotExist")
    assert one("Exists") or not one("In")
    assert selects({"matchLabels": {key: values[0]}}, labels) is selects(
        {"matchExpressions": [{"key": key, "operator": "In", "values": values[:1]}]}, labels
    )
    assert selects({}, labels)


# The page's first example: the pods role=db of namespace default.
DOCUMENTED = Policy(
    name="test-network-policy",
    spec={
        "podSelector": {"matchLabels": {"role": "db"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"ipBlock": {"cidr": "172.17.0.0/16", "except": ["172.17.1.0/24"]}},
                    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "myproject"}}},
                    {"podSelector": {"matchLabels": {"role": "frontend"}}},
                ],
                "ports": [{"protocol": "TCP", "port": 6379}],
            }
        ],
        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}], "ports": [{"protocol": "TCP", "port": 5978}]}],
    },
)
DB = Peer("db", "192.0.2.1", "default", {"role": "db"})


@pytest.mark.parametrize(
    ("source", "target", "port", "opens"),
    [
        (Peer("frontend", "192.0.2.2", "default", {"role": "frontend"}), DB, 6379, True),
        (Peer("frontend elsewhere", "192.0.2.3", "other", {"role": "frontend"}), DB, 6379, False),
        (Peer("any of myproject", "192.0.2.4", "myproject", {}), DB, 6379, True),
        (Peer("in the block", "172.17.0.9"), DB, 6379, True),
        (Peer("in its exception", "172.17.1.9"), DB, 6379, False),
        (Peer("in the block", "172.17.0.9"), DB, 6380, False),
        (DB, Peer("out", "10.0.0.9"), 5978, True),
        (DB, Peer("out", "10.0.1.9"), 5978, False),
        (DB, Peer("out", "10.0.0.9"), 443, False),
        (Peer("of another role", "192.0.2.5", "default", {"role": "web"}), Peer("out", "10.0.1.9"), 443, True),
    ],
)
def test_the_documented_example(source: Peer, target: Peer, port: int, opens: bool) -> None:
    assert allowed({"default": [DOCUMENTED]}, source, target, port) is opens


def test_a_range_of_ports_and_other_protocols() -> None:
    rule = {"to": [], "ports": [{"port": 32000, "endPort": 32768}]}
    some = {"default": [Policy(name="ports", spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]})]}
    ends = (DB, Peer("out", "10.0.0.9"))
    assert [allowed(some, *ends, port) for port in (31999, 32000, 32768, 32769)] == [False, True, True, False]
    assert not allowed(some, *ends, 32000, protocol="UDP")


def test_a_policy_without_types_closes_ingress_and_what_it_has_rules_for() -> None:
    assert directions(Policy(name="a", spec={"podSelector": {}})) == {"ingress"}
    assert directions(Policy(name="b", spec={"podSelector": {}, "egress": [{}]})) == {"ingress", "egress"}
