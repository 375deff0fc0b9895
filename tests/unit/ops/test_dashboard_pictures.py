"""Pictures of dashboards: units as in Grafana, every panel drawn, small files, and a browser that is missing."""

from pathlib import Path

import pytest
from PIL import Image

from docs.tools.dashboard_pictures.page import page
from docs.tools.dashboard_pictures.render import render, shrink
from docs.tools.dashboard_pictures.samples import samples
from docs.tools.dashboard_pictures.units import formatted
from ops.errors import CommandError
from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.dashboards.model import Kind, Unit
from tests.stacks import settings_of


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0.0532, Unit.RATIO, None, "5.3%"),
        (0.0532, Unit.RATIO, 2, "5.32%"),
        (387, Unit.USD, 0, "$387"),
        (1234.5, Unit.USD, None, "$1,234.50"),
        (0.25, Unit.SECONDS, None, "250 ms"),
        (2.5, Unit.SECONDS, None, "2.5 s"),
        (90, Unit.AGE, None, "1.5 min"),
        (40 * 86_400, Unit.AGE, None, "40 d"),
        (12, Unit.AGE, None, "12 s"),
        (10e9, Unit.BYTES, None, "10 GB"),
        (512, Unit.BYTES, None, "512 B"),
        (20e6, Unit.BYTES_PER_SECOND, None, "20 MB/s"),
        (3 * 2**30, Unit.MEMORY, None, "3 GiB"),
        (1500, Unit.REQUESTS_PER_SECOND, None, "1.5k req/s"),
        (0, Unit.COUNT, 0, "0"),
        (41_800, Unit.COUNT, None, "41.8k"),
        (0.25, Unit.CORES, None, "0.25 cores"),
    ],
)
def test_values_are_written_as_grafana_does(value: float, unit: Unit, decimals: int | None, text: str) -> None:
    assert formatted(value, unit, decimals) == text


def test_every_panel_is_drawn_when_rows_are_opened() -> None:
    for dashboard in dashboards(settings_of("prod")):
        html, height = page(dashboard, opened=True)
        assert html.count("<section") == len(dashboard.panels())
        assert height > 1000


def test_closed_rows_are_closed() -> None:
    for dashboard in dashboards(settings_of("prod")):
        html, _ = page(dashboard, opened=False)
        shown = sum(len(line.panels) for row in dashboard.rows if not row.collapsed for line in row.lines)
        assert html.count("<section") == shown
        assert html.count("closed at first") == sum(row.collapsed for row in dashboard.rows)


def test_samples_are_the_same_every_time_and_never_alarming() -> None:
    for dashboard in dashboards(settings_of("prod")):
        for panel in dashboard.panels():
            assert samples(panel) == samples(panel)
            if panel.kind is Kind.STAT and panel.thresholds and not panel.good_above:
                assert samples(panel)[0].last < panel.thresholds[-1].value, panel.title


def test_pages_are_written_without_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    written = render("prod", tmp_path / "out", pictures=False)

    assert len(written) == 8
    assert all(path.suffix == ".html" and path.stat().st_size > 10_000 for path in written)


def test_a_missing_browser_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="no browser for pictures: none of chromium"):
        render("prod", tmp_path / "out")


def test_a_browser_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\nexit 3\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(CommandError, match=r"made no picture of lgtm-overview: .*exit status 3"):
        render("prod", tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=r"--output .*file/out: Not a directory"):
        render("prod", tmp_path / "file" / "out", pictures=False)


def test_a_palette_keeps_the_picture(tmp_path: Path) -> None:
    path, pixels = tmp_path / "picture.png", bytes((200, 10, 30, 1, 2, 3, 250, 250, 250)) * 12
    Image.frombytes("RGB", (6, 6), pixels).save(path)
    shrink(path)
    with Image.open(path) as small:
        assert small.mode == "P"
        assert small.convert("RGB").tobytes() == pixels


def test_a_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"GIF?")
    with pytest.raises(CommandError, match=r"picture\.png is no picture"):
        shrink(path)
