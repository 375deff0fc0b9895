"""The platform of one stack, read from top to bottom."""

import pulumi

from components.aws_environment import aws_environment_for
from components.cluster import connect_cluster
from components.collector import Collector
from components.endpoints import PlatformOutputs
from components.grafana import Grafana
from components.loki import Loki, LokiArgs
from components.mimir import Mimir, MimirArgs
from components.namespace import PlatformNamespace, PlatformNamespaceArgs
from components.object_storage import object_storage_for
from components.site import Site
from components.tempo import Tempo, TempoArgs
from components.workload_identity import workload_identities
from settings import Names, load_settings

settings = load_settings()
names = Names(project=settings.project, stack=pulumi.get_stack())

aws = aws_environment_for(settings, names)
cluster = connect_cluster(settings, names, aws)
objects = object_storage_for(settings, names, aws, settings.tier_plans)
identities = workload_identities(settings, names, aws, cluster, objects)
namespace = PlatformNamespace(
    "namespace", PlatformNamespaceArgs(settings, objects.storage, names.stack), cluster.options()
)
site = Site(settings, names.stack, cluster, namespace, objects, identities)

loki = Loki("loki", site.back_end(LokiArgs, "loki"), site.back_end_options("loki"))
tempo = Tempo("tempo", site.back_end(TempoArgs, "tempo"), site.back_end_options("tempo"))
mimir = Mimir("mimir", site.back_end(MimirArgs, "mimir"), site.back_end_options("mimir"))
collector = Collector("collector", site.collector, cluster.options([loki, tempo, mimir]))
grafana = Grafana("grafana", site.grafana, cluster.options([loki, tempo, mimir]))

outputs = PlatformOutputs(loki, tempo, mimir, grafana, collector)
for name, value in (cluster.exports() | objects.exports() | outputs.exports()).items():
    pulumi.export(name, value)
