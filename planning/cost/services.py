"""Keys, log groups, alarms, secrets."""

from typing import NamedTuple

from planning.aws.types import CLUSTER, LOG_GROUP
from planning.capacity.ingest import DAYS_PER_MONTH
from planning.cost.bill import Bill
from planning.cost.compute import node_counts
from planning.cost.model import LineKind, QuantityBasis
from planning.cost.reading import text
from planning.registered import Resource, is_list, number

REQUESTS_PER_UNIT = 10_000
# AWS KMS pricing: the first and the second rotation of a key add its monthly price each, further ones nothing.
ROTATIONS_CHARGED = 2
# Amazon EKS User Guide, "Send control plane logs to CloudWatch Logs": the log group's name.
CLUSTER_LOG_GROUP = "/aws/eks/{name}/cluster"
# Where flow logs of a VPC go; what stands behind it is the stack.
FLOW_LOG_GROUPS, FLOW_LOG_CLASS = "/aws/vpc/flow-logs/", "INFREQUENT_ACCESS"
AUDIT, STANDARD = "audit", "STANDARD"


def price_key(key: Resource, bill: Bill) -> None:
    """A customer-managed KMS key; AWS's own keys are no resources."""
    bill.add(key, LineKind.KEY, "KMS key", 1, "kms.keys.customer_managed")
    if key.at("enableKeyRotation") is True:
        bill.add(
            key, LineKind.KEY, "rotated key material", ROTATIONS_CHARGED, "kms.keys.customer_managed",
            "the first two rotations are kept and charged like the key, later ones are free: from its third year on",
        )  # fmt: skip
    requests = bill.assumptions.kms_requests
    note = f"assumed {requests:,.0f} requests"
    bill.add(
        key, LineKind.KEY, "KMS requests", requests / REQUESTS_PER_UNIT, "kms.requests.symmetric", note,
        basis=QuantityBasis.ASSUMED,
    )  # fmt: skip


def price_cluster_logs(cluster: Resource, bill: Bill) -> None:
    """What a control plane sends to CloudWatch Logs; its log group is another resource, or made by EKS."""
    groups = [group for group in bill.of_type(LOG_GROUP) if _cluster_of(group, bill) is cluster]
    price = f"cloudwatch.logs_ingested.{_log_class(groups[0]) if groups else STANDARD}"
    logs = _cluster_logs(cluster, bill)
    kind = LineKind.LOGS
    bill.add(cluster, kind, "audit log", logs.audit_gb, price, logs.audit_note, basis=QuantityBasis.MEASURED)
    bill.add(cluster, kind, "other control-plane logs", logs.other_gb, price, f"assumed for {', '.join(logs.others)}")


class _ClusterLogs(NamedTuple):
    """What a control plane writes in a month."""

    audit_gb: float
    audit_note: str
    other_gb: float
    others: tuple[str, ...]


def _cluster_logs(cluster: Resource, bill: Bill) -> _ClusterLogs:
    enabled, assumed = cluster.at("enabledClusterLogTypes"), bill.assumptions
    types = [text(item) for item in enabled] if is_list(enabled) else []
    nodes = sum(count for _, count in node_counts(bill))
    others = tuple(name for name in types if name != AUDIT)
    audit = assumed.audit_log_gb + assumed.audit_log_gb_per_node * nodes if AUDIT in types else 0.0
    return _ClusterLogs(
        audit_gb=audit,
        audit_note=f"{assumed.audit_log_gb:g} GB, and {assumed.audit_log_gb_per_node:g} GB for each of {nodes:.3g} "
        "nodes",
        other_gb=assumed.other_control_plane_log_gb * len(others),
        others=others,
    )


def _log_class(group: Resource) -> str:
    return text(group.at("logGroupClass"), STANDARD)


def price_log_group(group: Resource, bill: Bill) -> None:
    """What lies in a log group, and what goes into it unless it is a control plane's, which is priced with it."""
    gigabytes, note = bill.assumptions.other_log_group_gb, "assumed"
    cluster = _cluster_of(group, bill)
    if text(group.at("name")).startswith(FLOW_LOG_GROUPS):
        gigabytes, note = _flow_log_gb(bill)
    if cluster is not None:
        logs = _cluster_logs(cluster, bill)
        gigabytes = logs.audit_gb + logs.other_gb
    else:
        key = f"cloudwatch.logs_ingested.{_log_class(group)}"
        bill.add(group, LineKind.LOGS, "log ingestion", gigabytes, key, note)
    retention = number(group.at("retentionInDays"))
    days = retention or bill.assumptions.unbounded_days
    kept = gigabytes * days / DAYS_PER_MONTH * bill.assumptions.log_compression
    bound = f"{days:g} days" if retention else f"no retention: counted for {days:g} days"
    bill.add(
        group, LineKind.LOGS, "log storage", kept, "cloudwatch.logs_stored.archived",
        f"{gigabytes:g} GB a month, {bound}, compressed to {bill.assumptions.log_compression:.0%}",
    )  # fmt: skip


def _flow_log_gb(bill: Bill) -> tuple[float, str]:
    each, nodes = bill.assumptions.flow_log_gb_per_node, sum(count for _, count in node_counts(bill))
    return each * nodes, f"assumed {each:g} GB for each of {nodes:.3g} nodes"


def _cluster_of(group: Resource, bill: Bill) -> Resource | None:
    """The cluster whose control plane writes to a log group."""
    name = text(group.at("name"))
    for cluster in bill.of_type(CLUSTER):
        if name == CLUSTER_LOG_GROUP.format(name=text(cluster.at("name"))):
            return cluster
    return None


def price_alarm(alarm: Resource, bill: Bill) -> None:
    """A CloudWatch alarm of standard resolution."""
    bill.add(alarm, LineKind.ALARM, "CloudWatch alarm", 1, "cloudwatch.alarms.standard")


def price_secret(secret: Resource, bill: Bill) -> None:
    """A secret in Secrets Manager."""
    bill.add(secret, LineKind.SECRET, "secret", 1, "secretsmanager.secrets.secret")
