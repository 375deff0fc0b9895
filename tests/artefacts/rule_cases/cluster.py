"""Pods, nodes, volumes and certificates. Namespaces are prod's."""

from tests.artefacts.rule_cases.model import AlertCase, steps

PODS = {job: f'up{{job="{job}",instance="{job}-0",environment="x"}}' for job in ("loki", "tempo", "mimir", "grafana")}
RESTARTS = 'k8s_container_restarts{k8s_namespace_name="%s",k8s_pod_name="loki-0",k8s_container_name="loki"}'
DESIRED = 'k8s_deployment_desired{k8s_namespace_name="monitoring",k8s_deployment_name="grafana"}'
AVAILABLE = DESIRED.replace("desired", "available")
REPLICAS = 'kube_statefulset_replicas{namespace="monitoring",statefulset="loki",instance="ksm"}'
READY_REPLICAS = REPLICAS.replace("replicas{", "status_replicas_ready{")
NODE = '{k8s_node_name="n-1"}'
READY = f"k8s_node_condition_ready{NODE}"
FREE = 'k8s_volume_available_bytes{k8s_namespace_name="monitoring",k8s_persistentvolumeclaim_name="data-loki-0"}'
SIZE = FREE.replace("available", "capacity")
EMPTY_DIR = FREE.replace("data-loki-0", "")
CERTIFICATE = 'certmanager_certificate_expiration_timestamp_seconds{namespace="monitoring",name="loki"}'
DAY = 86_400


def _certificate(alert: str, days: int, wait: int) -> tuple[AlertCase, ...]:
    """The certificate ends so many days after the hour; renewed in minute 150."""
    end = days * DAY + 3600
    return (
        AlertCase(
            alert,
            f"less than {days} days left, then renewed",
            {CERTIFICATE: steps((end, 30), (end + 90 * DAY, 10))},
            {"60m": 0, f"{60 + wait}m": 0, f"{65 + wait}m": 1, "145m": 1, "150m": 0},
            interval="5m",
        ),
        AlertCase(alert, f"more than {days} days left", {CERTIFICATE: f"{end + DAY}x40"}, {"190m": 0}, interval="5m"),
    )


WAITING = 'k8s_pod_phase{k8s_namespace_name="%s",k8s_pod_name="mimir-ingester-%d"}'
BOUND = 'k8s_pod_phase{k8s_namespace_name="monitoring",k8s_pod_name="mimir-ingester-1",k8s_node_name="n-1"}'
POOL = 'karpenter_nodepools_usage{nodepool="prod",resource_type="cpu",instance="karpenter-0"}'
POOL_LIMIT = POOL.replace("usage", "limit")
SCALED = 'k8s_hpa_current_replicas{k8s_namespace_name="monitoring",k8s_hpa_name="mimir-querier"}'
SCALED_AT_MOST = SCALED.replace("current", "max")

