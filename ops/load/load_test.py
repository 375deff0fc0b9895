"""`load-test`: traces at a rate to the platform's OTLP endpoint, how they were taken, and whether they can be found."""

import sys
import time

from ops import confirmation
from ops.backends import http
from ops.backends.errors import LiveError
from ops.backends.target import Role, Target
from ops.backends.tempo import Tempo
from ops.load.load_effects import node_checks
from ops.load.otlp_load import ERROR_EVERY, LoadPlan, Outcome, send_load
from ops.report.checks import FINDING, Check, Report, State, checked, within
from ops.report.model import Document, Text, document
from ops.report.output import Answer, show_answer
from planning.base import Frozen
from planning.performance_targets import LOAD_TEST_SECONDS_P95

# Bytes of one span as OTLP/JSON, about; for the question only.
SPAN_BYTES = 330
RATE_TOLERANCE = 0.95
MOST_SOUGHT = 5
# The gateway decides 40 s after a trace's first span; then Tempo takes it.
FIND_SECONDS = 120.0
FIND_EVERY_SECONDS = 3.0


class LoadResult(Frozen):
    """What came of a load test."""

    report: Report
    """Verdict by check."""
    requests: int
    """Requests sent."""
    accepted: int
    """Taken."""
    refused: int
    """Answered with 429 or 503."""
    failed: int
    """Everything else."""
    requests_per_second: float
    """Rate that was reached."""
    mb_per_second: float
    """Sent, uncompressed."""
    p50_seconds: float
    """Median latency of accepted requests."""
    p95_seconds: float
    """95th percentile."""
    p99_seconds: float
    """99th percentile."""

    def document(self) -> Document:
        """Numbers and verdict."""
        counts = (
            f"{self.requests:,} requests, {self.requests_per_second:,.0f}/s, {self.mb_per_second:.1f} MB/s: "
            f"{self.accepted:,} accepted, {self.refused:,} refused, {self.failed:,} failed"
        )
        latency = (
            f"latency P50 {self.p50_seconds * 1000:.1f} ms, P95 {self.p95_seconds * 1000:.1f} ms, "
            f"P99 {self.p99_seconds * 1000:.1f} ms"
        )
        return document(self.report.title, Text(words=counts), Text(words=latency), self.report)


def confirmed(target: Target, plan: LoadPlan, *, yes: bool) -> bool:
    """Says what will be sent, and asks."""
    megabytes = plan.requests * plan.spans * SPAN_BYTES / 1e6
    print(
        f"sends {plan.requests:,} traces of {plan.spans} spans ({megabytes:,.0f} MB) to {target.stack} over "
        f"{plan.seconds:g} s; one in {ERROR_EVERY} has an error and is kept and billed like any other",
        file=sys.stderr,
    )
    if yes or confirmation.confirmed("go on?"):
        return True
    print("nothing sent (--yes sends without asking)", file=sys.stderr)
    return False


def load_test(target: Target, plan: LoadPlan, find_seconds: float = FIND_SECONDS) -> LoadResult:
    """Sends, measures and looks for what was sent. Raises `LiveError` when the endpoint can't be reached."""
    outcome = send_load(target.address(Role.OTLP), plan)
    latencies = sorted(outcome.latencies_seconds)
    rate = (len(latencies) + outcome.refused + outcome.failed) / outcome.seconds
    high = percentile(latencies, 0.95)
    checks = (
        _taken(outcome),
        within("latency P95", high, LOAD_TEST_SECONDS_P95, "s", f"{high * 1000:.1f} ms", "the collector is too small"),
        _rate(rate, plan),
        *node_checks(target),
        _found(target, outcome, find_seconds),
    )
    return LoadResult(
        report=Report(title=f"Load test of {target.stack}, run {outcome.run}", checks=checks),
        requests=plan.requests,
        accepted=len(latencies),
        refused=outcome.refused,
        failed=outcome.failed,
        requests_per_second=rate,
        mb_per_second=outcome.bytes_sent / outcome.seconds / 1e6,
        p50_seconds=percentile(latencies, 0.5),
        p95_seconds=high,
        p99_seconds=percentile(latencies, 0.99),
    )


def percentile(ordered: list[float], share: float) -> float:
    """The value below which `share` of an ordered list lies; 0 for an empty one."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _taken(outcome: Outcome) -> Check:
    if not outcome.refused and not outcome.failed:
        return Check(name="accepted", state=State.OK, detail="every request")
    said = f"{outcome.refused} refused, {outcome.failed} failed"
    return Check(
        name="accepted",
        state=State.FINDING,
        detail=f"{said}; the first: {outcome.first_failure}" if outcome.first_failure else said,
        advice="429 and 503 mean that queues or memory are full: more memory for the collectors, or a lower rate",
    )


def _rate(rate: float, plan: LoadPlan) -> Check:
    return checked(
        "rate",
        f"{rate:,.0f} of {plan.requests_per_second:,.0f} requests/s",
        "this machine or the port-forward is the limit: run it inside the cluster, or with --endpoint",
        bad=rate < RATE_TOLERANCE * plan.requests_per_second,
        value=rate,
        limit=plan.requests_per_second,
        unit="requests/s",
    )


def _found(target: Target, outcome: Outcome, find_seconds: float) -> Check:
    name = "traces found"
    sought = outcome.error_traces[-MOST_SOUGHT:]
    if not sought:
        return Check(name=name, state=State.UNKNOWN, detail="no trace with an error was accepted")
    try:
        missing = _missing(target.tempo(), sought, find_seconds)
    except LiveError as error:
        return Check(name=name, state=State.UNKNOWN, detail=str(error))
    if missing:
        return Check(
            name=name,
            state=State.FINDING,
            detail=f"{len(missing)} of {len(sought)} traces with errors are missing after {find_seconds:g} s",
            advice="errors are always kept: see the gateway's queue and Tempo's discarded spans",
        )
    return Check(name=name, state=State.OK, detail=f"all {len(sought)} that were looked for")


def _missing(tempo: Tempo, sought: list[str], find_seconds: float) -> list[str]:
    deadline = time.monotonic() + find_seconds
    missing = [one for one in sought if not tempo.has_trace(one)]
    while missing and time.monotonic() < deadline:
        http.pause(FIND_EVERY_SECONDS)
        missing = [one for one in missing if not tempo.has_trace(one)]
    return missing


def show_load_test(target: Target, plan: LoadPlan, find_seconds: float, *, yes: bool, as_json: bool) -> int:
    """Asks, runs and prints; the report's exit code, or 1 when it wasn't run."""
    if not confirmed(target, plan, yes=yes):
        return FINDING
    result = load_test(target, plan, find_seconds)
    return show_answer(Answer(result, result.document, result.report.exit_code), as_json=as_json)
