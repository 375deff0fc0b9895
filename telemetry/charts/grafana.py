"""Values of the `grafana` chart.

Source: the chart's values of 12.11; Grafana documentation, "Configure Grafana" and "Configure security".
"""

from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from planning.backends import LOKI, backends_of
from settings.models.grafana import AwsDataSource
from settings.models.platform import PlatformSettings
from settings.models.sizes import WorkloadSize
from telemetry.charts.sign_on import DIRECTORY as SIGN_ON_DIRECTORY
from telemetry.charts.sign_on import VOLUME as SIGN_ON_VOLUME
from telemetry.charts.sign_on import sign_on_ini, sign_on_secret
from telemetry.charts.values import (
    ChartValues,
    Resources,
    ServiceAccount,
    Toleration,
    resources,
    tolerations,
    volume_size,
)
from telemetry.grafana.aws_datasources import XRAY_PLUGIN, aws_datasources
from telemetry.grafana.datasources import datasources
from telemetry.kubernetes.endpoints import (
    GRAFANA_ADMIN_PASSWORD_KEY,
    GRAFANA_ADMIN_SECRET,
    GRAFANA_ADMIN_USER_KEY,
    GRAFANA_PORT,
    GRAFANA_RELEASE,
    SIGN_ON_KEY,
    Endpoints,
)
from telemetry.kubernetes.placement import Placement
from telemetry.kubernetes.tls import DIRECTORY, FILE_MODE, VOLUME, ca_items, secret_name

# The watcher of dashboards, a small Python process; sizes.grafana holds it and Grafana itself.
SIDECAR_CPU_MILLICORES = 10
SIDECAR_REQUEST_MIB = 64
SIDECAR_LIMIT_MIB = 128
DASHBOARD_LABEL = "grafana_dashboard"
DASHBOARD_FOLDER_ANNOTATION = "grafana_folder"
LABEL_VALUE = "1"
# The watcher's role and its binding, which the platform makes.
DASHBOARD_ROLE = "grafana-dashboards"
# Where a Kubernetes client in a pod looks (Kubernetes documentation, "Accessing the Kubernetes API from a Pod").
API_ACCESS_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
API_ACCESS_VOLUME = "kubernetes-api"
# The kubelet's own default (Kubernetes documentation, "Projected Volumes"): an hour and a little.
TOKEN_SECONDS = 3607


class Switch(ChartValues):
    """A part of the chart that is on or off."""

    enabled: bool
    """Whether to install it."""


class Admin(ChartValues):
    """Where the administrator's credentials are; never in these values."""

    existing_secret: str = GRAFANA_ADMIN_SECRET
    """Kubernetes Secret."""
    user_key: str = GRAFANA_ADMIN_USER_KEY
    """Key of the user name."""
    password_key: str = GRAFANA_ADMIN_PASSWORD_KEY
    """Key of the password."""


class Persistence(ChartValues):
    """The volume with Grafana's database."""

    enabled: bool = True
    """Without it, users and stars go with the pod."""
    size: str
    """Kubernetes quantity."""
    storage_class_name: str
    """StorageClass."""


class DeploymentStrategy(ChartValues):
    """How a new version replaces the old one."""

    type: str = "Recreate"
    """The volume can be attached to one pod at a time; a rolling update would wait for ever."""


class Rbac(ChartValues):
    """Kubernetes permissions."""

    create: bool = False
    """The chart's role reads every Secret of the namespace: TLS keys, alert receivers, the administrator's password."""


class Service(ChartValues):
    """Grafana's service."""

    port: int = GRAFANA_PORT
    """The chart's default is 80."""


class DashboardProvider(ChartValues):
    """How Grafana takes the watched dashboards."""

    allow_ui_updates: bool = False
    """Dashboards are code."""
    folders_from_files_structure: bool = True
    """A folder for each annotation value."""


