"""Everything that `docker compose up` needs, as files: pure data, no secrets."""

import json
from collections.abc import Mapping
from typing import Any

from planning.backends import backends_of
from planning.shipped_yaml import yaml_text
from settings.models.cluster import ExistingCluster, ObjectStore
from settings.models.platform import PlatformSettings
from settings.models.receivers import Receivers
from telemetry.alerting.alertmanager import alertmanager_text
from telemetry.alerting.rules.files import MIMIR_FILE, loki_rule_files, mimir_rule_files
from telemetry.alerting.rules.mounts import LOKI_TENANT, MIMIR_TENANT
from telemetry.backends import file_of
from telemetry.collector.gateway import gateway_config
from telemetry.grafana import runbooks
from telemetry.grafana.dashboards.build import dashboard_json
from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.datasources import datasources
from telemetry.local.addresses import S3_HOST, S3_PORT, LocalEndpoints, local_storage
from telemetry.local.collector import collector_file
from telemetry.local.compose import compose_document

DASHBOARDS = "config/grafana/dashboards"
RUNBOOKS_HERE = "This platform runs on one machine: for `kubectl … logs` take `docker compose logs <container>`."


def local_files(settings: PlatformSettings) -> Mapping[str, str]:
    """Text by path below the output directory."""
    settings = _on_this_machine(settings)
    storage, kept = local_storage(settings), backends_of(settings.retention)
    endpoints = LocalEndpoints(namespace=settings.namespace)
    documents: dict[str, Any] = {
        "compose.yaml": compose_document(storage, settings.region, kept, gateway_config(settings, endpoints).arguments),
        **{f"config/{backend.name}.yaml": file_of(backend, settings, storage) for backend in kept},
        "config/collector.yaml": collector_file(settings, endpoints),
        "config/grafana/provisioning/datasources/lgtm.yaml": datasources(endpoints, kept),
        "config/grafana/provisioning/dashboards/lgtm.yaml": _dashboard_provider(),
    }
    return (
        {path: yaml_text(document) for path, document in documents.items()}
        | _alerting(settings)
        | _dashboards(settings)
    )


def _on_this_machine(settings: PlatformSettings) -> PlatformSettings:
    """Not on AWS, nothing encrypted on one machine's own network, and nobody is woken by it."""
    store = ObjectStore(endpoint=f"http://{S3_HOST}:{S3_PORT}", credentials_secret="environment")  # noqa: S106
    nobody = Receivers(critical=(), warning=(), info=(), watchdog=False)
    cluster = ExistingCluster(mode="existing", context="local", object_store=store, storage_class="local")
    return settings.model_copy(
        update={
            "cluster": cluster,
            "network": None,
            "tls": settings.tls.model_copy(update={"mode": "plain"}),
            "alerting": settings.alerting.model_copy(update={"receivers": nobody}),
        }
    )


def _alerting(settings: PlatformSettings) -> dict[str, str]:
    """Rules of both rulers but those about pods and nodes, which aren't there, and the Alertmanager's configuration."""
    mimir = mimir_rule_files(settings, None)
    mimir.pop(MIMIR_FILE.format(topic="kubernetes"))
    return {
        **{f"config/rules/mimir/{MIMIR_TENANT}/{name}": text for name, text in mimir.items()},
        **{f"config/rules/loki/{LOKI_TENANT}/{name}": text for name, text in loki_rule_files(settings).items()},
        f"config/alertmanager/{MIMIR_TENANT}.yaml": alertmanager_text(settings, {}),
    }


def _dashboards(settings: PlatformSettings) -> dict[str, str]:
    pages = runbooks.runbook_files(settings, settings.environment, RUNBOOKS_HERE)
    return {f"{DASHBOARDS}/{one.folder}/{one.uid}.json": dashboard_json(one) for one in dashboards(settings)} | {
        f"{DASHBOARDS}/{runbooks.FOLDER}/{name}": text for name, text in pages.items()
    }


def identities(access_key_id: str, secret_access_key: str) -> str:
    """The S3 server's users: one, that may do everything in it."""
    credentials = [{"accessKey": access_key_id, "secretKey": secret_access_key}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return json.dumps({"identities": [{"name": "lgtm", "credentials": credentials, "actions": actions}]}, indent=2)


def _dashboard_provider() -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "lgtm",
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "options": {"path": "/etc/lgtm/dashboards", "foldersFromFilesStructure": True},
            }
        ],
    }
