"""The page around the sections: head, verdict, what the numbers rest on."""

from collections.abc import Iterator
from importlib.resources import files

from ops.report.html.cost_sections import by_category, by_component, by_traffic, lines, sources_of, usd
from ops.report.html.figures import Figures
from ops.report.html.markup import Markup, element, join, table
from ops.report.html.storage_sections import plans, stored
from planning.cost.model import CostReport

# Nothing is loaded, whatever a name in a preview might hold.
CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(figures: Figures) -> str:
    """The whole document."""
    title = f"Cost of {figures.stack}"
    style = Markup(files("ops.report.html").joinpath("page.css").read_text(encoding="utf-8"))
    head = (
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", title),
        element("style", style),
    )
    body = (
        element("header", element("h1", title), *_verdict(figures)),
        element(
            "main",
            by_category(figures),
            by_component(figures),
            lines(figures.report),
            by_traffic(figures),
            stored(figures),
            plans(figures),
            *_left_out(figures.report),
        ),
        element("footer", *_basis(figures.report)),
    )
    document = element("html", element("head", *head), element("body", *body), lang="en")
    return f"<!doctype html>\n{document}\n"


def _verdict(figures: Figures) -> Iterator[Markup]:
    report, verdict = figures.report, figures.verdict
    word, class_ = ("within budget", "good") if verdict.within else ("OVER BUDGET", "bad")
    yield element(
        "p",
        element("strong", f"{usd(report.usd_per_month)} USD a month"),
        f" in {report.region}, list prices without tax ",
        element("span", word, class_=f"badge {class_}"),
    )
    yield element("p", verdict.message)
    yield element("p", f"At the largest size of every node group: {usd(report.usd_at_most_nodes)} USD a month.")
    for warning in report.warnings:
        yield element("p", f"warning: {warning}", class_="bad")


def _left_out(report: CostReport) -> Iterator[Markup]:
    if report.unpriced:
        rows = [[item.resource, item.type, item.reason] for item in report.unpriced]
        yield element(
            "section", element("h2", "Not in the sum"), table(["resource", "type", "why"], rows), id="unpriced"
        )


def _basis(report: CostReport) -> Iterator[Markup]:
    yield element(
        "p",
        f"Made on {report.today} for {report.load}. Node groups at their {report.assumptions.nodes.value} size, spot "
        f"at no less than {report.assumptions.spot_share_of_on_demand:.0%} of on-demand. "
        f"{sum(item.count for item in report.free)} resources of {len(report.free)} types cost nothing by themselves.",
    )
    yield element("p", "Sources of prices (source: read in a price list; model: no source confirmed it):")
    listed = [element("li", f"{one.as_of}, {one.confidence}: {one.text}") for one in sources_of(report)]
    yield element("ol", *listed)
    yield join("All assumptions: ", element("code", "python -m ops cost assumptions"))
