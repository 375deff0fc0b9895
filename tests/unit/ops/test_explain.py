"""`explain` against servers that answer as Mimir, Loki and Grafana do, well and badly."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ops.alerts.explain import kind_of
from ops.alerts.moved import Change, Relation, largest
from telemetry.grafana.moved import Measure
from tests.live_servers import DOWN, GARBAGE, UNAUTHORIZED, Failure, Platform, streams, vector
from tests.unit.ops.running import Ran

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
BEGAN = datetime(2026, 11, 28, 14, 5, tzinfo=UTC)
AT = "2026-11-28T14:30"
NOW, BEFORE = "[15m])", "[45m] offset 15m)"
FAILED = 'status_code="STATUS_CODE_ERROR"'


class Incident:
    """checkout fails; payments, which it calls, fails too and logs why; somebody deployed; a stranger got busier."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.logs: list[Mapping[str, str]] = []
        rates = {NOW: (100.0, 101.0, 9.0), BEFORE: (100.0, 100.0, 3.0)}
        for window, (checkout, payments, batch) in rates.items():
            self._tell(window, "rate(traces_span_metrics_calls", checkout=checkout, payments=payments, batch=batch)
        # The share of failures names both: told last, so asked first.
        self._tell(NOW, FAILED, checkout=0.02, payments=0.4, batch=0.0)
        self._tell(BEFORE, FAILED, checkout=0.001, payments=0.002, batch=0.0)
        self._tell(NOW, "histogram_quantile", checkout=1.2, payments=0.2)
        self._tell(BEFORE, "histogram_quantile", checkout=0.3, payments=0.19)
        firing = {"alertname": "HighErrorRate", "service_name": "checkout", "alertstate": "firing"}
        platform.tell('ALERTS{alertname="HighErrorRate",alertstate="firing"', (firing, 1.0))
        platform.tell("ALERTS_FOR_STATE", ({}, BEGAN.timestamp()))
        platform.tell(
            "traces_service_graph_request_total",
            ({"client": "web", "server": "checkout"}, 3.0),
            ({"client": "checkout", "server": "payments"}, 3.0),
            ({"client": "batch", "server": "ledger"}, 1.0),
        )
        platform.tell("service_version!=", ({"service_name": "payments", "service_version": "2.4.0"}, 1.0))
        platform.loki.answers["/loki/api/v1/query"] = self._volumes
        platform.loki.answers["/loki/api/v1/query_range"] = self._lines
        platform.grafana.answers["/api/annotations"] = self._marks

    def _tell(self, window: str, part: str, **values: float) -> None:
        self.platform.metrics.insert(0, (f"{part}\0{window}", [({"service_name": k}, v) for k, v in values.items()]))

    def _volumes(self, parameters: Mapping[str, str]) -> Any:
        self.logs.append(parameters)
        if "detected_level" in parameters["query"]:
            return vector(({"service_name": "payments"}, 2.0 if NOW in parameters["query"] else 0.0))
        return vector(({"service_name": "payments"}, 9000.0), ({"service_name": "checkout"}, 4000.0))

    def _lines(self, parameters: Mapping[str, str]) -> Any:
        self.logs.append(parameters)
        usual = [({"service_name": "payments"}, f"slow query of {number} ms") for number in range(4)]
        if int(parameters["end"]) < BEGAN.timestamp() * 1e9:
            return streams(*usual * 3)
        refused = [({"service_name": "payments"}, f"dial 10.1.2.{number}:5432: refused") for number in range(9)]
        return streams(*usual, *refused)

    def _marks(self, parameters: Mapping[str, str]) -> Any:
        at = int((BEGAN - timedelta(minutes=4)).timestamp() * 1000)
        assert parameters["tags"] == "lgtm"
        assert int(parameters["from"]) < at < int(parameters["to"])
        return [{"id": 7, "time": at, "text": "deployed payments 2.4.0", "tags": ["lgtm", "deploy"], "login": "ci"}]


