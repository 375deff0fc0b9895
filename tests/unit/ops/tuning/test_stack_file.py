"""A stack's file changed by commands: values, comments, refusals, and nothing without being asked."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.errors import CommandError
from ops.tuning import cache, round_trip, sampling
from ops.tuning.round_trip import Value
from ops.tuning.stack_file import TABLES, proposed
from planning.sampling import SamplingMode
from settings.document.messages import SettingsError

pytestmark = pytest.mark.usefixtures("alone")

COMMENTED = """\
# why this stack is here
config:
  aws:region: us-west-2   # the nearest
  lgtm:platform:
    environment: dev      # small
    sampling: { slow_threshold_ms: 500 }  # slow is slow
    sizes:
      # the caches
      loki:
        chunks_cache_mb: 128   # measured in May
      tempo: {}
    services:
      - name: a
        port: 1
# the end
"""


def edited(text: str, values: Mapping[str, Value]) -> str:
    """The text of a stack file, changed."""
    return round_trip.edited(text, values, "x.yaml", TABLES)


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        ("sizes.loki.chunks_cache_mb", 256, "        chunks_cache_mb: 256   # measured in May"),
        ("sizes.loki.results_cache_mb", 64, "        results_cache_mb: 64"),
        ("sampling.mode", "aggressive", "    sampling: { slow_threshold_ms: 500, mode: aggressive }  # slow is slow"),
        ("sampling.slow_threshold_ms", 750, "    sampling: { slow_threshold_ms: 750 }  # slow is slow"),
        ("sizes.tempo.replicas", 1, "      tempo: { replicas: 1 }"),
        ("retention.logs.delete_days", 21, "        delete_days: 21"),
        ("owner", "a: b", "    owner: 'a: b'"),
    ],
)
def test_one_value_is_changed_and_every_comment_is_kept(key: str, value: Value, changed: str) -> None:
    after = edited(COMMENTED, {key: value})
    before_lines, lines = COMMENTED.splitlines(), after.splitlines()
    assert changed in lines
    assert [line for line in before_lines if "#" in line and line not in lines and changed not in lines] == []
    assert all(comment in after for comment in ("# why this", "# the nearest", "# small", "# the caches", "# the end"))
    found = yaml.safe_load(after)["config"]["lgtm:platform"]
    for part in key.split("."):
        found = found[part]
    assert found == value


def test_a_new_key_stands_before_what_follows() -> None:
    text = """\
config:
    lgtm:platform:
        sizes:
            loki:
                chunks_cache_mb: 128 # measured

            # about tempo
            tempo: {}
            # nothing more
        services:
            -   name: "a"
                port: 1

