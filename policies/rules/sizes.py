"""Sizes that the bill follows: nodes, instance types, volumes, NAT gateways, and what may grow by itself."""

from collections.abc import Iterator, Sequence

from planning.aws.types import (
    CLAIM,
    CLUSTER,
    EBS_DRIVER,
    INSTANCE,
    LAUNCH_TEMPLATE,
    NAT_GATEWAY,
    NODE_CLASS,
    NODE_GROUP,
    RELEASE,
    SCALING_GROUP,
    STORAGE_CLASS,
    VOLUME,
)
from planning.node_pool import pool_instance_types
from planning.registered import (
    UNKNOWN,
    Property,
    Resource,
    Unknown,
    is_list,
    is_table,
    number,
    of_type,
    tables,
    value_at,
)
from policies.facts import decimal, leaves, show, whole
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, StackRule, Subject, Verdict, Violation

NODE_POOLS = "kubernetes:karpenter.sh/*:NodePool"
POD_SCALER = "kubernetes:autoscaling/*:HorizontalPodAutoscaler"

# fmt: off
INSTANCE_SIZES = (
    "nano", "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
    "24xlarge", "32xlarge", "48xlarge", "metal",
)
# fmt: on


class NodeLimits(Limits):
    """How many nodes."""

    max_nodes: int
    """Most nodes that all node groups together may reach."""


def _too_many_nodes(resources: Sequence[Resource], limits: NodeLimits) -> Iterator[Verdict]:
    total, parts = 0, list[str]()
    for resource in sorted(resources, key=lambda item: item.name):
        most = _most_nodes(resource)
        if most is UNKNOWN:
            yield NotYetKnown("the largest size", resource.urn)
        elif most is None:
            yield Violation("has no largest size: the number of nodes has no bound", resource.urn)
        else:
            total += most
            parts.append(f"{resource.name} {most}")
    if total > limits.max_nodes:
        yield Violation(f"up to {total} nodes ({', '.join(parts)}); accepted: {limits.max_nodes}")


def _most_nodes(resource: Resource) -> int | Unknown | None:
    if resource.type == INSTANCE:
        return 1
    return whole(resource.at("maxSize") if resource.type == SCALING_GROUP else resource.at("scalingConfig", "maxSize"))


NODES_LIMITED = StackRule(
    id="nodes-limited",
    subject=Subject.COST,
    title="The stack's node groups stay within their number of nodes",
    why="Nodes are most of the bill, and autoscaling goes to the largest size on its own.",
    fix="Lower cluster.node_groups.*.max_nodes, or raise the limit in a review.",
    types=(NODE_GROUP, SCALING_GROUP, INSTANCE),
    limits=NodeLimits,
    check=_too_many_nodes,
)


class InstanceLimits(Limits):
    """Which instance types."""

    families: tuple[str, ...]
    """Accepted instance families, such as t4g."""
    max_size: str
    """Largest accepted size, such as xlarge."""


def _unaccepted_instances(resource: Resource, limits: InstanceLimits) -> Iterator[Verdict]:
    of_pool = pool_instance_types(resource) if resource.type.endswith(":NodePool") else None
    for key, value in (
        ("instanceTypes", resource.at("instanceTypes")),
        ("instanceType", resource.at("instanceType")),
        ("spec.template.spec.requirements", of_pool),
    ):
        for instance_type in value if is_list(value) else () if value is None else (value,):
            if instance_type is UNKNOWN:
                yield NotYetKnown(key)
            elif problem := _instance_problem(str(instance_type), limits):
                yield Violation(f"{key} holds {instance_type}: {problem}")


def _instance_problem(instance_type: str, limits: InstanceLimits) -> str | None:
    family, _, size = instance_type.partition(".")
    if family not in limits.families:
        return f"family {family} is not accepted; accepted: {', '.join(limits.families)}"
    # A size that this list doesn't know is larger than all: new sizes have always been.
    rank = INSTANCE_SIZES.index(size) if size in INSTANCE_SIZES else len(INSTANCE_SIZES)
    if rank > INSTANCE_SIZES.index(limits.max_size):
        return f"larger than {limits.max_size}"
    return None


INSTANCES_LIMITED = ResourceRule(
    id="instances-limited",
    subject=Subject.COST,
    title="Nodes are of the families and sizes that the stack was planned with",
    why="One size up doubles a node's price; another family changes architecture and price together.",
    fix="Choose instance_types from the accepted families and sizes, or change the limit in a review.",
    types=(NODE_GROUP, INSTANCE, LAUNCH_TEMPLATE, NODE_POOLS),
    limits=InstanceLimits,
    check=_unaccepted_instances,
)


