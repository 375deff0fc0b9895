"""What is kept outside buckets has an end too: log groups, backups, snapshots, and the applications' own retention."""

from collections.abc import Iterator, Sequence

from planning.aws.types import BACKUP_PLAN, CLUSTER, LOG_GROUP, RELEASE, SNAPSHOT, SNAPSHOT_COPY, SNAPSHOT_POLICY
from planning.backends import BACKENDS, LOKI, TEMPO
from planning.registered import UNKNOWN, Resource, is_list, of_type, tables, value_at
from planning.retention import HOURS_PER_DAY, Signal
from policies.facts import leaves, show, whole
from policies.limits import Limits
from policies.releases import chart_of, hours_of
from policies.rule import NotYetKnown, ResourceRule, Severity, StackRule, Subject, Verdict, Violation

SNAPSHOTS = (SNAPSHOT, SNAPSHOT_COPY)


class LogLimits(Limits):
    """How long log groups keep."""

    max_days: int
    """Longest retention of a CloudWatch log group, in days."""


def _unbounded_logs(resources: Sequence[Resource], limits: LogLimits) -> Iterator[Verdict]:
    groups = list(of_type(resources, LOG_GROUP))
    for group in groups:
        days = whole(group.at("retentionInDays"))
        if days is UNKNOWN:
            yield NotYetKnown("retentionInDays", group.urn)
        elif not days:
            yield Violation(f"retentionInDays is absent: kept for ever; accepted: {limits.max_days} at most", group.urn)
        elif days > limits.max_days:
            yield Violation(f"retentionInDays is {days}; accepted: {limits.max_days} at most", group.urn)
    names = [group.at("name") for group in groups]
    for cluster in of_type(resources, CLUSTER):
        yield from _unowned_log_group(cluster, names)


def _unowned_log_group(cluster: Resource, names: Sequence[object]) -> Iterator[Verdict]:
    enabled = cluster.at("enabledClusterLogTypes")
    if not is_list(enabled) or not enabled:
        return
    name = cluster.at("name")
    if name is UNKNOWN or UNKNOWN in names:
        yield NotYetKnown("the log group's name", cluster.urn)
    elif f"/aws/eks/{name}/cluster" not in names:
        yield Violation(
            f"sends logs to /aws/eks/{name}/cluster, which this stack does not make: EKS makes it, and keeps logs "
            "for ever",
            cluster.urn,
        )


LOGS_BOUNDED = StackRule(
    id="logs-bounded",
    subject=Subject.RETENTION,
    title="Every log group has a retention",
    why="CloudWatch keeps for ever by default, at 0.03 USD a GB and month on top of 0.50 for each GB taken in.",
    fix="Set retentionInDays; make the control plane's log group before the cluster.",
    types=(LOG_GROUP, CLUSTER),
    limits=LogLimits,
    check=_unbounded_logs,
    severity=Severity.MEDIUM,
)


class BackupLimits(Limits):
    """How long backups stay."""

    max_days: int = 35
    """Latest age in days at which a backup or snapshot is deleted."""
    max_count: int = 30
    """Most snapshots that a schedule keeps."""


def _unbounded_backups(resource: Resource, limits: BackupLimits) -> Iterator[Verdict]:
    if resource.type in SNAPSHOTS:
        yield Violation("is a single snapshot, which nothing ever deletes; let a backup plan or schedule make it")
    elif resource.type == BACKUP_PLAN:
        for index, rule in tables(resource.at("rules")):
            days = whole(value_at(rule, "lifecycle", "deleteAfter"))
            yield from _retention_end(f"rules[{index}].lifecycle.deleteAfter", days, limits.max_days, "days")
    else:
        for index, schedule in tables(resource.at("policyDetails", "schedules")):
            count, interval = value_at(schedule, "retainRule", "count"), value_at(schedule, "retainRule", "interval")
            what = f"policyDetails.schedules[{index}].retainRule"
            if interval is None:
                yield from _retention_end(f"{what}.count", whole(count), limits.max_count, "snapshots")
            else:
                unit = str(value_at(schedule, "retainRule", "intervalUnit")).lower()
                factor = {"days": 1, "weeks": 7, "months": 31, "years": 366}.get(unit, 366)
                days = whole(interval)
                yield from _retention_end(
                    f"{what}.interval", days * factor if isinstance(days, int) else days, limits.max_days, "days"
                )


