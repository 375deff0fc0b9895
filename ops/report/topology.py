"""A topology, and the curve of bills over loads, as reports."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log10

from ops.cost.topology import Point, TopologyAnswer
from ops.report.charts import LegendEntry, PointChart
from ops.report.charts import Point as Dot
from ops.report.cost import verdict_line
from ops.report.model import (
    Block,
    Bullets,
    Chart,
    Document,
    Listing,
    Row,
    RowStyle,
    Section,
    Table,
    Text,
    document,
    table,
)
from ops.report.words import usd
from planning.topology.model import LokiMode, Pods, Topology

MODE_COLOURS: Mapping[LokiMode, tuple[str, str]] = {
    LokiMode.MONOLITHIC: ("green", "dot"),
    LokiMode.HA_MONOLITHIC: ("blue", "triangle"),
    LokiMode.DISTRIBUTED: ("orange", "diamond"),
}


def rate(point: Point) -> str:
    """Requests a second as people write them."""
    return f"{point.requests_per_second:,.10g}"


def topology_blocks(answer: TopologyAnswer) -> Iterator[Block]:
    """Modes, pods, nodes and the bill of one load, each choice with its reason."""
    topology, point = answer.topology, answer.point
    yield Text(
        words=f"{rate(point)} requests/s, {point.gb_per_day:,.1f} GB a day into the back ends, "
        f"{point.series:,.0f} active series: Loki {topology.loki}, Tempo {topology.tempo}, {point.nodes} nodes, "
        f"{point.pods} pods, {usd(point.usd_per_month)} USD a month, "
        f"{point.usd_per_million_requests:.3f} USD per million requests"
    )
    yield pods_table(topology)
    yield table(
        ("subject", "choice", "why", "source"),
        [
            (
                one.subject,
                one.choice,
                one.reason,
                f"{one.source.title} ({one.source.basis}, {one.source.as_of})",
            )
            for one in topology.choices
        ],
    )
    rows = [Row(cells=(name, usd(amount))) for name, amount in answer.by_category.items()]
    rows.append(Row(cells=("total", usd(point.usd_per_month)), style=RowStyle.TOTAL))
    yield table(("USD a month", ""), rows, numbers=(1,))
    yield verdict_line(answer.verdict)
    yield Bullets(title="not vouched for:", items=topology.unvouched)


def _edits(answer: TopologyAnswer) -> Block:
    if not answer.edits:
        return Text(words="nothing to edit")
    lines = "\n".join(f"  {key}: {value}" for key, value in answer.edits.items())
    return Listing(
        title="to write below lgtm:platform (and the budget); node_groups, capacity and ingestion go from the file, so "
        "that they follow the sizes:",
        text=lines,
    )


def pods_table(topology: Topology) -> Table:
    """Every workload with its pods and what they ask for."""
    rows = [
        Row(
            cells=(
                one.workload,
                str(one.replicas),
                f"{one.cpu_millicores / 1000:g}",
                f"{one.memory_mib / 1024:.2f}",
                f"{one.memory_limit_mib / 1024:.2f}",
                "-" if one.volume_gib is None else str(one.volume_gib),
            )
        )
        for one in topology.everything
    ]
    header = ("workload", "pods", "cores each", "GiB each", "limit GiB", "volume GiB")
    return table(header, [*rows, _total(topology.everything)], numbers=range(1, 6))


def _total(everything: Iterable[Pods]) -> Row:
    pods = list(everything)
    volumes = sum(one.replicas * (one.volume_gib or 0) for one in pods)
    sums = (sum(one.replicas for one in pods), sum(one.cores for one in pods), sum(one.gib for one in pods))
    cells = ("all pods together", str(sums[0]), f"{sums[1]:,.1f}", f"{sums[2]:,.1f}", "", f"{volumes:,}")
    return Row(cells=cells, style=RowStyle.TOTAL)


def topology_document(answer: TopologyAnswer) -> Document:
    """One load."""
    order = answer.mode_change
    change = [Bullets(title="changing Loki's mode, in this order:", items=order, numbered=True)] if order else []
    return document(f"{answer.stack}: topology", *topology_blocks(answer), _edits(answer), *change)


def curve_table(points: Sequence[Point]) -> Table:
    """One row for each load."""
    rows = [
        (
            rate(one),
            f"{one.gb_per_day:,.1f}",
            one.loki.value,
            one.tempo.value,
            f"{one.series:,.0f}",
            f"{one.nodes:,}",
            f"{one.cores:,.1f}",
            usd(one.usd_per_month),
            f"{one.usd_per_million_requests:.4f}",
            f"{one.usd_per_gb:.4f}",
        )
        for one in points
    ]
    header = ("requests/s", "GB/day", "Loki", "Tempo", "series", "nodes", "cores", "USD a month")
    return table((*header, "USD/M requests", "USD/GB"), rows, numbers=(0, 1, 4, 5, 6, 7, 8, 9))


def curve_document(stack: str, points: Sequence[Point], unvouched: Sequence[str]) -> Document:
    """The whole curve."""
    return document(
        f"{stack}: the bill from {rate(points[0])} to {rate(points[-1])} requests/s",
        curve_table(points),
        Bullets(title="not vouched for:", items=tuple(unvouched)),
    )


def curve_section(points: Sequence[Point]) -> Section:
    """The curve in the cost report, as powers of ten."""
    chart = PointChart(
        name="chart-curve",
        title="From small to large: the bill over the load",
        description="One point for each load, each axis in powers of ten, coloured by Loki's mode.",
        x_unit="requests a second, as a power of ten",
        y_unit="US dollars a month, as a power of ten",
        points=[
            Dot(
                log10(one.requests_per_second),
                log10(one.usd_per_month),
                *MODE_COLOURS[one.loki],
                told=f"{rate(one)} requests/s: {usd(one.usd_per_month)} USD a month, {one.nodes} nodes, "
                f"{one.usd_per_million_requests:.3f} USD per million requests, Loki {one.loki}",
            )
            for one in points
        ],
        legend=[LegendEntry(mode.value, *style) for mode, style in MODE_COLOURS.items()],
    )
    return Section(
        anchor="curve",
        heading="From small to large",
        blocks=(
            Text(
                words="What the planner would deploy at each load, and its bill: other sizes, modes and nodes, unlike "
                "the traffic above. Series, pods and nodes grow with the load."
            ),
            Chart(drawing=chart),
            curve_table(points),
        ),
    )
