"""Grafana, what it may do in Kubernetes, and the administrator's password, which lives in a Kubernetes Secret only."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs, Role, RoleBinding, RoleRefArgs, SubjectArgs
from pulumi_random import RandomPassword

from components.chart_release import ChartReleaseArgs, built_values, chart_release
from components.namespace import PART_OF, PlatformNamespace
from settings.document.pulumi_config import client_secret
from settings.models.platform import PlatformSettings
from telemetry.charts.grafana import DASHBOARD_ROLE, grafana_values
from telemetry.charts.lock import ChartName
from telemetry.kubernetes.endpoints import (
    GRAFANA_ADMIN_PASSWORD_KEY,
    GRAFANA_ADMIN_SECRET,
    GRAFANA_ADMIN_USER_KEY,
    GRAFANA_RELEASE,
    SIGN_ON_KEY,
    SIGN_ON_SECRET,
    Endpoints,
)
from telemetry.kubernetes.placement import Placement

ADMIN_USER = "admin"
PASSWORD_LENGTH = 32


@dataclass(frozen=True)
class GrafanaArgs:
    """Inputs of `Grafana`."""

    settings: PlatformSettings
    namespace: PlatformNamespace
    placement: Placement
    storage_class: pulumi.Input[str]
    """StorageClass of its volume."""


@dataclass(frozen=True)
class SecretReference:
    """Where a secret is; never what it is."""

    namespace: str
    name: str
    key: str

    def to_dict(self) -> dict[str, str]:
        """As a stack output."""
        return {"namespace": self.namespace, "name": self.name, "key": self.key}


class Grafana(pulumi.ComponentResource):
    """Grafana with its data sources, and its admin password."""

    url: str
    """Where people open it."""
    admin_password: SecretReference
    """Where the administrator's password is."""

    def __init__(self, name: str, args: GrafanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Grafana", name, None, opts)
        settings, namespace = args.settings, args.namespace
        secret, watcher = self._admin_secret(namespace), self._dashboard_role(namespace)
        sign_on = self._client_secret(args)
        chart_release(
            GRAFANA_RELEASE,
            ChartReleaseArgs(
                chart=ChartName.GRAFANA,
                charts=settings.charts,
                namespace=namespace.name,
                values=built_values(
                    lambda storage_class: grafana_values(settings, args.placement, storage_class), args.storage_class
                ),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[namespace, secret, watcher, *sign_on]),
        )
        self.url = Endpoints.of(settings).grafana_url
        self.admin_password = SecretReference(namespace.name, GRAFANA_ADMIN_SECRET, GRAFANA_ADMIN_PASSWORD_KEY)
        self.register_outputs({"url": self.url, "adminPassword": self.admin_password.to_dict()})

    def _admin_secret(self, namespace: PlatformNamespace) -> Secret:
        password = RandomPassword(
            "grafana-admin",
            length=PASSWORD_LENGTH,
            special=False,
            min_lower=1,
            min_upper=1,
            min_numeric=1,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return Secret(
            "grafana-admin",
            metadata=_metadata(GRAFANA_ADMIN_SECRET, namespace),
            type="Opaque",
            string_data={GRAFANA_ADMIN_USER_KEY: ADMIN_USER, GRAFANA_ADMIN_PASSWORD_KEY: password.result},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )

    def _client_secret(self, args: GrafanaArgs) -> list[Secret]:
        """What Grafana shows the identity provider; nothing where there is none, or somebody else makes the Secret."""
        sign_on = args.settings.grafana.sign_on
        if sign_on is None or sign_on.client is None or sign_on.client_secret_in is not None:
            return []
        return [
            Secret(
                SIGN_ON_SECRET,
                metadata=_metadata(SIGN_ON_SECRET, args.namespace),
                type="Opaque",
                string_data={SIGN_ON_KEY: client_secret()},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[args.namespace]),
            )
        ]

    def _dashboard_role(self, namespace: PlatformNamespace) -> RoleBinding:
        """What the watcher of dashboards may do, bound to the chart's service account.

        Kubernetes can't narrow a role by label, so it is all ConfigMaps of the namespace, and no Secret. The binding
        is ours too: the chart's names its role, and Kubernetes lets nobody change that in a binding that exists.
        """
        options = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        role = Role(
            DASHBOARD_ROLE,
            metadata=_metadata(DASHBOARD_ROLE, namespace),
            rules=[PolicyRuleArgs(api_groups=[""], resources=["configmaps"], verbs=["get", "list", "watch"])],
            opts=options,
        )
        return RoleBinding(
            DASHBOARD_ROLE,
            metadata=_metadata(DASHBOARD_ROLE, namespace),
            role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=DASHBOARD_ROLE),
            subjects=[SubjectArgs(kind="ServiceAccount", name=GRAFANA_RELEASE, namespace=namespace.name)],
            opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[role])),
        )


def _metadata(name: str, namespace: PlatformNamespace) -> ObjectMetaArgs:
    labels = {"app.kubernetes.io/part-of": PART_OF, "app.kubernetes.io/name": GRAFANA_RELEASE}
    return ObjectMetaArgs(name=name, namespace=namespace.name, labels=labels)
