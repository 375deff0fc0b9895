"""The environment as lines for a shell and as a strategic merge patch for a Kubernetes Deployment.

Sources: Kubernetes documentation, "Expose Pod Information to Containers Through Environment Variables"; README of the
k8s_attributes processor in OpenTelemetry Collector contrib 0.149, `otel_annotations`.
"""

from typing import Any

import yaml

from planning.sampling_advice import ServiceAdvice
from settings.models.platform import PlatformSettings
from settings.models.services import Service
from telemetry.integration.environment import Variable, documentation, variables

ANNOTATION_PREFIX = "resource.opentelemetry.io"
VERSION_LABEL = "app.kubernetes.io/version"
# From the downward API; the names are the tenant's own environment, so they don't start with OTEL_.
DOWNWARD = {
    "POD_NAME": "metadata.name",
    "POD_NAMESPACE": "metadata.namespace",
    "SERVICE_VERSION": f"metadata.labels['{VERSION_LABEL}']",
}
# service.namespace is the Kubernetes namespace because the agent gives that to plain log lines.
KUBERNETES_REFERENCES = {
    "service.namespace": "$(POD_NAMESPACE)",
    "service.version": "$(SERVICE_VERSION)",
    "service.instance.id": "$(POD_NAME)",
}
SHELL_REFERENCES = {
    "service.namespace": "${POD_NAMESPACE:-default}",
    "service.version": "${SERVICE_VERSION:-0.0.0}",
    "service.instance.id": "${HOSTNAME:-local}",
}


def shell_lines(settings: PlatformSettings, service: Service, advice: ServiceAdvice) -> str:
    """`export` lines for a POSIX shell; version and namespace can be set before."""
    lines = [
        f"# Environment of {service.name} ({service.language}) in {settings.environment}.",
        f"# What the variables mean to its SDK: {documentation(service.language)}",
    ]
    for variable in variables(settings, service, advice, SHELL_REFERENCES):
        lines += [f"# {variable.why}", f'export {variable.name}="{variable.value}"']
    return "\n".join(lines) + "\n"


def deployment_patch(settings: PlatformSettings, service: Service, advice: ServiceAdvice) -> str:
    """YAML for `kubectl patch --patch-file`. The container is expected to be called as the service is."""
    patch = {
        "spec": {
            "template": {
                "metadata": {"annotations": {f"{ANNOTATION_PREFIX}/service.name": service.name}},
                "spec": {"containers": [{"name": service.name, "env": _env(settings, service, advice)}]},
            }
        }
    }
    return _HEADER.format(name=service.name, label=VERSION_LABEL) + yaml.safe_dump(patch, sort_keys=False, width=1000)


_HEADER = """\
# kubectl -n <namespace> patch deployment {name} --patch-file deployment-patch.yaml
# Change the container's name if it isn't {name}. The version is the pods' label {label}.
# The annotation gives log lines the same service.name as traces and metrics, whatever the Deployment is called.
"""


def _env(settings: PlatformSettings, service: Service, advice: ServiceAdvice) -> list[dict[str, Any]]:
    """Downward variables first: $(NAME) only resolves to what stands before it."""
    downward = [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in DOWNWARD.items()]
    return [*downward, *(_entry(one) for one in variables(settings, service, advice, KUBERNETES_REFERENCES))]


def _entry(variable: Variable) -> dict[str, Any]:
    return {"name": variable.name, "value": variable.value}
