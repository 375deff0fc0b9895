"""`alerts test`, `alerts silence` and `annotate` against servers that answer as Alertmanager and Grafana do."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
import yaml

from ops.alerts.silences import request
from ops.backends import http
from ops.backends.alertmanager import matcher
from ops.cli.alerts import Heard
from ops.errors import CommandError
from settings.models.receivers import Severity
from tests import ways
from tests.live_servers import DOWN, GARBAGE, UNAUTHORIZED, Failure, Platform
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
API = "/alertmanager/api/v2"
FILTER = re.compile(r'(\w+)(=~|!~|!=|=)"(.*)"')


class AlertmanagerServer:
    """What Alertmanager 0.34's handlers do with alerts and silences, on Mimir's port."""

    def __init__(self, platform: Platform) -> None:
        self.server = platform.mimir
        self.posted: list[dict[str, Any]] = []
        self.silences: dict[str, dict[str, Any]] = {}
        self.receiver = "warning"
        self.status: dict[str, Any] = {"state": "active"}
        self.lists = True
        self.others: list[dict[str, str]] = []
        self.server.answers[f"{API}/alerts"] = self._alerts
        self.server.posts[f"{API}/alerts"] = self._take
        self.server.answers[f"{API}/silences"] = lambda _: list(self.silences.values())
        self.server.posts[f"{API}/silences"] = self._silence
        self.server.deletes = self._expire

    @property
    def requests(self) -> list[str]:
        """Without filters."""
        return [urlsplit(one).path for one in self.server.requests]

    def _take(self, body: bytes) -> bytes:
        self.posted += json.loads(body)
        return b""

    def _alerts(self, _: Mapping[str, str]) -> Any:
        filters = parse_qs(urlsplit(self.server.requests[-1]).query).get("filter", [])
        newest = {json.dumps(one["labels"], sort_keys=True): one for one in self.posted}
        now = datetime.now(UTC)
        fire = [one["labels"] for one in newest.values() if datetime.fromisoformat(one["endsAt"]) > now]
        held: dict[str, Any] = {"silencedBy": [], "inhibitedBy": [], "mutedBy": [], **self.status}
        return [
            {"labels": labels, "annotations": {}, "fingerprint": "a1", "status": held,
             "receivers": [{"name": self.receiver}]}
            for labels in [*(fire if self.lists else []), *self.others]
            if all(_fits(labels, one) for one in filters)
        ]  # fmt: skip

    def _silence(self, body: bytes) -> Any:
        silence = json.loads(body)
        identifier = str(uuid4())
        self.silences[identifier] = {**silence, "id": identifier, "status": {"state": "active"}}
        return {"silenceID": identifier}

    def _expire(self, path: str) -> Any:
        identifier = path.removeprefix(f"{API}/silence/")
        try:
            UUID(identifier)
        except ValueError:
            return 422
        if identifier not in self.silences:
            return 404
        self.silences[identifier]["status"] = {"state": "expired"}
        return b""


def _fits(labels: Mapping[str, str], text: str) -> bool:
    found = FILTER.fullmatch(text)
    assert found, text
    name, operator, value = found.groups()
    same = bool(re.fullmatch(value, labels.get(name, ""))) if "~" in operator else labels.get(name, "") == value
    return same is (operator[0] == "=")


@pytest.fixture
def alertmanager(platform: Platform) -> AlertmanagerServer:
    """In place of the platform's."""
    return AlertmanagerServer(platform)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait, in seconds, which takes no time."""
    seen: list[float] = []
    monkeypatch.setattr(http, "pause", seen.append)
    return seen


def checks(ran: Ran) -> dict[str, str]:
    """States by name."""
    return {one["name"]: one["state"] for one in json.loads(ran.out)["checks"]}


@pytest.mark.parametrize(("severity", "waited"), [("critical", 20.0), ("warning", 70.0), ("info", 310.0)])
def test_a_test_alert_fires_past_its_groups_wait_and_ends(
    severity: str, waited: float, alertmanager: AlertmanagerServer, operate: Operate, waits: list[float]
) -> None:
    alertmanager.receiver = severity
    ran = operate("alerts", "test", "--severity", severity, "--json")
    assert (ran.code, checks(ran)) == (0, dict.fromkeys(("listed", "receiver", "told", "resolved"), "ok"))
    assert waits == [waited]
    assert f"it fires for {waited:.0f} s, so that {severity} is told" in ran.err
    first, last = alertmanager.posted
    assert first["labels"] == last["labels"]
    assert (first["labels"]["alertname"], first["labels"]["severity"]) == ("LgtmTestAlert", severity)
    assert first["startsAt"] == last["startsAt"]
    length = datetime.fromisoformat(first["endsAt"]) - datetime.fromisoformat(first["startsAt"])
    assert length > timedelta(seconds=waited), "it would end before anybody is told"
    assert datetime.fromisoformat(last["endsAt"]) <= datetime.now(UTC)
    assert "nothing is wrong" in first["annotations"]["summary"]


def test_an_alert_that_goes_to_nobody_is_a_finding(
    alertmanager: AlertmanagerServer, operate: Operate, waits: list[float]
) -> None:
    alertmanager.receiver = "nobody"
    ran = operate("alerts", "test")
    assert ran.code == 1
    assert "routed to nobody: no one hears of warning" in ran.out
    assert "alerting.receivers.warning" in ran.out
    assert (waits, len(alertmanager.posted)) == ([], 2)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ({"state": "suppressed", "silencedBy": ["77"]}, 1, "held back by silence 77"),
        ({"state": "suppressed", "inhibitedBy": ["a9"]}, 1, "held back by alert a9"),
        ({"state": "suppressed", "mutedBy": ["quiet-hours"]}, 0, "the time interval quiet-hours mutes it"),
    ],
)
def test_what_holds_the_test_back_is_named(
    status: dict[str, Any], code: int, said: str, alertmanager: AlertmanagerServer, operate: Operate
) -> None:
    alertmanager.status = status
    ran = operate("alerts", "test")
    assert ran.code == code
    assert said in ran.out


def test_an_alert_that_is_never_listed_is_a_finding_and_is_ended(
    alertmanager: AlertmanagerServer, operate: Operate, waits: list[float]
) -> None:
    alertmanager.lists = False
    ran = operate("alerts", "test", "--json")
    assert (ran.code, checks(ran)) == (1, {"listed": "finding", "resolved": "ok"})
    assert waits == [1.0] * 15
    assert len(alertmanager.posted) == 2


@pytest.mark.parametrize(
    ("failure", "said"),
    [(DOWN, "mimir is busy"), (GARBAGE, "is not JSON"), (UNAUTHORIZED, "mimir refuses access")],
)
@pytest.mark.parametrize(
    "command", [("test",), ("silence", "--list"), ("silence", "--matcher", "a=b", "--for", "2h", "--comment", "c")]
)
def test_an_alertmanager_that_fails_is_exit_code_3(
    command: tuple[str, ...], failure: Failure, said: str, alertmanager: AlertmanagerServer, operate: Operate
) -> None:
    alertmanager.server.failure = failure
    ran = operate("alerts", *command)
    assert (ran.code, ran.out) == (3, "")
    assert said in ran.err


def test_a_test_whose_look_fails_is_ended_all_the_same(alertmanager: AlertmanagerServer, operate: Operate) -> None:
    alertmanager.server.answers[f"{API}/alerts"] = lambda _: 500
    ran = operate("alerts", "test")
    assert ran.code == 3
    assert "HTTP 500" in ran.err
    assert len(alertmanager.posted) == 2


SILENCE = ("alerts", "silence", "--matcher", "alertname=~Volume.*", "--for", "2h", "--comment", "grows tonight")


def test_without_apply_only_what_would_be_silenced_is_shown(alertmanager: AlertmanagerServer, operate: Operate) -> None:
    volume = {"alertname": "VolumeFilling", "severity": "warning", "service_name": "loki"}
    alertmanager.others = [volume, {"alertname": "PodCrashLooping", "severity": "warning"}]
    ran = operate(*SILENCE)
    assert ran.code == 0
    assert 'would silence alertname=~"Volume.*" in staging until' in ran.out
    assert "1 alert of these fires now" in ran.out
    assert "VolumeFilling" in ran.out
    assert "PodCrashLooping" not in ran.out
    assert alertmanager.silences == {}
    found = json.loads(operate(*SILENCE, "--json").out)
    assert (found["firing"], found["id"]) == ([volume], None)


def test_a_silence_is_added_listed_and_ended(alertmanager: AlertmanagerServer, operate: Operate) -> None:
    started = datetime.now(UTC)
    found = json.loads(operate(*SILENCE, "--matcher", 'service_name!="checkout"', "--apply", "--json").out)
    (identifier, kept), *_ = alertmanager.silences.items()
    assert found["id"] == identifier
    assert kept["matchers"] == [
        {"name": "alertname", "value": "Volume.*", "isRegex": True, "isEqual": True},
        {"name": "service_name", "value": "checkout", "isRegex": False, "isEqual": False},
    ]
    assert kept["comment"] == "grows tonight"
    assert kept["createdBy"]
    until = datetime.fromisoformat(kept["endsAt"])
    assert timedelta(hours=2) <= until - started < timedelta(hours=2, minutes=5)

    shown = operate("alerts", "silence", "--list")
    assert (shown.code, identifier in shown.out, "grows tonight" in shown.out) == (0, True, True)
    ended = operate("alerts", "silence", "--expire", identifier)
    assert (ended.code, f"silence {identifier} has ended" in ended.out) == (0, True)
    assert "0 silences in staging" in operate("alerts", "silence", "--list").out


def test_a_silence_of_the_heartbeat_says_what_it_does(alertmanager: AlertmanagerServer, operate: Operate) -> None:
    alertmanager.others = [{"alertname": "Watchdog", "severity": "none"}]
    ran = operate("alerts", "silence", "--matcher", "alertname=~.+", "--for", "1h", "--comment", "night")
    assert "Watchdog is among them: without it the heartbeat monitor raises the alarm" in ran.out


@pytest.mark.parametrize("identifier", ["2f2ee2f0-9d0c-4bb8-a8f5-6f0b1d6a6f01", "nothing", "../alerts"])
def test_a_silence_that_is_not_there_cant_be_ended(
    identifier: str, alertmanager: AlertmanagerServer, operate: Operate
) -> None:
    ran = operate("alerts", "silence", "--expire", identifier)
    assert (ran.code, f"Alertmanager knows no silence {identifier}; see --list" in ran.err) == (2, True)


def test_matchers_that_alertmanager_refuses_are_wrong_input(alertmanager: AlertmanagerServer, operate: Operate) -> None:
    body = b'"matcher set 0: at least one matcher must not match the empty string"'
    alertmanager.server.failure = Failure(status=400, body=body)
    ran = operate("alerts", "silence", "--matcher", "a=~.*", "--for", "2h", "--comment", "c", "--apply")
    assert ran.code == 2
    assert "--matcher: mimir answers with an error: HTTP 400" in ran.err
    assert "must not match the empty string" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--matcher is missing"),
        (("--matcher", "VolumeFilling", "--for", "2h", "--comment", "c"), "--matcher: got 'VolumeFilling'"),
        (("--matcher", 'a=b"c', "--for", "2h", "--comment", "c"), "--matcher: got 'a=b\"c'"),
        (("--matcher", 'a="b', "--for", "2h", "--comment", "c"), "--matcher: got 'a=\"b'"),
        (("--matcher", "a=b", "--comment", "c"), "--for: got None; accepted: 1m to 720h"),
        (("--matcher", "a=b", "--for", "2", "--comment", "c"), "--for: got '2'"),
        (("--matcher", "a=b", "--for", "nan", "--comment", "c"), "--for: got 'nan'"),
        (("--matcher", "a=b", "--for", "721h", "--comment", "c"), "--for: got '721h'"),
        (("--matcher", "a=b", "--for", "2h", "--comment", " "), "--comment is missing"),
        (("--list", "--expire", "x"), "accepted: one of --matcher"),
        (("--list", "--matcher", "a=b"), "accepted: one of --matcher"),
    ],
)
def test_wrong_options_are_one_line_and_ask_nothing(
    arguments: tuple[str, ...], said: str, alertmanager: AlertmanagerServer, operate: Operate
) -> None:
    ran = operate("alerts", "silence", *arguments)
    assert (ran.code, said in ran.err, alertmanager.requests) == (2, True, [])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("alertname=X", 'alertname="X"'),
        ('a != "b c"', 'a!="b c"'),
        ("a=~x|y", 'a=~"x|y"'),
        ("a!~x=y", 'a!~"x=y"'),
        (r"a=q\"", r'a="q\""'),
        (r'a=~"\d+\\.\n"', r'a=~"\\d+\\.\n"'),
        ("a=", 'a=""'),
    ],
)
def test_matchers_are_written_as_alertmanager_reads_them(text: str, written: str) -> None:
    assert matcher(text).text == written


def test_a_duration_may_have_several_parts() -> None:
    assert request(["a=b"], "1h30m", "c").seconds == 5400
    with pytest.raises(CommandError):
        request(["a=b"], "59s", "c")


ANNOTATE = ("annotate", "--text", "deployed checkout 1.2.3", "--service", "checkout", "--tag", "deploy")


def test_a_mark_is_set_with_the_tag_that_dashboards_show(platform: Platform, operate: Operate) -> None:
    bodies: list[Any] = []

    def take(body: bytes) -> Any:
        bodies.append(json.loads(body))
        return {"message": "Annotation added", "id": 41}

    platform.grafana.posts["/api/annotations"] = take
    ran = operate(*ANNOTATE, "--tag", "deploy", "--json")
    found = json.loads(ran.out)
    tags = ["lgtm", "deploy", "service:checkout"]
    assert (ran.code, found["id"], found["tags"]) == (0, 41, tags)
    (body,) = bodies
    assert (body["text"], body["tags"]) == ("deployed checkout 1.2.3", tags)
    assert abs(body["time"] / 1000 - datetime.now(UTC).timestamp()) < 300, "milliseconds"
    said = operate(*ANNOTATE).out
    assert "on the dashboards of staging: deployed checkout 1.2.3" in said
    assert "annotation 41, tags lgtm, deploy, service:checkout" in said


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (Failure(status=403, body=b'{"message":"no permission"}'), "grafana refuses access: HTTP 403"),
        (Failure(status=500), "grafana answers with an error: HTTP 500"),
        (Failure(body=b'{"message":"Annotation added"}'), "is JSON of another shape (at id)"),
        (GARBAGE, "is not JSON"),
    ],
)
def test_a_grafana_that_fails_is_exit_code_3(failure: Failure, said: str, platform: Platform, operate: Operate) -> None:
    platform.grafana.failure = failure
    ran = operate(*ANNOTATE)
    assert (ran.code, ran.out, said in ran.err) == (3, "", True)


def test_the_token_of_the_environment_is_shown_to_grafana(
    platform: Platform, operate: Operate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LGTM_GRAFANA_TOKEN", "glsa_x")
    platform.grafana.posts["/api/annotations"] = lambda _: {"id": 1}
    ran = operate(*ANNOTATE)
    assert (ran.code, platform.grafana.authorizations) == (0, ["Bearer glsa_x"])
    assert "glsa_x" not in ran.out + ran.err


@pytest.mark.parametrize("option", ["--text", "--service", "--tag"])
def test_an_empty_mark_is_wrong_input(option: str, platform: Platform, operate: Operate) -> None:
    ran = operate(*ANNOTATE, option, " ")
    assert (ran.code, f"{option}: got ' '" in ran.err, platform.grafana.requests) == (2, True, [])


def test_a_severity_that_is_none_is_one_line() -> None:
    ran = run("alerts", "test", "--stack", "staging", "--severity", "loud")
    assert ran.code == 2
    assert "critical" in ran.err


def test_every_severity_can_be_tried() -> None:
    """The command spells them out, so that `--help` needn't load the settings."""
    assert set(get_args(Heard)) == {severity.value for severity in Severity}


