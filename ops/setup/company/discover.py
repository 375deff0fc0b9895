"""The services that a company has already: in a compose file, or as Deployments behind a kubeconfig context."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from ops.backends.foreign import CamelCase, Foreign
from ops.backends.foreign import parsed as answered
from ops.backends.tools import run_tool
from ops.errors import CommandError
from ops.files import text_of
from settings.models.namespaces import RESERVED_NAMESPACES, SYSTEM_PREFIX
from settings.models.services import Language, ServiceTier

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
LONGEST_NAME = 63
# Servers that nobody writes: they send no traces of their own.
NO_SERVICES = re.compile(
    r"(^|[/-])(postgres(ql)?|postgis|mysql|mariadb|mongo(db)?|redis|valkey|memcached|rabbitmq|kafka|zookeeper|nats|"
    r"elasticsearch|opensearch|kibana|minio|localstack|nginx|traefik|envoy|haproxy|caddy|vault|consul|etcd|prometheus|"
    r"alertmanager|grafana|loki|tempo|mimir|jaeger|zipkin|otel|opentelemetry-collector[a-z-]*|mailhog|mailpit|adminer|"
    r"pgadmin4?|keycloak|coredns|metrics-server|cert-manager[a-z-]*|kube-state-metrics)$"
)
# What an image's name or a folder's file says of the language.
BY_IMAGE = {
    Language.JAVA: r"java|jdk|jre|temurin|corretto|maven|gradle|spring|tomcat|quarkus|kotlin",
    Language.NODEJS: r"node|nextjs|nestjs|express|bun",
    Language.PYTHON: r"python|django|flask|fastapi|uvicorn|gunicorn",
    Language.DOTNET: r"dotnet|aspnet",
    Language.GO: r"golang|(^|[^a-z])go([^a-z]|$)",
}
BY_FILE = {
    Language.JAVA: ("pom.xml", "build.gradle", "build.gradle.kts"),
    Language.NODEJS: ("package.json",),
    Language.PYTHON: ("pyproject.toml", "requirements.txt", "setup.py"),
    Language.GO: ("go.mod",),
    Language.DOTNET: ("*.csproj", "*.sln"),
}

Found = dict[str, Any]


class _Build(Foreign):
    context: str = "."


class _Port(Foreign):
    target: int | str = ""


class _ComposeService(Foreign):
    image: str = ""
    build: _Build | str | None = None
    ports: tuple[_Port | str | int, ...] = ()
    expose: tuple[str | int, ...] = ()


class _Compose(Foreign):
    services: dict[str, _ComposeService | None]


class _ContainerPort(CamelCase):
    container_port: int


class _Container(CamelCase):
    image: str = ""
    ports: tuple[_ContainerPort, ...] = ()


class _PodSpec(CamelCase):
    containers: tuple[_Container, ...]


class _Template(CamelCase):
    spec: _PodSpec


class _DeploymentSpec(CamelCase):
    template: _Template


class _Metadata(CamelCase):
    name: str
    namespace: str
    labels: Mapping[str, str] = MappingProxyType({})


class _Deployment(CamelCase):
    metadata: _Metadata
    spec: _DeploymentSpec


class _Deployments(CamelCase):
    items: tuple[_Deployment, ...]


def compose_file(folder: Path) -> Path | None:
    """The folder's compose file, by the names that Docker Compose looks for."""
    return next((folder / name for name in COMPOSE_FILES if (folder / name).is_file()), None)


