"""Alerts on alerting itself: rules, notifications, and a heartbeat that must never stop."""

from settings.models.receivers import Severity
from telemetry.alerting.rules.model import Alert, Group, groups_of
from telemetry.grafana.dashboards.model import Uid

WATCHDOG = "Watchdog"


def alerting_groups() -> tuple[Group, ...]:
    """Alerts of rulers and Alertmanager."""
    return groups_of("alerting-alerts", _alerts())


def _either(metric: str, by: str) -> str:
    """Mimir's ruler and Loki's count the same under two prefixes."""
    return " or ".join(f"sum by ({by}) (rate({prefix}_{metric}[5m])) > 0" for prefix in ("cortex", "loki"))


def _alerts() -> list[Alert]:
    return [
        Alert(
            alert=WATCHDOG,
            expr="vector(1)",
            severity=Severity.INFO,
            summary="Alerting works",
            description="This alert always fires. A monitor outside the cluster raises the alarm when it stops coming: "
            "then metrics, rules, Alertmanager or the way out have failed.",
        ),
        Alert(
            alert="RuleEvaluationsFailing",
            expr=_either("prometheus_rule_evaluation_failures_total", "job, rule_group"),
            for_minutes=10,
            severity=Severity.CRITICAL,
            summary="The rules of {{ $labels.rule_group }} can't be evaluated",
            description="Rules in {{ $labels.rule_group }} of {{ $labels.job }}'s ruler have failed for 10 minutes: "
            "their alerts are blind and their recordings have gaps.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="RuleEvaluationsMissed",
            expr=_either("prometheus_rule_group_iterations_missed_total", "job, rule_group"),
            for_minutes=15,
            severity=Severity.WARNING,
            summary="{{ $labels.rule_group }} takes longer than its interval",
            description="The ruler of {{ $labels.job }} has skipped evaluations of {{ $labels.rule_group }} for 15 "
            "minutes: alerts come late.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="AlertsNotDelivered",
            expr=_either("prometheus_notifications_dropped_total", "job"),
            for_minutes=5,
            severity=Severity.CRITICAL,
            summary="The ruler of {{ $labels.job }} can't reach Alertmanager",
            description="Alerts of {{ $labels.job }}'s ruler have been thrown away for 5 minutes because Alertmanager "
            "doesn't take them.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="NotificationsFailing",
            expr="sum by (integration) (rate(cortex_alertmanager_notifications_failed_total[5m])) > 0",
            for_minutes=5,
            severity=Severity.CRITICAL,
            summary="Notifications by {{ $labels.integration }} fail",
            description="{{ $labels.integration }} has refused notifications, or not answered, for 5 minutes: people "
            "don't hear of alerts this way.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
        Alert(
            alert="AlertmanagerConfigRejected",
            expr="min by (instance) (cortex_alertmanager_config_last_reload_successful) == 0",
            for_minutes=10,
            severity=Severity.CRITICAL,
            summary="Alertmanager can't read its configuration",
            description="{{ $labels.instance }} goes on with the configuration that it had before, or with none after "
            "a restart.",
            dashboard=Uid.PLATFORM_HEALTH,
        ),
    ]
