"""Grafana's data sources with stable uids, linked both ways: traces ↔ logs, traces ↔ metrics, and traces → profiles.

Grafana expands `$name` in provisioning files, so a literal dollar sign is written `$$`. The chart also runs these
documents through Helm's template engine, so nothing here may contain two opening braces in a row.
Source: Grafana documentation, "Provision data sources" of Tempo, Loki and Prometheus (2026-08).
"""

from collections.abc import Callable, Sequence
from typing import Any

from planning.backends import LOKI, MIMIR, PYROSCOPE, TEMPO, Backend
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.tls import CA_FILE

ALERTMANAGER_UID = "alertmanager"

# Metrics arrive at least this often (the agents' collection interval); Grafana derives its smallest step from it.
METRICS_INTERVAL = "60s"
# Span metrics as the collector's spanmetrics connector names them in Mimir.
SPAN_CALLS = "traces_span_metrics_calls_total"
SPAN_DURATION = "traces_span_metrics_duration_seconds"
SPAN_DURATION_BUCKET = f"{SPAN_DURATION}_bucket"
# Resource attributes of spans and the label or structured metadata that holds the same value in Loki.
_LOG_TAGS = [
    {"key": "service.name", "value": "service_name"},
    {"key": "k8s.namespace.name", "value": "k8s_namespace_name"},
]
_LOGS_OF_TRACE = '{$${__tags}} | trace_id="$${__span.traceId}"'
# What Pyroscope calls the CPU time of Go and most other languages.
CPU_PROFILE = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
_METRIC_TAGS = [{"key": "service.name", "value": "service_name"}]
# Clock skew and the time that a log line may trail its span.
_SHIFT = {"spanStartTimeShift": "-5m", "spanEndTimeShift": "5m"}


def datasources(endpoints: Endpoints, kept: Sequence[Backend]) -> dict[str, Any]:
    """The provisioning document of the data sources of the back ends that a stack has."""
    sources = [build(endpoints) for backend, build in _SOURCES if backend in kept]
    if PYROSCOPE in kept:
        sources = [_leading_to_profiles(source) if source["uid"] == TEMPO.name else source for source in sources]
    return {"apiVersion": 1, "prune": True, "datasources": [_trusting(source, endpoints) for source in sources]}


def _trusting(source: dict[str, Any], endpoints: Endpoints) -> dict[str, Any]:
    """Verifies the back end's certificate by the platform's CA, which Grafana reads when it starts."""
    if not endpoints.tls:
        return source
    return source | {
        "jsonData": source["jsonData"] | {"tlsAuthWithCACert": True},
        "secureJsonData": {"tlsCACert": f"$__file{{{CA_FILE}}}"},
    }


def _datasource(name: str, uid: str, kind: str, url: str, json_data: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "uid": uid,
        "type": kind,
        "access": "proxy",
        "url": url,
        "isDefault": uid == MIMIR.name,
        "editable": False,
        "jsonData": json_data,
    }


def _mimir(endpoints: Endpoints) -> dict[str, Any]:
    return _datasource(
        "Mimir",
        MIMIR.name,
        "prometheus",
        f"{endpoints.url(MIMIR)}/prometheus",
        {
            "httpMethod": "POST",
            "prometheusType": "Mimir",
            "timeInterval": METRICS_INTERVAL,
            "manageAlerts": True,
            "alertmanagerUid": ALERTMANAGER_UID,
            "exemplarTraceIdDestinations": [{"name": "trace_id", "datasourceUid": TEMPO.name}],
        },
    )


def _loki(endpoints: Endpoints) -> dict[str, Any]:
    return _datasource(
        "Loki",
        LOKI.name,
        "loki",
        endpoints.url(LOKI),
        {
            "maxLines": 1000,
            "manageAlerts": True,
            "alertmanagerUid": ALERTMANAGER_UID,
            # OTLP logs carry trace_id as structured metadata, which Grafana matches like a label.
            "derivedFields": [
                {
                    "name": "trace_id",
                    "matcherType": "label",
                    "matcherRegex": "trace_id",
                    "url": "$${__value.raw}",
                    "urlDisplayLabel": "Trace",
                    "datasourceUid": TEMPO.name,
                }
            ],
        },
    )


def _tempo(endpoints: Endpoints) -> dict[str, Any]:
    return _datasource(
        "Tempo",
        TEMPO.name,
        "tempo",
        endpoints.url(TEMPO),
        {
            "tracesToLogsV2": {
                "datasourceUid": LOKI.name,
                "tags": _LOG_TAGS,
                # Without a query of ours Grafana looks for the id in the line's text, which needn't hold it: the agents
                # and OTLP put it into structured metadata.
                "customQuery": True,
                "query": _LOGS_OF_TRACE,
                **_SHIFT,
            },
            "tracesToMetrics": {
                "datasourceUid": MIMIR.name,
                "tags": _METRIC_TAGS,
                "queries": [
                    {"name": "Requests per second", "query": f"sum(rate({SPAN_CALLS}{{$$__tags}}[5m]))"},
                    {
                        "name": "Errors per second",
                        "query": f'sum(rate({SPAN_CALLS}{{$$__tags,status_code="STATUS_CODE_ERROR"}}[5m]))',
                    },
                    {
                        "name": "95th percentile of duration",
                        "query": "histogram_quantile(0.95, sum by (le) "
                        f"(rate({SPAN_DURATION_BUCKET}{{$$__tags}}[5m])))",
                    },
                ],
                **_SHIFT,
            },
            "serviceMap": {"datasourceUid": MIMIR.name},
            "nodeGraph": {"enabled": True},
            "search": {"hide": False},
        },
    )


def _leading_to_profiles(source: dict[str, Any]) -> dict[str, Any]:
    """From a span to the CPU profile of its service at that time."""
    profiles = {
        "datasourceUid": PYROSCOPE.name,
        "tags": _METRIC_TAGS,
        "profileTypeId": CPU_PROFILE,
        "customQuery": False,
    }
    return source | {"jsonData": source["jsonData"] | {"tracesToProfiles": profiles}}


def _pyroscope(endpoints: Endpoints) -> dict[str, Any]:
    json_data = {"minStep": "15s"}
    return _datasource("Pyroscope", PYROSCOPE.name, "grafana-pyroscope-datasource", endpoints.url(PYROSCOPE), json_data)


def _alertmanager(endpoints: Endpoints) -> dict[str, Any]:
    return _datasource(
        "Alertmanager",
        ALERTMANAGER_UID,
        "alertmanager",
        endpoints.url(MIMIR),
        {"implementation": "mimir", "handleGrafanaManagedAlerts": False},
    )


_SOURCES: tuple[tuple[Backend, Callable[[Endpoints], dict[str, Any]]], ...] = (
    (MIMIR, _mimir),
    (LOKI, _loki),
    (TEMPO, _tempo),
    (PYROSCOPE, _pyroscope),
    (MIMIR, _alertmanager),
)
