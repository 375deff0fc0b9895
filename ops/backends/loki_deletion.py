"""What commands ask one replica of Loki about deletion.

Source: Grafana Loki 3.7, "Log entry deletion" and "Loki HTTP API" (2026-08). Beyond them, seen on real Loki 3.7.6: each
replica has a list of its own, the elected compactor works off its own list alone, and queries that a replica takes
part in leave out what its list names, also when that is done.
"""

from typing import Any, NamedTuple

import yaml
from pydantic import RootModel

from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import Foreign, parsed
from ops.backends.http import HttpService
from ops.backends.logfmt import seconds
from ops.backends.loki import Loki

PATH = "/loki/api/v1/delete"
PROCESSED = "processed"
_LEADS = "loki_boltdb_shipper_compactor_running"


class DeleteRequest(Foreign):
    """One request as a replica lists it."""

    request_id: str = ""
    query: str
    """LogQL."""
    start_time: float
    """Unix seconds, as the other two."""
    end_time: float
    created_at: float
    status: str
    """received, n% Complete, processed."""


class _Listed(RootModel[tuple[DeleteRequest, ...] | None]):
    pass


class _Compactor(Foreign):
    retention_enabled: bool = False
    delete_request_cancel_period: str = ""
    retention_delete_delay: str = ""


class _Limits(Foreign):
    deletion_mode: str = ""


class _Configuration(Foreign):
    auth_enabled: bool = False
    compactor: _Compactor
    limits_config: _Limits


class DeletionSettings(NamedTuple):
    """What a replica does with deletion requests."""

    tenants: bool
    """auth_enabled: whether logs belong to tenants that requests must name."""
    enabled: bool
    """compactor.retention_enabled."""
    mode: str
    """limits_config.deletion_mode."""
    cancel_seconds: float
    """How long a request waits, so that it can be cancelled."""
    delete_delay_seconds: float
    """How long replaced chunks stay in the bucket."""


class LokiDeletion:
    """Deletion on one replica. Every failure is a `LiveError`."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def settings(self) -> DeletionSettings:
        """Of the running configuration."""
        body = self.service.get("/config").body
        try:
            found: Any = yaml.safe_load(body)
        except yaml.YAMLError:
            raise LiveError(self.service.name, Problem.GARBAGE, "/config is not YAML") from None
        try:
            configuration = _Configuration.model_validate(found)
        except ValueError:
            raise LiveError(self.service.name, Problem.GARBAGE, "/config names no compactor") from None
        compactor = configuration.compactor
        return DeletionSettings(
            configuration.auth_enabled,
            compactor.retention_enabled,
            configuration.limits_config.deletion_mode,
            seconds(compactor.delete_request_cancel_period) or 0.0,
            seconds(compactor.retention_delete_delay) or 0.0,
        )

    def leads(self) -> bool:
        """Whether this replica is the elected compactor."""
        return any(one.name == _LEADS and one.value == 1 for one in Loki(self.service).own_series())

    def requests(self) -> tuple[DeleteRequest, ...]:
        """Its list; null where it is empty."""
        return parsed(_Listed, self.service.get(PATH).body, self.service.name, PATH).root or ()

    def file(self, query: str, start: int, end: int) -> None:
        """Adds a request for a time range in Unix seconds."""
        self.service.post(PATH, {"query": query, "start": str(start), "end": str(end)})
