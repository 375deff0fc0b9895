"""Panels and queries in the words of Grafana's SDK: one function for each kind of picture."""

from collections.abc import Callable
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    heatmap,
    logs,
    loki,
    nodegraph,
    prometheus,
    stat,
    table,
    tempo,
    timeseries,
)
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode, HeatmapColorScale
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from grafana_foundation_sdk.models.tempo import SearchTableType

from telemetry.grafana.dashboards.links import Link, panel_links, series_links
from telemetry.grafana.dashboards.model import Kind, Panel, Query, Source

# Any of the SDK's panel builders: they share their methods, but no base class that has them.
PanelBuilder = Any

_TYPES = {Source.MIMIR: "prometheus", Source.LOKI: "loki", Source.TEMPO: "tempo"}
_LOG_LINES = 200
_TRACES = 20
_GREEN, _RED = "green", "red"


def data_source(source: Source) -> DataSourceRef:
    """A data source by its stable uid."""
    return DataSourceRef(type_val=_TYPES[source], uid=source.value)


def panel_builder(panel: Panel) -> PanelBuilder:
    """A panel, still without id and place."""
    built = (
        _KINDS[panel.kind](panel)
        .title(panel.title)
        .description(panel.description)
        .datasource(data_source(panel.queries[0].source))
        .links([_link(link) for link in panel_links()])
    )
    for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
        built.with_target(_target(query, letter, panel.kind))
    return built


def _timeseries(panel: Panel) -> PanelBuilder:
    legend = (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(options.LegendDisplayMode.LIST)
        .placement(options.LegendPlacement.BOTTOM)
    )
    tooltip = common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI).sort(options.SortOrder.DESCENDING)
    built = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(40 if panel.stacked else 8)
        .show_points(options.VisibilityMode.NEVER)
        .span_nulls(True)
        .legend(legend)
        .tooltip(tooltip)
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    )
    if not panel.signed:
        built.min(0)
    if panel.stacked:
        built.stacking(common.StackingConfig().mode(options.StackingMode.NORMAL).group("A"))
    if panel.thresholds:
        built.thresholds_style(common.GraphThresholdsStyleConfig().mode(options.GraphThresholdsStyleMode.DASHED))
    return _with_series_links(_measured(built, panel), panel)


