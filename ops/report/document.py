"""A report of sections and tables, written as Markdown or as one HTML file that needs no network."""

import html
from collections.abc import Sequence

from planning.base import Frozen

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #d0d7de;padding:.3rem .6rem;text-align:left}"
    "th{background:#f6f8fa}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th{background:#161b22}"
    "th,td{border-color:#30363d}}"
)


class Section(Frozen):
    """One part of a report."""

    title: str
    """Heading."""
    text: str = ""
    """What it says in words."""
    header: tuple[str, ...] = ()
    """Column titles."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Cells."""


class Document(Frozen):
    """A report."""

    title: str
    """Heading."""
    summary: str
    """The first sentence."""
    sections: tuple[Section, ...]
    """In order."""

    def markdown(self) -> str:
        """As Markdown."""
        parts = [f"# {self.title}", _escaped(self.summary)]
        for section in self.sections:
            parts.append(f"## {section.title}")
            if section.text:
                parts.append(_escaped(section.text))
            if section.rows:
                lines = [section.header, tuple("---" for _ in section.header), *section.rows]
                parts.append("\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines))
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        """As HTML."""
        body = [f"<h1>{html.escape(self.title)}</h1>", f"<p><strong>{html.escape(self.summary)}</strong></p>"]
        for section in self.sections:
            body.append(f"<h2>{html.escape(section.title)}</h2>")
            if section.text:
                body.append(f"<p>{html.escape(section.text)}</p>")
            if section.rows:
                head = _cells("th", section.header)
                rows = "\n".join(_cells("td", row) for row in section.rows)
                body.append(f"<table><thead>{head}</thead><tbody>\n{rows}\n</tbody></table>")
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(self.title)}</title>'
            f"<style>{STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
        )


def _cells(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
