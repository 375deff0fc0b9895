"""What arrives, what is stored and what it costs, by signal and by service, and the alerts on it.

Dollars are a model: the fixed part of the plan (nodes, volumes, network) shared among signals by memory, and for each
GiB that is really written what the plan pays for a GiB from its writing to its deletion.
"""

from planning.buckets import GIB
from planning.capacity import coefficients as c
from planning.retention import Signal
from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from telemetry.alerting.rules.forecast import SLOW_SECONDS, forecast_alert
from telemetry.alerting.rules.loki_rules import LOG_BYTES
from telemetry.alerting.rules.model import Alert, Group, Recording, groups_of
from telemetry.alerting.rules.services import service_names
from telemetry.cost.planned import DAYS_PER_MONTH, TOTAL, PlannedCost
from telemetry.grafana.dashboards.model import Uid
from telemetry.grafana.datasources import SPAN_CALLS

MB = 1_000_000
GB = 1_000_000_000
# Results of a day's window change slowly; five minutes would leave gaps (see MAX_INTERVAL_SECONDS).
SERIES_LIMIT_RATIO = 0.8
SURGE_FACTOR = 1.5
# Doubling of next to nothing is no surge.
SURGE_LEAST_RATIO = 0.2


def cost_groups(settings: PlatformSettings, planned: PlannedCost | None) -> tuple[Group, ...]:
    """Recordings and alerts; without a plan in dollars, bytes and series remain."""
    money = _money(settings, planned) if planned else []
    return (
        *groups_of("ingestion", _ingestion(settings)),
        *groups_of("storage", _storage(settings), SLOW_SECONDS),
        *(groups_of("cost", money, SLOW_SECONDS) if planned else ()),
        *(groups_of("cost-plan", _planned_by_service(planned), SLOW_SECONDS) if planned else ()),
        *groups_of("cost-alerts", _alerts(settings, priced=planned is not None)),
    )


def _ingestion(settings: PlatformSettings) -> list[Recording]:
    names = service_names(settings)
    spans = f'sum by (service_name) (rate({SPAN_CALLS}{{service_name=~"{names}"}}[1h]))'
    rates = {
        Signal.LOGS: "sum(rate(loki_distributor_bytes_received_total[5m]))",
        Signal.TRACES: "sum(rate(tempo_distributor_bytes_received_total[5m]))",
        # Mimir has no count of bytes; this is what a sample takes when it is stored.
        Signal.METRICS: "sum(rate(cortex_distributor_received_samples_total[5m]))"
        f" * {c.MIMIR_BYTES_PER_SAMPLE.value:g}",
        Signal.PROFILES: "sum(rate(pyroscope_distributor_received_compressed_bytes_sum[5m]))",
    }
    mean = 'scalar(avg_over_time(lgtm:ingestion_bytes:rate5m{{signal="{0}"}}[1h]))'
    return [
        *(
            Recording(record="lgtm:ingestion_bytes:rate5m", expr=expr, labels={"signal": signal.value})
            for signal, expr in rates.items()
            if signal in settings.retention.signals
        ),
        Recording(
            record="lgtm:ingestion_bytes_by_service:rate1h",
            expr=f"avg_over_time({LOG_BYTES}[1h])",
            labels={"signal": Signal.LOGS.value},
        ),
        # Tempo doesn't count by service: its bytes are shared by spans before sampling.
        Recording(
            record="lgtm:ingestion_bytes_by_service:rate1h",
            expr=f"{spans} / scalar(sum({spans}) > 0) * {mean.format('traces')}",
            labels={"signal": Signal.TRACES.value},
        ),
        Recording(
            record="lgtm:ingestion_bytes_by_service:rate1h",
            expr=f"lgtm:series_by_service / scalar(sum(lgtm:series_by_service) > 0) * {mean.format('metrics')}",
            labels={"signal": Signal.METRICS.value},
        ),
        Recording(
            record="lgtm:active_series",
            expr=f"sum(cortex_ingester_memory_series) / {settings.replication.mimir}",
        ),
    ]


def _storage(settings: PlatformSettings) -> list[Recording]:
    written = {
        Signal.LOGS: "sum(increase(loki_ingester_chunk_stored_bytes_total[1d]))",
        Signal.TRACES: "sum(increase(tempo_ingester_flush_size_bytes_sum[1d]))",
        # Every replica uploads its copy of a block; compaction leaves one.
        Signal.METRICS: "sum(increase(thanos_objstore_bucket_operation_transferred_bytes_sum"
        f'{{component="ingester",operation="upload"}}[1d])) / {settings.replication.mimir}',
        # Compaction leaves about what is written to segments.
        Signal.PROFILES: "sum(increase(pyroscope_segment_writer_segment_size_bytes_sum[1d]))",
    }
    return [
        *(
            Recording(record="lgtm:stored_bytes:increase1d", expr=expr, labels={"signal": signal.value})
            for signal, expr in written.items()
            if signal in settings.retention.signals
        ),
        Recording(record="lgtm:stored_bytes_total:increase1d", expr="sum(lgtm:stored_bytes:increase1d)"),
    ]


