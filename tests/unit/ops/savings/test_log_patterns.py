"""`logs patterns`: grouping of labelled lines, rules that never touch failures, prices, and the stack's file."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.savings.log_patterns import Group, Line, accuracy, grouped, masked, message, priced
from settings.models.logs import ThinnedLines
from telemetry.collector.log_savings import FAILURE, line_pattern, thinned
from tests.live_servers import DOWN, GARBAGE, Platform, streams, vector
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
FORMS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "data" / "logs" / "forms.yaml").read_text(encoding="utf-8")
)
WORDS = ("north", "south", "blue", "welcome", "receipt", "reminder")
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "curl/8.9.1", "Go-http-client/2.0")
SENDERS = ("web-search", "payments-gateway")
SEED, LINES = 17, 4000


def lines(seed: int = SEED) -> Iterator[tuple[dict[str, Any], str]]:
    """Forms with lines of theirs, in the order of a busy platform."""
    chance = random.Random(seed)  # noqa: S311 - samples
    made: Mapping[str, Callable[[], str]] = {
        "ip": lambda: ".".join(str(chance.randrange(1, 255)) for _ in range(4)),
        "time": lambda: (
            f"2026-11-{chance.randrange(1, 29):02}T{chance.randrange(24):02}:14:05.{chance.randrange(1000):03}Z"
        ),
        "id": lambda: str(chance.randrange(1000, 99_999)),
        "n": lambda: str(chance.randrange(1, 900)),
        "ms": lambda: f"{chance.randrange(1, 9000)}.{chance.randrange(10)}",
        "uuid": lambda: str(__import__("uuid").UUID(int=chance.getrandbits(128))),
        "hex": lambda: f"{chance.getrandbits(64):016x}",
        "word": lambda: chance.choice(WORDS),
        "agent": lambda: chance.choice(AGENTS),
    }
    for form in chance.choices(FORMS, weights=[one["weight"] for one in FORMS], k=LINES):
        yield form, re.sub(r"\{(\w+)\}", lambda found: made[found[1]](), form["form"])


def test_labelled_lines_are_grouped() -> None:
    shares: dict[str, float] = {}
    for service in {one["service"] for one in FORMS}:
        own = [(form["form"], Line(text)) for form, text in lines() if form["service"] == service]
        places = {id(line): place for place, (_, line) in enumerate(own)}
        groups = grouped([line for _, line in own])
        shares[service] = accuracy([label for label, _ in own], [[places[id(one)] for one in g.lines] for g in groups])
    print(shares)
    assert sum(shares.values()) / len(shares) >= 0.9


def test_accuracy_counts_whole_groups_only() -> None:
    labels = ["a", "a", "b", "b", "b"]
    assert accuracy(labels, [[0, 1], [2, 3, 4]]) == 1
    assert accuracy(labels, [[0, 1], [2, 3], [4]]) == 0.4
    assert accuracy(labels, [[0, 1, 2, 3, 4]]) == 0


@pytest.mark.parametrize("service", sorted({one["service"] for one in FORMS}))
def test_a_rule_fits_its_own_lines_and_never_a_failure(service: str) -> None:
    own = [Line(text) for form, text in lines() if form["service"] == service]
    groups = grouped(own)
    failing = [line for line in own if re.search(FAILURE, line.text)]
    for one, group in zip(priced(service, groups, 1e6, 10.0), groups, strict=True):
        assert one.fails == any(line in failing for line in group.lines)
        if one.keep_percent is None:
            continue
        assert not one.fails
        pattern = re.compile(line_pattern(one.template))
        assert all(pattern.search(line.text) for line in group.lines)
        others = [line for line in own if line not in group.lines]
        assert not any(pattern.search(line.text) for line in others), one.template


@pytest.mark.parametrize(
    "text",
    ["ERROR x", "level=error a=b", "boom: NullPointerException", "request failed", "panic: x", "java.io.IOError"],
)
def test_lines_that_read_like_failures_get_no_rule(text: str) -> None:
    group = Group("a plain enough form of line", (Line(text), *[Line("a plain enough form of line")] * 9))
    (one,) = priced("x", [group], 1e9, 100.0)
    assert (one.fails, one.keep_percent, one.filter) == (True, None, "")


@pytest.mark.parametrize("level", ["error", "WARN", "fatal", "critical"])
def test_a_level_is_enough(level: str) -> None:
    group = Group("a plain enough form of line", (Line("a plain enough form of line", level),))
    assert next(priced("x", [group], 1e9, 100.0)).keep_percent is None


def test_forms_that_are_mostly_variable_get_no_rule() -> None:
    for template in ("<*>", "<*> <*> user", "id <*>"):
        assert next(priced("x", [Group(template, (Line("a"),))], 1e9, 1.0)).keep_percent is None


def test_messages_are_taken_out_of_json_and_logfmt() -> None:
    assert message('{"level":"info","msg":"hello you"}') == "hello you"
    assert message('level=info msg="hello you" a=b') == "hello you"
    assert message("{broken") == "{broken"
    assert masked("took 12.5ms of 3 parts at 10.1.2.3:80 for 5f0c1a2b9d3e") == "took <*> of <*> parts at <*> for <*>"


def test_a_rule_in_the_collectors_words_keeps_failures_whatever_it_says() -> None:
    words = thinned(ThinnedLines(service="x", template="hello <*>", keep_percent=10))
    for part in ('["service.name"] == "x"', "SEVERITY_NUMBER_WARN", "not IsMatch(log.body", '>= "10"'):
        assert part in words


@pytest.fixture
def logging(platform: Platform) -> Platform:
    """Loki with two services."""
    own = [(form, text) for form, text in lines() if form["service"] in SENDERS]

    def answer(parameters: Mapping[str, str]) -> Any:
        fitting = [text for form, text in own if f'"{form["service"]}"' in parameters["query"]]
        return streams(*(({"service_name": "x", "detected_level": "info"}, text) for text in fitting[:100]))

    platform.loki.answers["/loki/api/v1/query_range"] = answer
    platform.loki.answers["/loki/api/v1/index/volume"] = lambda _: vector(
        ({"service_name": "web-search"}, 3e9), ({"service_name": "payments-gateway"}, 1e9)
    )
    return platform


def test_patterns_have_bytes_and_dollars(logging: Platform, operate: Operate) -> None:
    ran = operate("logs", "patterns", "--json")
    found = json.loads(ran.out)
    assert ran.code == 1, ran.err
    assert sum(one["bytes_per_day"] for one in found) == pytest.approx(4e9)
    usd = {name: sum(one["usd_per_month"] for one in found if one["service"] == name) for name in SENDERS}
    assert usd["web-search"] == pytest.approx(3 * usd["payments-gateway"])
    assert any(one["fails"] for one in found)
    for one in found:
        assert bool(one["filter"]) == (one["keep_percent"] is not None)
        assert one["keep_percent"] is None or (one["risk"] and one["undo"])
    text = operate("logs", "patterns", "--service", "web-search").out
    assert "keep 10 % of them" in text
    assert "payments-gateway" not in text


def test_apply_writes_rules_that_the_settings_accept(
    logging: Platform, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LGTM_PROJECT", str(checkout))
    endpoints = [part for one in logging.endpoints for part in ("--endpoint", one)]
    command = ("logs", "patterns", "--stack", "staging", *endpoints, "--apply", "--yes")
    ran = run(*command)
    assert ran.code == 0, ran.err
    rules = yaml.safe_load((checkout / "Pulumi.staging.yaml").read_text())["config"]["lgtm:platform"]["logs"]["thin"]
    assert {"search finished"} <= {one["template"] for one in rules}
    assert {one["keep_percent"] for one in rules} == {10}
    assert "says so already" in run(*command).out


@pytest.mark.parametrize("failure", [DOWN, GARBAGE], ids=["down", "garbage"])
def test_a_loki_that_does_not_answer_is_said(logging: Platform, operate: Operate, failure: Any) -> None:
    logging.loki.failure = failure
    ran = operate("logs", "patterns")
    assert (ran.code, ran.out) == (3, "")
    assert "loki" in ran.err


def test_a_service_that_sent_nothing(logging: Platform, operate: Operate) -> None:
    ran = operate("logs", "patterns", "--service", "shop")
    assert ran.code == 2
    assert "--service: got 'shop'; accepted: payments-gateway, web-search" in ran.err
