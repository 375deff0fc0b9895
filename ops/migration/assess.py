"""`python -m ops assess`: an existing Prometheus and Elasticsearch, as settings of this platform and as dollars."""

import os
from typing import NamedTuple

import yaml

from ops.backends.connection import Connection
from ops.backends.http import Address, HttpService
from ops.cost.what_if import what_if
from ops.errors import CommandError
from ops.migration.assessment import (
    ElasticsearchAssessment,
    PrometheusAssessment,
    assess_elasticsearch,
    assess_prometheus,
)
from ops.report.model import Document, Listing, Section, Text, strong, table
from ops.report.output import Answer
from ops.report.what_if import what_if_document
from ops.stacks import settings_of
from planning.workload import MAX_LOG_LINES_PER_REQUEST, MAX_SCRAPE_INTERVAL_SECONDS
from settings.models.platform import PlatformSettings

LEAST = 0.01


class Sources(NamedTuple):
    """Where the existing systems are."""

    prometheus: str | None
    """Base URL."""
    elasticsearch: str | None
    """Base URL."""
    requests_per_second: float | None
    """Given by the caller where no metric counts requests."""


def assess(connection: Connection, sources: Sources) -> Answer:
    """The assessment. Raises `CommandError`, `LiveError`, `SettingsError`."""
    if sources.prometheus is None and sources.elasticsearch is None:
        raise CommandError("nothing to assess: give --prometheus URL, --elasticsearch URL, or both")
    settings = settings_of(connection.stack)
    metrics = assess_prometheus(_service("prometheus", sources.prometheus, connection)) if sources.prometheus else None
    logs = (
        assess_elasticsearch(_service("elasticsearch", sources.elasticsearch, connection))
        if sources.elasticsearch
        else None
    )
    workload = _workload(settings, metrics, logs, sources.requests_per_second)
    found = {"workload": workload, "prometheus": metrics, "elasticsearch": logs}
    return Answer(found, lambda: _document(connection.stack, settings, metrics, logs, workload))


def _service(name: str, url: str, connection: Connection) -> HttpService:
    """Credentials come from the environment: an argument would show in every list of processes."""
    authorization = os.environ.get(f"LGTM_{name.upper()}_AUTHORIZATION") or None
    address = Address(name=name, url=url, ca_file=connection.ca_file, authorization=authorization)
    return HttpService(address, timeout_seconds=connection.timeout_seconds)


def _workload(
    settings: PlatformSettings,
    metrics: PrometheusAssessment | None,
    logs: ElasticsearchAssessment | None,
    requests_per_second: float | None,
) -> dict[str, float | int]:
    """The keys below `workload` that differ from the stack's."""
    now = settings.workload
    requests = requests_per_second or (metrics and metrics.requests_per_second) or now.requests_per_second
    found: dict[str, float | int] = {"requests_per_second": max(LEAST, round(requests, 2))}
    if metrics is not None and metrics.active_series:
        found["active_series"] = metrics.active_series
        if metrics.scrape_interval_seconds is not None:
            found["scrape_interval_seconds"] = min(MAX_SCRAPE_INTERVAL_SECONDS, metrics.scrape_interval_seconds)
    if logs is not None and logs.lines_per_second:
        found |= {
            "log_lines_per_request": _lines_per_request(logs, requests),
            "bytes_per_log_line": logs.bytes_per_line,
        }
    return {key: value for key, value in found.items() if value != getattr(now, key)}


def _lines_per_request(logs: ElasticsearchAssessment, requests_per_second: float) -> float:
    lines = round(logs.lines_per_second / requests_per_second, 2)
    if lines > MAX_LOG_LINES_PER_REQUEST:
        raise CommandError(
            f"{logs.lines_per_second:,.0f} log lines and {requests_per_second:g} requests a second make {lines:,.0f} "
            f"lines a request, more than the {MAX_LOG_LINES_PER_REQUEST:,} accepted: requests are counted too low; "
            "give --requests-per-second"
        )
    return lines


def _document(
    stack: str,
    settings: PlatformSettings,
    metrics: PrometheusAssessment | None,
    logs: ElasticsearchAssessment | None,
    workload: dict[str, float | int],
) -> Document:
    found: list[Section] = []
    if metrics is not None:
        found.append(_metrics(metrics, settings))
    if logs is not None:
        found.append(_logs(logs, settings))
    here: Text | Listing = Text(words=f"nothing to change in Pulumi.{stack}.yaml")
    if workload:
        text = yaml.safe_dump({"workload": workload}, sort_keys=False).rstrip()
        here = Listing(title=f"for Pulumi.{stack}.yaml, below lgtm:platform:", text=text)
    cost = _cost(stack, settings, workload)
    return Document(sections=(*found, Section(blocks=(here, Text(words=strong(cost.title)))), *cost.sections))


def _metrics(found: PrometheusAssessment, settings: PlatformSettings) -> Section:
    requests = "not counted by any metric of a known name: give --requests-per-second"
    if found.requests_per_second is not None:
        requests = f"{found.requests_per_second:,.1f} a second, mean of the last hour"
    samples = "samples not counted: it doesn't scrape itself"
    if found.scrape_interval_seconds is not None:
        samples = f"{found.samples_per_second:,.0f} samples/s, one every {found.scrape_interval_seconds} s"
    return _facts(
        "Prometheus",
        ("series", f"{found.active_series:,}, {samples}; accepted here: {settings.ingestion.max_series:,}"),
        ("requests", requests),
        ("targets", f"{found.targets} of {len(found.jobs)} jobs: {', '.join(found.jobs) or 'none'}"),
        ("rules", f"{found.alerting_rules} alerting, {found.recording_rules} recording"),
        ("retention", f"{found.retention}; here {settings.retention.metrics.delete_days} days"),
        ("largest", ", ".join(f"{one.name} {one.amount:,.0f}" for one in found.largest) or "none"),
    )


def _logs(found: ElasticsearchAssessment, settings: PlatformSettings) -> Section:
    if not found.lines_per_second:
        return _facts("Elasticsearch", ("logs", "none: it has no index with documents of its users"))
    per_second = found.lines_per_second * found.bytes_per_line / 1e6
    return _facts(
        "Elasticsearch",
        (
            "logs",
            f"{found.lines_per_second:,.1f} lines/s of {found.bytes_per_line} bytes: {per_second:,.3f} MB/s; "
            f"accepted here: {settings.ingestion.logs_mb_per_second:g} MB/s",
        ),
        (
            "kept",
            f"{found.stored_gb:,.1f} GB, the oldest {found.oldest_days:,.0f} days; "
            f"here {settings.retention.logs.delete_days} days",
        ),
        ("largest", ", ".join(f"{one.name} {one.amount / 1e9:,.2f} GB/day" for one in found.largest) or "none"),
    )


def _facts(heading: str, *facts: tuple[str, str]) -> Section:
    return Section(heading=heading, blocks=(table(("", ""), facts),))


def _cost(stack: str, settings: PlatformSettings, workload: dict[str, float | int]) -> Document:
    """What the stack would cost with that workload: sizes and nodes grown where it takes that."""
    asked = workload.get("requests_per_second", settings.workload.requests_per_second)
    kept = {key: value for key, value in workload.items() if key != "requests_per_second"}
    # Unvalidated on purpose: what-if says itself which size or limit the load breaks, and what to write instead.
    changed = settings.model_copy(update={"workload": settings.workload.model_copy(update=kept)})
    return what_if_document(what_if(stack, requests_per_second=asked, settings=changed))