@pytest.fixture
def teams(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack's services belong to teams, and one team has ways of its own."""
    path = checkout / "Pulumi.staging.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["config"]["lgtm:platform"] |= {"services": ways.SERVICES, "alerting": ways.EVERY_WAY}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    monkeypatch.chdir(checkout)


@pytest.mark.usefixtures("teams", "waits")
def test_a_teams_test_alert_is_about_its_service_and_names_its_ways(
    alertmanager: AlertmanagerServer, operate: Operate
) -> None:
    alertmanager.receiver = "team-checkout-critical"
    ran = operate("alerts", "test", "--severity", "critical", "--team", "checkout")
    assert ran.code == 0, ran.err
    assert alertmanager.posted[0]["labels"]["service_name"] == "api-gateway"
    assert "routed to team-checkout-critical; the stack's file names pagerduty" in ran.out


@pytest.mark.usefixtures("teams")
def test_a_teams_silence_holds_back_its_services_alone(alertmanager: AlertmanagerServer, operate: Operate) -> None:
    alertmanager.others = [
        {"alertname": "HighErrorRate", "severity": "critical", "service_name": name} for name in ("worker", "search")
    ]
    ran = operate("alerts", "silence", "--team", "checkout", "--for", "2h", "--comment", "moves", "--apply", "--json")
    assert ran.code == 0, ran.err
    assert [one["service_name"] for one in json.loads(ran.out)["firing"]] == ["worker"]
    (silence,) = alertmanager.silences.values()
    (matcher,) = silence["matchers"]
    assert (matcher["name"], matcher["value"], matcher["isRegex"]) == ("service_name", "api-gateway|worker", True)


@pytest.mark.usefixtures("alertmanager", "teams")
def test_a_team_that_no_service_names_is_refused(operate: Operate) -> None:
    ran = operate("alerts", "test", "--team", "chekout")
    assert ran.code == 2
    assert "--team: got 'chekout'; accepted: a services[].team of the stack's file: checkout, search" in ran.err
