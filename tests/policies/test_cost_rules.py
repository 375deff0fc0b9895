"""Limits on what the bill follows: versions, nodes, volumes, gateways, autoscaling, and tiers that must pay."""

from collections.abc import Sequence

import pytest

from planning.aws.types import (
    CLUSTER,
    LAUNCH_TEMPLATE,
    NAT_GATEWAY,
    NODE_CLASS,
    NODE_GROUP,
    NODE_POOL,
    RELEASE,
    STORAGE_CLASS,
    VOLUME,
)
from planning.node_pool import INSTANCE_TYPE_LABEL
from planning.registered import UNKNOWN, Property, Resource
from policies.rules.sizes import gib_of
from policies.rules.transitions import life_cost
from tests.policies.buckets import bucket_with, moves_rule
from tests.policies.cases import FAIL, PASS, UNKNOWN_YET, Case, check, resource

POD_SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"


def cluster(version: Property, support: Property = "STANDARD") -> list[Resource]:
    return [resource(CLUSTER, {"version": version, "upgradePolicy": {"supportType": support}})]


def node_group(most: Property, *types: Property, name: str = "spot") -> Resource:
    return resource(NODE_GROUP, {"instanceTypes": list(types), "scalingConfig": {"maxSize": most}}, name)


def pool(*types: Property) -> Resource:
    requirement: Property = {"key": INSTANCE_TYPE_LABEL, "operator": "In", "values": list(types)}
    return resource(NODE_POOL, {"spec": {"template": {"spec": {"requirements": [requirement]}}}})


def pool_class(size: Property) -> Resource:
    ebs: Property = {"volumeType": "gp3", "volumeSize": size}
    return resource(NODE_CLASS, {"spec": {"blockDeviceMappings": [{"ebs": ebs}]}})


def credits(chosen: Property, *types: Property, known_by: str = "name") -> list[Resource]:
    """A group whose template is known by its name or id."""
    template: dict[str, Property] = {known_by: "nodes", "creditSpecification": {"cpuCredits": chosen}}
    group: dict[str, Property] = {"instanceTypes": list(types), "launchTemplate": {known_by: "nodes"}}
    return [resource(LAUNCH_TEMPLATE, template, "nodes"), resource(NODE_GROUP, group, "nodes")]


