"""What a killed process costs: of what was acknowledged, nothing for logs; for traces what Tempo's page says."""

from __future__ import annotations

import threading
import time
import urllib.error
from collections.abc import Callable

import pytest

from telemetry.charts.tempo import LOST_SECONDS
from tests.artefacts.collector_traffic import Trace
from tests.artefacts.otlp_source import post, traces_to
from tests.live.platform import Live, RefusedError, eventually
from tests.live.traffic import kept_traces, log_request, trace_requests

LINES = 50
STEPS = 60
INTERVAL_SECONDS = 0.25
# The gateway waits this long for a trace's last span in tests, and Tempo is asked a little after that.
SETTLED_SECONDS = 5.0


def _under_load(live: Live, marker: str, fault: Callable[[], None]) -> int:
    """Lines acknowledged by the agent while `fault` happens in the middle."""
    acknowledged = 0
    for step in range(STEPS):
        if step == STEPS // 2:
            thread = threading.Thread(target=fault)
            thread.start()
        try:
            post(live.agent.ports, "logs", log_request(step, LINES, marker=marker))
        except urllib.error.HTTPError:
            continue
        acknowledged += LINES
        time.sleep(0.05)
    thread.join()
    return acknowledged


@pytest.mark.parametrize("killed", [[1], [0, 1, 2]], ids=["one of three", "all three"])
def test_killed_lokis_lose_no_acknowledged_line(live: Live, killed: list[int]) -> None:
    marker = f"loss{''.join(map(str, killed))}"

    def fault() -> None:
        for number in killed:
            live.loki[number].kill()
        for number in killed:
            live.loki[number].start()
        for number in killed:
            live.loki[number].wait()

    acknowledged = _under_load(live, marker, fault)
    assert acknowledged == STEPS * LINES, "the agent's queue is there so that nothing is refused"
    eventually("every acknowledged line", lambda: live.lines(marker) >= acknowledged, seconds=120)
    assert live.lines(marker) == acknowledged


def test_a_killed_tempo_loses_no_more_than_the_page_says(live: Live) -> None:
    sent: list[tuple[float, Trace]] = []
    with traces_to(live.agent.ports) as tempo:
        for number, trace in enumerate(kept_traces(11, 120)):
            for request in trace_requests([trace]):
                tempo.Export(request, timeout=10)
            sent.append((time.monotonic(), trace))
            time.sleep(INTERVAL_SECONDS)
            if number == 100:
                killed = time.monotonic()
                live.tempo.kill()
                live.tempo.start()
    live.tempo.wait()
    time.sleep(SETTLED_SECONDS)
    eventually("the last trace", lambda: _found(live, sent[-1][1]), seconds=60)
    lost = [killed - at for at, trace in sent if not _found(live, trace)]
    # The gateway holds a trace before Tempo has it, and sends it again: only what Tempo had taken is a loss.
    length = max(lost) - min(lost) + INTERVAL_SECONDS if lost else 0.0
    print(f"lost: {len(lost)} of {len(sent)} traces, {length:.1f} s of them")
    assert length <= LOST_SECONDS + INTERVAL_SECONDS, f"{length:.1f} s of traces are gone: {sorted(lost)}"


def _found(live: Live, trace: Trace) -> bool:
    try:
        live.get(live.tempo_url, f"/api/traces/{trace.trace_id.hex()}")
    except RefusedError:
        return False
    return True