@pytest.fixture
def incident(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Incident:
    """Mimir answers by two parts of the query."""

    def query(parameters: Mapping[str, str]) -> Any:
        for part, series in platform.metrics:
            if all(one in parameters["query"] for one in part.split("\0")):
                return vector(*series)
        return vector()

    platform.mimir.answers["/prometheus/api/v1/query"] = query
    return Incident(platform)


def answer(ran: Ran) -> Any:
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_what_moved_is_listed_by_size_with_who_calls_whom(incident: Incident, operate: Operate) -> None:
    found = answer(operate("explain", "HighErrorRate", "--at", AT, "--json"))
    moved = [(one["service"], one["relation"], one["measure"]) for one in found["changes"]]
    assert moved == [
        ("payments", "it calls", "error lines"),
        ("payments", "it calls", "failed requests"),
        ("checkout", "itself", "duration, 95th percentile"),
        ("batch", "", "requests"),
        ("checkout", "itself", "failed requests"),
    ]
    assert found["services"] == ["checkout"]
    assert (found["start"], found["end"]) == ("2026-11-28T14:00:00Z", "2026-11-28T14:15:00Z")
    assert [one["text"] for one in found["patterns"]] == ["dial …:…: refused"]
    assert [one["text"] for one in found["marks"]] == ["deployed payments 2.4.0", "payments 2.4.0 began"]
    assert found["unknown"] == []


def test_people_read_it_in_plain_words_with_the_dashboards_link(incident: Incident, operate: Operate) -> None:
    out = operate("explain", "HighErrorRate", "--at", AT).out
    assert "HighErrorRate on staging for checkout began at 2026-11-28 14:05 UTC." in out
    assert "from 0.2% to 40.0% (200.0 times)" in out
    assert "from 300 ms to 1.20 s (4.0 times)" in out
    assert "from nothing to 120.0 a minute" in out
    assert "2026-11-28 14:01 UTC: deployed payments 2.4.0" in out
    assert "payments: 36 an hour, were 0: dial …:…: refused" in out
    link = urlsplit(next(line for line in out.splitlines() if line.startswith("What else moved: ")).split(": ", 1)[1])
    assert link.path == "/d/lgtm-moved"
    shown = {key: values[0] for key, values in parse_qs(link.query).items()}
    assert shown == {"var-service": "checkout", "from": "1795871700000", "to": "1795875300000"}
    assert datetime.fromtimestamp(int(shown["to"]) / 1000, UTC) == BEGAN + timedelta(minutes=10)


def test_every_question_is_about_that_time(incident: Incident, operate: Operate) -> None:
    answer(operate("explain", "HighErrorRate", "--at", AT, "--json"))
    asked = [parse_qs(urlsplit(one).query) for one in incident.platform.mimir.requests if "query?" in one]
    times = {one["time"][0] for one in asked if "ALERTS" not in one["query"][0]}
    assert times == {f"{(BEGAN + timedelta(minutes=10)).timestamp():.3f}"}
    assert {one["time"] for one in incident.logs if "time" in one} == {
        str(int((BEGAN + timedelta(minutes=10)).timestamp()) * 10**9)
    }


def test_an_alert_that_doesnt_fire_is_said_with_those_that_do(incident: Incident, operate: Operate) -> None:
    incident.platform.tell("count by (alertname)", ({"alertname": "VolumeFull"}, 1.0), ({"alertname": "Watchdog"}, 1.0))
    ran = operate("explain", "NodeNotReady", "--at", AT)
    assert ran.code == 2
    assert "NodeNotReady doesn't fire at 2026-11-28 14:30 UTC; firing then: VolumeFull, Watchdog; see --at" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("High Error",), "ALERT: got 'High Error'; accepted: the name of an alert, such as HighErrorRate"),
        (("HighErrorRate", "--at", "noon"), "--at: got 'noon'; accepted: a time such as 2026-11-28T14:05, in UTC"),
        (("HighErrorRate", "--at", "2100-01-01"), "which is still to come; accepted: a time up to now"),
        (("HighErrorRate", "--service", 'a"b'), "--service: got 'a\"b'; accepted: the name of a service"),
    ],
)
def test_wrong_words_are_refused(arguments: tuple[str, ...], message: str, operate: Operate) -> None:
    ran = operate("explain", *arguments)
    assert (ran.code, message in ran.err) == (2, True), ran.err


@pytest.mark.parametrize("failure", [DOWN, UNAUTHORIZED, GARBAGE])
def test_without_loki_or_grafana_the_rest_is_told_and_what_is_missing(
    failure: Failure, incident: Incident, operate: Operate
) -> None:
    incident.platform.loki.failure = failure
    incident.platform.grafana.failure = failure
    found = answer(operate("explain", "HighErrorRate", "--at", AT, "--json"))
    assert [one["service"] for one in found["changes"]] == ["payments", "checkout", "batch", "checkout"]
    assert [one.partition(":")[0] for one in found["unknown"]] == ["log lines", "patterns of lines", "marks"]
    assert [one["text"] for one in found["marks"]] == ["payments 2.4.0 began"]


@pytest.mark.parametrize("failure", [DOWN, UNAUTHORIZED, GARBAGE])
def test_without_mimir_there_is_no_answer(failure: Failure, incident: Incident, operate: Operate) -> None:
    incident.platform.mimir.failure = failure
    ran = operate("explain", "HighErrorRate")
    assert (ran.code, ran.out) == (3, "")
    assert "mimir" in ran.err


def test_an_alert_of_the_platform_has_no_service_and_still_sees_what_moved(
    incident: Incident, operate: Operate
) -> None:
    incident.platform.tell('ALERTS{alertname="VolumeFull"', ({"alertname": "VolumeFull"}, 1.0))
    found = answer(operate("explain", "VolumeFull", "--at", AT, "--json"))
    assert (found["services"], found["patterns"]) == ([], [])
    assert {one["relation"] for one in found["changes"]} == {""}
    assert "var-service" not in found["dashboard"]


def change(before: float, now: float, measure: Measure = Measure.REQUESTS) -> Change:
    return Change(service="a", relation=Relation.ELSEWHERE, measure=measure, before=before, now=now)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (change(10, 25), "from 10.0/s to 25.0/s (2.5 times)"),
        (change(10, 2.5), "from 10.0/s to 2.5/s (down to 25%)"),
        (change(0, 3), "from nothing to 3.0/s"),
        (change(3, 0), "stopped, was 3.0/s"),
        (change(1000, 5000, Measure.LOG_BYTES), "from 1.0 kB/s to 5.0 kB/s (5.0 times)"),
    ],
)
def test_a_change_is_said_plainly(one: Change, words: str) -> None:
    assert one.words == words


def test_next_to_nothing_is_no_change_however_many_times_it_is() -> None:
    assert largest([change(0, 0.005), change(0.0001, 0.004, Measure.FAILED), change(10, 14)]) == ()
    halved, risen = change(10, 4), change(10, 40)
    assert largest([halved, risen]) == (risen, halved)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("took 12.5 ms for id 7", "took … ms for id …"),
        ('user "Ann" not found', "user … not found"),
        ("trace 0af7651916cd43dd8448eb211c80319c ended", "trace … ended"),
        ("request 550e8400-e29b-41d4-a716-446655440000   failed", "request … failed"),
        ("deadbeats are words", "deadbeats are words"),
    ],
)
def test_lines_of_a_kind_differ_in_numbers_and_ids_only(line: str, kind: str) -> None:
    assert kind_of(line) == kind
