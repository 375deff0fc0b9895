"""One context out of the kubeconfig files that a person has, for clusters that this project doesn't manage."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import yaml

from planning.base import Frozen

# kubeconfig is an open format with plugins' keys in it: this module alone handles it untyped.
Untyped = Any
_PATH_KEYS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class KubeconfigContext(Frozen):
    """A kubeconfig cut down to one context."""

    kubeconfig: str
    """JSON with that context as the current one; it may hold credentials."""
    server: str
    """URL of the API server."""


def read_context(context: str, path: str | None, environment: Mapping[str, str] | None = None) -> KubeconfigContext:
    """The context from `path`, or from KUBECONFIG or ~/.kube/config as kubectl finds them.

    Raises `pulumi.RunError` that names the files read, and the contexts in them when only the context is missing.
    """
    paths = _paths(path, os.environ if environment is None else environment)
    found = [file for file in paths if file.is_file()]
    if not found:
        raise pulumi.RunError(
            f"lgtm:platform.cluster: no kubeconfig at {_listed(paths)}; set cluster.kubeconfig or KUBECONFIG"
        )
    merged = _merge(_load(file) for file in found)
    chosen = merged["contexts"].get(context)
    if chosen is None:
        known = ", ".join(sorted(merged["contexts"])) or "none"
        raise pulumi.RunError(
            f"lgtm:platform.cluster.context: {context!r} is not in {_listed(found)}; contexts there: {known}"
        )
    return _minimal(context, chosen, merged, _listed(found))


def _paths(path: str | None, environment: Mapping[str, str]) -> list[Path]:
    given = path or environment.get("KUBECONFIG")
    if path is not None or not given:
        return [Path(given or "~/.kube/config").expanduser()]
    return [Path(part).expanduser() for part in given.split(os.pathsep) if part]


def _load(file: Path) -> Untyped:
    """The file's clusters, users and contexts by name, relative paths made absolute as kubectl resolves them."""
    try:
        return _by_name(yaml.safe_load(file.read_text()), file.absolute().parent)
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise pulumi.RunError(f"lgtm:platform.cluster: {file} can't be read: {error}") from None
    except (AttributeError, KeyError, TypeError):
        raise pulumi.RunError(f"lgtm:platform.cluster: {file} is not a kubeconfig") from None


def _by_name(document: Untyped, directory: Path) -> Untyped:
    by_name: dict[str, Untyped] = {}
    for kind, key in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        entries: list[Untyped] = list(document.get(kind) or ())
        by_name[kind] = {entry["name"]: _absolute(entry.get(key) or {}, directory) for entry in entries}
    return by_name


def _merge(documents: Iterable[Untyped]) -> Untyped:
    """kubectl's rule: the first file that names something wins."""
    merged: Untyped = {"clusters": {}, "users": {}, "contexts": {}}
    for document in documents:
        for kind, entries in document.items():
            merged[kind] = entries | merged[kind]
    return merged


def _absolute(entry: Untyped, directory: Path) -> Untyped:
    resolved: Untyped = {
        key: str(directory / value) if key in _PATH_KEYS and value else value for key, value in entry.items()
    }
    plugin: Untyped = resolved.get("exec")
    if plugin and "/" in plugin.get("command", ""):
        resolved["exec"] = {**plugin, "command": str(directory / plugin["command"])}
    return resolved


def _minimal(name: str, context: Untyped, merged: Untyped, files: str) -> KubeconfigContext:
    cluster, user = merged["clusters"].get(context.get("cluster")), merged["users"].get(context.get("user"))
    if cluster is None or user is None or not cluster.get("server"):
        raise pulumi.RunError(
            f"lgtm:platform.cluster.context: {name!r} in {files} names the cluster {context.get('cluster')!r} and the "
            f"user {context.get('user')!r}, of which at least one isn't there"
        )
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context["cluster"], "cluster": cluster}],
        "users": [{"name": context["user"], "user": user}],
        "contexts": [{"name": name, "context": context}],
        "current-context": name,
    }
    return KubeconfigContext(kubeconfig=json.dumps(document, indent=2), server=cluster["server"])


def _listed(paths: Iterable[Path]) -> str:
    return ", ".join(str(path) for path in paths)
