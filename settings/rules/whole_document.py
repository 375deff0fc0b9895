"""Rules that span the whole document. Each yields the path that helps most and a sentence."""

from collections.abc import Callable, Iterator

from pydantic import ValidationError

from planning.base import BROKEN_RULE
from planning.instances import TYPES_IN_WORDS, architecture_of
from planning.retention import MAX_RETENTION_DAYS
from planning.tiers.compiler import SAFETY_NET_DAYS
from planning.workload import PLATFORM_SERIES
from settings.models.addons import CERT_MANAGER_NAMESPACE
from settings.models.cluster import EksCluster, ExistingCluster
from settings.models.platform import PlatformSettings
from settings.models.sizes import SINGLE_POD_WORKLOADS, STATEFUL_WORKLOADS
from settings.rules.broken import BrokenRule
from settings.rules.grafana import address_is_served
from settings.rules.receivers import receivers_have_their_place
from settings.rules.scaling import hours_have_nodes, scalable
from settings.rules.sizing import (
    ComponentRequest,
    ResourceSums,
    karpenter_pods,
    nodes_allocatable,
    resource_sums,
)

NAMED_COMPONENTS = 3


def _network_belongs_to_eks(settings: PlatformSettings) -> Iterator[BrokenRule]:
    mode = settings.cluster.mode
    if mode != "eks" and settings.network is not None:
        yield BrokenRule(("network",), f"cluster mode {mode} makes no VPC: remove network, or set cluster.mode to eks")
    if mode == "eks" and settings.network is None:
        yield BrokenRule(("network",), "cluster mode eks needs a VPC: leave network out to get the defaults")


def _policies_have_their_engine(settings: PlatformSettings) -> Iterator[BrokenRule]:
    mode, policies = settings.cluster.mode, settings.network_policies
    if mode != "existing" and policies.engine != "vpc_cni":
        yield BrokenRule(
            ("network_policies", "engine"),
            f"the clusters of mode {mode} have Amazon's VPC CNI; accepted: vpc_cni, or any in mode existing",
        )
    if mode != "eks" and policies.strict:
        yield BrokenRule(
            ("network_policies", "strict"),
            f"the VPC CNI belongs to the cluster's owner, in mode eks, not {mode}; accepted: false",
        )


def _irsa_needs_an_issuer(settings: PlatformSettings) -> Iterator[BrokenRule]:
    if settings.identity == "irsa" and not isinstance(settings.cluster, EksCluster):
        yield BrokenRule(
            ("identity",),
            f"irsa needs the OIDC issuer that only cluster mode eks registers, not {settings.cluster.mode}: "
            "use pod_identity",
        )


def _tls_needs_cert_manager(settings: PlatformSettings) -> Iterator[BrokenRule]:
    cluster = settings.cluster
    if not settings.encrypted or not isinstance(cluster, EksCluster):
        return
    if not cluster.addons.cert_manager:
        yield BrokenRule(
            ("cluster", "addons", "cert_manager"),
            "TLS between pods needs cert-manager: set it to true, or tls.mode to plain",
        )
    if settings.tls.cert_manager_namespace != CERT_MANAGER_NAMESPACE:
        yield BrokenRule(
            ("tls", "cert_manager_namespace"),
            f"the add-on of cluster mode eks runs in {CERT_MANAGER_NAMESPACE}; accepted: {CERT_MANAGER_NAMESPACE}",
        )


def _retention_compiles(settings: PlatformSettings) -> Iterator[BrokenRule]:
    if any(_profiles_are_whole(settings)):
        return
    latest = MAX_RETENTION_DAYS - SAFETY_NET_DAYS
    late = [signal for signal in settings.retention.signals if settings.retention.of(signal).delete_days > latest]
    if late:
        for signal in late:
            yield BrokenRule(
                ("retention", signal.value, "delete_days"),
                f"the bucket's own expiration follows {SAFETY_NET_DAYS} days later, at day {MAX_RETENTION_DAYS} at the "
                f"latest; accepted: up to {latest}",
            )
        return
    try:
        _ = settings.tier_plans
    except ValidationError as error:
        for item in error.errors(include_url=False):
            ours = item["type"] == BROKEN_RULE
            yield BrokenRule(
                ("retention",), item["msg"] if ours else "the buckets' lifecycle can't be compiled from these ages"
            )


