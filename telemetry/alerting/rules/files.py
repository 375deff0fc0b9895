"""Every rule of a stack, as the files that the rulers read."""

from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.alerting_health import alerting_groups
from telemetry.alerting.rules.anomalies import anomaly_groups
from telemetry.alerting.rules.back_ends import back_end_groups
from telemetry.alerting.rules.collector import collector_groups
from telemetry.alerting.rules.cost import cost_groups
from telemetry.alerting.rules.forecast import forecast_groups
from telemetry.alerting.rules.kubernetes import kubernetes_groups
from telemetry.alerting.rules.loki_rules import loki_groups
from telemetry.alerting.rules.model import Group, text
from telemetry.alerting.rules.services import service_groups
from telemetry.alerting.rules.slo import slo_groups
from telemetry.cost.planned import PlannedCost

# One file a topic, so that a change shows where it belongs. A ConfigMap holds 1 MiB; fifty services take a tenth of it.
MIMIR_FILE, LOKI_FILE = "{topic}.yaml", "services.yaml"


def mimir_groups(settings: PlatformSettings, planned: PlannedCost | None) -> dict[str, tuple[Group, ...]]:
    """Groups of Mimir's ruler by topic."""
    return {
        "services": service_groups(settings),
        "slo": slo_groups(settings),
        "anomalies": anomaly_groups(settings),
        "cost": cost_groups(settings, planned),
        "forecast": forecast_groups(planned),
        "collector": collector_groups(),
        "back-ends": back_end_groups(),
        "alerting": alerting_groups(),
        "kubernetes": kubernetes_groups(settings),
    }


def mimir_rule_files(settings: PlatformSettings, planned: PlannedCost | None) -> dict[str, str]:
    """Files of Mimir's ruler by name."""
    groups = mimir_groups(settings, planned)
    return {MIMIR_FILE.format(topic=topic): text(parts, settings) for topic, parts in groups.items() if parts}


def loki_rule_files(settings: PlatformSettings) -> dict[str, str]:
    """Files of Loki's ruler by name."""
    return {LOKI_FILE: text(loki_groups(settings), settings)}
