"""The cost of what is registered, against budget and baseline."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from planning.aws.types import AWS_PROVIDER, CLUSTER, NODE_CLASS, NODE_GROUP, NODE_POOL
from planning.node_pool import INSTANCE_TYPE_LABEL
from planning.registered import UNKNOWN, Property, Resource
from policies.rules.cost import BudgetLimits, priced
from tests.policies.cases import FAIL, PASS, UNKNOWN_YET, Case, check, resource
from tests.stacks import policy_configs

CONTROL_PLANE_USD = 73.0
AS_OF = {"as_of": "2026-11-24"}


def cluster() -> Resource:
    support: Property = {"supportType": "STANDARD"}
    return resource(CLUSTER, {"name": "c", "version": "1.35", "upgradePolicy": support}, "cluster")


def nodes(count: Property) -> Resource:
    scaling: Property = {"minSize": count, "desiredSize": count, "maxSize": count}
    return resource(
        NODE_GROUP, {"capacityType": "ON_DEMAND", "instanceTypes": ["t4g.large"], "scalingConfig": scaling}, "nodes"
    )


def pool(cores: Property, *types: Property, operator: str = "In") -> list[Resource]:
    """A node class, and a pool of its nodes."""
    requirement: Property = {"key": INSTANCE_TYPE_LABEL, "operator": operator, "values": list(types or ("m7g.large",))}
    inside: Property = {"nodeClassRef": {"name": "prod"}, "requirements": [requirement]}
    ebs: Property = {"volumeSize": "40Gi", "volumeType": "gp3"}
    of_nodes: Property = {"associatePublicIPAddress": False, "blockDeviceMappings": [{"ebs": ebs}]}
    return [
        resource(NODE_CLASS, {"metadata": {"name": "prod"}, "spec": of_nodes}),
        resource(NODE_POOL, {"spec": {"limits": {"cpu": cores}, "template": {"spec": inside}}}),
    ]


def in_region(region: Property) -> Resource:
    return resource(AWS_PROVIDER, {"region": region}, "aws")


DATABASE = resource("aws:rds/instance:Instance", {"instanceClass": "db.r7g.large"}, "db")
NO_PRICES = [cluster(), in_region("mars-north-1")]
CASES: Sequence[Case] = (
    Case("budget", PASS, [cluster()], limits=AS_OF),
    Case("budget", PASS, NO_PRICES[:1], limits={**AS_OF, "usd_per_month": CONTROL_PLANE_USD}),
    Case("budget", UNKNOWN_YET, [cluster(), nodes(UNKNOWN)], limits=AS_OF),
    Case(
        "budget",
        FAIL,
        [cluster()],
        "73.00 USD a month is 63.00 over the budget of 10.00",
        {**AS_OF, "usd_per_month": 10},
    ),
    Case("budget", FAIL, [cluster(), nodes(9.0)], "dearest: t4g.large on-demand of nodes", AS_OF),
    Case("budget", FAIL, [cluster(), nodes(9.0)], "what would help: fewer or smaller nodes in nodes", AS_OF),
    Case(
        "budget", FAIL, NO_PRICES, "the cost can't be computed: there is no price table for region mars-north-1", AS_OF
    ),
    Case("budget", PASS, [cluster(), *pool("4")], limits=AS_OF),
    Case("budget", UNKNOWN_YET, [cluster(), *pool(UNKNOWN)], limits=AS_OF),
    # 73.00, and eight cores of m7g.large at 0.0816 x 730 h + 40 GiB x 0.08 for two.
    Case(
        "budget",
        FAIL,
        [cluster(), *pool("8")],
        "324.07 USD a month is 24.07 over the budget of 300.00 when pools of nodes are at their limits; 73.00 without",
        {**AS_OF, "usd_per_month": 300},
    ),
    Case("budget", FAIL, [cluster(), pool("8")[1]], "the pool r may cost anything: it has no node class", AS_OF),
    Case("budget", FAIL, [cluster(), *pool("8", "m5.large")], "the cores of some of its types aren't known", AS_OF),
    Case("budget", FAIL, [cluster(), *pool("8", operator="NotIn")], "it has no instance types", AS_OF),
    Case("cost-delta", PASS, [cluster(), nodes(9.0)], limits=AS_OF),
    Case("cost-delta", PASS, [cluster()], limits={**AS_OF, "baseline_usd_per_month": 70}),
    Case("cost-delta", UNKNOWN_YET, [cluster(), nodes(UNKNOWN)], limits={**AS_OF, "baseline_usd_per_month": 73}),
    Case(
        "cost-delta",
        FAIL,
        [cluster()],
        "73.00 USD a month is 23.00 more than before (50.00)",
        {**AS_OF, "baseline_usd_per_month": 50},
    ),
    Case(
        "cost-delta", FAIL, [cluster()], "0 % more", {**AS_OF, "baseline_usd_per_month": 72, "max_increase_percent": 0}
    ),
    Case("steady-load-sustained", PASS, [cluster()], limits=AS_OF),
    Case("steady-load-sustained", PASS, NO_PRICES, limits=AS_OF),
    Case("steady-load-sustained", PASS, [cluster(), nodes(6.0)], limits=AS_OF),
    Case("steady-load-sustained", UNKNOWN_YET, [cluster(), nodes(UNKNOWN)], limits=AS_OF),
    # 4 t4g.large: 4 x 2 x 30 %
    Case(
        "steady-load-sustained", FAIL, [cluster(), nodes(4.0)], "2.52 cores for long, burstable nodes have 2.4", AS_OF
    ),
    Case("steady-load-sustained", PASS, [cluster(), nodes(4.0)], limits={**AS_OF, "max_percent_of_baseline": 110}),
    Case("costs-known", PASS, [cluster()]),
    Case("costs-known", PASS, [DATABASE], limits={"accepted_types": [DATABASE.type]}),
    Case("costs-known", UNKNOWN_YET, [cluster(), nodes(UNKNOWN)]),
    Case("costs-known", FAIL, [DATABASE], "no rule prices this type"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_spending_rule(case: Case) -> None:
    check(case)


def test_prices_are_those_of_the_registered_provider_s_region() -> None:
    limits = BudgetLimits(usd_per_month=1, region="us-west-2")
    assert priced([cluster(), in_region("eu-west-1")], limits).region == "eu-west-1"
    assert priced([cluster(), in_region(UNKNOWN)], limits).region == "us-west-2"


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_load_is_that_of_the_settings(stack: str) -> None:
    config: dict[str, Any] = json.loads((policy_configs() / f"{stack}.json").read_text(encoding="utf-8"))["budget"]
    limits = BudgetLimits.model_validate_json(json.dumps(config))
    assert limits.load is not None
    per_second = f"{limits.load.workload.requests_per_second:g} requests/s"
    assert per_second in priced([cluster()], limits).load
