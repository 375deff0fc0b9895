"""Nodes and the control plane: metadata service, and the audit log."""

import re
from collections.abc import Iterator, Sequence

from planning.aws.types import CLUSTER, INSTANCE, LAUNCH_TEMPLATE, NODE_CLASS, NODE_GROUP
from planning.cost.compute import instance_types
from planning.registered import UNKNOWN, Property, Resource, is_list, of_type, value_at
from policies.facts import whole
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, StackRule, Subject, Verdict, Violation

BURSTABLE = re.compile(r"t\d\w*\.")


class MetadataLimits(Limits):
    """How far the metadata service answers."""

    max_hops: int = 1
    """Network hops that its answer may travel; a pod is one hop further than its node."""


def _open_metadata(resource: Resource, limits: MetadataLimits) -> Iterator[Verdict]:
    if resource.type == NODE_GROUP:
        if resource.at("launchTemplate") is None:
            yield Violation("has no launchTemplate: EKS would make one that answers pods too (hop limit 2)")
        return
    where = "spec." if resource.type == NODE_CLASS else ""
    options = resource.at(*where.split(".")[:-1], "metadataOptions")
    if options is UNKNOWN:
        yield NotYetKnown(f"{where}metadataOptions")
    elif value_at(options, "httpEndpoint") != "disabled":
        yield from _answering_metadata(f"{where}metadataOptions", options, limits)


def _answering_metadata(where: str, options: Property, limits: MetadataLimits) -> Iterator[Verdict]:
    tokens = value_at(options, "httpTokens")
    hops = whole(value_at(options, "httpPutResponseHopLimit"))
    if tokens is UNKNOWN:
        yield NotYetKnown(f"{where}.httpTokens")
    elif tokens != "required":
        yield Violation(f'{where}.httpTokens is {tokens!r}; accepted: "required" (IMDSv2)')
    if hops is UNKNOWN:
        yield NotYetKnown(f"{where}.httpPutResponseHopLimit")
    elif hops is None or hops > limits.max_hops:
        yield Violation(
            f"{where}.httpPutResponseHopLimit is {'absent' if hops is None else hops}; "
            f"accepted: at most {limits.max_hops}, so that pods don't reach the node's credentials"
        )


METADATA_CLOSED = ResourceRule(
    id="metadata-closed",
    subject=Subject.SECURITY,
    title="Nodes answer metadata requests by IMDSv2 only, and only to themselves",
    why="A pod that reaches the metadata service takes the node's role; version 1 answers any forged request.",
    fix="Set httpTokens required and httpPutResponseHopLimit 1 in the launch template, as NodeGroups does.",
    types=(LAUNCH_TEMPLATE, INSTANCE, NODE_CLASS, NODE_GROUP),
    limits=MetadataLimits,
    check=_open_metadata,
)


def _credits_by_default(resources: Sequence[Resource], limits: Limits) -> Iterator[Verdict]:
    del limits
    for group in of_type(resources, NODE_GROUP):
        types = instance_types(group)
        if types is None:
            yield NotYetKnown("instanceTypes", group.urn)
        elif any(BURSTABLE.match(name) for name in types):
            yield from _credits_of(group, resources)


def _credits_of(group: Resource, resources: Sequence[Resource]) -> Iterator[Verdict]:
    sources = group.property_dependencies.get("launchTemplate", frozenset())
    names = [name for key in ("id", "name") if isinstance(name := group.at("launchTemplate", key), str)]
    for template in of_type(resources, LAUNCH_TEMPLATE):
        if template.urn in sources or template.at("id") in names or template.at("name") in names:
            chosen = template.at("creditSpecification", "cpuCredits")
            if chosen is UNKNOWN:
                yield NotYetKnown("creditSpecification.cpuCredits", template.urn)
                return
            if isinstance(chosen, str):
                return
    yield Violation(
        "its burstable nodes have no creditSpecification.cpuCredits in a launch template: T types are then unlimited, "
        "at 0.04 (T4g) or 0.05 USD for each vCPU-hour above the baseline; accepted: standard or unlimited, on purpose",
        group.urn,
    )


CREDITS_CHOSEN = StackRule(
    id="credits-chosen",
    subject=Subject.COST,
    title="Burstable nodes say what happens when their CPU credits are used up",
    why="Unlimited is the default of T3 and T4g: a busy stack is charged by the vCPU-hour, and no preview says so.",
    fix="Set node_groups.*.cpu_credits; NodeGroups writes it into the launch template.",
    types=(NODE_GROUP, LAUNCH_TEMPLATE),
    limits=Limits,
    check=_credits_by_default,
    severity=Severity.MEDIUM,
)


class AuditLimits(Limits):
    """Which control-plane logs."""

    required_logs: tuple[str, ...] = ("audit",)
    """Log types that the cluster must send to CloudWatch Logs."""


def _unaudited(cluster: Resource, limits: AuditLimits) -> Iterator[Verdict]:
    enabled = cluster.at("enabledClusterLogTypes")
    if enabled is UNKNOWN or (is_list(enabled) and UNKNOWN in enabled):
        yield NotYetKnown("enabledClusterLogTypes")
        return
    missing = [kind for kind in limits.required_logs if not is_list(enabled) or kind not in enabled]
    if missing:
        yield Violation(f"enabledClusterLogTypes lacks {', '.join(missing)}")


CONTROL_PLANE_AUDITED = ResourceRule(
    id="control-plane-audited",
    subject=Subject.SECURITY,
    title="The control plane writes the audit log that the stack must have",
    why="Without it nobody can say who changed or read what; audits of prod ask for it.",
    fix="Add the log type to cluster.control_plane_logs.",
    types=(CLUSTER,),
    limits=AuditLimits,
    check=_unaudited,
)
