"""Karpenter as it is registered: off by default, least privilege, and a pool that can't outgrow the budget."""

import json
from typing import Any

import pulumi
import pytest

from planning.aws.types import NODE_CLASS, NODE_POOL
from planning.cost.engine import price_resources
from planning.prices.loader import load_prices
from planning.registered import Resource
from policies.iam_documents import statements_of
from settings.rules.cost_inputs import cost_inputs
from telemetry.cost.expected_resources import expected_resources
from telemetry.cost.node_pool import with_pool
from telemetry.cost.planned import priced_plan
from tests.unit.recording import ACCOUNT_ID, Graph

CLUSTER = "acme-monitoring-staging-cluster"
QUEUE = f"arn:aws:sqs:us-west-2:{ACCOUNT_ID}:acme-monitoring-staging-interruptions"
BUDGET = 800
RELEASE = "kubernetes:helm.sh/v3:Release"


def on(make_settings: Any, stack: str = "staging", usd: float = BUDGET, **cluster: Any) -> Any:
    """Karpenter with a base that holds its controller."""
    base = {"spot": {"nodes": 3, "max_nodes": 3}}
    return make_settings(
        stack, budget={"usd_per_month": usd}, cluster={"autoscaling": "karpenter", "node_groups": base, **cluster}
    )


@pytest.fixture
def graph(compose: Any, make_settings: Any) -> Graph:
    return compose(on(make_settings))


def statements(graph: Graph) -> dict[str, dict[str, Any]]:
    """The controller's, by their ids."""
    policies = [one for one in graph.of("iam/rolePolicy:RolePolicy") if one.name.startswith("karpenter-identity-")]
    return {one["Sid"]: one for policy in policies for one in json.loads(policy.inputs["policy"])["Statement"]}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_off_by_default(stack: str, compose: Any, make_settings: Any) -> None:
    types = compose(make_settings(stack)).types()
    assert not types & {NODE_POOL, NODE_CLASS, "aws:sqs/queue:Queue", "lgtm:components:Karpenter"}


def test_its_limits_and_the_bill_together_are_the_budget(graph: Graph, make_settings: Any) -> None:
    settings = on(make_settings)
    pool, base = graph.one(NODE_POOL).inputs, priced_plan(settings, "staging", None)
    assert base.usd_at_pool_limits is not None
    assert base.usd_per_month < base.usd_at_pool_limits <= BUDGET
    dearest = 0.0816 * 730 / 2 + (20 * 0.08 + 730 * 0.005) / 2  # a core of m7g.large in a public subnet
    cores = int(pool["spec"]["limits"]["cpu"])
    assert base.usd_at_pool_limits == pytest.approx(base.usd_per_month + cores * dearest)
    assert base.usd_at_pool_limits + dearest > BUDGET


def test_what_is_priced_beforehand_is_what_is_registered(graph: Graph, make_settings: Any) -> None:
    settings = on(make_settings)
    expected = {one.type: one.properties for one in with_pool(settings, "staging", None)}
    for token in (NODE_CLASS, NODE_POOL):
        assert graph.one(token).inputs["spec"] == expected[token]["spec"]
    registered = [
        *expected_resources(settings, "staging", None),
        *(Resource(one.type, one.name, one.urn, dict(one.inputs)) for one in graph.resources if "arpenter" in one.urn),
    ]
    table = load_prices("us-west-2")
    report = price_resources(registered, table, cost_inputs(settings, None), today=table.compiled)
    planned = priced_plan(settings, "staging", None)
    assert (report.usd_per_month, report.usd_at_pool_limits) == (planned.usd_per_month, planned.usd_at_pool_limits)
    assert report.unpriced == planned.unpriced


def test_a_budget_without_room_for_a_node_is_refused_by_name(compose: Any, make_settings: Any) -> None:
    with pytest.raises(pulumi.RunError, match=r"cluster\.autoscaling: karpenter has no room: budget\.usd_per_month of"):
        compose(on(make_settings, usd=170))


def test_nodes_are_closed_encrypted_and_found_by_tag(graph: Graph) -> None:
    spec = graph.one(NODE_CLASS).inputs["spec"]
    assert spec["amiSelectorTerms"] == [{"alias": "al2023@latest"}]
    assert spec["metadataOptions"]["httpTokens"] == "required"
    assert spec["blockDeviceMappings"][0]["ebs"]["encrypted"] is True
    assert spec["securityGroupSelectorTerms"] == [{"tags": {"aws:eks:cluster-name": CLUSTER}}]
    assert "role" not in spec
    profile = graph.one("iam/instanceProfile:InstanceProfile").inputs
    assert spec["instanceProfile"] == profile["name"] == "acme-monitoring-staging-pool"
    entry = graph.one("eks/accessEntry:AccessEntry", "karpenter-identity-pool").inputs
    assert entry["type"] == "EC2_LINUX"
    pool = graph.one(NODE_POOL).inputs["spec"]
    assert pool["disruption"]["consolidationPolicy"] == "WhenEmptyOrUnderutilized"
    # The base stays what it is.
    assert {one.name for one in graph.of("eks/nodeGroup:NodeGroup")} == {"staging-on-demand", "staging-spot"}