class DashboardSidecar(ChartValues):
    """The watcher of dashboard ConfigMaps."""

    enabled: bool = True
    """Whether to run it."""
    label: str = DASHBOARD_LABEL
    """Label that marks a ConfigMap."""
    label_value: str = LABEL_VALUE
    """Its value."""
    resource: str = "configmap"
    """Secrets hold no dashboards."""
    folder_annotation: str = DASHBOARD_FOLDER_ANNOTATION
    """Annotation that names the folder."""
    provider: DashboardProvider = DashboardProvider()
    """Grafana's side."""
    extra_mounts: tuple[dict[str, Any], ...] = (
        {"name": API_ACCESS_VOLUME, "mountPath": API_ACCESS_FOLDER, "readOnly": True},
    )
    """Its access to the Kubernetes API, which Grafana itself doesn't get."""


class Sidecar(ChartValues):
    """The watcher; alerts need none, because Mimir's and Loki's rulers evaluate them."""

    resources: Resources
    """Requests and limits."""
    dashboards: DashboardSidecar = DashboardSidecar()
    """Dashboards."""


class SecretMount(ChartValues):
    """A Secret that Grafana's container sees as a folder."""

    name: str
    """Volume."""
    secret_name: str
    """Secret."""
    default_mode: int = FILE_MODE
    """File mode."""
    items: list[dict[str, str]]
    """Entries that it sees."""
    mount_path: str
    """Folder."""
    read_only: bool = True
    """Read-only."""


class GrafanaValues(ChartValues):
    """The chart's values."""

    replicas: int
    """The database on the volume allows one."""
    admin: Admin = Admin()
    """Credentials."""
    assert_no_leaked_secrets: bool = True
    """Refuse secrets in grafana.ini."""
    resources: Resources
    """Requests and limits of Grafana itself."""
    persistence: Persistence
    """Volume."""
    deployment_strategy: DeploymentStrategy = DeploymentStrategy()
    """Update."""
    service: Service = Service()
    """Service."""
    service_account: ServiceAccount
    """Identity."""
    automount_service_account_token: bool = False
    """A token in every container would be Grafana's and its plugins' too."""
    extra_container_volumes: list[dict[str, Any]]
    """The watcher's token."""
    rbac: Rbac = Rbac()
    """Permissions."""
    init_chown_data: Switch = Switch(enabled=False)
    """Runs as root; fsGroup does the same."""
    test_framework: Switch = Switch(enabled=False)
    """A test pod without resource requests."""
    image_renderer: Switch = Switch(enabled=False)
    """A second deployment with a browser."""
    sidecar: Sidecar
    """Watchers."""
    datasources: dict[str, Any]
    """Provisioning file by name."""
    plugins: list[str] | None = None
    """What Grafana fetches when it starts."""
    extra_secret_mounts: list[SecretMount]
    """The CA of the back ends, and the client's secret of sign-on."""
    grafana_ini: dict[str, Any] = Field(serialization_alias="grafana.ini")
    """grafana.ini by section."""
    node_selector: dict[str, str]
    """Node labels."""
    tolerations: list[Toleration]
    """Accepted taints."""


def grafana_values(settings: PlatformSettings, placement: Placement, storage_class: str) -> GrafanaValues:
    """Grafana for one stack. Raises `ValueError` when its size doesn't hold its sidecars."""
    size = settings.sizes.grafana
    endpoints = Endpoints.of(settings)
    return GrafanaValues(
        replicas=size.replicas,
        resources=_without_sidecars(size),
        persistence=Persistence(size=volume_size(size, "grafana"), storage_class_name=storage_class),
        service_account=ServiceAccount(name=GRAFANA_RELEASE),
        extra_container_volumes=[_api_access()],
        sidecar=Sidecar(resources=resources(SIDECAR_CPU_MILLICORES, SIDECAR_REQUEST_MIB, SIDECAR_LIMIT_MIB)),
        datasources={"datasources.yaml": _datasources(settings, endpoints)},
        plugins=[XRAY_PLUGIN] if AwsDataSource.XRAY in settings.grafana.aws_data_sources else None,
        extra_secret_mounts=[*_back_ends_ca(endpoints), *_client_secret(settings)],
        grafana_ini=_grafana_ini(settings, endpoints),
        node_selector=placement.node_selector,
        tolerations=tolerations(placement),
    )


