"""Addresses and keys of receivers: encrypted keys of the stack beside its document."""

from collections.abc import Mapping

import pulumi

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
ALERTING_SECRET_KEYS = tuple(f"{NAMESPACE}:{key}" for key in (*SECRET_OF.values(), WATCHDOG_KEY))


def needed_secrets(receivers: Receivers) -> tuple[str, ...]:
    """The keys that a stack's receivers need, without namespace."""
    keys = [SECRET_OF[kind] for kind in ReceiverKind if kind in receivers.kinds]
    return (*keys, *((WATCHDOG_KEY,) if receivers.watchdog else ()))


def alerting_secrets(receivers: Receivers) -> dict[str, "pulumi.Output[str]"]:
    """The secret of each receiver by its key. Raises `pulumi.RunError` with the keys that are missing."""
    config = pulumi.Config(NAMESPACE)
    found = {key: config.get_secret(key) for key in needed_secrets(receivers)}
    missing = [f"{NAMESPACE}:{key}" for key, value in found.items() if value is None]
    if missing:
        raise pulumi.RunError(
            f"{', '.join(missing)} is missing and lgtm:platform.alerting.receivers asks for it: "
            f"pulumi config set --secret {missing[0]}"
        )
    return {key: value for key, value in found.items() if value is not None}