def test_the_controller_may_touch_nothing_but_nodes_of_its_cluster(graph: Graph) -> None:
    found = statements(graph)
    assert found["EndOwnNodes"]["Condition"] == {
        "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{CLUSTER}": "owned"},
        "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
    }
    assert found["MakeWithTags"]["Condition"]["StringEquals"] == {
        f"aws:RequestTag/kubernetes.io/cluster/{CLUSTER}": "owned",
        "aws:RequestTag/eks:eks-cluster-name": CLUSTER,
    }
    assert found["PassNodeRole"]["Resource"] == [f"arn:aws:iam::{ACCOUNT_ID}:role/acme-monitoring-staging-pool"]
    assert found["TakeInterruptions"]["Resource"] == [QUEUE]
    # Whatever changes something is narrowed, or starts from what it can't change.
    reading = ("Describe", "Get", "List", "Receive")
    for sid, statement in found.items():
        changing = [one for one in statement["Action"] if not one.partition(":")[2].startswith(reading)]
        if changing and statement["Resource"] != [QUEUE] and sid != "LaunchFromWhatIsThere":
            assert statement.get("Condition"), sid
        assert not any("*" in action for action in statement["Action"]), sid
        assert "iam:CreateInstanceProfile" not in statement["Action"]
    # IAM and STS quotas: 10,240 characters for all inline policies of a role, white space left out.
    assert sum(len(json.dumps(one, separators=(",", ":"))) for one in found.values()) < 10_000


def test_its_identity_is_bound_to_its_service_account(graph: Graph) -> None:
    association = graph.one("eks/podIdentityAssociation:PodIdentityAssociation", "karpenter-identity").inputs
    assert (association["namespace"], association["serviceAccount"]) == ("karpenter", "karpenter")
    trust = json.loads(graph.one("iam/role:Role", "karpenter-identity").inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-namespace"] == "karpenter"


def test_warnings_of_ec2_reach_an_encrypted_queue_from_its_own_rules_only(graph: Graph) -> None:
    queue = graph.one("sqs/queue:Queue").inputs
    assert queue["sqsManagedSseEnabled"] is True
    rules = graph.of("cloudwatch/eventRule:EventRule")
    details = {json.loads(rule.inputs["eventPattern"])["detail-type"][0] for rule in rules}
    assert "EC2 Spot Instance Interruption Warning" in details
    assert len(rules) == len(graph.of("cloudwatch/eventTarget:EventTarget")) == 5
    document = graph.one("sqs/queuePolicy:QueuePolicy").inputs["policy"]
    send, deny = json.loads(document)["Statement"]
    arns = {f"arn:aws:events:us-west-2:{ACCOUNT_ID}:rule/{rule.inputs['name']}" for rule in rules}
    assert set(send["Condition"]["ArnEquals"]["aws:SourceArn"]) == arns
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert isinstance(statements_of(document), list)


def test_the_controller_waits_for_its_identity_and_the_pool_for_the_controller(graph: Graph) -> None:
    releases = {one.inputs["name"]: one for one in graph.of(RELEASE)}
    controller, pool = releases["karpenter"], graph.one(NODE_POOL)
    assert graph.waits_for(controller, releases["karpenter-crd"])
    assert graph.waits_for(
        controller, graph.one("eks/podIdentityAssociation:PodIdentityAssociation", "karpenter-identity")
    )
    assert graph.waits_for(controller, graph.one("eks/nodeGroup:NodeGroup", "staging-on-demand"))
    assert graph.waits_for(pool, controller)
    assert graph.waits_for(pool, graph.one(NODE_CLASS))
    values = controller.inputs["values"]
    assert values["settings"] == {"clusterName": CLUSTER, "interruptionQueue": "acme-monitoring-staging-interruptions"}
    assert values["replicas"] == 2
    assert controller.inputs["chart"] == "oci://public.ecr.aws/karpenter/karpenter"
    assert controller.inputs["version"] == "1.13.1"


def test_its_namespace_is_closed_and_restricted(graph: Graph) -> None:
    (namespace,) = [
        one for one in graph.of("kubernetes:core/v1:Namespace") if one.inputs["metadata"]["name"] == "karpenter"
    ]
    assert namespace.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    policies = {
        one.inputs["metadata"]["name"]: one.inputs["spec"]
        for one in graph.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if one.inputs["metadata"]["namespace"] == "karpenter"
    }
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    https, identity = policies["aws-apis"]["egress"]
    assert https["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]
    assert identity["to"] == [{"ipBlock": {"cidr": "169.254.170.23/32"}}]
    (read,) = policies["karpenter-scrapes"]["ingress"]
    assert read["from"][0]["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "monitoring-agent"}}
