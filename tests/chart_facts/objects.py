"""Facts of rendered Kubernetes objects: what others rely on, without what the chart only says about itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import yaml

Json = dict[str, Any]
Facts = dict[str, Any]

# Labels that name the chart or the tool, not the workload.
_CHART_LABELS = {"helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "chart", "heritage"}
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
# What a Kubernetes API server fills in when a probe doesn't say (Kubernetes API reference, Probe).
_PROBE_DEFAULTS = {
    "initialDelaySeconds": 0, "periodSeconds": 10, "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3,
}  # fmt: skip
_GRACE_SECONDS = 30
_UPSTREAM = re.compile(r"(?:proxy_pass|set \$\w+)\s+(?:https?://)?([a-z0-9-]+)\.[a-z0-9-]+\.svc\b")
_RESOLVER = re.compile(r"^\s*resolver\s", re.MULTILINE)
_VARIABLE_UPSTREAM = re.compile(r"proxy_pass\s+\S*\$")


def facts_of(documents: Iterable[Json]) -> dict[str, Facts]:
    """Facts by `Kind/name`; tests that Helm runs on demand are no part of a release and left out."""
    return {
        f"{document['kind']}/{document['metadata']['name']}": _known(_OF_KIND.get(document["kind"], _nothing)(document))
        for document in documents
        if "test" not in str(_table(document["metadata"].get("annotations")).get("helm.sh/hook"))
    }


def differences(real: Any, stand_in: Any, path: str = "") -> list[str]:
    """One line for each fact that differs."""
    if isinstance(real, dict) and isinstance(stand_in, dict):
        left, right = _table(real), _table(stand_in)
        return [
            line
            for key in sorted({*left, *right})
            for line in differences(left.get(key, ...), right.get(key, ...), f"{path}{key} · ")
        ]
    if real == stand_in:
        return []
    return [f"{path}real {_shown(real)}, stand-in {_shown(stand_in)}"]


def _shown(value: Any) -> str:
    return "absent" if value is ... else repr(value)


def _table(value: Any) -> Json:
    """A table that may be left out."""
    return value or {}


def _items(value: Any) -> list[Json]:
    """A list that may be left out."""
    return value or []


def _known(facts: Facts) -> Facts:
    """Without what an object doesn't say."""
    return {key: value for key, value in facts.items() if value not in (None, {}, [], "")}


def _unless(value: Any, default: Any) -> Any:
    """A value that isn't what Kubernetes takes anyway."""
    return None if value == default else value


def _nothing(document: Json) -> Facts:
    del document
    return {}


def _labels(labels: Json | None) -> Facts:
    return {key: value for key, value in _table(labels).items() if key not in _CHART_LABELS}


def _service(document: Json) -> Facts:
    spec = document["spec"]
    return {
        "headless": spec.get("clusterIP") == "None" or None,
        "type": _unless(spec.get("type"), "ClusterIP"),
        "publishNotReadyAddresses": spec.get("publishNotReadyAddresses") or None,
        "internalTrafficPolicy": _unless(spec.get("internalTrafficPolicy"), "Cluster"),
        "trafficDistribution": spec.get("trafficDistribution"),
        "ports": {port.get("name", ""): _service_port(port) for port in spec["ports"]},
        "selector": spec.get("selector"),
    }


def _service_port(port: Json) -> str:
    protocol, hint = port.get("protocol", "TCP"), port.get("appProtocol")
    return f"{port['port']}/{protocol} to {port.get('targetPort', port['port'])}{f' ({hint})' if hint else ''}"


def _workload(document: Json) -> Facts:
    spec, template = document["spec"], document["spec"]["template"]
    return {
        "replicas": spec.get("replicas"),
        "serviceName": spec.get("serviceName"),
        "podManagementPolicy": spec.get("podManagementPolicy"),
        "strategy": _unless(spec.get("strategy") or spec.get("updateStrategy"), {"type": "RollingUpdate"}),
        "selector": spec["selector"]["matchLabels"],
        "podLabels": _labels(template["metadata"].get("labels")),
        "claims": {claim["metadata"]["name"]: _claim(claim) for claim in _items(spec.get("volumeClaimTemplates"))},
        **_pod(template["spec"]),
    }


