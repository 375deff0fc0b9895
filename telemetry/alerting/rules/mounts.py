"""Where the rulers and Alertmanager find their files: ConfigMaps and a Secret, mounted as folders so that a change is
seen without a restart.

Both rulers read `<directory>/<tenant>/<file>` (Grafana Mimir and Loki documentation, "Ruler storage", local),
Alertmanager reads `<directory>/<tenant>.yaml`. All three look again every minute or sooner.
"""

from typing import Any

from planning.base import Frozen

# The tenants of single-tenant installations.
MIMIR_TENANT, LOKI_TENANT = "anonymous", "fake"
ALERTMANAGER_FILE = f"{MIMIR_TENANT}.yaml"
# Not below the charts' own configuration folders: nothing can be mounted inside a read-only mount.
RULES = "/etc/lgtm/rules"


class Mount(Frozen):
    """A ConfigMap or Secret and its place in a container."""

    name: str
    """Of the object and of the pod's volume."""
    secret: bool = False
    """A Secret, else a ConfigMap."""
    directory: str
    """What the program is told."""
    tenant: str = ""
    """Folder below it."""

    def volumes(self) -> list[dict[str, Any]]:
        """The pod's volume."""
        source = {"secret": {"secretName": self.name}} if self.secret else {"configMap": {"name": self.name}}
        return [{"name": self.name, **source}]

    def mounts(self) -> list[dict[str, Any]]:
        """Where the container sees it."""
        path = "/".join(part for part in (self.directory, self.tenant) if part)
        return [{"name": self.name, "mountPath": path, "readOnly": True}]


MIMIR_RULES = Mount(name="mimir-rules", directory=RULES, tenant=MIMIR_TENANT)
LOKI_RULES = Mount(name="loki-rules", directory=RULES, tenant=LOKI_TENANT)
ALERTMANAGER = Mount(name="mimir-alertmanager-config", secret=True, directory="/etc/lgtm/alertmanager")
