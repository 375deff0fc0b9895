"""A picture of every dashboard's layout, drawn by a browser."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from docs.tools.dashboard_pictures.page import WIDTH, page
from ops.errors import CommandError
from ops.stacks import settings_of
from telemetry.grafana.dashboards.catalogue import dashboards

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER_SECONDS = 60
# A palette of 8 bits a pixel instead of the browser's 24: flat pictures lose nothing that is seen.
COLOURS = 256


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
    shrink(target)


def shrink(picture: Path) -> None:
    """Gives a picture a palette. Raises `CommandError` for a file that is none."""
    try:
        with Image.open(picture) as image:
            small = image.convert("RGB").quantize(COLOURS)
        small.save(picture, optimize=True)
    except OSError as error:
        raise CommandError(f"{picture} is no picture: {error}") from None
