"""Everything that `docker compose up` needs, as files: pure data, no secrets."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from settings.models import PlatformSettings
from telemetry.datasources import datasources
from telemetry.local.addresses import LocalEndpoints, local_storage
from telemetry.local.back_ends import loki_file, mimir_file, tempo_file
from telemetry.local.collector import collector_file
from telemetry.local.compose import compose_document

DASHBOARDS = "config/grafana/dashboards"


def local_files(settings: PlatformSettings) -> Mapping[str, str]:
    """Text by path below the output directory; everything is on one machine's loopback, so nothing is encrypted."""
    settings = settings.model_copy(update={"tls": settings.tls.model_copy(update={"mode": "plain"})})
    storage = local_storage(settings)
    endpoints = LocalEndpoints(namespace=settings.namespace)
    documents: dict[str, Any] = {
        "compose.yaml": compose_document(storage, settings.region),
        "config/loki.yaml": loki_file(settings, storage),
        "config/tempo.yaml": tempo_file(settings, storage),
        "config/mimir.yaml": mimir_file(settings, storage),
        "config/collector.yaml": collector_file(settings, endpoints),
        "config/grafana/provisioning/datasources/lgtm.yaml": datasources(endpoints),
        "config/grafana/provisioning/dashboards/lgtm.yaml": _dashboard_provider(),
    }
    return {path: _yaml(document) for path, document in documents.items()}


def identities(access_key_id: str, secret_access_key: str) -> str:
    """The S3 server's users: one, that may do everything in it."""
    credentials = [{"accessKey": access_key_id, "secretKey": secret_access_key}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return json.dumps({"identities": [{"name": "lgtm", "credentials": credentials, "actions": actions}]}, indent=2)


class _Plain(yaml.SafeDumper):
    """Writes a value that occurs twice in full twice: people read these files."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the signature is given)
        return True


def _yaml(document: Any) -> str:
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, width=120)


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
