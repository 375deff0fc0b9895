"""Rules of both rulers and Alertmanager's configuration, as objects that the back ends mount."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.namespace import PART_OF, PlatformNamespace
from settings.document.pulumi_config import alerting_secrets
from settings.models.platform import PlatformSettings
from telemetry.alerting.alertmanager import alertmanager_text
from telemetry.alerting.rules.files import loki_rule_files, mimir_rule_files
from telemetry.alerting.rules.mounts import ALERTMANAGER, ALERTMANAGER_FILE, LOKI_RULES, MIMIR_RULES
from telemetry.cost.planned import planned_cost


@dataclass(frozen=True)
class AlertingArgs:
    """Inputs of `Alerting`."""

    settings: PlatformSettings
    namespace: PlatformNamespace
    stack: str
    owner: PlatformSettings | None
    """Settings of the stack that owns a tenant stack's cluster: what the tenant stack costs depends on them."""


class Alerting(pulumi.ComponentResource):
    """Two ConfigMaps with rules, and a Secret with addresses and keys of receivers.

    Each has a fixed name and changes in place: rulers and Alertmanager read it again while they run.
    """

    def __init__(self, name: str, args: AlertingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Alerting", name, None, opts)
        settings = args.settings
        for sentence in settings.alerting.unheard():
            pulumi.warn(f"lgtm:platform.alerting: {sentence}", self)
        self._namespace = args.namespace
        self._rules(MIMIR_RULES.name, mimir_rule_files(settings, planned_cost(settings, args.stack, args.owner)))
        self._rules(LOKI_RULES.name, loki_rule_files(settings))
        self._alertmanager(settings)
        self.register_outputs({})

    def _rules(self, name: str, files: Mapping[str, str]) -> None:
        ConfigMap(name, metadata=self._metadata(name), data=files, opts=self._options())

    def _alertmanager(self, settings: PlatformSettings) -> None:
        secrets = pulumi.Output.all(**alerting_secrets(settings.alerting.receivers))
        text = pulumi.Output.secret(secrets.apply(lambda values: alertmanager_text(settings, values or {})))
        Secret(
            ALERTMANAGER.name,
            metadata=self._metadata(ALERTMANAGER.name),
            type="Opaque",
            string_data={ALERTMANAGER_FILE: text},
            opts=self._options(),
        )

    def _metadata(self, name: str) -> ObjectMetaArgs:
        return ObjectMetaArgs(name=name, namespace=self._namespace.name, labels={"app.kubernetes.io/part-of": PART_OF})

    def _options(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=[self._namespace])
