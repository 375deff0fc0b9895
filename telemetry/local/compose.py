"""The Docker Compose file, typed. Source: Compose Specification, "Services top-level elements" (2026)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from planning.backends import BACKENDS, MIMIR, OTLP_GRPC_PORT, Backend
from telemetry.alerting.rules.mounts import ALERTMANAGER, LOKI_RULES, MIMIR_RULES
from telemetry.charts.object_storage import ObjectStorage
from telemetry.kubernetes.endpoints import GRAFANA_PORT, OTLP_HTTP_PORT
from telemetry.local.addresses import IMAGES, LOOPBACK, S3_HOST, S3_PORT
from telemetry.local.back_ends import DATA

PROJECT = "lgtm"
COLLECTOR_STATE = "/var/lib/otelcol"
# Users that the images run as by their own documentation.
BACK_END_USER = "10001:10001"
GRAFANA_USER = "472:0"
MEMORY_LIMITS_MIB = {"seaweedfs": 512, "collector": 768, "grafana": 512} | {
    one.name: one.local_memory_mib for one in BACKENDS
}
RULE_DIRECTORIES = {"loki": LOKI_RULES.directory, "mimir": MIMIR_RULES.directory}
S3_CREDENTIALS_FILE = "secrets/s3.env"
S3_IDENTITIES_FILE = "secrets/s3-identities.json"
GRAFANA_PASSWORD_FILE = "secrets/grafana-admin-password"  # noqa: S105 (the name of a file, not its content)


class ComposeService(BaseModel):
    """One container; the words are Compose's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str
    """Pinned image."""
    user: str | None = None
    """uid:gid; the image's own where None."""
    command: list[str] | None = None
    """Arguments."""
    entrypoint: list[str] | None = None
    """Program."""
    environment: dict[str, str] | None = None
    """Plain values only."""
    env_file: list[str] | None = None
    """Files with credentials, which only their owner can read."""
    ports: list[str] | None = None
    """Published on loopback only."""
    volumes: list[str] | None = None
    """Named volumes for data, read-only files for configuration."""
    secrets: list[str] | None = None
    """Mounted at /run/secrets."""
    networks: dict[str, dict[str, list[str]]] | None = None
    """Other names of the service."""
    depends_on: dict[str, dict[str, str]] | None = None
    """What must be there first."""
    restart: str | None = "unless-stopped"
    """What happens when it stops."""
    mem_limit: str | None = None
    """Where the kernel stops it."""
    read_only: bool = True
    """Root file system."""
    tmpfs: list[str] | None = None
    """Scratch space."""
    cap_drop: list[str] = ["ALL"]
    """Capabilities."""
    cap_add: list[str] | None = None
    """What is needed after all."""
    security_opt: list[str] = ["no-new-privileges:true"]
    """No set-uid programs."""


def compose_document(
    storage: ObjectStorage, region: str, back_ends: Sequence[Backend], collector_arguments: Sequence[str]
) -> dict[str, Any]:
    """The whole file."""
    services = _services(storage, region, back_ends, collector_arguments)
    return {
        "name": PROJECT,
        "services": {name: service.model_dump(exclude_none=True) for name, service in services.items()},
        "networks": {"lgtm": {}},
        "volumes": {name: {} for name in ("objects", *(one.name for one in back_ends), "collector", "grafana")},
        "secrets": {"grafana-admin-password": {"file": f"./{GRAFANA_PASSWORD_FILE}"}},
    }


