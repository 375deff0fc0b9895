"""Queries that several panels share, and the choices at the top of every dashboard."""

from telemetry.grafana.dashboards.model import Query, Source, Unit, Variable
from telemetry.grafana.datasources import SPAN_CALLS, SPAN_DURATION

# In links, a plus sign would be read as a space: this matches what `.+` does.
NOT_EMPTY = "..*"
ANYTHING = ".*"

# Labels of the services' own telemetry. A span's namespace is that of the pod that sent it.
SCOPE = 'k8s_namespace_name=~"$namespace",deployment_environment_name=~"$environment"'
SERVICE = f'service_name=~"$service",{SCOPE}'
# Recorded series keep the service's name alone.
RECORDED = 'service_name=~"$service"'
# kube-state-metrics names the object that it describes by labels of its own.
OBJECTS = 'namespace=~"$namespace",deployment_environment_name=~"$environment"'
# What a service does for others, not what it asks of them.
INCOMING = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"'
FAILED = 'status_code="STATUS_CODE_ERROR"'
# Streams of logs have the same labels.
LOGS = SERVICE

ENVIRONMENT = Variable(
    "environment", "Environment", "label_values(k8s_pod_cpu_usage, deployment_environment_name)", ANYTHING
)
NAMESPACE = Variable("namespace", "Namespace", "label_values(k8s_pod_cpu_usage, k8s_namespace_name)", ANYTHING)
SERVICES = Variable("service", "Service", f"label_values({SPAN_CALLS}, service_name)", NOT_EMPTY)
PARTS = Variable("service", "Part", "label_values(up, job)", NOT_EMPTY)
CHOICES = (ENVIRONMENT, NAMESPACE, SERVICES)


def prom(text: str, legend: str = "", *, exemplars: bool = False) -> Query:
    """PromQL over the whole window."""
    return Query(text, legend, exemplars=exemplars)


def now(text: str, legend: str = "", unit: Unit | None = None) -> Query:
    """PromQL at the end of the window."""
    return Query(text, legend, instant=True, unit=unit)


def logs(text: str, legend: str = "", *, instant: bool = False) -> Query:
    """LogQL: lines, or numbers over the window or, far cheaper, at its end."""
    return Query(text, legend, source=Source.LOKI, instant=instant)


def traces(text: str) -> Query:
    """TraceQL."""
    return Query(text, source=Source.TEMPO)


def rate(metric: str, *, by: str = "", where: str = "", window: str = "[$__rate_interval]") -> str:
    """Increase a second of a counter, summed by labels; the window may lie back, as in `[5m] offset 1d`."""
    return f"sum{_by(by)} (rate({metric}{{{where}}}{window}))"


def quantile(share: float, histogram: str, *, by: str = "", where: str = "") -> str:
    """A quantile of a classic histogram, given its base name."""
    labels = ", ".join(label for label in ("le", by) if label)
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket{{{where}}}[$__rate_interval])))"


def share(part: str, whole: str) -> str:
    """A ratio that is 0, not undefined, where a thing happens but none of the part does."""
    return f"(({part}) or ({whole}) * 0) / (({whole}) > 0)"


def top(count: int, expression: str) -> str:
    """The largest few."""
    return f"topk({count}, {expression})"


def calls(*, by: str = "", where: str = "") -> str:
    """Requests a second that services were asked."""
    return rate(SPAN_CALLS, by=by, where=_joined(SERVICE, INCOMING, where))


def error_share(*, by: str = "") -> str:
    """Share of requests that failed."""
    return share(calls(by=by, where=FAILED), calls(by=by))


def duration(quantile_share: float, *, by: str = "") -> str:
    """A quantile of the duration of requests, in seconds."""
    return quantile(quantile_share, SPAN_DURATION, by=by, where=_joined(SERVICE, INCOMING))


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""


def _joined(*matchers: str) -> str:
    return ",".join(matcher for matcher in matchers if matcher)
