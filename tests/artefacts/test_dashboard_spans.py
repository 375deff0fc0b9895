"""From spans through prod's gateway to the panels: names, labels and example traces are what the dashboards ask for.

The gateway sends its span metrics by OTLP to a Prometheus server, which translates names as Mimir does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from planning.backends import BACKENDS
from telemetry.collector.gateway import gateway_config
from telemetry.grafana.datasources import SPAN_CALLS, SPAN_DURATION_BUCKET, datasources
from telemetry.kubernetes.endpoints import Endpoints
from tests.artefacts.collector_driver import Ports, on_loopback, running
from tests.artefacts.collector_traffic import SERVICES, Trace, make_traces, requests
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink
from tests.artefacts.otlp_source import traces_to
from tests.artefacts.prometheus_driver import Prometheus, prometheus
from tests.dashboard_queries import Asked, promql
from tests.query_inventory import metric_names
from tests.stacks import stack_settings

STACK = "prod"
SEED = 20261125
# Rates need samples that rise: the gateway hands on what it counted once a second here.
BATCHES, BATCH_TRACES = 3, 200
BETWEEN_SECONDS = 2.5
FROM_SPANS = {SPAN_CALLS, SPAN_DURATION_BUCKET}


class Told(NamedTuple):
    """A server that heard of some traces."""

    server: Prometheus
    sent: list[Trace]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    directory = tmp_path_factory.mktemp("spans")
    (directory / "state").mkdir()
    sent = make_traces(SEED, BATCHES * BATCH_TRACES)
    ports = Ports.free()
    with Sink() as sink, prometheus(directory, directory / "data", {}) as server:
        back_ends = sink.back_ends | {"otlp_http/mimir": f"{server.url}/api/v1/otlp"}
        configuration = gateway_config(stack_settings(STACK)).document()
        with running(on_loopback(configuration, ports, directory / "state", back_ends), ports, directory):
            with traces_to(ports) as client:
                for first in range(0, len(sent), BATCH_TRACES):
                    for request in requests(SEED, sent[first : first + BATCH_TRACES]):
                        client.Export(request)
                    time.sleep(BETWEEN_SECONDS)
            eventually(lambda: _spans_counted(server) == sum(len(trace.spans) for trace in sent))
            yield Told(server, sent)


def _spans_counted(server: Prometheus) -> int:
    return round(sum(float(series["value"][1]) for series in server.query(SPAN_CALLS)))


def _answerable() -> list[Asked]:
    """Queries of span metrics alone that need neither yesterday nor answers that the traffic lacks."""
    return [
        one
        for one in promql(STACK)
        if metric_names(one.text) <= FROM_SPANS
        and "offset" not in one.text
        and 'http_response_status_code="' not in one.text
        and "http_response_status_code=~" not in one.text
        and "http_response_status_code!=" not in one.text
    ]


def test_panels_are_filled_by_what_the_gateway_counts(told: Told) -> None:
    asked = _answerable()
    empty = {one.place: one.text for one in asked if not told.server.query(one.text)}

    assert len(asked) > 15
    assert empty == {}


def test_every_service_is_told_apart(told: Told) -> None:
    (requests_by_service,) = {
        one.text for one in _answerable() if one.panel.title == "Requests by service" and one.panel.stacked
    }
    found = {series["metric"]["service_name"] for series in told.server.query(requests_by_service)}
    assert found == set(SERVICES)


def test_histograms_lead_to_traces(told: Told) -> None:
    """The exemplars' label is the one that Grafana's data source looks for, and holds ids of traces that were sent."""
    sources = {
        one["uid"]: one["jsonData"] for one in datasources(Endpoints(namespace="monitoring"), BACKENDS)["datasources"]
    }
    (destination,) = sources["mimir"]["exemplarTraceIdDestinations"]
    found = told.server.exemplars(SPAN_DURATION_BUCKET, seconds=60)
    ids = {exemplar["labels"][destination["name"]] for series in found for exemplar in series["exemplars"]}

    assert ids
    assert ids <= {trace.trace_id.hex() for trace in told.sent}
