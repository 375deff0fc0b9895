"""A collector configuration that is checked as a whole: nothing dangling, nothing unused, memory limiter first."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from planning.backends import OTLP_GRPC_PORT
from planning.base import Frozen
from telemetry.kubernetes.endpoints import COLLECTOR_HEALTH_PORT, COLLECTOR_METRICS_PORT, OTLP_HTTP_PORT

# Of both families. The kubelet's end of a port-forward dials localhost inside the pod (containerd: tcp4, then tcp6), so
# a listener on the pod's address alone can't be reached by it. Network policies say who may come.
# On a wildcard address Go opens one socket for both families (package net, Listen).
ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 (inside a pod)
# Set by the chart in every collector pod, from the downward API.
POD_NAME = "${env:OTEL_K8S_POD_NAME}"
NODE_NAME_VARIABLE = "OTEL_K8S_NODE_NAME"
NODE_IP = "${env:OTEL_K8S_NODE_IP}"

MEMORY_LIMITER = "memory_limiter"
BATCH = "batch"
HEALTH_CHECK = "health_check"
# Messages larger than gRPC's 4 MiB arrive when a batch of logs has long lines.
MAX_MESSAGE_MIB = 16

Components = Mapping[str, dict[str, Any]]


class Pipeline(Frozen):
    """One pipeline."""

    receivers: tuple[str, ...] = Field(min_length=1)
    """Where telemetry comes from: receivers or connectors."""
    processors: tuple[str, ...] = ()
    """What is done to it, in order."""
    exporters: tuple[str, ...] = Field(min_length=1)
    """Where it goes: exporters or connectors."""


FEATURE_GATES = {"profiles": "service.profilesSupport"}
# Without it a receiver that asks for patience loses what it was sent.
EXPORTER_GATES = {"prometheusremotewrite": "exporter.prometheusremotewritexporter.RetryOn429"}


class CollectorConfig(Frozen):
    """A collector's whole configuration."""

    receivers: Components
    """Receivers by name."""
    processors: Components
    """Processors by name."""
    exporters: Components
    """Exporters by name."""
    connectors: Components = Field(default_factory=dict)
    """Connectors by name."""
    extensions: Components
    """Extensions by name."""
    pipelines: Mapping[str, Pipeline]
    """Pipelines by name."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problems = [*self._dangling(), *self._unused(), *self._unprotected()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _dangling(self) -> Iterator[str]:
        for name, pipeline in self.pipelines.items():
            for kind, used, defined in (
                ("receiver", pipeline.receivers, {*self.receivers, *self.connectors}),
                ("processor", pipeline.processors, set(self.processors)),
                ("exporter", pipeline.exporters, {*self.exporters, *self.connectors}),
            ):
                yield from (f"pipeline {name}: {kind} {c} is not defined" for c in used if c not in defined)

    def _unused(self) -> Iterator[str]:
        received = {name for pipeline in self.pipelines.values() for name in pipeline.receivers}
        processed = {name for pipeline in self.pipelines.values() for name in pipeline.processors}
        exported = {name for pipeline in self.pipelines.values() for name in pipeline.exporters}
        for kind, defined, used in (
            ("receiver", set(self.receivers), received),
            ("processor", set(self.processors), processed),
            ("exporter", set(self.exporters), exported),
            ("connector", set(self.connectors), received & exported),
        ):
            yield from (f"{kind} {name} is in no pipeline" for name in sorted(defined - used))

    def _unprotected(self) -> Iterator[str]:
        """What comes from outside must meet the memory limiter first; connectors hand over what has passed it."""
        for name, pipeline in self.pipelines.items():
            from_outside = not set(pipeline.receivers) <= set(self.connectors)
            if from_outside and pipeline.processors[:1] != (MEMORY_LIMITER,):
                yield f"pipeline {name}: {MEMORY_LIMITER} must be the first processor"

    @property
    def arguments(self) -> list[str]:
        """What the collector must be started with beside the file: gates of signals and of what exporters do."""
        signals = {name.partition("/")[0] for name in self.pipelines}
        exporters = {name.partition("/")[0] for name in self.exporters}
        gates = [gate for signal, gate in FEATURE_GATES.items() if signal in signals]
        gates += [gate for exporter, gate in EXPORTER_GATES.items() if exporter in exporters]
        return [f"--feature-gates={','.join(gates)}"] if gates else []

    def document(self) -> dict[str, Any]:
        """The configuration file."""
        parts: dict[str, Any] = {
            "receivers": dict(self.receivers),
            "processors": dict(self.processors),
            "exporters": dict(self.exporters),
            "extensions": dict(self.extensions),
            "service": {
                "extensions": list(self.extensions),
                "pipelines": {name: _pipeline(pipeline) for name, pipeline in self.pipelines.items()},
                "telemetry": _own_telemetry(),
            },
        }
        return parts | ({"connectors": dict(self.connectors)} if self.connectors else {})


def _pipeline(pipeline: Pipeline) -> dict[str, Any]:
    document: dict[str, Any] = {"receivers": list(pipeline.receivers), "exporters": list(pipeline.exporters)}
    if pipeline.processors:
        document["processors"] = list(pipeline.processors)
    return document


def _own_telemetry() -> dict[str, Any]:
    """The collector's own metrics, which the agent on its node scrapes."""
    return {
        "metrics": {
            "level": "normal",
            "readers": [
                {"pull": {"exporter": {"prometheus": {"host": ALL_ADDRESSES, "port": COLLECTOR_METRICS_PORT}}}}
            ],
        }
    }


def otlp_receiver(tls: dict[str, Any] | None = None) -> dict[str, Any]:
    """OTLP over gRPC and HTTP; `tls` is the server's tls block."""
    encryption: dict[str, Any] = {"tls": tls} if tls else {}
    return {
        "protocols": {
            "grpc": {
                "endpoint": f"{ALL_ADDRESSES}:{OTLP_GRPC_PORT}",
                "max_recv_msg_size_mib": MAX_MESSAGE_MIB,
                **encryption,
            },
            "http": {"endpoint": f"{ALL_ADDRESSES}:{OTLP_HTTP_PORT}", **encryption},
        }
    }


def memory_limiter() -> dict[str, Any]:
    """Refuses data before the kernel kills the container; senders keep it and try again."""
    return {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20}


def batch() -> dict[str, Any]:
    """Fewer, larger requests."""
    return {"timeout": "1s", "send_batch_size": 4096, "send_batch_max_size": 8192}


def health_check() -> dict[str, Any]:
    """What the chart's probes ask."""
    return {"endpoint": f"{ALL_ADDRESSES}:{COLLECTOR_HEALTH_PORT}"}
