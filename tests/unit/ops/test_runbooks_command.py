"""`lgtm runbooks`: the pages of alerts in a stack's own words, on the screen and as files."""

import json
from pathlib import Path

import pytest

from ops.__main__ import main
from telemetry.alerting.runbooks import pages


def test_without_a_name_it_lists_what_each_page_asks_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbooks", "--stack", "dev"]) == 0
    printed = capsys.readouterr().out
    assert "lgtm volumes grow --stack dev" in printed
    # A long one may go on in a second line.
    assert sum("lgtm " in line for line in printed.splitlines()) == len(pages())


@pytest.mark.parametrize("name", ["VolumeFilling", "volume-filling"])
def test_one_page_in_the_stacks_words(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbooks", "--stack", "dev", "--alert", name]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# VolumeFilling\n\nStack `dev`, namespace `monitoring-dev`.")
    assert "`lgtm volumes grow --stack dev --apply`" in printed


def test_a_name_that_no_alert_has_gets_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbooks", "--stack", "dev", "--alert", "VolumeFiling"]) == 2
    assert capsys.readouterr().err == (
        "error: --alert VolumeFiling: no alert has this name; accepted: one that `runbooks` lists, "
        "such as VolumeFilling\n"
    )


def test_all_pages_as_files_with_links_that_lead_to_one_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "pages"
    assert main(["runbooks", "--stack", "prod", "--output", str(folder), "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert {one.name for one in folder.iterdir()} == set(written) == {f"{name}.md" for name in pages()} | {"index.md"}
    index = (folder / "index.md").read_text(encoding="utf-8")
    assert "| [HighErrorRate](high-error-rate.md) | `lgtm explain HighErrorRate --stack prod` |" in index
    (tmp_path / "file").write_text("")
    assert main(["runbooks", "--stack", "prod", "--output", str(tmp_path / "file")]) == 2
