"""Encrypted keys of the stack beside its document: addresses and keys of receivers, an S3-compatible server's keys, the
secret that Grafana shows the identity provider."""

from collections.abc import Mapping

from settings.models.alerting import ReceiverKind, Receivers

NAMESPACE = "lgtm"
WATCHDOG_KEY = "alerting_watchdog_url"
# What each way needs beside its table in the document.
SECRET_OF: Mapping[ReceiverKind, str] = {
    ReceiverKind.SLACK: "alerting_slack_url",
    ReceiverKind.EMAIL: "alerting_email_password",
    ReceiverKind.PAGERDUTY: "alerting_pagerduty_key",
    ReceiverKind.WEBHOOK: "alerting_webhook_url",
}
ACCESS_KEY_ID, SECRET_ACCESS_KEY = "object_store_access_key_id", "object_store_secret_access_key"
# What Grafana shows the identity provider.
CLIENT_SECRET_KEY = "grafana_client_secret"  # noqa: S105 (a key's name)
OBJECT_STORE_KEYS = (f"{NAMESPACE}:{ACCESS_KEY_ID}", f"{NAMESPACE}:{SECRET_ACCESS_KEY}")
SECRET_KEYS = (
    *OBJECT_STORE_KEYS,
    *(f"{NAMESPACE}:{key}" for key in (*SECRET_OF.values(), WATCHDOG_KEY, CLIENT_SECRET_KEY)),
)


def needed_secrets(receivers: Receivers) -> tuple[str, ...]:
    """The keys that a stack's receivers need, without namespace."""
    keys = [SECRET_OF[kind] for kind in ReceiverKind if kind in receivers.kinds]
    return (*keys, *((WATCHDOG_KEY,) if receivers.watchdog else ()))
