"""Addresses as clients and outputs see them."""

from planning.backends import LOKI, MIMIR, TEMPO
from telemetry.kubernetes.endpoints import Endpoints


def test_ports_are_those_that_clients_were_promised() -> None:
    endpoints = Endpoints(namespace="monitoring")
    assert endpoints.of_backend(LOKI).push == "http://loki.monitoring.svc.cluster.local:3100/loki/api/v1/push"
    assert endpoints.of_backend(TEMPO).query == "http://tempo.monitoring.svc.cluster.local:3200/api/search"
    assert endpoints.of_backend(MIMIR).push == "http://mimir-gateway.monitoring.svc.cluster.local:8080/api/v1/push"
    assert (
        endpoints.of_backend(MIMIR).query
        == "http://mimir-gateway.monitoring.svc.cluster.local:8080/prometheus/api/v1/query"
    )
    assert endpoints.otlp_grpc == "http://collector.monitoring-agent.svc.cluster.local:4317"
    assert endpoints.otlp_http == "http://collector.monitoring-agent.svc.cluster.local:4318"


def test_grafana_is_local_unless_it_has_a_host_name() -> None:
    assert Endpoints(namespace="x").grafana_url == "http://localhost:3000"
    assert Endpoints(namespace="x", grafana_hostname="g.acme.example").grafana_url == "https://g.acme.example"
