"""Alerts on nodes, pods, scaling, volumes and certificates under the platform.

A tenant stack on another stack's cluster sees its own namespaces only: nodes, StatefulSets and certificates are
watched by the cluster's owner.
"""

from planning.backends import backends_of
from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from settings.models.sizes import AGENT
from settings.rules.sizing import least_pool_cores
from telemetry.alerting.rules.model import Alert, Group, groups_of
from telemetry.grafana.dashboards.model import Uid
from telemetry.kubernetes.endpoints import (
    COLLECTOR_AGENT_RELEASE,
    COLLECTOR_GATEWAY_RELEASE,
    GRAFANA_RELEASE,
    POOL_LIMIT,
    POOL_USAGE,
    Endpoints,
)

# The receiver's number of a phase.
PENDING = 1
PROXIES = ("mimir.gateway", "loki.distributed.gateway")
PLATFORM_DOWN_RATIO = 0.5
RESTARTS_IN_15_MINUTES = 2
VOLUME_LOW_RATIO = 0.25
VOLUME_FULL_RATIO = 0.05
FORECAST_DAYS = 4
DAY = 86_400
# Leaf certificates live for 90 days and are renewed when a third is left: this late, renewal has failed for two weeks.
CERTIFICATE_WARNING_DAYS = 14
CERTIFICATE_CRITICAL_DAYS = 3


def platform_jobs(settings: PlatformSettings) -> str:
    """The scrape jobs of the platform's own parts, as a regular expression."""
    back_ends = (backend.name for backend in backends_of(settings.retention))
    return "|".join((*back_ends, GRAFANA_RELEASE, COLLECTOR_AGENT_RELEASE, COLLECTOR_GATEWAY_RELEASE))


def kubernetes_groups(settings: PlatformSettings) -> tuple[Group, ...]:
    """Alerts of the infrastructure."""
    return (
        *groups_of("platform-alerts", _platform(settings)),
        *groups_of("node-alerts", _nodes()),
        *groups_of("scaling-alerts", _scaling(settings)),
        *groups_of("volume-alerts", _volumes()),
        *groups_of("certificate-alerts", _certificates()),
    )


