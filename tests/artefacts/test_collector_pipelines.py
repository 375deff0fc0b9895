"""Every rendered collector configuration on the real collector, and traffic of the six services through prod's gateway.

`LGTM_TEST_TRACES` sets how many traces are sent (default 200000).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from settings.models.platform import PlatformSettings
from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import POD_ENVIRONMENT, Collector, Ports, on_loopback, running, start, validate
from tests.artefacts.collector_traffic import KINDS, PYTHON, SECRETS, SERVICES, Kind, Trace, make_traces, requests
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink, attributes
from tests.artefacts.otlp_source import traces_to
from tests.stacks import NAMES, stack_file, stack_settings

SENT_TRACES = int(os.environ.get("LGTM_TEST_TRACES", "200000"))
SEED = 20261124
# Standard deviations; trace ids come from a seed, so that a run is like the last one.
BOUND = 4.5
SETTLED_SECONDS = 2.5
# What the sampling table says of each ordinary kind, in percent.
PERCENTS = {
    "almost slow": 5, "critical": 25, "critical and Python": 30, "Python": 30, "everything else": 5,
    "health check": 0, "old health check": 0,
}  # fmt: skip


def unthinned(settings: PlatformSettings) -> PlatformSettings:
    """Settings of a load so large that a test's burst is no surge."""
    limits = settings.ingestion.model_copy(update={"traces_mb_per_second": 1e6})
    rate = settings.workload.requests_per_second * 1e6
    flood = settings.workload.model_copy(update={"requests_per_second": rate})
    return settings.model_copy(update={"workload": flood, "ingestion": limits})


def run_gateway(settings: PlatformSettings, directory: Path, sink: Sink, sent: list[Trace]) -> Counter[bytes]:
    """Send traces through a gateway; how many spans of each trace came out."""
    ports = Ports.free()
    (directory / "state").mkdir(parents=True)
    document = on_loopback(gateway_config(settings).document(), ports, directory / "state", sink.back_ends)
    with running(document, ports, directory) as collector:
        send(collector, sent)
        wait_for_decisions(collector, sink, len(sent))
    return spans_by_trace(sink)


def send(collector: Collector, sent: list[Trace]) -> None:
    with traces_to(collector.ports) as client:
        for request in requests(SEED, sent):
            client.Export(request)


def wait_for_decisions(collector: Collector, sink: Sink, count: int) -> None:
    """Until every trace is judged and what was kept has arrived."""
    decided = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
    eventually(lambda: collector.own_metric(decided) == count)
    settle(sink)


def settle(sink: Sink) -> None:
    """Until nothing more comes."""
    seen, since = len(sink.traces), time.monotonic()
    while time.monotonic() < since + SETTLED_SECONDS:
        time.sleep(0.1)
        if len(sink.traces) != seen:
            seen, since = len(sink.traces), time.monotonic()


def spans_by_trace(sink: Sink) -> Counter[bytes]:
    return Counter(span.trace_id for _, span in sink.spans())


