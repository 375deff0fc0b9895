"""`runbooks`: the pages of alerts, filled in for one stack."""

from difflib import get_close_matches
from pathlib import Path

from ops.errors import CommandError
from ops.files import write_folder
from ops.report.markdown import markdown_table
from ops.report.model import Document, Listing, Text, document, table
from ops.report.output import Answer
from ops.stacks import settings_of
from settings.models.platform import PlatformSettings
from telemetry.alerting.runbooks import INDEX, Place, first_command, of_stack, page_name, pages, runbook, title_of
from telemetry.kubernetes.endpoints import Endpoints

COLUMNS = ("alert", "asks first")


def runbooks(stack: str, alert: str | None, output: Path | None) -> Answer:
    """The pages, one page, or what each asks first. Raises `CommandError` for a name that no alert has."""
    settings = settings_of(stack)
    place = Place(page="{}.md".format, grafana=Endpoints.of(settings).grafana_url)
    names = [_named(alert)] if alert else list(pages())
    texts = {name: runbook(name, settings, stack, place) for name in names}
    if output is not None:
        files = {f"{name}.md": text for name, text in texts.items()}
        files |= {} if alert else {f"{INDEX}.md": _index(settings, stack)}
        write_folder(output, files)
        return Answer(sorted(files), lambda: document("", Text(words=f"written: {len(files)} pages in {output}")))
    if alert:
        return Answer(texts, lambda: document("", Listing(text=texts[names[0]].rstrip())))
    return Answer(texts, lambda: _contents(settings, stack))


def _named(alert: str) -> str:
    if (name := page_name(alert)) is not None:
        return name
    titles = [title_of(text) for text in pages().values()]
    near = get_close_matches(alert, titles, n=1)
    hint = f", such as {near[0]}" if near else ""
    raise CommandError(f"--alert {alert}: no alert has this name; accepted: one that `runbooks` lists{hint}")


def _rows(settings: PlatformSettings, stack: str) -> list[tuple[str, str]]:
    return [(title_of(text), of_stack(first_command(text), settings, stack)) for text in pages().values()]


def _contents(settings: PlatformSettings, stack: str) -> Document:
    return document(
        f"Runbooks of {stack}",
        table(COLUMNS, _rows(settings, stack)),
        Text(words="a page: --alert NAME; all of them: --output DIR; in Grafana: the folder Runbooks"),
    )


def _index(settings: PlatformSettings, stack: str) -> str:
    rows = zip(pages(), _rows(settings, stack), strict=True)
    linked = [(f"[{title}]({name}.md)", f"`{command}`") for name, (title, command) in rows]
    return f"# Runbooks of {stack}\n\n{markdown_table(COLUMNS, linked)}\n"