def _objectives_have_services(settings: PlatformSettings) -> Iterator[BrokenRule]:
    names = [service.name for service in settings.services]
    for name in settings.slos.services:
        if name not in names:
            yield BrokenRule(("slos", "services", name), f"no service has this name; accepted: {', '.join(names)}")


def _backups_have_a_place(settings: PlatformSettings) -> Iterator[BrokenRule]:
    backup = settings.backup
    if backup.volume_snapshot_days is not None and isinstance(settings.cluster, ExistingCluster):
        yield BrokenRule(
            ("backup", "volume_snapshot_days"),
            "volumes of cluster mode existing come from a StorageClass that isn't this stack's to tag: remove it, and "
            "let the cluster's owner take snapshots",
        )
    for path, value, instead in (
        (("backup", "object_version_days"), backup.object_version_days, "keep versions"),
        (("storage", "access_log_days"), settings.storage.access_log_days, "log accesses"),
    ):
        if value is not None and not settings.on_aws:
            yield BrokenRule(
                path,
                f"buckets of a stack with an object_store of its own are not on AWS: remove it, and {instead} there "
                "by that server's own means",
            )


def _profiles_are_whole(settings: PlatformSettings) -> Iterator[BrokenRule]:
    ingestion = settings.ingestion
    for path, value in (
        (("retention", "profiles"), settings.retention.profiles),
        (("workload", "profile_mb_per_second"), settings.workload.profile_mb_per_second),
        (("ingestion", "profiles_mb_per_second"), ingestion.profiles_mb_per_second),
        (("ingestion", "profiles_burst_mb"), ingestion.profiles_burst_mb),
        (("sizes", "pyroscope"), settings.sizes.pyroscope),
    ):
        if settings.profiles.enabled and value is None:
            yield BrokenRule(path, "profiles are kept: give it a value, or set profiles.enabled to false")
        if not settings.profiles.enabled and value is not None:
            yield BrokenRule(path, "profiles aren't kept: remove it, or set profiles.enabled to true")


def _aws_is_there_to_be_asked(settings: PlatformSettings) -> Iterator[BrokenRule]:
    if settings.grafana.aws_data_sources and not (settings.on_aws and settings.identity == "pod_identity"):
        yield BrokenRule(
            ("grafana", "aws_data_sources"),
            "Grafana gets a role by EKS Pod Identity alone, on a cluster in AWS: remove it, or set identity to "
            "pod_identity there",
        )


def _volumes_where_data_is(settings: PlatformSettings) -> Iterator[BrokenRule]:
    for key, size in settings.sizes.workloads():
        path = ("sizes", *key.split("."), "volume_gib")
        if key in STATEFUL_WORKLOADS and size.volume_gib is None:
            yield BrokenRule(path, f"{key} keeps data on disk and needs a volume")
        if key not in STATEFUL_WORKLOADS and size.volume_gib is not None:
            yield BrokenRule(path, f"{key} keeps nothing on disk: remove volume_gib")


def _single_pods(settings: PlatformSettings) -> Iterator[BrokenRule]:
    for key, size in settings.sizes.workloads():
        if key in SINGLE_POD_WORKLOADS and size.replicas != 1:
            yield BrokenRule(("sizes", *key.split("."), "replicas"), f"{SINGLE_POD_WORKLOADS[key]}: set it to 1")


def _names_differ(settings: PlatformSettings) -> Iterator[BrokenRule]:
    for table, what, entries in (
        ("services", "service", settings.services),
        ("destinations", "destination", settings.destinations),
    ):
        first: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if entry.name in first:
                yield BrokenRule(
                    (table, index, "name"),
                    f"{table}[{first[entry.name]}] has this name already; each {what} needs its own",
                )
            first.setdefault(entry.name, index)


