"""The runbooks as a folder of Grafana: one page with one text panel each, whose address alerts name by default.

Import this module where pages are built: Grafana's SDK takes a tenth of a second.
Source: Grafana documentation, "Dashboard JSON model" (a uid has up to 40 characters) and "Text panel".
"""

import json

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import text
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import GridPos
from grafana_foundation_sdk.models.text import TextMode

from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.model import runbook_path
from telemetry.alerting.runbooks import Place, pages, runbook, title_of
from telemetry.grafana.dashboards.model import GRID_COLUMNS

FOLDER = "Runbooks"
TAG = "runbook"
# In grid units; longer pages scroll.
HEIGHT = 26


def runbook_files(settings: PlatformSettings, stack: str, way_in: str | None = None) -> dict[str, str]:
    """Grafana's JSON by file name, the same bytes every time."""
    place = Place(page=runbook_path, grafana="")
    return {
        f"{name}.json": _page(name, title_of(written), runbook(name, settings, stack, place, way_in))
        for name, written in pages().items()
    }


def _page(name: str, title: str, words: str) -> str:
    panel = (
        text.Panel()
        .mode(TextMode.MARKDOWN)
        # Grafana takes ${…} and $name for its variables, in text panels too.
        .content(words)
        .transparent(True)
        .id(1)
        .grid_pos(GridPos(x=0, y=0, w=GRID_COLUMNS, h=HEIGHT))
    )
    page = builders.Dashboard(title).uid(runbook_path(name).rpartition("/")[2]).tags([TAG]).readonly().with_panel(panel)
    return json.dumps(
        json.loads(JSONEncoder().encode(page.build())), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
