"""Rules of what grows and shrinks by itself."""

from collections.abc import Iterator

from settings.models.cluster import ExistingCluster
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from settings.models.sizes import SCALABLE_WORKLOADS
from settings.rules.broken import BrokenRule
from settings.rules.sizing import karpenter_pods


def hours_have_nodes(settings: PlatformSettings) -> Iterator[BrokenRule]:
    """Working hours only where nodes are this stack's and nobody waits at night."""
    if settings.schedule is None:
        return
    if settings.environment is Environment.PROD:
        yield BrokenRule(("schedule",), "prod works at any hour: remove it; accepted in dev and staging")
    if isinstance(settings.cluster, ExistingCluster):
        yield BrokenRule(
            ("schedule",),
            "the nodes of cluster mode existing aren't this stack's: remove it, and let their owner do it",
        )
    if karpenter_pods(settings):
        yield BrokenRule(
            ("schedule",),
            "Karpenter would start nodes for pods that wait at night: remove it, or set cluster.autoscaling to none",
        )
    if settings.alerting.receivers.watchdog:
        yield BrokenRule(
            ("alerting", "receivers", "watchdog"),
            "the heartbeat ends with the working hours, and whoever watches it would be paged every evening: set it to "
            "false, or remove schedule",
        )


def scalable(settings: PlatformSettings) -> Iterator[BrokenRule]:
    """Pods scale by themselves only where they hold no data."""
    for key, size in settings.sizes.workloads():
        if size.max_replicas is not None and key not in SCALABLE_WORKLOADS:
            yield BrokenRule(
                ("sizes", *key.split("."), "max_replicas"),
                f"{key} doesn't scale by itself: remove it; accepted for {', '.join(SCALABLE_WORKLOADS)}",
            )