def _overrides_have_services(settings: PlatformSettings) -> Iterator[BrokenRule]:
    names = [service.name for service in settings.services]
    seen: set[str] = set()
    for index, one in enumerate(settings.sampling.overrides):
        path = ("sampling", "overrides", index)
        if one.service is not None and one.service not in names:
            yield BrokenRule((*path, "service"), f"no service has this name; accepted: {', '.join(names)}")
        about = one.service or str(one.language)
        if about in seen:
            yield BrokenRule(path, f"there is an override of {about} already; one is enough")
        seen.add(about)


def _services_fit_the_workload(settings: PlatformSettings) -> Iterator[BrokenRule]:
    workload, services = settings.workload, settings.services
    requests = sum(one.requests_per_second or 0 for one in services)
    series = sum(one.series or 0 for one in services) + PLATFORM_SERIES * any(one.series for one in services)
    lines = sum(one.log_lines_per_second or 0 for one in services)
    per_request = round(lines / workload.requests_per_second, 4)
    for key, together, whole, what in (
        ("requests_per_second", requests, workload.requests_per_second, "requests_per_second"),
        ("active_series", series, workload.active_series, f"series and the platform's {PLATFORM_SERIES}"),
        ("log_lines_per_request", per_request, workload.log_lines_per_request, "log_lines_per_second by request"),
    ):
        if together > whole:
            yield BrokenRule(
                ("workload", key),
                f"the services' {what} add up to {together:g}; leave it out to take the sum of all services, "
                "or set it to at least that",
            )


def _types_of_the_architecture(settings: PlatformSettings) -> Iterator[BrokenRule]:
    if isinstance(settings.cluster, ExistingCluster):
        return
    cluster, wanted = settings.cluster, settings.cluster.architecture
    named: dict[tuple[str, ...], tuple[str, ...]] = {
        ("node_groups", name): group.instance_types for name, group in cluster.node_groups.items()
    }
    if isinstance(cluster, EksCluster):
        named[("node_pool",)] = cluster.node_pool.instance_types or ()
    for path, types in named.items():
        for index, one in enumerate(types):
            if (found := architecture_of(one)) is not wanted:
                yield BrokenRule(
                    ("cluster", *path, "instance_types", index),
                    f"is {found.maker}, while cluster.architecture is {wanted}, which chooses the machine image; "
                    f"accepted: {TYPES_IN_WORDS[wanted]}, or cluster.architecture {found}",
                )


def _some_node(settings: PlatformSettings) -> Iterator[BrokenRule]:
    if settings.node_count == 0:
        yield BrokenRule(("cluster", "node_groups"), "all groups together have 0 nodes; give one of them nodes")


def _fits_capacity(settings: PlatformSettings) -> Iterator[BrokenRule]:
    sums, capacity = resource_sums(settings), settings.capacity
    if sums.memory_gb > capacity.memory_gb:
        yield BrokenRule(
            ("capacity", "memory_gb"),
            f"memory requests add up to {sums.memory_gb:.2f} GB ({sums.memory_mib} MiB; 1 GB is 10^9 bytes), "
            f"the largest are {_largest(sums, 'memory_mib', 'MiB')}; lower memory_request_mib or replicas there, "
            "or raise this",
        )
    if sums.cpu_millicores > capacity.cpu_cores * 1000:
        yield BrokenRule(
            ("capacity", "cpu_cores"),
            f"CPU requests add up to {sums.cpu_millicores / 1000:.2f} cores, "
            f"the largest are {_largest(sums, 'cpu_millicores', 'millicores')}; lower cpu_request_millicores or "
            "replicas there, or raise this",
        )
    if sums.storage_gb > capacity.storage_gb:
        yield BrokenRule(
            ("capacity", "storage_gb"),
            f"volumes add up to {sums.storage_gb:.1f} GB ({sums.data_volumes_gib} GiB of data, "
            f"{sums.root_volumes_gib} GiB of node root volumes; 1 GB is 10^9 bytes), "
            f"the largest are {_largest(sums, 'volumes_gib', 'GiB')}; lower volume_gib there, or raise this",
        )