# the end
"""
    after = edited(
        text, {"sizes.loki.results_cache_mb": 64, "sizes.mimir.replicas": 1, "retention.logs.delete_days": 21}
    )
    added = {
        "                results_cache_mb: 64\n": "                chunks_cache_mb: 128 # measured\n",
        "            mimir:\n                replicas: 1\n": "            tempo: {}\n",
        "        retention:\n            logs:\n                delete_days: 21\n": "                port: 1\n",
    }
    for lines, before in added.items():
        text = text.replace(before, before + lines)
    assert after == text


def test_words_that_yaml_took_for_truth_values_are_quoted() -> None:
    assert "mode: 'on'" in edited(COMMENTED, {"sampling.mode": "on"})


def test_a_key_that_stands_twice_is_told() -> None:
    with pytest.raises(CommandError, match=r"x\.yaml can't be read: .*duplicate key \"a\""):
        edited("config:\n  lgtm:platform:\n    a: 1\n    a: 2\n", {"a": 3})


@pytest.mark.parametrize("text", ["", "3", "config:\n", "- a\n", "config: [1]\n"])
def test_a_file_that_is_none(text: str) -> None:
    with pytest.raises(CommandError, match=r"x\.yaml can't be read: it is no table of tables"):
        edited(text, {"a": 3})


def test_a_file_without_a_last_newline() -> None:
    after = edited("config:\n  lgtm:platform:\n    a: 1", {"b.c": 2})
    assert yaml.safe_load(after) == {"config": {"lgtm:platform": {"a": 1, "b": {"c": 2}}}}


names = st.sampled_from(["sampling", "sizes", "loki", "a", "b"])
documents = st.recursive(
    st.integers() | st.booleans() | st.sampled_from(["x", "it's: odd", "# no comment", ""]) | st.none(),
    lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@settings(max_examples=40)
@given(
    document=st.dictionaries(names, documents, min_size=1, max_size=4),
    path=st.lists(names, min_size=1, max_size=3).map(".".join),
    value=st.integers() | st.booleans() | st.sampled_from(["aggressive", "on", "1"]),
    flow=st.sampled_from([None, True, False]),
)
def test_whatever_the_file_it_says_what_was_asked_or_is_left(
    document: dict[str, object], path: str, value: Value, flow: bool | None
) -> None:
    text = yaml.safe_dump({"config": {"lgtm:platform": document}}, default_flow_style=flow)
    try:
        after = yaml.safe_load(edited(text, {path: value}))
    except CommandError as error:
        assert "set by hand" in str(error)  # noqa: PT017 (a refusal is one of two good outcomes)
        return
    found = after["config"]["lgtm:platform"]
    for part in path.split("."):
        found = found[part]
    assert found == value


def test_anchors_are_refused_rather_than_broken() -> None:
    text = "config:\n  lgtm:platform:\n    a: &x { mode: 1 }\n    sampling: *x\n"
    with pytest.raises(CommandError, match=r"can't be edited safely; set by hand: sampling\.mode: normal"):
        edited(text, {"sampling.mode": "normal"})


def test_settings_that_would_not_be_valid_are_refused(checkout: Path) -> None:
    before = (checkout / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    with pytest.raises(SettingsError, match="memory"):
        cache.enable("dev", 60_000, 64, yes=True, project=checkout)
    assert (checkout / "Pulumi.dev.yaml").read_text(encoding="utf-8") == before


def test_a_cache_is_turned_on_by_configuration(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cache.enable("dev", 128, 32, yes=False, project=checkout) == 1
    out = capsys.readouterr().out
    assert "+        chunks_cache_mb: 128" in out
    assert "nothing written" in out
    assert cache.enable("dev", 128, 32, yes=True, project=checkout) == 0
    out = capsys.readouterr().out
    assert "caches: chunks 128 MB in a pod of 154 MiB, results 32 MB in a pod of 38 MiB" in out
    assert "room on the nodes, USD" in out
    assert "next: pulumi preview --stack dev" in out
    assert cache.cache_change("dev", 128, 32, checkout).difference == ""
    assert cache.enable("dev", 128, 32, yes=True, project=checkout) == 0
    assert "says so already" in capsys.readouterr().out


def test_sampling_is_switched_and_back(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sampling.change_mode("prod", SamplingMode.AGGRESSIVE, yes=True, project=checkout) == 0
    out = capsys.readouterr().out
    assert "all traces 100.0 14.5 4.5" in " ".join(out.split())
    assert proposed("prod", {"sampling.mode": "aggressive"}, checkout).difference == ""
    assert sampling.change_mode("prod", SamplingMode.NORMAL, yes=True, project=checkout) == 0
    assert "+      mode: normal" in capsys.readouterr().out
    comment = "# The address blocks of your offices"
    assert comment in (checkout / "Pulumi.prod.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("yes", 0), ("", 1), ("n", 1)])
def test_a_person_is_asked(typed: str, code: int, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin.readline", lambda: f"{typed}\n", raising=False)
    before = (checkout / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    assert cache.enable("dev", 64, 32, yes=False, project=checkout) == code
    assert ((checkout / "Pulumi.dev.yaml").read_text(encoding="utf-8") == before) == (code == 1)


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_projects_own_files_can_be_edited(stack: str) -> None:
    assert "+      mode: aggressive" in proposed(stack, {"sampling.mode": "aggressive"}).difference
