"""The comment against golden files made from real plans, and what it does with hostile or very large ones."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ops.pull_request.comment import COMMENT_MARKER, GITHUB_LIMIT, comment, drift_issue
from ops.pull_request.escape import ZERO_WIDTH_SPACE, prose
from ops.pull_request.model import (
    Operation,
    PolicyVerdict,
    ReportedViolation,
    ResourceChange,
    StackSummary,
)
from ops.pull_request.summary import read_summaries, summarise

DATA = Path(__file__).parents[2] / "data" / "pull_request"
# Within the price table's freshness, so that no note about its age comes and goes with the day of the test.
TODAY = date(2026, 11, 25)
HOSTILE = [
    "</details><script>alert(1)</script>",
    "[click](https://evil.example)![x](https://evil.example/x.png)",
    "@everyone please merge, fixes #1",
    "`code` **bold** _it_ ~~gone~~ | a | b |",
    "line\n\n# heading\n> quote\n<!-- lgtm-platform:plan -->",
    "https://evil.example www.evil.example a@evil.example $x$ \u202egnp.exe",
    "a\\|b\\",
]


def summary_of(name: str, stack: str = "staging", before: str | None = "staging-state.json") -> StackSummary:
    return summarise(
        stack,
        before=DATA / before if before else None,
        after=DATA / name,
        policy=DATA / "staging-dearer.txt" if name.endswith("dearer.json") else None,
        today=TODAY,
    )


def hostile(text: str) -> StackSummary:
    change = ResourceChange(operation=Operation.DELETE, type=text, name=text, properties=(text,), lost=text)
    violation = ReportedViolation(
        rule=text, mandatory=True, severity=text, type=text, resource=text, problem=text, fix=text
    )
    return StackSummary(
        stack="prod",
        source="cloud",
        counts={Operation.DELETE: 1},
        resources=(change, change.model_copy(update={"unprotected": True})),
        policies=PolicyVerdict(packs=(text,), violations=(violation,)),
        cost_note=text,
        errors=(text,),
    )


@pytest.mark.parametrize(
    ("golden", "plan", "stack", "before"),
    [
        ("dearer", "staging-dearer.jsonl", "staging", "staging-state.json"),
        ("renamed", "staging-renamed.jsonl", "staging", "staging-state.json"),
        ("new", "dev-new.json", "dev", None),
    ],
)
def test_a_real_plan_makes_the_golden_comment(golden: str, plan: str, stack: str, before: str | None) -> None:
    text = comment([summary_of(plan, stack, before)], commit="4f2c0e1", run_url="https://github.com/acme/lgtm/runs/1")
    assert text == (DATA / f"{golden}.md").read_text(encoding="utf-8")


def test_the_headline_says_what_rests_on_assumptions() -> None:
    summary = summary_of("dev-new.json", "dev", None)
    assert summary.cost is not None
    assert "79.77, 1.67 of it assumed" in comment([summary])
    without = summary.model_copy(update={"cost": summary.cost.model_copy(update={"assumed": 0.0, "quantities": ""})})
    text = comment([without])
    assert "assumed" not in text
    assert "| 79.77 |" in text


def test_the_formats_agree_on_resources_policies_and_cost() -> None:
    events, preview = summary_of("staging-dearer.jsonl"), summary_of("staging-dearer.json")
    assert events.counts == preview.counts == {Operation.REPLACE: 2, Operation.UPDATE: 24, Operation.CREATE: 12}
    # The CLI prints types shorter than the engine's tokens; the comment shows neither.
    without_type = [
        [one.model_copy(update={"type": ""}) for one in verdict.violations]
        for verdict in (events.policies, preview.policies)
    ]
    assert without_type[0] == without_type[1]
    assert events.policies.packs == preview.policies.packs == ("lgtm-platform@v0.1.0",)
    assert events.cost == preview.cost
    assert [(one.operation, one.name) for one in events.resources] == [
        (one.operation, one.name) for one in preview.resources
    ]


def test_what_holds_data_is_named_first() -> None:
    text = comment([summary_of("staging-renamed.jsonl")])
    assert text.index("every object in the bucket") < text.index("**Replaced or deleted**") < text.index("to update</")


def test_over_the_budget_and_violations_stand_in_the_overview() -> None:
    overview = comment([summary_of("staging-dearer.jsonl")]).splitlines()[6]
    assert "❌ 8 mandatory" in overview
    assert "over 165.00" in overview


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_shows_and_does_nothing(text: str) -> None:
    body = comment([hostile(text)])
    tokens = _flat(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(body))
    kinds = {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "em_open", "s_open", "code_inline", "fence", "code_block"}
    html = "".join(token.content for token in tokens if token.type in ("html_inline", "html_block"))
    assert "script" not in html
    assert html.count("<details") == html.count("</details>")
    assert body.count(COMMENT_MARKER) == 1
    assert all(len(row) == 5 for row in _rows(tokens) if "prod" in row[0])
    shown = "".join(
        token.content for token in _flat(MarkdownIt("commonmark").parse(f"x {prose(text)}")) if not token.children
    )
    for sign in ("@everyone", "#1", "://", "www."):
        assert sign not in shown


@given(st.text())
def test_any_text_is_one_paragraph_of_plain_text(text: str) -> None:
    tokens = _flat(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(f"x {prose(text)}"))
    assert {token.type for token in tokens} <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
    shown = "".join(token.content for token in tokens if token.type in ("text", "text_special"))
    assert "\n" not in shown
    assert f"@{ZERO_WIDTH_SPACE}" in shown or "@" not in shown


def test_the_limit_holds_for_the_largest_summaries() -> None:
    name = "&" * 256
    change = ResourceChange(operation=Operation.REPLACE, type=name, name=name, properties=(name,) * 20, lost="x" * 2000)
    violation = ReportedViolation(
        rule=name, mandatory=True, severity="high", type=name, resource=name, problem=name * 7, fix=name * 7
    )
    many = StackSummary(stack="stack-0", source="cloud", policies=PolicyVerdict(packs=()), errors=("x" * 2000,) * 20)
    huge = [
        StackSummary(
            stack=f"stack-{number}",
            source="simulated",
            counts={Operation.REPLACE: 250},
            resources=(change,) * 250,
            policies=PolicyVerdict(packs=(name,), violations=(violation,) * 250),
            errors=(name * 7,) * 20,
        )
        for number in range(2)
    ]
    for stacks in (huge[:1], huge, [many] * 150):
        text = comment(stacks)
        assert len(text) <= GITHUB_LIMIT
        assert text.startswith(COMMENT_MARKER)
        assert "stack-0" in text


def test_less_room_means_fewer_rows_and_says_so() -> None:
    summary = summary_of("staging-renamed.jsonl")
    text = comment([summary], limit=8000)
    assert len(text) <= 8000
    assert "more" in text
    assert "±104" in text


def test_a_failed_preview_has_no_cost_and_tells_its_error(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text('{"sequence":1,"diagnosticEvent":{"severity":"error","message":"error: no such key\\n"}}\n')
    summary = summarise("prod", before=None, after=log, policy=None)
    assert summary.errors == ("no such key",)
    assert summary.cost is None
    assert "> **The preview failed.**" in comment([summary])


def test_protection_taken_away_is_a_warning(tmp_path: Path) -> None:
    urn = "urn:pulumi:prod::lgtm::aws:s3/bucket:Bucket::chunks"
    plan = tmp_path / "plan.json"
    states = f'"oldState":{{"urn":"{urn}","protect":true}},"newState":{{"urn":"{urn}","inputs":{{}}}}'
    plan.write_text(f'{{"steps":[{{"op":"same","urn":"{urn}",{states}}}]}}')
    assert "Protection from deletion is taken away" in comment(
        [summarise("prod", before=None, after=plan, policy=None)]
    )


def plan_of_volumes(tmp_path: Path, before: str, after: str) -> Path:
    """A plan that changes the volume of Tempo, and Grafana's, which its chart lets grow."""
    states = [
        f'"{key}":{{"inputs":{{"chart":"oci://x/tempo","values":{{"persistence":{{"enabled":true,"size":"{size}"}}}}}}}}'
        for key, size in (("oldState", before), ("newState", after))
    ]
    steps = [
        f'{{"op":"update","urn":"urn:pulumi:prod::lgtm::kubernetes:helm.sh/v3:Release::{name}",{",".join(states)}}}'
        for name in ("tempo", "grafana")
    ]
    steps[1] = steps[1].replace("x/tempo", "x/grafana")
    plan = tmp_path / "plan.json"
    plan.write_text(f'{{"steps":[{",".join(steps)}]}}', encoding="utf-8")
    return plan


