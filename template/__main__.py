"""The platform of one stack, read from top to bottom."""

from pathlib import Path

import pulumi

from components.alerting import Alerting, AlertingArgs
from components.aws_environment import aws_environment_for
from components.certificates import Certificates, CertificatesArgs
from components.cluster import connect_cluster
from components.collector import Collector
from components.cost_alerts import cost_alerts_for
from components.dashboards import Dashboards, DashboardsArgs
from components.endpoints import PlatformOutputs
from components.grafana import Grafana
from components.grafana_address import grafana_address_for, load_balancer_identity_for
from components.loki import Loki
from components.mimir import Mimir
from components.namespace import PlatformNamespace, PlatformNamespaceArgs
from components.object_storage import object_storage_for
from components.platform_context import PlatformContext
from components.pod_scaling import pod_scaling_for
from components.preflight import preflight
from components.pyroscope import pyroscope_for
from components.tempo import Tempo
from components.volume_snapshots import volume_snapshots_for
from components.workload_identity import workload_identities
from settings.document.pulumi_config import load_settings
from settings.document.stack_files import owner_settings
from settings.models.names import Names

settings = load_settings()
owner = owner_settings(settings, Path.cwd())
names = Names(project=settings.project, stack=pulumi.get_stack())

aws = aws_environment_for(settings, names)
preflight(settings, owner, names, aws)
cluster = connect_cluster(settings, names, aws)
objects = object_storage_for(settings, names, aws, settings.tier_plans)
volume_snapshots_for(settings, names, aws, cluster)
cost_alerts_for(settings, names, aws)
identities = workload_identities(settings, names, aws, cluster, objects)
namespace = PlatformNamespace(
    "namespace", PlatformNamespaceArgs(settings, objects.storage, names.stack), cluster.options()
)
certificates = Certificates("certificates", CertificatesArgs(settings, namespace), cluster.options())
context = PlatformContext(settings, names.stack, cluster, namespace, certificates, objects, identities)
alerting = Alerting("alerting", AlertingArgs(settings, namespace, names.stack, owner), cluster.options())

loki = Loki("loki", context.back_end("loki"), context.back_end_options("loki", alerting))
tempo = Tempo("tempo", context.back_end("tempo"), context.back_end_options("tempo"))
mimir = Mimir("mimir", context.back_end("mimir"), context.back_end_options("mimir", alerting))
back_ends = [loki, tempo, mimir, *pyroscope_for(context)]
collector = Collector("collector", context.collector, cluster.options(back_ends))
pod_scaling_for(context, [*back_ends, collector])
Dashboards("dashboards", DashboardsArgs(settings, namespace, names.stack), cluster.options())
grafana = Grafana("grafana", context.grafana, context.grafana_options(*back_ends))

controller = load_balancer_identity_for(settings, names, aws, cluster)
address = grafana_address_for(context, [grafana, *controller])

outputs = PlatformOutputs(back_ends, grafana, collector)
exports = cluster.exports() | objects.exports() | outputs.exports() | certificates.exports() | address
for name, value in exports.items():
    pulumi.export(name, value)