def _datasources(settings: PlatformSettings, endpoints: Endpoints) -> dict[str, Any]:
    document = datasources(endpoints, backends_of(settings.retention))
    more = aws_datasources(settings.grafana.aws_data_sources, settings.region)
    return document | {"datasources": [*document["datasources"], *more]}


def _back_ends_ca(endpoints: Endpoints) -> list[SecretMount]:
    """All certificates come from one CA, which stands in each one's Secret; of Loki's, Grafana sees nothing else."""
    if not endpoints.tls:
        return []
    return [SecretMount(name=VOLUME, secret_name=secret_name(LOKI.name), items=ca_items(), mount_path=DIRECTORY)]


def _client_secret(settings: PlatformSettings) -> list[SecretMount]:
    sign_on = settings.grafana.sign_on
    if sign_on is None or sign_on.client is None:
        return []
    items = [{"key": SIGN_ON_KEY, "path": SIGN_ON_KEY}]
    name = sign_on_secret(sign_on)
    return [SecretMount(name=SIGN_ON_VOLUME, secret_name=name, items=items, mount_path=SIGN_ON_DIRECTORY)]


def _api_access() -> dict[str, Any]:
    """What the kubelet would mount into every container, as a volume that one of them mounts."""
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources: list[dict[str, Any]] = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": TOKEN_SECONDS}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": API_ACCESS_VOLUME, "projected": {"sources": sources}}


def _without_sidecars(size: WorkloadSize) -> Resources:
    """What is left of the pod's size for Grafana's own container."""
    cpu = size.cpu_request_millicores - SIDECAR_CPU_MILLICORES
    request = size.memory_request_mib - SIDECAR_REQUEST_MIB
    limit = size.memory_limit_mib - SIDECAR_LIMIT_MIB
    if min(cpu, request, limit) <= 0 or limit < request:
        raise ValueError(
            f"sizes.grafana is too small: its sidecar alone takes {SIDECAR_CPU_MILLICORES} "
            f"millicores, {SIDECAR_REQUEST_MIB} MiB requested and {SIDECAR_LIMIT_MIB} MiB at most"
        )
    return resources(cpu, request, limit)


def _grafana_ini(settings: PlatformSettings, endpoints: Endpoints) -> dict[str, Any]:
    address, sign_on = urlsplit(endpoints.grafana_url), settings.grafana.sign_on
    sections: dict[str, Any] = {
        "server": {"root_url": f"{endpoints.grafana_url}/", "domain": address.hostname},
        "auth.anonymous": {"enabled": False},
        "users": {"allow_sign_up": False, "allow_org_create": False},
        "security": {
            # A browser drops a secure cookie that comes over plain HTTP, so port-forwarding could not log in.
            "cookie_secure": address.scheme == "https",
            "cookie_samesite": "lax",
            "strict_transport_security": address.scheme == "https",
            "disable_gravatar": True,
        },
        "analytics": {
            "reporting_enabled": False,
            "check_for_updates": False,
            "check_for_plugin_updates": False,
        },
        "snapshots": {"external_enabled": False},
        "news": {"news_feed_enabled": False},
    }
    if settings.grafana.aws_data_sources:
        # Its own role alone: no keys that somebody types in.
        sections["aws"] = {"allowed_auth_providers": "default", "assume_role_enabled": False}
    for name, keys in sign_on_ini(sign_on).items() if sign_on else ():
        sections[name] = sections.get(name, {}) | keys
    return sections