def root_volume(**ebs: Property) -> list[Resource]:
    volume: Property = {"volumeType": "gp3", "volumeSize": 40.0, "encrypted": "true", **ebs}
    return [resource(LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": volume}]})]


def values(**table: Property) -> list[Resource]:
    return [resource(RELEASE, {"chart": "loki", "values": table}, "loki")]


def gateways(count: int, connectivity: Property = None) -> list[Resource]:
    return [resource(NAT_GATEWAY, {"connectivityType": connectivity}, f"nat-{number}") for number in range(count)]


SUPPORT = "cluster-in-standard-support"
IN_NOVEMBER = {"as_of": "2026-11-24"}
LITERAL_LOGS = bucket_with("loki-chunks", moves_rule({"STANDARD_IA": 3, "GLACIER": 7}, 21, "fake/"))
CASES: Sequence[Case] = (
    Case(SUPPORT, PASS, cluster("1.35"), limits=IN_NOVEMBER),
    Case(SUPPORT, PASS, cluster("1.40"), limits=IN_NOVEMBER),
    Case(SUPPORT, UNKNOWN_YET, cluster(UNKNOWN), limits=IN_NOVEMBER),
    Case(SUPPORT, UNKNOWN_YET, cluster("1.35", UNKNOWN), limits=IN_NOVEMBER),
    Case(SUPPORT, FAIL, cluster("1.33"), "left standard support by 2026-07-29: 438 USD", IN_NOVEMBER),
    Case(SUPPORT, FAIL, cluster("1.29"), "438 USD", IN_NOVEMBER),
    Case(SUPPORT, FAIL, cluster("latest"), "accepted: a minor version", IN_NOVEMBER),
    Case(SUPPORT, FAIL, cluster(None), "absent", IN_NOVEMBER),
    Case(SUPPORT, FAIL, cluster("1.35", "EXTENDED"), "accepted: STANDARD", IN_NOVEMBER),
    Case(SUPPORT, FAIL, cluster("1.35", None), "absent, which means EXTENDED", IN_NOVEMBER),
    Case(SUPPORT, PASS, cluster("1.34"), limits=IN_NOVEMBER),
    Case(SUPPORT, FAIL, cluster("1.34"), "leaves standard support", {**IN_NOVEMBER, "min_days_left": 30}),
    Case(SUPPORT, FAIL, cluster("1.34"), "left standard support", {"as_of": "2026-12-03"}),
    Case("nodes-limited", PASS, [node_group(4.0), node_group(2.0, name="on-demand")]),
    Case("nodes-limited", UNKNOWN_YET, [node_group(UNKNOWN)]),
    Case("nodes-limited", FAIL, [node_group(4.0), node_group(3.0, name="big")], "up to 7 nodes (big 3, spot 4)"),
    Case("nodes-limited", FAIL, [node_group(None)], "no bound"),
    Case("instances-limited", PASS, [node_group(1, "t4g.large", "t4g.medium")]),
    Case("instances-limited", UNKNOWN_YET, [node_group(1, UNKNOWN)]),
    Case("instances-limited", FAIL, [node_group(1, "m7g.4xlarge")], "family m7g is not accepted; accepted: t4g"),
    Case("instances-limited", FAIL, [node_group(1, "t4g.4xlarge")], "larger than 2xlarge"),
    Case("instances-limited", FAIL, [node_group(1, "t4g.96xlarge")], "larger than 2xlarge"),
    Case("instances-limited", FAIL, [resource("aws:ec2/instance:Instance", {"instanceType": "p5.48xlarge"})], "p5"),
    Case("instances-limited", FAIL, [pool("m7g.large")], "requirements holds m7g.large: family m7g is not accepted"),
    Case("instances-limited", PASS, [pool("t4g.large")]),
    Case("credits-chosen", PASS, credits("standard", "t4g.medium")),
    Case("credits-chosen", PASS, credits("standard", "t4g.medium", known_by="id")),
    Case("credits-chosen", PASS, credits("unlimited", "t4g.medium", "t4g.large")),
    Case("credits-chosen", PASS, credits(None, "m7g.large")),
    Case("credits-chosen", UNKNOWN_YET, credits(UNKNOWN, "t4g.medium")),
    Case("credits-chosen", FAIL, credits(None, "t4g.medium"), "T types are then unlimited"),
    Case("credits-chosen", FAIL, credits(None, "m7g.large", "t3.large"), "accepted: standard or unlimited"),
    Case("nat-limited", PASS, gateways(1)),
    Case("nat-limited", PASS, gateways(3, "private")),
    Case("nat-limited", UNKNOWN_YET, gateways(2, UNKNOWN)),
    Case("nat-limited", FAIL, gateways(3), "NAT gateways: 3 (nat-0, nat-1, nat-2); accepted: 1"),
    Case("nat-limited", FAIL, gateways(1), "accepted: 0", {"max_nat_gateways": 0}),
    Case("volumes-limited", PASS, root_volume()),
    Case("volumes-limited", UNKNOWN_YET, root_volume(volumeType=UNKNOWN)),
    Case("volumes-limited", UNKNOWN_YET, root_volume(volumeSize=UNKNOWN)),
    Case("volumes-limited", FAIL, root_volume(volumeType="io2"), "volumeType is io2; accepted: gp3"),
    Case("volumes-limited", FAIL, root_volume(volumeType=None), "absent, which means gp2"),
    Case("volumes-limited", FAIL, root_volume(volumeSize=500), "500 GiB; accepted: at most 40 GiB"),
    Case("volumes-limited", FAIL, root_volume(iops=16000), "16000 IOPS"),
    Case("volumes-limited", FAIL, [pool_class("500Gi")], "ebs.volumeSize is 500 GiB; accepted: at most 40 GiB"),
    Case("volumes-limited", PASS, [pool_class("40Gi")]),
    Case("volumes-limited", FAIL, [resource(VOLUME, {"type": "gp3", "size": 900})], "900 GiB"),
    Case("volumes-limited", PASS, [resource(STORAGE_CLASS, {"provisioner": "rancher.io/local-path"})]),
    Case(
        "volumes-limited",
        FAIL,
        [resource(STORAGE_CLASS, {"provisioner": "ebs.csi.aws.com", "parameters": {"type": "gp2"}})],
        "parameters.type is gp2",
    ),
    Case("volumes-limited", PASS, values(singleBinary={"persistence": {"size": "50Gi"}})),
    Case("volumes-limited", FAIL, values(singleBinary={"persistence": {"size": "1Ti"}}), "1024 GiB"),
    Case("volumes-limited", FAIL, values(ingester={"persistentVolume": {"size": "200Gi"}}), "200 GiB"),
    Case("volumes-limited", UNKNOWN_YET, values(persistence={"size": UNKNOWN})),
    Case(
        "volumes-limited",
        FAIL,
        [resource(CLAIM, {"spec": {"resources": {"requests": {"storage": "2Ti"}}}})],
        "2048 GiB",
    ),
    Case("autoscaling-bounded", PASS, [resource(POD_SCALER, {"spec": {"maxReplicas": 4.0}})]),
    Case("autoscaling-bounded", UNKNOWN_YET, [resource(POD_SCALER, {"spec": {"maxReplicas": UNKNOWN}})]),
    Case("autoscaling-bounded", FAIL, [resource(POD_SCALER, {"spec": {"maxReplicas": 400.0}})], "400; accepted"),
    Case("autoscaling-bounded", FAIL, [resource(POD_SCALER, {"spec": {}})], "absent"),
    Case("autoscaling-bounded", PASS, values(querier={"autoscaling": {"enabled": False, "maxReplicas": 99}})),
    Case("autoscaling-bounded", FAIL, values(querier={"autoscaling": {"enabled": True, "maxReplicas": 99}}), "99"),
    Case("autoscaling-bounded", FAIL, values(querier={"kedaAutoscaling": {"enabled": True}}), "absent"),
    Case("autoscaling-bounded", PASS, [resource(NODE_POOL, {"spec": {"limits": {"cpu": 16}}})]),
    Case("autoscaling-bounded", FAIL, [resource(NODE_POOL, {"spec": {}})], "without a bound"),
    Case("autoscaling-bounded", PASS, [resource(NODE_POOL, {"spec": {"limits": {"cpu": "16"}}})]),
    Case("autoscaling-bounded", UNKNOWN_YET, [resource(NODE_POOL, {"spec": {"limits": UNKNOWN}})]),
    Case("autoscaling-bounded", FAIL, [resource(NODE_POOL, {"spec": {"limits": {"memory": "64Gi"}}})], "cpu is absent"),
    Case("autoscaling-bounded", FAIL, [resource(NODE_POOL, {"spec": {"limits": {"cpu": "4000m"}}})], "cpu is 4000m"),
    Case("autoscaling-bounded", FAIL, [resource(CLUSTER, {"computeConfig": {"enabled": True}})], "Auto Mode"),
    Case("transitions-pay", PASS, bucket_with("mimir-blocks", moves_rule({"GLACIER_IR": 30}, 97, "blocks/"))),
    Case("transitions-pay", PASS, bucket_with("loki-chunks", moves_rule({}, 21, "fake/"))),
    Case("transitions-pay", PASS, bucket_with("audit-archive", moves_rule({"STANDARD_IA": 30, "GLACIER": 90}, 2557))),
    Case("transitions-pay", UNKNOWN_YET, bucket_with("loki-chunks", UNKNOWN)),
    Case(
        "transitions-pay", FAIL, LITERAL_LOGS, "1.043 USD a month for each GiB a day that lives 14 days, STANDARD alone"
    ),
    Case("transitions-pay", FAIL, LITERAL_LOGS, "STANDARD_IA bills 30 days and would be used for 4"),
    Case("transitions-pay", FAIL, bucket_with("tempo-traces", moves_rule({"STANDARD_IA": 1}, 14)), "used for 6"),
    Case("transitions-pay", FAIL, bucket_with("other", moves_rule({"GLACIER": 85}, 95)), "would be used for 10"),
    Case("transitions-pay", FAIL, bucket_with("other", moves_rule({"GLACIER": 2}, 10)), "GLACIER bills 90 days"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cost_rule(case: Case) -> None:
    check(case)


def test_price_of_a_life_in_standard_is_the_published_arithmetic() -> None:
    # 14 days of 0.023 USD a GiB-month for a GiB a day, and 200 PUTs a day at 0.005 USD a thousand.
    assert life_cost((), 14, 200) == pytest.approx(14 * 0.023 + 200 * 30 / 1000 * 0.005)


@pytest.mark.parametrize(
    ("quantity", "gib"),
    [("50Gi", 50), ("1Ti", 1024), ("512Mi", 0.5), ("1073741824", 1), ("1G", 10**9 / 2**30), ("x", None)],
)
def test_kubernetes_quantities(quantity: str, gib: float | None) -> None:
    assert gib_of(quantity) == gib
