"""A picture of every dashboard's layout, drawn by a browser."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from docs.tools.dashboard_pictures.page import WIDTH, page
from docs.tools.dashboard_pictures.png import with_palette
from ops.errors import CommandError
from ops.stacks import settings_of
from telemetry.grafana.dashboards.catalogue import dashboards

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER_SECONDS = 60


def render(stack: str, output: Path, *, pictures: bool = True, opened: bool = False) -> list[Path]:
    """Writes a PNG, or without `pictures` an HTML page, for each dashboard of a stack, and tells what was written.

    `opened` shows what is in closed rows too.

    Raises `CommandError` when there is no browser, when it fails, or when the folder can't be written.
    """
    browser = _browser() if pictures else None
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"--output {output}: {error.strerror or error}") from error
    written: list[Path] = []
    for dashboard in dashboards(settings_of(stack)):
        html, height = page(dashboard, opened=opened)
        if browser is None:
            target = output / f"{dashboard.uid}.html"
            target.write_text(html, encoding="utf-8")
        else:
            target = output / f"{dashboard.uid}.png"
            _photograph(browser, html, height, target)
        written.append(target)
    return written


def _browser() -> str:
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    raise CommandError(
        f"no browser for pictures: none of {', '.join(BROWSERS)} is on PATH; --html writes pages instead"
    )


def _photograph(browser: str, html: str, height: int, target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(html, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
            f"--window-size={WIDTH},{height}",
            f"--screenshot={target.resolve()}",
            source.as_uri(),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=BROWSER_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise CommandError(f"{browser} made no picture of {target.stem}: {error}") from error
    target.write_bytes(with_palette(target.read_bytes()))