class GatewayLimits(Limits):
    """How many NAT gateways."""

    max_nat_gateways: int
    """NAT gateways that the stack may have; each costs about 33 USD a month plus traffic."""


def _nat_gateways(resources: Sequence[Resource], limits: GatewayLimits) -> Iterator[Verdict]:
    named = sorted(of_type(resources, NAT_GATEWAY), key=lambda gateway: gateway.name)
    gateways = [gateway for gateway in named if gateway.at("connectivityType") != "private"]
    public = [gateway for gateway in gateways if gateway.at("connectivityType") is not UNKNOWN]
    if len(public) > limits.max_nat_gateways:
        names = ", ".join(gateway.name for gateway in public)
        yield Violation(f"NAT gateways: {len(public)} ({names}); accepted: {limits.max_nat_gateways}", public[-1].urn)
    elif len(gateways) > limits.max_nat_gateways:
        yield NotYetKnown("connectivityType", gateways[-1].urn)


NAT_LIMITED = StackRule(
    id="nat-limited",
    subject=Subject.COST,
    title="The stack has no more NAT gateways than it was planned with",
    why="Each costs about 33 USD a month plus 0.045 USD a GB, and an address; three are a quarter of prod's budget.",
    fix="Set network.nat to one or none.",
    types=(NAT_GATEWAY,),
    limits=GatewayLimits,
    check=_nat_gateways,
)


class VolumeLimits(Limits):
    """Which volumes."""

    volume_types: tuple[str, ...] = ("gp3",)
    """Accepted EBS volume types."""
    max_root_gib: int
    """Largest root volume of a node, in GiB."""
    max_data_gib: int
    """Largest data volume, in GiB."""
    max_iops: int = 3000
    """Most provisioned IOPS of a volume; gp3 has 3000 for nothing."""
    max_throughput_mib: int = 125
    """Most provisioned throughput of a volume, in MiB/s; gp3 has 125 for nothing."""


def _unaccepted_volumes(resource: Resource, limits: VolumeLimits) -> Iterator[Verdict]:
    if resource.type == LAUNCH_TEMPLATE:
        for index, mapping in tables(resource.at("blockDeviceMappings")):
            ebs, what = value_at(mapping, "ebs"), f"blockDeviceMappings[{index}].ebs."
            yield from _volume_problems(what, ebs, "volumeType", "volumeSize", limits.max_root_gib, limits)
    elif resource.type == NODE_CLASS:
        for index, mapping in tables(resource.at("spec", "blockDeviceMappings")):
            what, ebs = f"spec.blockDeviceMappings[{index}].ebs.volumeSize", value_at(mapping, "ebs", "volumeSize")
            yield from _at_most(what, gib_of(ebs), limits.max_root_gib, "GiB")
    elif resource.type == VOLUME:
        yield from _volume_problems("", resource.properties, "type", "size", limits.max_data_gib, limits)
    elif resource.type == STORAGE_CLASS:
        if resource.at("provisioner") == EBS_DRIVER:
            parameters = resource.at("parameters")
            yield from _volume_problems("parameters.", parameters, "type", "size", limits.max_data_gib, limits)
    elif resource.type == CLAIM:
        size = resource.at("spec", "resources", "requests", "storage")
        yield from _at_most("spec.resources.requests.storage", gib_of(size), limits.max_data_gib, "GiB")
    else:
        yield from _unaccepted_claims(resource, limits)


def _volume_problems(
    what: str, volume: Property, type_key: str, size_key: str, max_gib: int, limits: VolumeLimits
) -> Iterator[Verdict]:
    kind = value_at(volume, type_key)
    if kind is UNKNOWN:
        yield NotYetKnown(f"{what}{type_key}")
    elif kind not in limits.volume_types:
        accepted = ", ".join(limits.volume_types)
        yield Violation(f"{what}{type_key} is {kind or 'absent, which means gp2'}; accepted: {accepted}")
    for key, most, unit in (
        (size_key, max_gib, "GiB"),
        ("iops", limits.max_iops, "IOPS"),
        ("throughput", limits.max_throughput_mib, "MiB/s"),
    ):
        yield from _at_most(f"{what}{key}", decimal(value_at(volume, key)), most, unit)