def _retention_end(what: str, value: object, most: int, unit: str) -> Iterator[Verdict]:
    if value is UNKNOWN:
        yield NotYetKnown(what)
    elif not isinstance(value, int) or not value:
        yield Violation(f"{what} is absent: kept for ever; accepted: {most} {unit} at most")
    elif value > most:
        yield Violation(f"{what} is {value} {unit}; accepted: {most} at most")


BACKUPS_BOUNDED = ResourceRule(
    id="backups-bounded",
    subject=Subject.RETENTION,
    title="Backups and snapshots are deleted in time",
    why="A snapshot costs 0.05 USD a GB and month, and holds data that the retention promise says is gone.",
    fix="Set deleteAfter, or a retain rule, within the limit.",
    types=(BACKUP_PLAN, SNAPSHOT_POLICY, *SNAPSHOTS),
    limits=BackupLimits,
    check=_unbounded_backups,
    severity=Severity.MEDIUM,
)


class ApplicationLimits(Limits):
    """The retention that the stack declares."""

    logs_days: int
    """Days that Loki keeps logs."""
    traces_days: int
    """Days that Tempo keeps traces."""
    metrics_days: int
    """Days that Mimir keeps metrics."""

    profiles_days: int = 0
    """Days that Pyroscope keeps profiles; 0: the stack keeps none."""

    def days_of(self, signal: Signal) -> int:
        """Days that a signal is kept."""
        return int(getattr(self, f"{signal}_days"))


# Charts that install the same application in another way, and where its retention stands in their values.
_RETENTION_PATHS = {"tempo-distributed": ("compactor", "config", "compaction", "block_retention")}
_BY_CHART = {backend.chart: backend for backend in BACKENDS} | {"tempo-distributed": TEMPO}


def _undeclared_retention(release: Resource, limits: ApplicationLimits) -> Iterator[Verdict]:
    chart = chart_of(release)
    if chart is UNKNOWN:
        yield NotYetKnown("chart")
    elif (backend := _BY_CHART.get(chart)) is not None:
        path = _RETENTION_PATHS.get(chart, backend.data.retention_values)
        yield from _retention_period(release, path, limits.days_of(backend.signal))
        if backend is LOKI:
            yield from _loki_deletes(release)


def _retention_period(release: Resource, path: tuple[str, ...], days: int) -> Iterator[Verdict]:
    value = release.at("values", *path)
    hours, what = hours_of(value), ".".join(("values", *path))
    if hours is UNKNOWN:
        yield NotYetKnown(what)
    elif not hours:
        kept = f"is {value!r}" if value is not None else "is absent"
        yield Violation(f"{what} {kept}: nothing would be deleted; accepted: {days * HOURS_PER_DAY}h")
    elif hours != days * HOURS_PER_DAY:
        yield Violation(f"{what} is {value}; accepted: {days * HOURS_PER_DAY}h ({days} days, which the stack declares)")
    yield from _overrides(release, path, days)


def _overrides(release: Resource, path: tuple[str, ...], days: int) -> Iterator[Verdict]:
    """The same key elsewhere in the values: laid over the whole, or for one tenant."""
    for other, value in leaves(release.at("values"), ("values",)):
        if other[-1] == path[-1] and other[1:] != path and hours_of(value) not in (days * HOURS_PER_DAY, UNKNOWN):
            yield Violation(f"{show(other)} is {value!r}; accepted: {days * HOURS_PER_DAY}h, or nothing there")


def _loki_deletes(release: Resource) -> Iterator[Verdict]:
    """Without these Loki takes the retention period and deletes nothing, or refuses to start."""
    for key, accepted in (("retention_enabled", "true"), ("delete_request_store", "the object store, such as s3")):
        value = release.at("values", "loki", "compactor", key)
        if value is UNKNOWN:
            yield NotYetKnown(f"values.loki.compactor.{key}")
        elif not value:
            yield Violation(f"values.loki.compactor.{key} is {value!r}: no log would be deleted; accepted: {accepted}")


APPLICATIONS_RETAIN = ResourceRule(
    id="applications-retain",
    subject=Subject.RETENTION,
    title="Loki, Tempo and Mimir keep exactly what the stack declares",
    why="The applications own retention; a longer one costs and breaks the promise, a shorter one loses data, and "
    "Loki without its compactor's retention deletes nothing at all.",
    fix="Change retention.* in the stack's settings, and the policy configuration with it in one review.",
    types=(RELEASE,),
    limits=ApplicationLimits,
    check=_undeclared_retention,
    severity=Severity.CRITICAL,
)