def _services(
    storage: ObjectStorage, region: str, back_ends: Sequence[Backend], collector_arguments: Sequence[str]
) -> Mapping[str, ComposeService]:
    return {
        "seaweedfs": ComposeService(
            image=IMAGES["seaweedfs"],
            command=["server", "-dir=/data", "-s3", f"-s3.port={S3_PORT}", "-s3.config=/run/identities.json"],
            volumes=["objects:/data", f"./{S3_IDENTITIES_FILE}:/run/identities.json:ro"],
            networks=_network(),
            mem_limit=_limit("seaweedfs"),
            tmpfs=["/tmp"],  # noqa: S108 (a mount inside the container)
            cap_add=["CHOWN", "SETGID", "SETUID", "DAC_OVERRIDE"],
        ),
        "prepare": _prepare(storage, back_ends),
        **{backend.name: _back_end(backend, region) for backend in back_ends},
        "collector": ComposeService(
            image=IMAGES["collector"],
            user=BACK_END_USER,
            command=["--config=/etc/lgtm/collector.yaml", *collector_arguments],
            environment={"OTEL_K8S_POD_NAME": "local"},
            ports=[_port(OTLP_GRPC_PORT), _port(OTLP_HTTP_PORT)],
            volumes=[f"collector:{COLLECTOR_STATE}", "./config/collector.yaml:/etc/lgtm/collector.yaml:ro"],
            networks=_network(),
            depends_on=_after_preparation(),
            mem_limit=_limit("collector"),
        ),
        "grafana": ComposeService(
            image=IMAGES["grafana"],
            user=GRAFANA_USER,
            environment={
                "GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/grafana-admin-password",
                "GF_USERS_ALLOW_SIGN_UP": "false",
                "GF_AUTH_ANONYMOUS_ENABLED": "false",
                "GF_ANALYTICS_REPORTING_ENABLED": "false",
                "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            },
            ports=[_port(GRAFANA_PORT)],
            volumes=[
                "grafana:/var/lib/grafana",
                "./config/grafana/provisioning:/etc/grafana/provisioning:ro",
                "./config/grafana/dashboards:/etc/lgtm/dashboards:ro",
            ],
            secrets=["grafana-admin-password"],
            networks=_network(),
            depends_on=_after_preparation(),
            mem_limit=_limit("grafana"),
            tmpfs=["/tmp"],  # noqa: S108 (a mount inside the container)
        ),
    }


def _prepare(storage: ObjectStorage, back_ends: Sequence[Backend]) -> ComposeService:
    """Makes the buckets and gives each volume to the user that its container runs as; then it ends."""
    makes = " ".join(f"'s3.bucket.create -name {bucket}'" for bucket in storage.buckets.values())
    # A bucket that is there already is an error message of weed's shell and not of this script.
    owned = [*(one.name for one in back_ends), "collector"]
    script = (
        f"set -e; chown {BACK_END_USER} {' '.join(f'/volumes/{name}' for name in owned)}; "
        f"chown {GRAFANA_USER} /volumes/grafana; "
        f"until wget -q -O /dev/null http://{S3_HOST}:9333/cluster/status; do sleep 1; done; "
        f"printf '%s\\n' {makes} | weed shell -master={S3_HOST}:9333"
    )
    return ComposeService(
        image=IMAGES["seaweedfs"],
        entrypoint=["/bin/sh", "-c", script],
        user="0:0",
        volumes=[f"{name}:/volumes/{name}" for name in (*owned, "grafana")],
        networks=_network(),
        depends_on={S3_HOST: {"condition": "service_started"}},
        restart="on-failure",
        cap_add=["CHOWN"],
        tmpfs=["/tmp"],  # noqa: S108 (a mount inside the container)
    )


def _back_end(backend: Backend, region: str) -> ComposeService:
    name = backend.name
    rules = [f"./config/rules/{name}:{RULE_DIRECTORIES[name]}:ro"] if name in RULE_DIRECTORIES else []
    alertmanager = [f"./config/alertmanager:{ALERTMANAGER.directory}:ro"] if backend is MIMIR else []
    return ComposeService(
        image=IMAGES[name],
        user=BACK_END_USER,
        command=[f"-config.file=/etc/lgtm/{name}.yaml"],
        environment={"AWS_REGION": region, "GOMEMLIMIT": f"{MEMORY_LIMITS_MIB[name] * 9 // 10}MiB"},
        env_file=[f"./{S3_CREDENTIALS_FILE}"],
        ports=[_port(backend.port)],
        volumes=[f"{name}:{DATA}", f"./config/{name}.yaml:/etc/lgtm/{name}.yaml:ro", *rules, *alertmanager],
        networks=_network(backend.service if backend.front else None),
        depends_on=_after_preparation(),
        mem_limit=_limit(name),
        tmpfs=["/tmp"],  # noqa: S108 (a mount inside the container)
    )


def _network(alias: str | None = None) -> dict[str, dict[str, list[str]]]:
    return {"lgtm": {"aliases": [alias]} if alias else {}}


def _after_preparation() -> dict[str, dict[str, str]]:
    return {"prepare": {"condition": "service_completed_successfully"}}


def _port(port: int) -> str:
    return f"{LOOPBACK}:{port}:{port}"


def _limit(name: str) -> str:
    return f"{MEMORY_LIMITS_MIB[name]}m"