def _unaccepted_claims(release: Resource, limits: VolumeLimits) -> Iterator[Verdict]:
    """The volumes that a chart's StatefulSets claim: its values name them persistence or persistentVolume."""
    for path, value in leaves(release.at("values"), ("values",)):
        if is_table(value) and path[-1] in ("persistence", "persistentVolume"):
            yield from _at_most(show((*path, "size")), gib_of(value.get("size")), limits.max_data_gib, "GiB")


def _at_most(what: str, value: float | Unknown | None, most: int, unit: str) -> Iterator[Verdict]:
    if value is UNKNOWN:
        yield NotYetKnown(what)
    elif value is not None and value > most:
        yield Violation(f"{what} is {value:g} {unit}; accepted: at most {most} {unit}")


_BYTES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "": 1}


def gib_of(quantity: Property) -> float | Unknown | None:
    """A Kubernetes quantity of bytes in GiB; None for what is none."""
    if quantity is UNKNOWN:
        return UNKNOWN
    text = str(quantity)
    number = text.rstrip("KMGTki")
    factor = _BYTES.get(text[len(number) :])
    amount = decimal(number)
    return None if factor is None or amount is None or amount is UNKNOWN else amount * factor / 2**30


VOLUMES_LIMITED = ResourceRule(
    id="volumes-limited",
    subject=Subject.COST,
    title="Volumes are gp3 and within their size",
    why="gp3 is a fifth cheaper than gp2, and io2 ten times dearer; a volume can be grown but never shrunk.",
    fix="Use gp3, and choose root_volume_gib and volume_gib within the limit.",
    types=(LAUNCH_TEMPLATE, NODE_CLASS, VOLUME, STORAGE_CLASS, CLAIM, RELEASE),
    limits=VolumeLimits,
    check=_unaccepted_volumes,
    severity=Severity.MEDIUM,
)


class GrowthLimits(Limits):
    """What may grow by itself."""

    max_replicas: int = 6
    """Most pods that a pod autoscaler may reach."""


def _unbounded(resource: Resource, limits: GrowthLimits) -> Iterator[Verdict]:
    if resource.type == CLUSTER:
        yield from _auto_mode(resource)
    elif resource.type == RELEASE:
        for path, value in leaves(resource.at("values"), ("values",)):
            if is_table(value) and path[-1].lower().endswith("autoscaling") and value.get("enabled") is True:
                most = value.get("maxReplicas", value.get("maxReplicaCount"))
                yield from _bounded(show((*path, "maxReplicas")), whole(most), limits.max_replicas)
    elif resource.type.endswith(":HorizontalPodAutoscaler"):
        yield from _bounded("spec.maxReplicas", whole(resource.at("spec", "maxReplicas")), limits.max_replicas)
    else:
        yield from _pool(resource)


def _pool(pool: Resource) -> Iterator[Verdict]:
    """Whether a pool's largest bill is known; that it fits is the budget's to say."""
    cores = pool.at("spec", "limits", "cpu")
    if cores is UNKNOWN:
        yield NotYetKnown("spec.limits.cpu")
    elif pool.at("spec", "limits") is None:
        yield Violation("spec.limits is absent: Karpenter would start nodes without a bound")
    elif number(cores) is None:
        yield Violation(f"spec.limits.cpu is {cores or 'absent'}; accepted: a number of cores, as the bound is one")


def _auto_mode(cluster: Resource) -> Iterator[Verdict]:
    enabled = cluster.at("computeConfig", "enabled")
    if enabled is UNKNOWN:
        yield NotYetKnown("computeConfig.enabled")
    elif enabled is True:
        yield Violation("computeConfig.enabled is true: EKS Auto Mode starts nodes without a bound, at 12 % more")


def _bounded(what: str, value: int | Unknown | None, most: int) -> Iterator[Verdict]:
    if value is UNKNOWN:
        yield NotYetKnown(what)
    elif value is None or value > most:
        yield Violation(f"{what} is {'absent' if value is None else value}; accepted: at most {most}")


AUTOSCALING_BOUNDED = ResourceRule(
    id="autoscaling-bounded",
    subject=Subject.COST,
    title="Whatever scales by itself has a bound",
    why="A loop in a client, or an attack, would otherwise be answered with nodes until somebody reads the bill.",
    fix="Give the autoscaler a largest size within the limit.",
    types=(CLUSTER, NODE_POOLS, POD_SCALER, RELEASE),
    limits=GrowthLimits,
    check=_unbounded,
)
