"""The resources that cost something, as a stack's settings would register them: without the engine and its preview.

Values of releases come from the functions that the program itself calls, so volumes, replicas and compression can't
differ. Tests hold the sum against recorded previews.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from planning.aws.lifecycle import to_provider
from planning.aws.types import (
    BUCKET,
    CLUSTER,
    ELASTIC_IP,
    EXISTING_NETWORK,
    INGRESS,
    KEY,
    LAUNCH_TEMPLATE,
    LIFECYCLE,
    LOG_GROUP,
    NAT_GATEWAY,
    NODE_GROUP,
    RELEASE,
    SCHEDULE,
    SNAPSHOT_POLICY,
    SUBNET,
    VERSIONING,
)
from planning.backends import backends_of
from planning.buckets import ACCESS_LOGS, BucketPurpose
from planning.cost.services import FLOW_LOG_CLASS, FLOW_LOG_GROUPS
from planning.registered import Resource
from planning.retention import HOURS_PER_DAY
from planning.schedule import UPDATE_NODE_GROUP, cron_expression, node_group_request
from planning.tiers.compiler import access_log_rules
from settings.models.cluster import CapacityType, EksCluster, ExistingCluster, NodeGroup, SharedCluster
from settings.models.names import Names
from settings.models.network import NatMode
from settings.models.platform import PlatformSettings
from settings.rules.schedule import nodes_outside_hours, scheduled_groups
from telemetry.backends import values_of
from telemetry.charts.grafana import grafana_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.kubernetes.grafana_ingress import grafana_ingress
from telemetry.kubernetes.placement import placement_for

STORAGE_CLASS = "gp3"
# What this module stands in for; anything else that a preview shows is somebody's addition.
EXPECTED_TYPES = frozenset(
    {
        INGRESS,
        BUCKET,
        LIFECYCLE,
        CLUSTER,
        NODE_GROUP,
        LAUNCH_TEMPLATE,
        SUBNET,
        NAT_GATEWAY,
        ELASTIC_IP,
        KEY,
        LOG_GROUP,
        RELEASE,
    }
)
# Zones of a tenant stack's nodes where its owner's file isn't here.
TENANT_STACK_ZONES = 3


def expected_resources(settings: PlatformSettings, stack: str, owner: PlatformSettings | None) -> tuple[Resource, ...]:
    """What the stack would register that costs something; a tenant stack's nodes are in its owner's zones."""
    found = [*_releases(settings, stack), *_address(settings)]
    if settings.on_aws:
        found += [*_buckets(settings), *_cluster(settings, stack), *_network(settings, stack)]
        found += [*_node_groups(settings, stack, owner), *_schedules(settings, stack)]
    return tuple(found)


def _resource(component: str, type_token: str, name: str, properties: Mapping[str, Any]) -> Resource:
    urn = f"urn:pulumi:expected::lgtm::lgtm:components:{component}${type_token}::{name}"
    return Resource(type_token, name, urn, properties)


def _releases(settings: PlatformSettings, stack: str) -> Iterator[Resource]:
    buckets = {purpose: f"{Names(project=settings.project, stack=stack).prefix}-{purpose}" for purpose in BucketPurpose}
    storage = ObjectStorage(buckets=buckets, region=settings.region, endpoint="s3")
    placement = placement_for(settings, stack)
    values = {
        (one.title, one.name, one.chart): values_of(one, settings, storage, placement, STORAGE_CLASS).to_values()
        for one in backends_of(settings.retention)
    } | {
        ("Grafana", "grafana", "grafana"): grafana_values(settings, placement, STORAGE_CLASS).to_values(),
        ("Collector", "collector-gateway", "opentelemetry-collector"): {},
    }
    for (component, name, chart), one in values.items():
        yield _resource(component, RELEASE, name, {"chart": chart, "values": one})


def _address(settings: PlatformSettings) -> Iterator[Resource]:
    ingress = grafana_ingress(settings, {})
    if ingress is not None:
        properties = {"metadata": {"annotations": ingress.annotations}, "spec": ingress.spec}
        yield _resource("GrafanaAddress", INGRESS, "grafana-address", properties)


def _buckets(settings: PlatformSettings) -> Iterator[Resource]:
    for purpose, plan in settings.tier_plans.items():
        name = f"storage-{purpose}"
        yield _resource("TierBuckets", BUCKET, name, {"tags": {"purpose": purpose.value}})
        yield _resource("TierBuckets", LIFECYCLE, name, {"rules": [to_provider(rule) for rule in plan.rules]})
        if plan.versioned:
            yield _resource("TierBuckets", VERSIONING, name, {"versioningConfiguration": {"status": "Enabled"}})
    if (days := settings.storage.access_log_days) is not None:
        name, rules = f"storage-{ACCESS_LOGS}", [to_provider(rule) for rule in access_log_rules(days)]
        yield _resource("AccessLogs", BUCKET, name, {"tags": {"purpose": ACCESS_LOGS}})
        yield _resource("AccessLogs", LIFECYCLE, name, {"rules": rules})
    if settings.backup.volume_snapshot_days is not None:
        schedule = {
            "createRule": {"interval": HOURS_PER_DAY, "intervalUnit": "HOURS"},
            "retainRule": {"interval": settings.backup.volume_snapshot_days, "intervalUnit": "DAYS"},
        }
        yield _resource("VolumeSnapshots", SNAPSHOT_POLICY, "snapshots", {"policyDetails": {"schedules": [schedule]}})
    if settings.storage.encryption == "sse_kms":
        yield _resource("EncryptionKey", KEY, "storage-objects", {"enableKeyRotation": True})


def _cluster(settings: PlatformSettings, stack: str) -> Iterator[Resource]:
    cluster = settings.cluster
    if not isinstance(cluster, EksCluster):
        return
    names = Names(project=settings.project, stack=stack)
    properties = {
        "name": names.cluster,
        "version": cluster.kubernetes_version,
        "upgradePolicy": {"supportType": "STANDARD"},
        "enabledClusterLogTypes": list(cluster.control_plane_logs),
    }
    yield _resource("EksCluster", CLUSTER, "cluster", properties)
    yield _resource("EncryptionKey", KEY, "cluster-secrets", {"enableKeyRotation": True})
    if cluster.control_plane_logs:
        logs = {
            "name": names.log_group,
            "retentionInDays": cluster.log_retention_days,
            "logGroupClass": cluster.log_class.upper(),
        }
        yield _resource("EksCluster", LOG_GROUP, "cluster-logs", logs)


def _network(settings: PlatformSettings, stack: str) -> Iterator[Resource]:
    network = settings.network
    if network is None:
        return
    if network.own is None:
        yield _resource("ExistingNetwork", EXISTING_NETWORK, "network", {})
        return
    public = {"mapPublicIpOnLaunch": network.own.nat is NatMode.NONE}
    for number in range(network.own.zones):
        yield _resource("Network", SUBNET, f"network-public-{number}", public)
    for letter in "abc"[: network.nat_gateways]:
        yield _resource("Network", NAT_GATEWAY, f"network-nat-{letter}", {})
        yield _resource("Network", ELASTIC_IP, f"network-nat-{letter}", {"domain": "vpc"})
    if network.flow_log_days is not None:
        logs = {
            "name": f"{FLOW_LOG_GROUPS}{Names(project=settings.project, stack=stack).prefix}",
            "retentionInDays": network.flow_log_days,
            "logGroupClass": FLOW_LOG_CLASS,
        }
        yield _resource("FlowLogs", LOG_GROUP, "network-flow-logs", logs)


def _node_groups(settings: PlatformSettings, stack: str, owner: PlatformSettings | None) -> Iterator[Resource]:
    cluster = settings.cluster
    if isinstance(cluster, ExistingCluster):
        return
    tenant_stack = isinstance(cluster, SharedCluster)
    network = settings.network or (owner and owner.network)
    zones = network.most_zones if network else TENANT_STACK_ZONES
    version = "" if isinstance(cluster, SharedCluster) else cluster.kubernetes_version
    scheduled = scheduled_groups(settings)
    for key, group in cluster.node_groups.items():
        name = f"{stack}-{key}"
        subnets = [f"{'owner' if tenant_stack else 'own'}-subnet-{number}" for number in range(zones)]
        template = _resource("NodeGroups", LAUNCH_TEMPLATE, name, _template(group))
        nodes = _resource("NodeGroups", NODE_GROUP, name, _node_group(group, subnets, version))
        yield template
        if key in scheduled:
            nodes = replace(nodes, properties={**nodes.properties, "nodeGroupName": name, "subnetIds": subnets[:1]})
        yield replace(nodes, property_dependencies={"launchTemplate": frozenset({template.urn})})


def _schedules(settings: PlatformSettings, stack: str) -> Iterator[Resource]:
    """The cluster's name isn't priced, so any does."""
    for key, group in scheduled_groups(settings).items():
        for number, hours in enumerate(settings.schedule.hours if settings.schedule else ()):
            for moment, when, nodes in (
                ("start", hours.start, group.nodes),
                ("end", hours.end, nodes_outside_hours(settings, key)),
            ):
                target = {
                    "arn": f"arn:aws:scheduler:::{UPDATE_NODE_GROUP}",
                    "input": node_group_request("cluster", f"{stack}-{key}", nodes, 0),
                }
                properties = {"scheduleExpression": cron_expression(hours.days, when), "target": target}
                yield _resource("WorkingHours", SCHEDULE, f"{stack}-{key}-{moment}-{number}", properties)


def _node_group(group: NodeGroup, subnets: list[str], version: str) -> Mapping[str, Any]:
    return {
        "capacityType": "SPOT" if group.capacity_type is CapacityType.SPOT else "ON_DEMAND",
        "instanceTypes": list(group.instance_types),
        "scalingConfig": {"desiredSize": group.nodes, "minSize": group.min_nodes, "maxSize": group.max_nodes},
        "subnetIds": subnets,
        "launchTemplate": {},
        "version": version,
    }


def _template(group: NodeGroup) -> Mapping[str, Any]:
    root = {"volumeSize": group.root_volume_gib, "volumeType": "gp3"}
    template: dict[str, Any] = {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": root}]}
    if group.burstable:
        template["creditSpecification"] = {"cpuCredits": group.cpu_credits.value}
    return template
