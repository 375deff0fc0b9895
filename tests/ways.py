"""Alerting with every way to people at once, and with two teams that hear of their own services."""

from typing import Any

SERVICES: list[dict[str, Any]] = [
    {"name": "api-gateway", "language": "go", "port": 8000, "tier": "critical", "team": "checkout"},
    {"name": "worker", "language": "python", "tier": "background", "team": "checkout"},
    {"name": "search", "language": "java", "tier": "standard", "team": "search"},
    {"name": "nobodys", "language": "go", "tier": "standard"},
]
SECRETS = {
    "alerting_slack_url": "https://hooks.slack.com/services/T/B/secret",
    "alerting_email_password": "mail-secret",
    "alerting_pagerduty_key": "0123456789abcdef0123456789abcdef",
    "alerting_webhook_url": "https://hooks.acme.io/alerts",
    "alerting_msteams_url": "https://acme.webhook.office.example/workflows/1/secret",
    "alerting_opsgenie_key": "opsgenie-secret",
    "alerting_discord_url": "https://discord.com/api/webhooks/1/secret",
    "alerting_telegram_token": "110201543:telegram-secret",
    "alerting_watchdog_url": "https://beats.acme.io/1",
    "alerting_teams.checkout.pagerduty_key": "fedcba9876543210fedcba9876543210",
}
TOPIC, TEAMS_TOPIC = (f"arn:aws:sns:us-west-2:123456789012:{name}" for name in ("alerts", "search"))
EVERY_WAY: dict[str, Any] = {
    "receivers": {
        "critical": ["pagerduty", "opsgenie", "sns", "telegram"],
        "warning": ["slack", "msteams", "discord"],
        "info": ["email", "webhook"],
        "watchdog": True,
        "slack": {"channel": "#alerts"},
        "email": {
            "to": "team@acme.io",
            "sender": "lgtm@acme.io",
            "smarthost": "smtp.acme.io:587",
            "username": "lgtm",
        },
        "opsgenie": {"api": "jsm"},
        "telegram": {"chat_id": -1001234567890},
        "sns": {"topic_arn": TOPIC},
        "teams": {
            "checkout": {"critical": ["pagerduty"], "warning": ["slack"], "slack": {"channel": "#checkout"}},
            "search": {"warning": ["sns", "slack"], "sns": {"topic_arn": TEAMS_TOPIC}},
        },
    },
}
