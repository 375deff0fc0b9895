"""Keys, log groups, alarms, secrets."""

from planning.aws.types import CLUSTER
from planning.cost.bill import Bill
from planning.cost.compute import node_counts
from planning.cost.model import LineKind
from planning.cost.reading import text
from planning.registered import Resource, is_list, number

REQUESTS_PER_UNIT = 10_000
DAYS_PER_MONTH = 365 / 12
# Amazon EKS User Guide, "Send control plane logs to CloudWatch Logs": the log group's name.
CLUSTER_LOG_GROUP = "/aws/eks/{name}/cluster"
AUDIT = "audit"


def price_key(key: Resource, bill: Bill) -> None:
    """A customer-managed KMS key; AWS's own keys are no resources."""
    note = "the first and the second rotation add 1 USD a month each" if key.at("enableKeyRotation") is True else ""
    bill.add(key, LineKind.KEY, "KMS key", 1, "kms.keys.customer_managed", note)
    requests = bill.assumptions.kms_requests
    note = f"assumed {requests:,.0f} requests"
    bill.add(key, LineKind.KEY, "KMS requests", requests / REQUESTS_PER_UNIT, "kms.requests.symmetric", note)


def price_cluster_logs(cluster: Resource, bill: Bill) -> None:
    """What a control plane sends to CloudWatch Logs; its log group is another resource, or made by EKS."""
    gigabytes, note = _cluster_log_gb(cluster, bill)
    bill.add(cluster, LineKind.LOGS, "control-plane logs", gigabytes, "cloudwatch.logs_ingested.STANDARD", note)


def _cluster_log_gb(cluster: Resource, bill: Bill) -> tuple[float, str]:
    enabled = cluster.at("enabledClusterLogTypes")
    types = [text(item) for item in enabled] if is_list(enabled) else []
    nodes = sum(count for _, count in node_counts(bill))
    audit = bill.assumptions.audit_log_gb_per_node * nodes if AUDIT in types else 0.0
    others = bill.assumptions.other_control_plane_log_gb * sum(name != AUDIT for name in types)
    return audit + others, f"assumed for {', '.join(types)} and {nodes:g} nodes" if types else ""


def price_log_group(group: Resource, bill: Bill) -> None:
    """What lies in a log group, and what goes into it unless it is a control plane's, which is priced with it."""
    log_class = text(group.at("logGroupClass"), "STANDARD")
    gigabytes, note = bill.assumptions.other_log_group_gb, "assumed"
    cluster = _cluster_of(group, bill)
    if cluster is not None:
        gigabytes, note = _cluster_log_gb(cluster, bill)
    else:
        key = f"cloudwatch.logs_ingested.{log_class}"
        bill.add(group, LineKind.LOGS, "log ingestion", gigabytes, key, note)
    retention = number(group.at("retentionInDays"))
    days = retention or bill.assumptions.unbounded_days
    kept = gigabytes * days / DAYS_PER_MONTH * bill.assumptions.log_compression
    bound = f"{days:g} days" if retention else f"no retention: counted for {days:g} days"
    bill.add(
        group, LineKind.LOGS, "log storage", kept, "cloudwatch.logs_stored.archived",
        f"{gigabytes:g} GB a month, {bound}, compressed to {bill.assumptions.log_compression:.0%}",
    )  # fmt: skip


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