def _platform(settings: PlatformSettings) -> list[Alert]:
    endpoints = Endpoints.of(settings)
    own = f'k8s_namespace_name=~"{endpoints.namespace}|{endpoints.agent_namespace}"'
    namespaces = f'namespace=~"{endpoints.namespace}|{endpoints.agent_namespace}"'
    return [
        Alert(
            alert="PlatformDown",
            # A lost node takes its agent along: what is missing counts as what is down.
            expr=f'1 - (sum(up{{job=~"{platform_jobs(settings)}"}}) or vector(0)) / {_expected_pods(settings)}'
            f" > {PLATFORM_DOWN_RATIO}",
            for_minutes=5,
            severity=Severity.CRITICAL,
            summary="{{ $value | humanizePercentage }} of the platform's pods don't answer",
            description="More than half of the pods of Loki, Tempo, Mimir, Grafana and the collectors haven't answered "
            "for 5 minutes: a node, a zone or the network is gone. Other alerts about the platform are muted.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="PlatformTargetDown",
            expr=f'up{{job=~"{platform_jobs(settings)}"}} == 0',
            for_minutes=5,
            severity=Severity.WARNING,
            summary="{{ $labels.instance }} of {{ $labels.job }} doesn't answer",
            description="The metrics of {{ $labels.instance }} can't be read for 5 minutes: it hangs, or its port is "
            "closed.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="PodCrashLooping",
            expr=f"changes(k8s_container_restarts{{{own}}}[15m]) > {RESTARTS_IN_15_MINUTES}",
            for_minutes=5,
            severity=Severity.WARNING,
            summary="{{ $labels.k8s_pod_name }} restarts again and again",
            description="The container {{ $labels.k8s_container_name }} of {{ $labels.k8s_pod_name }} has restarted "
            "{{ $value }} times within 15 minutes.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
        Alert(
            alert="DeploymentIncomplete",
            expr=f"k8s_deployment_desired{{{own}}} - k8s_deployment_available{{{own}}} > 0",
            for_minutes=15,
            severity=Severity.WARNING,
            summary="{{ $labels.k8s_deployment_name }} lacks {{ $value }} of its pods",
            description="The Deployment {{ $labels.k8s_deployment_name }} has had fewer pods than it should for 15 "
            "minutes.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
        Alert(
            alert="ScalingAtLimit",
            expr=f"k8s_hpa_current_replicas{{{own}}} >= k8s_hpa_max_replicas{{{own}}}",
            for_minutes=15,
            severity=Severity.WARNING,
            summary="{{ $labels.k8s_hpa_name }} has as many pods as it may have",
            description="{{ $labels.k8s_hpa_name }} has run at its largest size of {{ $value }} pods for 15 minutes: "
            "if the load grows further, it can't.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
        Alert(
            alert="StatefulSetIncomplete",
            expr=f"max by (namespace, statefulset) (kube_statefulset_replicas{{{namespaces}}})"
            f" - max by (namespace, statefulset) (kube_statefulset_status_replicas_ready{{{namespaces}}}) > 0",
            for_minutes=15,
            severity=Severity.WARNING,
            summary="{{ $labels.statefulset }} lacks {{ $value }} of its pods",
            description="The StatefulSet {{ $labels.statefulset }} has had fewer ready pods than it should for 15 "
            "minutes.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
    ]


def _expected_pods(settings: PlatformSettings) -> int:
    """Pods that are scraped when all is well; nginx has no metrics."""
    sized = sum(size.replicas for key, size in settings.sizes.workloads() if key not in (AGENT, *PROXIES))
    return sized + settings.node_count


def _nodes() -> list[Alert]:
    pressure = " or ".join(f"k8s_node_condition_{kind}_pressure == 1" for kind in ("memory", "disk"))
    return [
        Alert(
            alert="NodeNotReady",
            expr="k8s_node_condition_ready < 1",
            for_minutes=5,
            severity=Severity.CRITICAL,
            summary="{{ $labels.k8s_node_name }} isn't ready",
            description="The kubelet of {{ $labels.k8s_node_name }} hasn't reported itself ready for 5 minutes. Pods "
            "with a volume can't move while the node still exists.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
        Alert(
            alert="NodeUnderPressure",
            expr=pressure,
            for_minutes=5,
            severity=Severity.WARNING,
            summary="{{ $labels.k8s_node_name }} is short of memory or disk",
            description="The kubelet of {{ $labels.k8s_node_name }} has reported pressure for 5 minutes and evicts "
            "pods.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
    ]


def _scaling(settings: PlatformSettings) -> list[Alert]:
    endpoints = Endpoints.of(settings)
    # The receiver gives a pod's node only where the scheduler found one.
    waiting = (
        f'k8s_pod_phase{{k8s_namespace_name=~"{endpoints.namespace}|{endpoints.agent_namespace}",k8s_node_name=""}}'
    )
    return [
        Alert(
            alert="NodesDontCome",
            expr=f"count({waiting} == {PENDING}) > 0",
            for_minutes=10,
            severity=Severity.WARNING,
            summary="{{ $value }} pods of the platform have no node",
            description="The scheduler has found no node for {{ $value }} pods for 10 minutes, and no new one came.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
        Alert(
            alert="NodePoolAtLimit",
            expr=f"{POOL_LIMIT} - {POOL_USAGE} < {least_pool_cores(settings)}",
            for_minutes=15,
            severity=Severity.WARNING,
            summary="The pool {{ $labels.nodepool }} has as many nodes as the budget allows",
            description="For 15 minutes the pool {{ $labels.nodepool }} has had {{ $value }} cores left of its limit, "
            "less than its smallest node: what needs more waits.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
    ]


def _volumes() -> list[Alert]:
    claim = '{k8s_persistentvolumeclaim_name!=""}'
    by = "k8s_namespace_name, k8s_persistentvolumeclaim_name"
    free = f"min by ({by}) (k8s_volume_available_bytes{claim} / k8s_volume_capacity_bytes{claim})"
    forecast = f"min by ({by}) (predict_linear(k8s_volume_available_bytes{claim}[6h], {FORECAST_DAYS * DAY}))"
    return [
        Alert(
            alert="VolumeFilling",
            expr=f"{free} < {VOLUME_LOW_RATIO} and {forecast} < 0",
            for_minutes=60,
            severity=Severity.WARNING,
            summary="{{ $labels.k8s_persistentvolumeclaim_name }} will be full within four days",
            description="{{ $value | humanizePercentage }} of {{ $labels.k8s_persistentvolumeclaim_name }} are free, "
            "and at the pace of the last six hours nothing will be within four days.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
        Alert(
            alert="VolumeFull",
            expr=f"{free} < {VOLUME_FULL_RATIO}",
            for_minutes=5,
            severity=Severity.CRITICAL,
            summary="{{ $labels.k8s_persistentvolumeclaim_name }} is full",
            description="Only {{ $value | humanizePercentage }} of {{ $labels.k8s_persistentvolumeclaim_name }} are "
            "free: its pod will stop writing.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
    ]


def _certificates() -> list[Alert]:
    left = "min by (namespace, name) (certmanager_certificate_expiration_timestamp_seconds) - time()"
    return [
        Alert(
            alert="CertificateExpiring",
            expr=f"{left} < {CERTIFICATE_WARNING_DAYS * DAY}",
            for_minutes=60,
            severity=Severity.WARNING,
            summary="Certificate {{ $labels.name }} ends in {{ $value | humanizeDuration }}",
            description="cert-manager should have renewed {{ $labels.namespace }}/{{ $labels.name }} two weeks ago and "
            "hasn't.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
        Alert(
            alert="CertificateAboutToExpire",
            expr=f"{left} < {CERTIFICATE_CRITICAL_DAYS * DAY}",
            for_minutes=10,
            severity=Severity.CRITICAL,
            summary="Certificate {{ $labels.name }} ends in {{ $value | humanizeDuration }}",
            description="When {{ $labels.namespace }}/{{ $labels.name }} ends, the connections that it protects fail.",
            dashboard=Uid.INFRASTRUCTURE,
        ),
    ]