def of_compose(path: Path) -> tuple[Found, ...]:
    """The services of a compose file without its databases and proxies. Raises `CommandError`."""
    try:
        document = _Compose.model_validate(yaml.safe_load(text_of(path)))
    except yaml.YAMLError as error:
        raise CommandError(f"--compose {path}: is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError:
        raise CommandError(f"--compose {path}: accepted is a compose file, with a table of services") from None
    found = (_compose_service(name, one or _ComposeService(), path.parent) for name, one in document.services.items())
    return _some(_services(found), f"--compose {path}")


def of_context(context: str, kubeconfig: Path | None = None) -> tuple[Found, ...]:
    """The Deployments that a kubeconfig context shows, but the cluster's own. Raises `CommandError`, `LiveError`."""
    command = ["--context", context, "get", "deployments", "--all-namespaces", "--output", "json"]
    chosen = ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    answer = answered(_Deployments, run_tool("kubectl", [*chosen, *command]), "kubectl", "its list of Deployments")
    return _some(_services(map(_deployment, answer.items)), f"--context {context}")


def service_of(text: str) -> Found:
    """`name[:language[:tier[:team]]]`. Raises `ValueError` with what is accepted."""
    parts = [part.strip() for part in text.split(":")]
    accepted = "accepted: NAME[:LANGUAGE[:TIER[:TEAM]]], such as checkout:java:critical:payments"
    if not 1 <= len(parts) <= 4 or not parts[0]:
        raise ValueError(f"{text!r}: {accepted}")
    keys = dict(zip(("name", "language", "tier", "team"), parts, strict=False))
    for key, choices in (("language", Language), ("tier", ServiceTier)):
        if key in keys and keys[key] not in set(choices):
            raise ValueError(f"{text!r}: {keys[key]!r} is no {key}; accepted: {', '.join(choices)}")
    defaults = {"name": parts[0], "language": Language.OTHER.value, "tier": ServiceTier.STANDARD.value}
    return defaults | keys


def written(service: Mapping[str, Any]) -> str:
    """A service in the words that `service_of` reads."""
    return ":".join(str(service[key]) for key in ("name", "language", "tier", "team") if key in service)


def _some(found: tuple[Found, ...], where: str) -> tuple[Found, ...]:
    if not found:
        raise CommandError(
            f"{where}: there is no service beside databases, proxies and the cluster's own; give --service"
        )
    return found


def _services(found: Iterable[Found | None]) -> tuple[Found, ...]:
    """Each name once, in order."""
    by_name: dict[str, Found] = {}
    for one in found:
        if one is not None:
            by_name.setdefault(one["name"], one)
    return tuple(by_name[name] for name in sorted(by_name))


def _compose_service(name: str, service: _ComposeService, folder: Path) -> Found | None:
    if _foreign(service.image) or (not service.image and _foreign(name)):
        return None
    build = service.build
    context = build.context if isinstance(build, _Build) else build
    ports = [inside for port in (*service.ports, *service.expose) if (inside := _inside(port))]
    return _service(name, _language(service.image, folder / context if context else None), next(iter(ports), None))


def _inside(port: "_Port | str | int") -> int | None:
    """The container's port: `8080`, `80:8080`, `127.0.0.1:80:8080/tcp`, or a table with its target."""
    text = str(port.target if isinstance(port, _Port) else port).rpartition(":")[2].partition("/")[0]
    return int(text) if text.isdigit() else None


def _deployment(deployment: _Deployment) -> Found | None:
    metadata = deployment.metadata
    # `default` is where small companies run everything.
    if metadata.namespace.startswith(SYSTEM_PREFIX) or metadata.namespace in RESERVED_NAMESPACES - {"default"}:
        return None
    containers = deployment.spec.template.spec.containers
    if all(_foreign(one.image) for one in containers):
        return None
    ports = [port.container_port for one in containers for port in one.ports]
    name = metadata.labels.get("app.kubernetes.io/name") or metadata.name
    team = metadata.labels.get("team") or metadata.labels.get("owner")
    return _service(name, _language(" ".join(one.image for one in containers), None), next(iter(ports), None), team)


def _service(name: str, language: Language, port: int | None, team: str | None = None) -> Found:
    found: Found = {"name": _label(name), "language": language.value}
    if port:
        found["port"] = port
    found["tier"] = ServiceTier.STANDARD.value
    return found | ({"team": _label(team)} if team else {})


def _label(text: str) -> str:
    """The nearest name that settings take."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return (plain if plain[:1].isalpha() else f"s-{plain}")[:LONGEST_NAME].rstrip("-")


def _foreign(image: str) -> bool:
    name = image.partition("@")[0]
    return bool(name) and NO_SERVICES.search(re.sub(r":[^/]*$", "", name)) is not None


def _language(image: str, folder: Path | None) -> Language:
    for language, names in BY_FILE.items() if folder else ():
        if folder and any(next(iter(folder.glob(name)), None) for name in names):
            return language
    for language, pattern in BY_IMAGE.items():
        if re.search(pattern, image.lower()):
            return language
    return Language.OTHER
