"""What the running stack's configuration says: the one module of `settings` that asks Pulumi."""

import os

import pulumi
from pulumi.runtime import config as pulumi_config

from planning.errors import UserError
from planning.json_value import Json
from settings.document.loader import FULL_KEY, MIRROR_VARIABLE, of_text, parse_config
from settings.document.secrets import (
    ACCESS_KEY_ID,
    CLIENT_SECRET_KEY,
    NAMESPACE,
    OBJECT_STORE_KEYS,
    SECRET_ACCESS_KEY,
    TEAMS_KEY,
    needed_secrets,
)
from settings.document.service_load import assumed_workload
from settings.models.platform import PlatformSettings
from settings.models.receivers import Receivers


def load_settings() -> PlatformSettings:
    """The settings of the running stack. Raises `pulumi.RunError` with one readable message when they are wrong."""
    try:
        return parse_config(_config(), stack=pulumi.get_stack(), mirror=os.environ.get(MIRROR_VARIABLE))
    except UserError as error:
        raise pulumi.RunError(str(error)) from None


def assumed_keys() -> list[str]:
    """The keys of `workload` that are an environment's defaults in the running stack."""
    document = of_text(_config().get(FULL_KEY))
    return assumed_workload(document) if isinstance(document, dict) else []


def _config() -> dict[str, Json]:
    keys = sorted({*pulumi_config.CONFIG.get(), *pulumi_config.get_config_env()})
    return {key: pulumi_config.get_config(key) for key in keys}


def object_store_credentials() -> dict[str, pulumi.Output[str]] | None:
    """The S3-compatible server's credentials by environment variable, or None when someone else makes the Secret.

    Raises `pulumi.RunError` when only one of the two is there.
    """
    config = pulumi.Config(NAMESPACE)
    access_key, secret_key = config.get_secret(ACCESS_KEY_ID), config.get_secret(SECRET_ACCESS_KEY)
    if access_key is None and secret_key is None:
        return None
    if access_key is None or secret_key is None:
        raise pulumi.RunError(
            f"{' and '.join(OBJECT_STORE_KEYS)} belong together: set both with `pulumi config set --secret`"
        )
    return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key}


def alerting_secrets(receivers: Receivers) -> dict[str, pulumi.Output[str]]:
    """The secret of each receiver by its key. Raises `pulumi.RunError` with the keys that are missing."""
    config = pulumi.Config(NAMESPACE)
    teams = _team_secrets()
    found: dict[str, pulumi.Output[str]] = {}
    missing: list[str] = []
    for keys in needed_secrets(receivers):
        values = {key: teams[key] if key in teams else config.get_secret(key) for key in keys}
        key, value = next(((key, value) for key, value in values.items() if value is not None), (keys[0], None))
        if value is None:
            missing.append(f"{NAMESPACE}:{keys[0]}")
        else:
            found[key] = value
    if missing:
        path = "--path " if missing[0].startswith(f"{NAMESPACE}:{TEAMS_KEY}.") else ""
        raise pulumi.RunError(
            f"{', '.join(missing)} is missing and lgtm:platform.alerting.receivers asks for it: "
            f"pulumi config set --secret {path}{missing[0]}"
        )
    return found


def _team_secrets() -> dict[str, pulumi.Output[str]]:
    """What `pulumi config set --secret --path lgtm:alerting_teams.<team>.<name>` left, by that path."""
    table = of_text(pulumi_config.get_config(f"{NAMESPACE}:{TEAMS_KEY}"))
    return {
        f"{TEAMS_KEY}.{team}.{name}": pulumi.Output.secret(value)
        for team, values in (table.items() if isinstance(table, dict) else ())
        for name, value in (values.items() if isinstance(values, dict) else ())
        if isinstance(value, str)
    }


def client_secret() -> pulumi.Output[str]:
    """What Grafana shows the identity provider. Raises `pulumi.RunError` when it is missing."""
    found = pulumi.Config(NAMESPACE).get_secret(CLIENT_SECRET_KEY)
    if found is None:
        key = f"{NAMESPACE}:{CLIENT_SECRET_KEY}"
        raise pulumi.RunError(
            f"{key} is missing and lgtm:platform.grafana.sign_on asks for it: pulumi config set --secret {key}, or "
            "name a Kubernetes Secret in grafana.sign_on.client_secret_in"
        )
    return found
