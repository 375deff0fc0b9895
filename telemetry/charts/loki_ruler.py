"""Loki's ruler: rules from a mounted folder, alerts to Mimir's Alertmanager, results of recordings to Mimir.

Source: Grafana Loki 3.7 documentation, "Alerting and recording rules" and "Configuration", ruler.
"""

from planning.backends import LOKI, MIMIR
from telemetry.alerting.rules.mounts import LOKI_RULES
from telemetry.charts.values import AppConfig
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.tls import CA_FILE, CERTIFICATE_ENTRY, CLIENT_DIRECTORY, KEY_ENTRY

STATE = "/var/loki"


class LocalRules(AppConfig):
    """Rules as files."""

    directory: str = LOKI_RULES.directory
    """Holds one folder for each tenant."""


class RuleStorage(AppConfig):
    """Where rules come from."""

    type: str = "local"
    """Kind of store."""
    local: LocalRules = LocalRules()
    """Folder."""


class AlertmanagerClient(AppConfig):
    """How alerts get to Alertmanager."""

    tls_ca_path: str = CA_FILE
    """The platform's own CA."""


class TlsConfig(AppConfig):
    """TLS in Prometheus's words."""

    ca_file: str = CA_FILE
    """The platform's own CA."""
    cert_file: str = f"{CLIENT_DIRECTORY}/{CERTIFICATE_ENTRY}"
    """What Mimir's gateway asks a writer for."""
    key_file: str = f"{CLIENT_DIRECTORY}/{KEY_ENTRY}"
    """Its key."""


class RemoteWriteClient(AppConfig):
    """One receiver of recorded series."""

    url: str
    """Where it takes remote writes."""
    tls_config: TlsConfig | None = None
    """None for plain HTTP."""


class RemoteWrite(AppConfig):
    """Where recorded series go."""

    enabled: bool = True
    """Off by default: results would be lost."""
    clients: dict[str, RemoteWriteClient]
    """By name."""


class WriteAheadLog(AppConfig):
    """Recorded series that are not yet written."""

    dir: str = f"{STATE}/ruler-wal"
    """On the volume."""


class KeyValueStore(AppConfig):
    """Where ring members meet."""

    store: str = "memberlist"
    """Gossip, which the chart sets up for all of Loki's rings."""


class RulerRing(AppConfig):
    """The ring of rulers."""

    kvstore: KeyValueStore = KeyValueStore()
    """Members."""


class RulerConfig(AppConfig):
    """The ruler."""

    storage: RuleStorage = RuleStorage()
    """Rules."""
    rule_path: str = f"{STATE}/rules-temp"
    """Where it writes copies."""
    enable_api: bool = True
    """Grafana shows the rules."""
    enable_sharding: bool = True
    """Each group is evaluated by one replica, not by all."""
    ring: RulerRing = RulerRing()
    """How replicas share the groups."""
    external_url: str
    """Grafana's address, which an alert's link to its query begins with: without it the link leads nowhere."""
    datasource_uid: str = LOKI.name
    """The data source that the link opens in Grafana's Explore."""
    alertmanager_url: str
    """Mimir's Alertmanager, behind its gateway."""
    alertmanager_client: AlertmanagerClient | None = None
    """None for plain HTTP."""
    remote_write: RemoteWrite
    """Recorded series."""
    wal: WriteAheadLog = WriteAheadLog()
    """Recorded series on their way."""


def ruler_config(endpoints: Endpoints) -> RulerConfig:
    """The ruler of one stack."""
    client = RemoteWriteClient(url=endpoints.of_backend(MIMIR).push, tls_config=TlsConfig() if endpoints.tls else None)
    return RulerConfig(
        external_url=endpoints.grafana_url,
        alertmanager_url=f"{endpoints.url(MIMIR)}/alertmanager",
        alertmanager_client=AlertmanagerClient() if endpoints.tls else None,
        remote_write=RemoteWrite(clients={"mimir": client}),
    )