def _stat(panel: Panel) -> PanelBuilder:
    built = (
        stat.Panel()
        .graph_mode(options.BigValueGraphMode.AREA)
        .color_mode(options.BigValueColorMode.VALUE)
        .text_mode(options.BigValueTextMode.AUTO)
        .reduce_options(_last_value())
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
    return _measured(built, panel)


def _bars(panel: Panel) -> PanelBuilder:
    built = (
        bargauge.Panel()
        .orientation(options.VizOrientation.HORIZONTAL)
        .display_mode(options.BarGaugeDisplayMode.BASIC)
        .value_mode(options.BarGaugeValueMode.TEXT)
        .show_unfilled(True)
        .min(0)
        .reduce_options(_last_value())
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
    return _with_series_links(_measured(built, panel), panel)


def _table(panel: Panel) -> PanelBuilder:
    built = _measured(table.Panel().show_header(True).cell_height(options.TableCellHeight.SM), panel)
    if panel.queries[0].source is Source.TEMPO:
        return built
    names = dict(panel.columns)
    # One query's value column is called Value, several have the query's letter.
    letters = ["Value"] if len(panel.queries) == 1 else [f"Value #{letter}" for letter in "ABCDEFGH"]
    values = dict(zip(letters, (query.legend for query in panel.queries), strict=False))
    order = {name: position for position, name in enumerate([*names, *values])}
    built.with_transformation(DataTransformerConfig(id_val="merge", options={})).with_transformation(
        DataTransformerConfig(
            id_val="organize",
            options={"excludeByName": {"Time": True}, "indexByName": order, "renameByName": names | values},
        )
    )
    for query in panel.queries:
        if query.unit is not None:
            built.override_by_name(query.legend, [DynamicConfigValue(id_val="unit", value=query.unit.value)])
    return built


def _heatmap(panel: Panel) -> PanelBuilder:
    colours = (
        heatmap.HeatmapColorOptions()
        .mode(HeatmapColorMode.SCHEME)
        .scheme("Blues")
        .scale(HeatmapColorScale.EXPONENTIAL)
        .exponent(0.5)
        .steps(64)
    )
    return (
        heatmap.Panel()
        .calculate(False)
        .color(colours)
        .y_axis(heatmap.YAxisConfig().unit(panel.unit.value))
        .cell_gap(1)
        .show_legend()
        .mode(options.TooltipDisplayMode.SINGLE)
    )


def _logs(_: Panel) -> PanelBuilder:
    return (
        logs.Panel()
        .show_time(True)
        .wrap_log_message(True)
        .enable_log_details(True)
        .dedup_strategy(options.LogsDedupStrategy.NONE)
        .sort_order(options.LogsSortOrder.DESCENDING)
    )


def _node_graph(_: Panel) -> PanelBuilder:
    return nodegraph.Panel()


_KINDS: dict[Kind, Callable[[Panel], PanelBuilder]] = {
    Kind.TIMESERIES: _timeseries,
    Kind.STAT: _stat,
    Kind.BARS: _bars,
    Kind.TABLE: _table,
    Kind.HEATMAP: _heatmap,
    Kind.LOGS: _logs,
    Kind.NODE_GRAPH: _node_graph,
}


def _measured(built: PanelBuilder, panel: Panel) -> PanelBuilder:
    """Unit, digits, end of the axis and thresholds."""
    first = _RED if panel.good_above else _GREEN
    steps = [Threshold(value=None, color=first)]
    steps += [Threshold(value=threshold.value, color=threshold.colour) for threshold in panel.thresholds]
    built.unit(panel.unit.value).thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    if panel.maximum is not None:
        built.max(panel.maximum)
    if panel.decimals is not None:
        built.decimals(panel.decimals)
    if panel.when_empty is not None:
        built.no_value(panel.when_empty)
    return built


def _with_series_links(built: PanelBuilder, panel: Panel) -> PanelBuilder:
    """Only where each series has a service's name; elsewhere the link would name nothing."""
    if all("{{service_name}}" in query.legend for query in panel.queries):
        built.data_links([_link(link) for link in series_links()])
    return built


def _last_value() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def _link(link: Link) -> dashboard.DashboardLink:
    return dashboard.DashboardLink(link.title).type(DashboardLinkType.LINK).url(link.url).target_blank(True)


def _target(query: Query, letter: str, kind: Kind) -> Any:
    match query.source:
        case Source.MIMIR:
            return _promql(query, letter, kind)
        case Source.LOKI:
            kind_of_query = "instant" if query.instant else "range"
            lines = loki.Dataquery().ref_id(letter).expr(query.text).query_type(kind_of_query).max_lines(_LOG_LINES)
            return lines.legend_format(query.legend).datasource(data_source(query.source))
        case Source.TEMPO:
            return _traceql(query, letter, kind)


def _promql(query: Query, letter: str, kind: Kind) -> prometheus.Dataquery:
    target = prometheus.Dataquery().ref_id(letter).expr(query.text).datasource(data_source(query.source))
    target = target.instant() if query.instant else target.range()
    match kind:
        case Kind.TABLE:
            return target.format(PromQueryFormat.TABLE)
        case Kind.HEATMAP:
            target.format(PromQueryFormat.HEATMAP)
        case _:
            target.format(PromQueryFormat.TIME_SERIES)
    return target.legend_format(query.legend or "__auto").exemplar(query.exemplars)


def _traceql(query: Query, letter: str, kind: Kind) -> tempo.TempoQuery:
    target = tempo.TempoQuery().ref_id(letter).datasource(data_source(query.source))
    if kind is Kind.NODE_GRAPH:
        return target.query_type("serviceMap").service_map_query(query.text)
    return target.query_type("traceql").query(query.text).limit(_TRACES).table_type(SearchTableType.TRACES)