ALERTS = (
    AlertCase(
        "ScalingAtLimit",
        "as many pods as there may be, then one less",
        {SCALED: steps((3, 10), (4, 30), (3, 10)), SCALED_AT_MOST: "4x50"},
        {"9m": 0, "24m": 0, "25m": 1, "39m": 1, "40m": 0},
    ),
    AlertCase(
        "NodesDontCome",
        "two wait, then one, then a node comes",
        {
            WAITING % ("monitoring", 0): steps((1, 30), (2, 10)),
            WAITING % ("monitoring", 2): steps((2, 5), (1, 20), (2, 15)),
        },
        {"9m": 0, "10m": 1, "29m": 1, "30m": 0},
    ),
    AlertCase("NodesDontCome", "it has a node and pulls its image", {BOUND: "1x40"}, {"39m": 0}),
    AlertCase("NodesDontCome", "a pod of somebody else", {WAITING % ("shop", 0): "1x40"}, {"39m": 0}),
    AlertCase(
        "NodePoolAtLimit",
        "one core is left, less than a node has; then three",
        {POOL: steps((8, 10), (12, 30), (10, 10)), POOL_LIMIT: "13x50"},
        {"9m": 0, "24m": 0, "25m": 1, "39m": 1, "40m": 0},
    ),
    AlertCase("NodePoolAtLimit", "room for one more node", {POOL: "11x40", POOL_LIMIT: "13x40"}, {"39m": 0}),
    AlertCase("ScalingAtLimit", "one less than there may be", {SCALED: "3x40", SCALED_AT_MOST: "4x40"}, {"39m": 0}),
    AlertCase(
        "PlatformDown",
        "eleven of 24 answer, seven don't, six are gone with their node; then one more answers",
        {
            **{f'up{{job="mimir",instance="{n}"}}': "1x30" for n in range(11)},
            'up{job="loki",instance="0"}': steps((0, 20), (1, 10)),
            **{f'up{{job="loki",instance="{n}"}}': "0x30" for n in range(1, 7)},
        },
        {"4m": 0, "5m": 1, "19m": 1, "20m": 0},
    ),
    AlertCase("PlatformDown", "nothing is left to say anything", {}, {"4m": 0, "6m": 1}),
    AlertCase(
        "PlatformDown",
        "half of them answer",
        {
            **{f'up{{job="mimir",instance="{n}"}}': "1x30" for n in range(12)},
            'up{job="kube-state-metrics"}': "0x30",
        },
        {"25m": 0},
    ),
    AlertCase(
        "PlatformTargetDown",
        "one doesn't answer, then does",
        {PODS["loki"]: steps((0, 20), (1, 10)), PODS["tempo"]: "1x30"},
        {"4m": 0, "5m": 1, "19m": 1, "20m": 0},
    ),
    AlertCase("PlatformTargetDown", "a pod of somebody else", {'up{job="shop"}': "0x30"}, {"25m": 0}),
    AlertCase(
        "PodCrashLooping",
        "three restarts, then none for a quarter of an hour",
        {RESTARTS % "monitoring": "0x4 1x2 2x2 3x60"},
        {"12m": 0, "16m": 1, "24m": 0},
    ),
    AlertCase("PodCrashLooping", "two restarts", {RESTARTS % "monitoring": "0x4 1x2 2x60"}, {"14m": 0, "30m": 0}),
    AlertCase("PodCrashLooping", "a pod of somebody else", {RESTARTS % "shop": "0+1x60"}, {"50m": 0}),
    AlertCase(
        "DeploymentIncomplete",
        "one of two for a quarter of an hour, then both",
        {DESIRED: "2x40", AVAILABLE: steps((1, 30), (2, 10))},
        {"14m": 0, "15m": 1, "29m": 1, "30m": 0},
    ),
    AlertCase(
        "DeploymentIncomplete", "a rolling update", {DESIRED: "2x40", AVAILABLE: steps((3, 10), (2, 30))}, {"35m": 0}
    ),
    AlertCase(
        "StatefulSetIncomplete",
        "two of three for a quarter of an hour, then all",
        {REPLICAS: "3x40", READY_REPLICAS: steps((2, 30), (3, 10))},
        {"14m": 0, "15m": 1, "29m": 1, "30m": 0},
    ),
    AlertCase("StatefulSetIncomplete", "all", {REPLICAS: "3x40", READY_REPLICAS: "3x40"}, {"35m": 0}),
    AlertCase(
        "NodeNotReady",
        "unknown, then not ready, then ready",
        {READY: steps((-1, 5), (0, 5), (1, 5))},
        {"4m": 0, "5m": 1, "9m": 1, "10m": 0},
    ),
    AlertCase("NodeNotReady", "ready", {READY: "1x20"}, {"20m": 0}),
    *(
        AlertCase(
            "NodeUnderPressure",
            f"short of {kind}, then not",
            {f"k8s_node_condition_{kind}_pressure{NODE}": steps((1, 10), (0, 10))},
            {"4m": 0, "5m": 1, "10m": 0},
        )
        for kind in ("memory", "disk")
    ),
    AlertCase("NodeUnderPressure", "no pressure", {f"k8s_node_condition_memory_pressure{NODE}": "0x20"}, {"20m": 0}),
    AlertCase(
        "VolumeFilling",
        "a fifth is left and gone in two days, then somebody tidies up",
        # 20 of 100 GB, 35 MB less every five minutes: 10 GB a day.
        {SIZE: "100e9x240", FREE: "24e9-35e6x96 90e9x40"},
        {"60m": 0, "70m": 1, "480m": 1, "560m": 0},
        interval="5m",
    ),
    AlertCase(
        "VolumeFilling",
        "a fifth is left and stays",
        {SIZE: "100e9x240", FREE: "20e9x120"},
        {"590m": 0},
        interval="5m",
    ),
    AlertCase(
        "VolumeFilling",
        "exactly a quarter is left and it shrinks",
        {SIZE: "100e9x60", FREE: "100e9-250e6x30"},
        {"140m": 0},
        interval="5m",
    ),
    AlertCase(
        "VolumeFull",
        "less than 5 % for five minutes, then more",
        {SIZE: "1000x30", FREE: steps((49, 10), (51, 10))},
        {"4m": 0, "5m": 1, "9m": 1, "10m": 0},
    ),
    AlertCase("VolumeFull", "exactly 5 %", {SIZE: "1000x30", FREE: "50x30"}, {"25m": 0}),
    AlertCase(
        "VolumeFull",
        "a volume without a claim",
        {EMPTY_DIR.replace("available", "capacity"): "1000x30", EMPTY_DIR: "1x30"},
        {"25m": 0},
    ),
    *_certificate("CertificateExpiring", 14, 60),
    *_certificate("CertificateAboutToExpire", 3, 10),
)