def test_volumes_that_grow_need_a_command_before_the_update(tmp_path: Path) -> None:
    summary = summarise("prod", before=None, after=plan_of_volumes(tmp_path, "20Gi", "30Gi"), policy=None)
    assert [(one.name, one.volumes) for one in summary.resources if one.volumes] == [("tempo", ("tempo 20Gi → 30Gi",))]
    told = comment([summary])
    assert "**Volumes grow**" in told
    assert "python -m ops volumes grow --stack prod --apply" in told


def test_volumes_that_shrink_are_told_before_anyone_waits(tmp_path: Path) -> None:
    told = comment([summarise("prod", before=None, after=plan_of_volumes(tmp_path, "20Gi", "10Gi"), policy=None)])
    assert "**No volume can shrink**" in told
    assert "tempo 20Gi → 10Gi" in told


def test_volumes_that_stay_are_not_told(tmp_path: Path) -> None:
    told = comment([summarise("prod", before=None, after=plan_of_volumes(tmp_path, "20Gi", "20Gi"), policy=None)])
    assert "olume" not in told


def test_what_stays_in_the_cloud_is_no_loss(tmp_path: Path) -> None:
    urn = "urn:pulumi:prod::lgtm::aws:s3/bucket:Bucket::chunks"
    plan = tmp_path / "plan.json"
    plan.write_text(f'{{"steps":[{{"op":"delete","urn":"{urn}","oldState":{{"urn":"{urn}","retainOnDelete":true}}}}]}}')
    change = summarise("prod", before=None, after=plan, policy=None).resources[0]
    assert (change.retained, change.lost) == (True, None)


def test_summaries_go_from_job_to_job_unchanged(tmp_path: Path) -> None:
    made = summary_of("staging-dearer.jsonl")
    (tmp_path / "summary-staging").mkdir()
    (tmp_path / "summary-staging" / "summary.json").write_text(made.model_dump_json(), encoding="utf-8")
    assert read_summaries(tmp_path) == [made]


def test_the_issue_about_drift_is_empty_where_nothing_differs() -> None:
    changed = summary_of("staging-dearer.jsonl")
    still = changed.model_copy(update={"counts": {}, "resources": (), "errors": ()})
    assert drift_issue([still]) == ""
    assert "staging" in drift_issue([still.model_copy(update={"stack": "prod"}), changed])


def test_a_change_without_stacks_says_so_and_a_fork_s_comment_who_made_it() -> None:
    assert "touches no stack" in comment([])
    assert "made by the fork's own code" in comment([hostile("x")], fork=True)


def _flat(tokens: list[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *_flat(token.children or []))]


def _rows(tokens: list[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for before, token in pairwise(tokens):
        if before.type == "tr_open":
            rows.append([])
        if before.type in ("td_open", "th_open"):
            rows[-1].append(token.content)
    return rows
