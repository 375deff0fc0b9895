"""Prod's 1,000 requests a second, within the memory that its pods may have.

`LGTM_LIVE_LOAD_SECONDS` says for how long: 600 unless told otherwise.
"""

from __future__ import annotations

import os
import time

from tests.artefacts.otlp_source import post, traces_to
from tests.live.platform import SETTINGS, Live, eventually
from tests.live.traffic import kept_traces, log_request, trace_requests

SECONDS = float(os.environ.get("LGTM_LIVE_LOAD_SECONDS", "600"))
REQUESTS_A_SECOND = 1000
# One line a request; of its traces sampling keeps a few, and a failed one is never thinned.
FAILED_A_SECOND = 10


def test_the_reference_load_is_carried_within_the_pods_limits(live: Live) -> None:
    start, second = time.monotonic(), 0
    with traces_to(live.agent.ports) as tempo:
        while time.monotonic() - start < SECONDS:
            post(live.agent.ports, "logs", log_request(second, REQUESTS_A_SECOND, marker="load"))
            for request in trace_requests(kept_traces(second, FAILED_A_SECOND)):
                tempo.Export(request, timeout=30)
            second += 1
            time.sleep(max(0.0, start + second - time.monotonic()))
    sent = second * REQUESTS_A_SECOND
    print(f"{sent} lines and {second * FAILED_A_SECOND} traces in {time.monotonic() - start:.0f} s")
    eventually("every line once", lambda: live.lines("load", SECONDS + 600) == sent, seconds=180)
    used = {one.name: one.peak_memory_mib for one in (*live.loki, live.tempo)}
    allowed = {
        "loki": SETTINGS.sizes.loki.monolithic.memory_limit_mib,
        "tempo": SETTINGS.sizes.tempo.memory_limit_mib,
    }
    print({name: f"{mib:.0f} MiB" for name, mib in used.items()})
    for name, mib in used.items():
        limit = allowed[name.partition("-")[0]]
        assert mib <= limit, f"{name} had {mib:.0f} MiB resident, its pod may have {limit}"
