"""Encrypted keys of the stack beside its document: addresses and keys of receivers, an S3-compatible server's keys, the
secret that Grafana shows the identity provider."""

from collections.abc import Iterator, Mapping

from settings.models.receivers import ReceiverKind, Receivers

NAMESPACE = "lgtm"
WATCHDOG_KEY = "alerting_watchdog_url"
# What each way needs beside its table in the document; SNS needs none.
SECRET_OF: Mapping[ReceiverKind, str] = {
    ReceiverKind.SLACK: "alerting_slack_url",
    ReceiverKind.EMAIL: "alerting_email_password",
    ReceiverKind.PAGERDUTY: "alerting_pagerduty_key",
    ReceiverKind.WEBHOOK: "alerting_webhook_url",
    ReceiverKind.MSTEAMS: "alerting_msteams_url",
    ReceiverKind.OPSGENIE: "alerting_opsgenie_key",
    ReceiverKind.DISCORD: "alerting_discord_url",
    ReceiverKind.TELEGRAM: "alerting_telegram_token",
}
# Of teams that have ways of their own: a table by team, in it the same names without `alerting_`.
TEAMS_KEY = "alerting_teams"
ACCESS_KEY_ID, SECRET_ACCESS_KEY = "object_store_access_key_id", "object_store_secret_access_key"
# What Grafana shows the identity provider.
CLIENT_SECRET_KEY = "grafana_client_secret"  # noqa: S105 (a key's name)
OBJECT_STORE_KEYS = (f"{NAMESPACE}:{ACCESS_KEY_ID}", f"{NAMESPACE}:{SECRET_ACCESS_KEY}")
SECRET_KEYS = (
    *OBJECT_STORE_KEYS,
    *(f"{NAMESPACE}:{key}" for key in (*SECRET_OF.values(), TEAMS_KEY, WATCHDOG_KEY, CLIENT_SECRET_KEY)),
)


def secret_of(kind: ReceiverKind, team: str | None) -> str:
    """The key of a way's secret, of the stack or of one team."""
    key = SECRET_OF[kind]
    return key if team is None else f"{TEAMS_KEY}.{team}.{key.removeprefix('alerting_')}"


def needed_secrets(receivers: Receivers) -> Iterator[tuple[str, ...]]:
    """What a stack's receivers need, without namespace: of each entry one key must be there, the first counts."""
    for kind in ReceiverKind:
        if kind in receivers.kinds and kind in SECRET_OF:
            yield (secret_of(kind, None),)
    for name, team in receivers.teams.items():
        for kind in ReceiverKind:
            if kind in team.kinds and kind in SECRET_OF:
                yield (secret_of(kind, name), secret_of(kind, None))
    if receivers.watchdog:
        yield (WATCHDOG_KEY,)