def _pod(spec: Json) -> Facts:
    return {
        "serviceAccount": spec.get("serviceAccountName"),
        "token": _unless(spec.get("automountServiceAccountToken"), True),
        "terminationGracePeriodSeconds": spec.get("terminationGracePeriodSeconds", _GRACE_SECONDS),
        "hostNetwork": spec.get("hostNetwork") or None,
        "securityContext": spec.get("securityContext"),
        "placement": _known(
            {key: spec.get(key) for key in ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints")}
        ),
        "volumes": {volume["name"]: _volume(volume) for volume in _items(spec.get("volumes"))},
        "initContainers": {one["name"]: _known(_container(one)) for one in _items(spec.get("initContainers"))},
        "containers": {one["name"]: _known(_container(one)) for one in spec["containers"]},
    }


def _container(container: Json) -> Facts:
    probes: Facts = {kind: {**_PROBE_DEFAULTS, **container[kind]} for kind in _PROBES if container.get(kind)}
    return {
        "image": container["image"],
        "command": container.get("command"),
        "args": container.get("args"),
        "ports": {port.get("name", ""): _container_port(port) for port in _items(container.get("ports"))},
        **probes,
        "env": {variable["name"]: _variable(variable) for variable in _items(container.get("env"))},
        "envFrom": container.get("envFrom"),
        "resources": container.get("resources"),
        "securityContext": container.get("securityContext"),
        "mounts": {mount["mountPath"]: _mount(mount) for mount in _items(container.get("volumeMounts"))},
    }


def _container_port(port: Json) -> str:
    host = f" on the node's {port['hostPort']}" if port.get("hostPort") else ""
    return f"{port['containerPort']}/{port.get('protocol', 'TCP')}{host}"


def _variable(variable: Json) -> Any:
    source = variable.get("valueFrom")
    if not source:
        return variable.get("value")
    return {kind: {key: one for key, one in held.items() if key != "apiVersion"} for kind, held in source.items()}


def _mount(mount: Json) -> str:
    sub_path = f"/{mount['subPath']}" if mount.get("subPath") else ""
    return f"{mount['name']}{sub_path}{' (read-only)' if mount.get('readOnly') else ''}"


def _volume(volume: Json) -> Any:
    source = next(key for key in volume if key != "name")
    held = _table(volume[source])
    names = {"configMap": "name", "secret": "secretName", "persistentVolumeClaim": "claimName", "hostPath": "path"}
    if source in names:
        return _known({source: held[names[source]], "items": [item["path"] for item in _items(held.get("items"))]})
    return {source: held} if held else source


def _claim(claim: Json) -> Facts:
    spec = claim["spec"]
    return {
        "size": spec["resources"]["requests"]["storage"],
        "storageClass": spec.get("storageClassName"),
        "accessModes": spec["accessModes"],
    }


def _budget(document: Json) -> Facts:
    spec = document["spec"]
    return {
        "minAvailable": spec.get("minAvailable"),
        "maxUnavailable": spec.get("maxUnavailable"),
        "selector": spec["selector"]["matchLabels"],
    }


def _account(document: Json) -> Facts:
    return {"token": _unless(document.get("automountServiceAccountToken"), True)}


def _role(document: Json) -> Facts:
    return {"rules": document.get("rules")}


def _binding(document: Json) -> Facts:
    role = document["roleRef"]
    return {
        "role": f"{role['kind']}/{role['name']}",
        "subjects": [f"{one['kind']}/{one['name']}" for one in document["subjects"]],
    }


def _entries(document: Json) -> Facts:
    return {"entries": {name: _entry(text) for name, text in _table(document.get("data")).items()}}


def _entry(text: str) -> Any:
    """An application's YAML as data; of another file, whom it calls."""
    if "proxy_pass" in text:
        return {
            "upstreams": sorted(set(_UPSTREAM.findall(text))),
            "resolver": bool(_RESOLVER.search(text)),
            "by variable": bool(_VARIABLE_UPSTREAM.search(text)),
        }
    try:
        parsed: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        return "text"
    return _without_nothing(parsed) if isinstance(parsed, dict) else "text"


def _without_nothing(value: Any) -> Any:
    """Empty sections say nothing."""
    if not isinstance(value, dict):
        return value
    inner = {str(key): _without_nothing(one) for key, one in _table(value).items()}
    return {key: one for key, one in inner.items() if one not in (None, {}, [], "")}


def _secret(document: Json) -> Facts:
    return {"entries": sorted({*_table(document.get("data")), *_table(document.get("stringData"))})}


_OF_KIND: dict[str, Callable[[Json], Facts]] = {
    "Service": _service,
    "StatefulSet": _workload,
    "Deployment": _workload,
    "DaemonSet": _workload,
    "PodDisruptionBudget": _budget,
    "ServiceAccount": _account,
    "Role": _role,
    "ClusterRole": _role,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "ConfigMap": _entries,
    "Secret": _secret,
    "PersistentVolumeClaim": _claim,
}