def _largest(sums: ResourceSums, attribute: str, unit: str) -> str:
    def amount(component: ComponentRequest) -> int:
        return getattr(component, attribute)

    ordered = sorted(sums.components, key=amount, reverse=True)
    return ", ".join(f"sizes.{component.key} {amount(component)} {unit}" for component in ordered[:NAMED_COMPONENTS])


def _fits_nodes(settings: PlatformSettings) -> Iterator[BrokenRule]:
    monolithic = settings.sizes.loki.monolithic
    if monolithic is not None and monolithic.replicas > settings.node_count:
        yield BrokenRule(
            ("sizes", "loki", "monolithic", "replicas"),
            f"each replica needs a node of its own, nodes: {settings.node_count}; lower replicas or add nodes",
        )
    allocatable = nodes_allocatable(settings)
    if allocatable is None:
        return
    # What comes beside the least may wait for Karpenter's nodes; whether those suffice, the budget says.
    sums = resource_sums(settings, at_least=karpenter_pods(settings) > 0)
    short = [
        (f"{left} {unit}", f"{asked} {unit}")
        for asked, left, unit in (
            (sums.memory_mib, allocatable.memory_mib, "MiB"),
            (sums.cpu_millicores, allocatable.cpu_millicores, "millicores"),
            (sums.pods, allocatable.pods, "pod addresses"),
        )
        if asked > left
    ]
    if short:
        yield BrokenRule(
            ("cluster", "node_groups"),
            f"after the kubelet's reserve and EKS's own pods the nodes have {', '.join(left for left, _ in short)}, "
            f"the platform's pods request {', '.join(asked for _, asked in short)}; "
            "raise nodes, choose larger instance_types, or lower the requests under sizes",
        )
    for component in sums.components:
        yield from _pod_fits_a_node(component, allocatable.largest_pod_millicores, allocatable.largest_pod_mib)


def _pod_fits_a_node(component: ComponentRequest, millicores: int, mib: int) -> Iterator[BrokenRule]:
    path = ("sizes", *component.key.split("."))
    cached = component.key.endswith("_mb")
    if component.pod_memory_mib > mib:
        yield BrokenRule(
            path if cached else (*path, "memory_request_mib"),
            f"one pod requests {component.pod_memory_mib} MiB and the roomiest node has {mib} MiB for one pod; "
            "lower it or choose larger instance_types",
        )
    if not cached and component.pod_cpu_millicores > millicores:
        yield BrokenRule(
            (*path, "cpu_request_millicores"),
            f"one pod requests {component.pod_cpu_millicores} millicores and the roomiest node has {millicores} for "
            "one pod; lower it or choose larger instance_types",
        )


# Sums are only worth their words where the tables that they add up are right.
STAGES: tuple[tuple[Callable[[PlatformSettings], Iterator[BrokenRule]], ...], ...] = (
    (
        _network_belongs_to_eks,
        _policies_have_their_engine,
        _irsa_needs_an_issuer,
        _tls_needs_cert_manager,
        _volumes_where_data_is,
        _single_pods,
        scalable,
        _names_differ,
        _aws_is_there_to_be_asked,
        _overrides_have_services,
        _services_fit_the_workload,
        _retention_compiles,
        _objectives_have_services,
        address_is_served,
        receivers_have_their_place,
        _backups_have_a_place,
        _profiles_are_whole,
        hours_have_nodes,
        _types_of_the_architecture,
    ),
    (_some_node,),
    (_fits_capacity, _fits_nodes),
)


def broken_rules(settings: PlatformSettings) -> list[BrokenRule]:
    """Every broken rule of the first stage that has one, in the order of the document."""
    found: list[BrokenRule] = []
    for stage in STAGES:
        found += [broken for rule in stage for broken in rule(settings)]
        if found:
            break
    return found
