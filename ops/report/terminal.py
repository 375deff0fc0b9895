"""Reports on a terminal, by rich: colours and ruled tables for people; plain aligned text for pipes and files.

Plain text never depends on where it is made: its tables fit `WIDTH` columns, its paragraphs are one line each.
"""

import io
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ops.report.model import (
    Bullets,
    Chart,
    Document,
    Drawable,
    Fold,
    Listing,
    RowStyle,
    Section,
    Span,
    Style,
    Table,
    Text,
    Tone,
    Words,
    drawable,
)
from ops.report.words import seen

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text as RichText

WIDTH = 120
# Columns of up to so many characters are never broken into lines: dates, units, and the names in the first column.
UNBROKEN, UNBROKEN_NAME = 20, 44
RULE = "-" * 100
COLOURS = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.WARNING: "yellow", Tone.BAD: "bold red"}
STYLES = {Style.STRONG: "bold", Style.CODE: "cyan"}


def show(document: Document) -> None:
    """Prints a report on standard output."""
    from rich.console import Console

    if not sys.stdout.isatty():
        print(plain(document))
        return
    _print(document, Console(highlight=False))


def plain(document: Document, *, width: int | None = None) -> str:
    """A report as text without colours, without a line break at its end; tables fit `width` or `WIDTH` columns."""
    from rich.console import Console

    file = io.StringIO()
    _print(document, Console(file=file, width=width or WIDTH, force_terminal=False, color_system=None, highlight=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _print(document: Document, console: "Console") -> None:
    title = Text(words=Span(text=document.title, style=Style.STRONG))
    head = Section(blocks=(*([title] if document.title else []), *document.lead))
    parts = [_parts(section, console) for section in (head, *document.sections, Section(blocks=document.footer))]
    for place, part in enumerate(part for section in parts for part in section):
        if place:
            console.print()
        for one in part:
            if isinstance(one, str):
                console.file.write(f"{one}\n")
                continue
            # A terminal breaks lines at words; plain text is left to what reads it.
            console.print(one, soft_wrap=not console.is_terminal and not hasattr(one, "columns"))


def _parts(section: Section, console: "Console") -> Iterator[list["RenderableType"]]:
    """What stands together, without a blank line: a heading and the first block, then each block."""
    heading: list[RenderableType] = [_rich(Span(text=section.heading, style=Style.STRONG))] if section.heading else []
    for block in drawable(section.blocks):
        drawn = [*_drawn(block, console)]
        if drawn:
            yield [*heading, *drawn]
            heading = []


def _drawn(block: Drawable, console: "Console") -> Iterator["RenderableType"]:
    """What rich draws, and text as it is for what must not be changed, not even its tabs."""
    match block:
        case Text():
            yield _rich(block.words, block.tone)
        case Bullets():
            if block.title:
                yield _rich(block.title, block.tone)
            for number, item in enumerate(block.items, 1):
                start = f"  {number}. " if block.numbered else "- "
                yield _rich((start, *_spans(item)), block.tone)
        case Listing():
            rule = [RULE] if block.file else []
            yield from (*rule, *([_rich(block.title)] if block.title else []), *rule)
            yield "\n".join("\t".join(map(seen, line.split("\t"))) for line in block.text.splitlines())
        case Table():
            yield _table(block, console)
        case Chart():
            return
        case Fold():
            yield _rich(block.title)
            for inner in drawable(block.blocks):
                yield from _drawn(inner, console)


def _table(block: Table, console: "Console") -> "RenderableType":
    from rich import box
    from rich.table import Table as RichTable

    ruled = console.is_terminal
    drawn = RichTable(
        box=box.HEAVY_HEAD if ruled else None,
        padding=(0, 1) if ruled else (0, 2, 0, 0),
        pad_edge=ruled,
        show_header=any(column.title for column in block.columns),
        header_style="bold",
    )
    for place, column in enumerate(block.columns):
        longest = max((len(_rich(row.cells[place])) for row in block.rows), default=0)
        drawn.add_column(
            _rich(column.title),
            justify="right" if column.number else "left",
            no_wrap=column.number or longest <= (UNBROKEN if place else UNBROKEN_NAME),
            overflow="fold",
        )
    for row in block.rows:
        if row.style in (RowStyle.GROUP, RowStyle.TOTAL):
            drawn.add_section()
        cells = [_rich(cell) for cell in row.cells]
        if row.style is RowStyle.GROUP and not ruled:
            cells = [_rich(cell.plain.upper()) for cell in cells]
        drawn.add_row(*cells, style="" if row.style is RowStyle.PLAIN else "bold")
    return drawn


def _rich(words: Words, tone: Tone = Tone.PLAIN) -> "RichText":
    from rich.text import Text as RichText

    made = RichText(style=COLOURS[tone])
    for span in _spans(words):
        one = span if isinstance(span, Span) else Span(text=span)
        # Control characters of a name would move the cursor, or worse.
        text = "\n".join(map(seen, one.text.split("\n")))
        text = {Style.CODE: f"`{text}`", Style.BREAK: "\n"}.get(one.style, text)
        made.append(text, style=" ".join(filter(None, (STYLES.get(one.style), COLOURS[one.tone]))))
    return made


def _spans(words: Words) -> tuple[str | Span, ...]:
    return words if isinstance(words, tuple) else (words,)
