"""The rules and coefficients that the topology rests on beside the capacity plan's, each with unit, source and date."""

from datetime import date

from planning.capacity import coefficients as c
from planning.capacity.coefficients import Basis, Coefficient
from planning.topology.model import Source

LOKI_MODES = Source(
    title="Grafana Loki, Deployment modes: Monolithic up to about 20 GB/day; HA Monolithic replaces Simple Scalable",
    as_of=date(2026, 7, 17),
    basis=Basis.DOCUMENTED,
)
LOKI_TIERS = Source(title="Grafana Loki, Size the cluster", as_of=date(2026, 7, 17), basis=Basis.DOCUMENTED)
TEMPO_MODES = Source(
    title="Grafana Tempo 3.0, Deployment modes: Monolithic under 25-35 MB/s, Microservices need Kafka",
    as_of=date(2026, 5, 28),
    basis=Basis.DOCUMENTED,
)
TEMPO_SIZE = Source(title="Grafana Tempo 3.0, Size the cluster", as_of=date(2026, 5, 28), basis=Basis.DOCUMENTED)
MIMIR_SIZE = Source(title=c.MIMIR_SIZE, as_of=c.MIMIR_DATE, basis=Basis.DOCUMENTED)
MIMIR_ZONES = Source(
    title="Grafana Mimir, Configure zone-aware replication", as_of=c.MIMIR_DATE, basis=Basis.DOCUMENTED
)
MIMIR_RECORD = Source(
    title="Grafana Labs, How we scaled Mimir to 1 billion active series: 1,500 replicas, 7,000 cores, 30 TiB",
    as_of=date(2022, 4, 8),
    basis=Basis.MEASURED,
)
COLLECTOR_ROUTING = Source(
    title="OpenTelemetry Collector, Scaling stateful collectors: load balancing by trace id",
    as_of=date(2026, 8, 1),
    basis=Basis.DOCUMENTED,
)
JUDGED = Source(title="This platform's judgement", as_of=date(2026, 11, 28), basis=Basis.ASSUMPTION)
MEASURED_HERE = Source(title="Measured on this platform", as_of=date(2026, 11, 28), basis=Basis.MEASURED)
EC2_PRICES = Source(title="The region's price table", as_of=date(2026, 11, 28), basis=Basis.DOCUMENTED)


def _judged(value: float, unit: str, reason: str) -> Coefficient:
    return Coefficient(value, unit, reason, JUDGED.as_of, Basis.ASSUMPTION)


LOKI_HA_GB_PER_DAY = _judged(
    200, "GB/day", "no source bounds HA Monolithic: ten times the figure for one process, then queries get their own"
)
TEMPO_MONOLITHIC_MB = Coefficient(30, "MB/s kept", TEMPO_MODES.title, TEMPO_MODES.as_of)
TEMPO_LIVE_STORE_MB = Coefficient(8, "MB/s per replica of 1 core", TEMPO_SIZE.title, TEMPO_SIZE.as_of)
TEMPO_QUERIER_MB = Coefficient(1.5, "MB/s per replica", TEMPO_SIZE.title, TEMPO_SIZE.as_of)
TEMPO_DISTRIBUTOR_MB = Coefficient(10, "MB/s per replica of 2 cores", TEMPO_SIZE.title, TEMPO_SIZE.as_of)
TEMPO_POD_GB = _judged(
    6, "GB per replica", f"{TEMPO_SIZE.title}: 4-20 GB, determined by trace composition; spans here are small"
)

MIMIR_RULE_QUERIES = Coefficient(
    1.54, "queries/s", "evaluations of this platform's own rules, counted", JUDGED.as_of, Basis.MEASURED
)
MIMIR_RULE_QUERIES_SERVICE = _judged(0.1, "queries/s per service", "burn rates of its objectives, each minute")
MIMIR_PEOPLE_QUERIES_SERVICE = _judged(0.1, "queries/s per service", "one open dashboard for every five services")
MIMIR_QUERIES_GROWTH = _judged(
    0.5, "exponent", "a query reads more series where there are more, but most select by service"
)
MIMIR_FRONTEND_QUERIES = Coefficient(250, "queries/s per core and GB", c.MIMIR_SIZE, c.MIMIR_DATE)
MIMIR_SCHEDULER_QUERIES = Coefficient(500, "queries/s per core and 0.1 GB", c.MIMIR_SIZE, c.MIMIR_DATE)
MIMIR_COMPACTOR_SERIES = Coefficient(20e6, "series per replica of 1 core, 4 GB, 300 GB", c.MIMIR_SIZE, c.MIMIR_DATE)
MIMIR_STORE_GATEWAY_GB = Coefficient(13, "GB per million series, 1 year at 15 s", c.MIMIR_SIZE, c.MIMIR_DATE)
MIMIR_ALERTS_PER_GB = Coefficient(5000, "firing alerts per GB", c.MIMIR_SIZE, c.MIMIR_DATE)
MIMIR_HEADROOM = Coefficient(1.5, "times memory and disk", f"{c.MIMIR_SIZE}: 50 % extra capacity", c.MIMIR_DATE)
MIMIR_LARGE_SERIES = _judged(10e6, "series", "from here on CPU per series falls towards the record's")
MIMIR_RECORD_SERIES = Coefficient(1e9, "series", MIMIR_RECORD.title, MIMIR_RECORD.as_of, Basis.MEASURED)
MIMIR_RECORD_CORES = Coefficient(7000, "cores", MIMIR_RECORD.title, MIMIR_RECORD.as_of, Basis.MEASURED)
MIMIR_INGESTER_SERIES = _judged(3e6, "series in memory per ingester", "10 cores and 25 GB: half of a usual large node")
MIMIR_GATEWAY_SAMPLES = _judged(200_000, "samples/s per core", "nginx with TLS, batches of 2,000 samples")

NODE_FILL = _judged(0.9, "of what nodes have", "the scheduler leaves gaps; held against a packing in the tests")
SPOT_TYPES = _judged(4, "types per spot group", "as many pools to take from; AWS advises at least three")


def topology_coefficients() -> dict[str, Coefficient]:
    """Every coefficient of the topology by name, for the report."""
    return {name: value for name, value in globals().items() if isinstance(value, Coefficient)}
