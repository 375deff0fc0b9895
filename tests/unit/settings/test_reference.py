"""The configuration reference and README's table are generated and complete."""

import re
from pathlib import Path

import pytest

from docs.tools import configuration_reference as reference
from docs.tools.configuration_reference import BEGIN, END, ReadmeError, readme_table, with_readme_table
from settings.document.schema_tree import NOTHING, leaves, schema_tree


def test_every_key_has_a_row() -> None:
    rows = set(re.findall(r"^\| `([^`]+)` \|", reference.reference(), re.MULTILINE))
    keys = {".".join(map(str, path)) for path, node in leaves(schema_tree()) if not node.get(NOTHING)}
    assert keys - rows == set()
    assert rows - keys == {
        *(f"services[].{key}" for key in ("name", "language", "port", "tier", "team")),
        *(f"services[].{key}" for key in ("requests_per_second", "series", "log_lines_per_second", "anomalies")),
        *(f"audit.transitions[].{key}" for key in ("days", "storage_class")),
    }


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("environment", "**required** | **required** | **required**"),
        ("budget.usd_per_month", "`75` | `165` | `387`"),
        ("budget.compute_usd_per_month", "– | – | `214`"),
        ("cluster.mode", "`shared` | `eks` | `eks`"),
        ("network.nat", "`none` | `none` | `one`"),
        ("sizes.loki.monolithic.replicas", "`1` | `1` | `3`"),
        ("grafana.hostname", "– | – | –"),
    ],
)
def test_rows_hold_the_defaults_side_by_side(key: str, cells: str) -> None:
    (row,) = (line for line in reference.reference().splitlines() if line.startswith(f"| `{key}` |"))
    assert row.endswith(f"| {cells} |")


def test_tables_are_tables() -> None:
    for line in reference.reference().splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (4, 7)


def test_the_readme_keeps_what_stands_around_its_table() -> None:
    before = f"# Title\n\n{BEGIN}\nold\n{END}\n\nThe end.\n"
    after = with_readme_table(before)
    assert after == f"# Title\n\n{BEGIN}\n{readme_table()}\n{END}\n\nThe end.\n"
    assert with_readme_table(after) == after


@pytest.mark.parametrize("readme", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_readme_without_its_markers_is_refused(readme: str) -> None:
    with pytest.raises(ReadmeError, match=r"README\.md needs"):
        with_readme_table(readme)


def test_stale_files_are_noticed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    monkeypatch.setattr(reference, "REFERENCE_FILE", tmp_path / "docs" / "configuration.md")
    monkeypatch.setattr(reference, "README_FILE", readme)
    assert reference.main(["--check"]) == 1
    assert capsys.readouterr().err.count("is stale: run python -m docs.tools.configuration_reference") == 2
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    readme.write_text("no markers", encoding="utf-8")
    assert reference.main([]) == 1
    assert "README.md needs" in capsys.readouterr().err
