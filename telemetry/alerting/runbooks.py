"""The pages of alerts, filled in for one stack: its namespaces, the way to its cluster, its dashboards and queries.

The pages are written once, in docs/runbooks, with `<stack>`, `<namespace>` and `<agent-namespace>` in their commands;
other words in angle brackets are labels of the alert.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.model import RUNBOOK_DIRECTORY, kebab
from telemetry.grafana.dashboards.links import explore
from telemetry.grafana.dashboards.model import Source
from telemetry.kubernetes.endpoints import Endpoints

INDEX = "index"
_SOURCES = {"promql": Source.MIMIR, "logql": Source.LOKI}
_CODE = re.compile(r"(```.*?```|`[^`]+`)", re.DOTALL)
_QUERY = re.compile(r"```(promql|logql)\n(.*?)\n```", re.DOTALL)
_DASHBOARD = re.compile(r"\*(?P<title>[^*\n]+)\* \(`(?P<uid>lgtm-[a-z-]+)`\)")
_OTHER_PAGE = re.compile(r"\[(?P<words>[^]]+)\]\(\.\./(?P<page>[a-z-]+\.md)(#[a-z0-9-]+)?\)")


class Place(NamedTuple):
    """Where pages are read, which decides what their links look like."""

    page: Callable[[str], str]
    """Address of another page, by its name with hyphens."""
    grafana: str
    """What a path in Grafana begins with."""


@cache
def pages() -> Mapping[str, str]:
    """The pages as they are written, by name with hyphens."""
    here = Path(__file__).resolve()
    # A wheel has them beside this module, a checkout where people read them.
    folders = (here.with_name("runbook_pages"), here.parents[2] / RUNBOOK_DIRECTORY)
    folder = next(one for one in folders if one.is_dir())
    return {one.stem: one.read_text(encoding="utf-8") for one in sorted(folder.glob("*.md")) if one.stem != INDEX}


def title_of(text: str) -> str:
    """The alert that a page is about."""
    return text.partition("\n")[0].removeprefix("# ")


def first_command(text: str) -> str:
    """What answers a page's question first."""
    return text.partition("## First look\n\n`")[2].partition("`")[0]


def of_stack(text: str, settings: PlatformSettings, stack: str) -> str:
    """A page, or a command of one, in the words of a stack."""
    names = {
        "<stack>": stack,
        "<namespace>": settings.namespace,
        "<agent-namespace>": Endpoints.of(settings).agent_namespace,
    }
    for mark, name in names.items():
        text = text.replace(mark, name)
    return text


def runbook(name: str, settings: PlatformSettings, stack: str, place: Place, way_in: str | None = None) -> str:
    """One page for one stack, in Markdown. `way_in`: how its programs are reached; default: by its kubeconfig."""
    heading, _, body = of_stack(pages()[name], settings, stack).partition("\n")
    titles = {title_of(text): other for other, text in pages().items() if other != name}
    body = _QUERY.sub(lambda found: _with_link(found, place), body)
    body = _DASHBOARD.sub(rf"[\g<title>]({place.grafana}/d/\g<uid>)", body)
    body = _OTHER_PAGE.sub(r"\g<words> (docs/\g<page>)", body)
    words = re.compile(rf"\b({'|'.join(titles)})\b")
    # Every second part is code.
    parts = _CODE.split(body)
    parts[::2] = [words.sub(lambda found: f"[{found[1]}]({place.page(titles[found[1]])})", part) for part in parts[::2]]
    return f"{heading}\n\n{way_in or _way_in(settings, stack)}\n{''.join(parts)}"


def _way_in(settings: PlatformSettings, stack: str) -> str:
    return (
        f"Stack `{stack}`, namespace `{settings.namespace}`. The commands below need its kubeconfig:\n\n```console\n"
        f"$ pulumi stack output kubeconfig --show-secrets --stack {stack} > {stack}.kubeconfig\n"
        f"$ export KUBECONFIG={stack}.kubeconfig\n```"
    )


def _with_link(found: re.Match[str], place: Place) -> str:
    address = explore(_SOURCES[found[1]], found[2], "now-6h", "now")
    return f"{found[0]}\n\n[Run it in Grafana]({place.grafana}{address})"


def page_name(alert: str) -> str | None:
    """The page of an alert by its name, in either spelling; None where there is none."""
    name = alert if alert in pages() else kebab(alert)
    return name if name in pages() else None