@pytest.mark.parametrize("stack", NAMES)
def test_the_gateway_of_every_stack_is_valid_and_starts(stack: str, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with Sink() as sink:
        ports = Ports.free()
        document = on_loopback(
            gateway_config(stack_settings(stack)).document(), ports, tmp_path / "state", sink.back_ends
        )
        verdict = validate(document, tmp_path, POD_ENVIRONMENT)
        assert verdict.returncode == 0, verdict.stderr
        with running(document, ports, tmp_path) as collector:
            assert "error" not in collector.log.read_text().lower()


class Result(NamedTuple):
    sent: list[Trace]
    kept: Counter[bytes]
    sink: Sink


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    """The traffic, sent once through prod's gateway."""
    sent = make_traces(SEED, SENT_TRACES)
    with Sink() as sink:
        kept = run_gateway(unthinned(stack_settings("prod")), tmp_path_factory.mktemp("gateway") / "run", sink, sent)
        yield Result(sent, kept, sink)


def test_no_error_and_no_slow_trace_is_lost(result: Result) -> None:
    always = [trace for trace in result.sent if trace.kind.name not in PERCENTS]
    assert len(always) > SENT_TRACES * 0.05
    assert {trace.kind.name for trace in always if trace.trace_id not in result.kept} == set()


@pytest.mark.parametrize("kind", sorted(PERCENTS))
def test_ordinary_traces_are_kept_at_their_share(result: Result, kind: str) -> None:
    ids = [trace.trace_id for trace in result.sent if trace.kind.name == kind]
    kept, share = sum(one in result.kept for one in ids), PERCENTS[kind] / 100
    assert abs(kept - len(ids) * share) <= BOUND * sqrt(len(ids) * share * (1 - share))


def test_kept_traces_are_whole_and_come_once(result: Result) -> None:
    expected = {trace.trace_id: len(trace.spans) for trace in result.sent}
    assert all(expected[trace] == spans for trace, spans in result.kept.items())
    ids = Counter(span.span_id for _, span in result.sink.spans())
    assert set(ids.values()) == {1}


def test_span_metrics_count_what_was_sent(result: Result) -> None:
    spans = ((service, span) for trace in result.sent for service, span in trace.spans)
    sent = Counter((service, span.name, span.status.code == span.status.STATUS_CODE_ERROR) for service, span in spans)
    assert _counted(result.sink) == sent


def _counted(sink: Sink) -> Counter[tuple[str, str, bool]]:
    """The last value of each series, which count up."""
    counted: Counter[tuple[str, str, bool]] = Counter()
    for resource, metric in sink.measured("traces.span.metrics.calls"):
        for point in metric.sum.data_points:
            about = attributes(point)
            key = (
                attributes(resource)["service.name"],
                about["span.name"],
                about["status.code"] == "STATUS_CODE_ERROR",
            )
            counted[key] = max(counted[key], point.as_int)
    return counted


def test_exemplars_lead_to_traces(result: Result) -> None:
    ids = {trace.trace_id for trace in result.sent}
    found = {
        exemplar.trace_id
        for _, metric in result.sink.measured("traces.span.metrics.duration")
        for point in metric.histogram.data_points
        for exemplar in point.exemplars
    }
    assert found
    assert found <= ids


def test_metrics_of_the_gateway_itself_say_which_one_it_is(result: Result) -> None:
    names = {
        attributes(resource).get("collector.instance.id")
        for resource, _ in result.sink.measured("traces.span.metrics.calls")
    }
    assert names == {POD_ENVIRONMENT["OTEL_K8S_POD_NAME"]}


def test_no_planted_secret_leaves(result: Result) -> None:
    assert any(span.attributes[-1].key == "paid" for trace in result.sent for _, span in trace.spans)
    everything = result.sink.everything()
    assert [secret for secret in SECRETS if secret.encode() in everything] == []


def test_shares_are_nested_and_aggressive_keeps_a_part_of_normal(tmp_path: Path) -> None:
    """The same trace ids as traces of several kinds: what a smaller share keeps, a larger one keeps too."""
    cases = {
        "everything else": ("everything else", "normal"),
        "critical": ("critical", "normal"),
        "python": ("Python", "normal"),
        "both": ("critical and Python", "normal"),
        "aggressive": ("critical", "aggressive"),
    }
    with ThreadPoolExecutor(len(cases)) as pool:
        runs = {name: pool.submit(_kept_of, tmp_path / name, *case) for name, case in cases.items()}
    kept = {name: run.result() for name, run in runs.items()}
    assert kept["everything else"] < kept["critical"] < kept["python"]
    assert kept["both"] == kept["python"]
    assert set() < kept["aggressive"] < kept["critical"]


def _kept_of(directory: Path, kind: str, mode: str) -> set[bytes]:
    (chosen,) = (one for one in KINDS if one.name == kind)
    sent = make_traces(SEED, 1500, [chosen])
    # Kinds draw differently many random numbers for a trace: its number makes its id.
    for number, trace in enumerate(sent):
        trace.trace_id = number.to_bytes(16, "little")
        for _, span in trace.spans:
            span.trace_id = trace.trace_id
    sent[0].trace_id = (1 << 64).to_bytes(16, "little")  # the id of zeroes is invalid
    for _, span in sent[0].spans:
        span.trace_id = sent[0].trace_id
    with Sink() as sink:
        agreed = stack_file("prod")["config"]["lgtm:platform"]["sampling"]
        settings = unthinned(stack_settings("prod", sampling=agreed | {"mode": mode}))
        return set(run_gateway(settings, directory, sink, sent))


def test_a_background_trace_is_kept_out_of_the_standard_share(tmp_path: Path) -> None:
    """Unknown services are standard; a lower share of one's own is lower, also by language."""
    kinds = [
        Kind("background", ("notification-worker",), 90),
        Kind("background and standard", ("notification-worker", "inventory-service"), 90),
        Kind("overridden", ("web-search",), 90),
        Kind("unknown", ("unlisted-cron",), 90),
    ]
    sent = make_traces(SEED, 2000, kinds)
    overrides = [{"service": "web-search", "percent": 0}]
    sampling = {"standard_percent": 100, "background_percent": 0, "overrides": overrides}
    with Sink() as sink:
        kept = run_gateway(unthinned(stack_settings("prod", sampling=sampling)), tmp_path / "run", sink, sent)
    share = {kind.name: [one.trace_id in kept for one in sent if one.kind.name == kind.name] for kind in kinds}
    assert not any(share["background"])
    assert not any(share["overridden"])
    assert all(share["background and standard"])
    assert all(share["unknown"])


def test_a_surge_thins_ordinary_traces_only(tmp_path: Path) -> None:
    kinds = [Kind("surge", ("api-gateway",), 90), *KINDS[:4]]
    sent = make_traces(SEED, 6000, kinds)
    prod = stack_settings("prod", sampling={"critical_percent": 100})
    with Sink() as sink:
        kept = run_gateway(prod, tmp_path / "run", sink, sent)
    surge = [trace.trace_id for trace in sent if trace.kind.name == "surge"]
    others = [trace.trace_id for trace in sent if trace.kind.name != "surge"]
    assert len(others) > 100
    assert all(one in kept for one in others)
    assert 0 < sum(one in kept for one in surge) < len(surge) / 2


def test_a_back_end_that_was_away_gets_everything_from_the_queue_on_disk(tmp_path: Path) -> None:
    """Tempo goes away; traces are judged meanwhile; the gateway even dies; then Tempo is back."""
    sent = make_traces(SEED, 500, KINDS[:4])
    (tmp_path / "state").mkdir()
    ports = Ports.free()
    with Sink() as sink:
        document = on_loopback(
            gateway_config(stack_settings("prod")).document(), ports, tmp_path / "state", sink.back_ends
        )
        with running(document, ports, tmp_path) as collector:
            sink.go()
            send(collector, sent)
            eventually(lambda: collector.own_metric("otelcol_exporter_queue_size") > 0)
            decided = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
            eventually(lambda: collector.own_metric(decided) == len(sent))
            time.sleep(SETTLED_SECONDS)  # the last batch goes to the queue a second after its decision
            collector.kill()
        sink.come()
        revived = start(document, ports, tmp_path, POD_ENVIRONMENT)
        try:
            eventually(lambda: len(spans_by_trace(sink)) == len(sent))
            settle(sink)
        finally:
            revived.stop()
        expected = {trace.trace_id: len(trace.spans) for trace in sent}
        assert dict(spans_by_trace(sink)).keys() == expected.keys()
        spans = {span.span_id for _, span in sink.spans()}
        assert len(spans) == sum(expected.values())


def test_the_traffic_is_of_all_services() -> None:
    used = {service for kind in KINDS for service in kind.services}
    assert used == set(SERVICES)
    assert {service.name for service in stack_settings("prod").services} <= used
    assert sum(language is PYTHON for language in SERVICES.values()) == 4
    assert isinstance(make_traces(SEED, 1)[0].spans[0][1], Span)