def _money(settings: PlatformSettings, planned: PlannedCost) -> list[Recording]:
    budget = settings.budget
    budgets = {
        "compute": budget.compute_usd_per_month,
        "storage": budget.storage_usd_per_month,
        "operations": budget.operations_usd_per_month,
        TOTAL: budget.usd_per_month,
    }
    fixed = planned.fixed_usd_per_month
    by_service = "lgtm:ingestion_bytes_by_service:rate1h"
    return [
        *(_constant("lgtm:budget_usd_per_month", usd, line) for line, usd in budgets.items() if usd is not None),
        *(_constant("lgtm:planned_usd_per_month", usd, line) for line, usd in planned.usd_per_month.items()),
        *(
            Recording(
                record="lgtm:cost_usd_per_day",
                expr=f'sum(lgtm:stored_bytes:increase1d{{signal="{signal.value}"}})'
                f" * {planned.usd_per_stored_gib[signal] / GIB:.6g}"
                f" + {fixed * planned.fixed_share[signal] / DAYS_PER_MONTH:.6g}",
                labels={"signal": signal.value},
            )
            for signal in settings.retention.signals
        ),
        Recording(
            record="lgtm:cost_usd_per_day_by_service",
            expr=f"{by_service} / on (signal) group_left () (sum by (signal) ({by_service}) > 0)"
            " * on (signal) group_left () lgtm:cost_usd_per_day",
        ),
        Recording(
            record="lgtm:budget_burn:ratio",
            expr=f"sum(lgtm:cost_usd_per_day) * {DAYS_PER_MONTH:.6g} / {budget.usd_per_month:g}",
        ),
    ]


def _planned_by_service(planned: PlannedCost) -> list[Recording]:
    """What the plan says of each service; measured costs find their team by it."""
    return [
        Recording(
            record="lgtm:planned_usd_per_month_by_service",
            expr=f"vector({one.usd_per_month:.2f})",
            labels={"service_name": one.service, "team": one.team},
        )
        for one in planned.shared.services
    ]


def _constant(record: str, usd: float, line: str) -> Recording:
    return Recording(record=record, expr=f"vector({usd:.2f})", labels={"line": line})


def _alerts(settings: PlatformSettings, *, priced: bool) -> list[Alert]:
    alerting, limit = settings.alerting, settings.ingestion.max_series
    burn = Alert(
        alert="BudgetBurnHigh",
        expr="lgtm:budget_burn:ratio > 1",
        for_minutes=60,
        severity=Severity.WARNING,
        summary="This month will cost {{ $value | humanizePercentage }} of the budget",
        description=f"What is stored today, and the fixed part of the plan, add up to more than "
        f"{settings.budget.usd_per_month:g} USD in a month.",
        dashboard=Uid.COST,
    )
    return [
        Alert(
            alert="StorageGrowthHigh",
            expr=f"lgtm:stored_bytes_total:increase1d > {alerting.storage_growth_gb_per_day * GB:.6g}",
            for_minutes=15,
            severity=Severity.WARNING,
            summary="{{ $value | humanize }}B were stored within a day",
            description=f"Loki, Tempo and Mimir have written more than {alerting.storage_growth_gb_per_day:g} GB to "
            "their buckets within 24 hours.",
            dashboard=Uid.COST,
        ),
        Alert(
            alert="IngestionRateHigh",
            expr=f"sum(lgtm:ingestion_bytes:rate5m) > {alerting.ingestion_mb_per_second * MB:.6g}",
            for_minutes=5,
            severity=Severity.WARNING,
            summary="{{ $value | humanize }}B a second arrive",
            description=f"Logs, traces and metrics together have been more than {alerting.ingestion_mb_per_second:g} "
            "MB/s for 5 minutes.",
            dashboard=Uid.COST,
        ),
        Alert(
            alert="CardinalitySurge",
            expr=f"lgtm:active_series > {SURGE_FACTOR} * avg_over_time(lgtm:active_series[1d] offset 1h)"
            f" and lgtm:active_series > {SURGE_LEAST_RATIO * limit:.6g}",
            for_minutes=30,
            severity=Severity.WARNING,
            summary="{{ $value | humanize }} series are active, half as many again as yesterday",
            description="The number of active series has been 1.5 times the mean of the day before for 30 minutes: a "
            "new label with many values, most often.",
            dashboard=Uid.COST,
        ),
        Alert(
            alert="SeriesLimitNear",
            expr=f"lgtm:active_series / {limit} > {SERIES_LIMIT_RATIO}",
            for_minutes=15,
            severity=Severity.WARNING,
            summary="{{ $value | humanizePercentage }} of the series that Mimir takes are in use",
            description=f"From {limit:,} active series on (ingestion.max_series) Mimir refuses new ones: new pods and "
            "new metrics would be invisible.",
            dashboard=Uid.COST,
        ),
        *([burn, forecast_alert(settings)] if priced else []),
    ]
