"""Other back ends that telemetry goes to, beside the stack's own or instead of them.

Secrets are no part of the document: a destination names a Kubernetes Secret of the platform's namespace, which the
gateway's pods get as an environment variable. What each kind needs is in `KINDS`, as its vendor documents it.
"""

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from planning.base import Frozen, broken_rule
from planning.retention import Signal
from settings.models.address_blocks import block
from settings.models.fields import matching
from settings.models.redaction import AttributeName, SecretName

HTTPS_PORT, HTTP_PORT = 443, 80
# Headers that carry credentials by their names.
SECRET_WORDS = ("authorization", "token", "key", "secret", "password", "cookie", "team")


class DestinationKind(StrEnum):
    """What a destination speaks, and whose header opens it."""

    OTLP_HTTP = "otlp_http"
    """Anything that takes OTLP over HTTP."""
    OTLP_GRPC = "otlp_grpc"
    """Anything that takes OTLP over gRPC."""
    GRAFANA_CLOUD = "grafana_cloud"
    """Grafana Cloud's OTLP gateway."""
    HONEYCOMB = "honeycomb"
    """Honeycomb."""
    NEW_RELIC = "new_relic"
    """New Relic."""
    DYNATRACE = "dynatrace"
    """Dynatrace."""
    DATADOG = "datadog"
    """Datadog's OTLP intake."""
    PROMETHEUS_REMOTE_WRITE = "prometheus_remote_write"
    """Prometheus remote write 1.0."""


class KindFacts(NamedTuple):
    """What a vendor documents."""

    signals: tuple[Signal, ...]
    """What it takes from this platform, whose metrics are cumulative."""
    refused: str = ""
    """Why it takes no other signal."""
    endpoint: str | None = None
    """Its address where all customers have one."""
    header: str | None = None
    """Header of its credential; None where the stack file says it."""
    prefix: str = ""
    """What stands before the credential."""


SENT = (Signal.TRACES, Signal.LOGS, Signal.METRICS)
# Sources, all read on 2026-11-28: Grafana Cloud documentation, "Send data using OpenTelemetry Protocol"; Honeycomb
# documentation, "Using the Honeycomb OpenTelemetry Endpoint"; New Relic documentation, "New Relic OTLP endpoint";
# Dynatrace documentation, "Dynatrace OTLP API endpoints"; Datadog documentation, "OTLP Logs Intake Endpoint";
# Prometheus documentation, "Remote-Write 1.0 specification".
KINDS: dict[DestinationKind, KindFacts] = {
    DestinationKind.OTLP_HTTP: KindFacts(SENT),
    DestinationKind.OTLP_GRPC: KindFacts(SENT),
    DestinationKind.GRAFANA_CLOUD: KindFacts(SENT, header="Authorization", prefix="Basic "),
    DestinationKind.HONEYCOMB: KindFacts(SENT, endpoint="https://api.honeycomb.io", header="x-honeycomb-team"),
    DestinationKind.NEW_RELIC: KindFacts(SENT, endpoint="https://otlp.nr-data.net", header="api-key"),
    DestinationKind.DYNATRACE: KindFacts(
        (Signal.TRACES, Signal.LOGS),
        "it takes only metrics of delta temporality, and the platform's are cumulative",
        header="Authorization",
        prefix="Api-Token ",
    ),
    DestinationKind.DATADOG: KindFacts(
        (Signal.LOGS,),
        "its OTLP intake takes only metrics of delta temporality, and traces in a preview",
        endpoint="https://otlp.datadoghq.com",
        header="dd-api-key",
    ),
    DestinationKind.PROMETHEUS_REMOTE_WRITE: KindFacts((Signal.METRICS,), "remote write carries samples only"),
}

DestinationName = Annotated[
    str, matching(r"^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$", "lower-case letters, digits and inner hyphens, at most 31")
]


def _port_exists(url: str) -> str:
    _, _, port = urlsplit(url).netloc.partition(":")
    if port and not 1 <= int(port) <= 65_535:
        raise broken_rule("there is no such port")
    return url


EndpointUrl = Annotated[
    str,
    matching(
        r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?$",
        "http:// or https://, a host name, perhaps a port and a path, without user, query and fragment",
    ),
    AfterValidator(_port_exists),
]
HeaderName = Annotated[str, matching(r"^[A-Za-z0-9-]{1,64}$", "the name of an HTTP header")]
HeaderValue = Annotated[str, matching(r"^[ -~]{1,255}$", "1 to 255 printable ASCII characters")]
SecretKey = Annotated[
    str, matching(r"^[A-Za-z0-9._-]{1,253}$", "a key of a Kubernetes Secret: letters, digits and . _ -")
]
MetricName = Annotated[
    str, matching(r"^[A-Za-z][A-Za-z0-9_./-]{0,253}\*?$", "a metric's name, or its beginning and a * at the end")
]
AttributeValue = Annotated[str, matching(r"^[ -~]{1,255}$", "1 to 255 printable ASCII characters")]
SentServiceName = Annotated[str, matching(r"^[A-Za-z0-9_.-]{1,128}$", "the value of service.name")]
DestinationCidr = Annotated[IPv4Network, block("203.0.113.0/24")]


class LogSeverity(StrEnum):
    """Severities of OpenTelemetry's logs data model."""

    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"


class CredentialSecret(Frozen):
    """Where the credential is: the platform never sees it."""

    name: SecretName
    """A Secret of the platform's namespace, which you make."""
    key: SecretKey = "credential"
    """The key in it."""


class PlainHeader(Frozen):
    """A header without a secret."""

    name: HeaderName
    """Its name."""
    value: HeaderValue
    """Its value, which everybody may see."""


class AttributeIs(Frozen):
    """An attribute of the record or of its resource, and the values that it may have."""

    name: AttributeName
    """Its name."""
    one_of: Annotated[tuple[AttributeValue, ...], Field(min_length=1, max_length=50)]
    """Its values, as they are after redaction."""


class Only(Frozen):
    """What of the signals is sent; all that is given must hold. Becomes one condition of the collector."""

    services: tuple[SentServiceName, ...] = ()
    """Telemetry of these services alone."""
    errors: bool = False
    """Of traces: spans with an error alone."""
    severity: LogSeverity | None = None
    """Of logs: lines of this severity and above; lines without one are left out."""
    metrics: tuple[MetricName, ...] = ()
    """Of metrics: these alone."""
    attributes: tuple[AttributeIs, ...] = ()
    """Records with these attributes alone."""


class Destination(Frozen):
    """One other back end."""

    name: DestinationName
    """What it is called in the collector's metrics and in reports."""
    kind: DestinationKind
    """What it speaks; a vendor's name brings its address and header."""
    endpoint: EndpointUrl | None = None
    """Base URL; OTLP's own paths are appended, remote write's is taken as it is."""
    signals: Annotated[tuple[Signal, ...], Field(min_length=1)]
    """What goes there: traces (those that sampling keeps), logs, metrics."""
    secret: CredentialSecret | None = None
    """The Secret with the credential."""
    header: HeaderName | None = None
    """Header that carries the Secret's value as it is; default: Authorization."""
    headers: tuple[PlainHeader, ...] = ()
    """Further headers, such as a tenant or a dataset."""
    only: Only | None = None
    """A part of it; default: all."""
    share_percent: Annotated[float, Field(gt=0, le=100)] = 100
    """Share of traces, and of logs with them, in percent, chosen by the trace's id."""
    instead: bool = False
    """Whether the signals go there instead of to the stack's own back end."""
    cidrs: Annotated[tuple[DestinationCidr, ...], Field(max_length=50)] = ()
    """Its addresses, for the network policy; default: any, at the endpoint's port."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        facts = KINDS[self.kind]
        for signal in self.signals:
            if signal not in facts.signals:
                why = facts.refused or "the gateway hands on nothing else"
                fits = ", ".join(facts.signals)
                raise broken_rule(f"{self.kind} can't get {signal}: {why}; accepted: {fits}", "kind", "signals")
        if self.endpoint is None and facts.endpoint is None:
            raise broken_rule(f"{self.kind} has no address that all have in common: give the endpoint", "endpoint")
        if facts.header is not None and self.header is not None:
            raise broken_rule(f"{self.kind} takes its credential in {facts.header}: leave header out", "header")
        if facts.header is not None and self.secret is None:
            raise broken_rule(f"{self.kind} needs a credential: name its Secret under secret", "secret")
        if self.header is not None and self.secret is None:
            raise broken_rule(f"header {self.header} carries the Secret's value: name the Secret", "header", "secret")
        return self

    @model_validator(mode="after")
    def _keeps_secrets(self) -> Self:
        for one in self.headers:
            if any(word in one.name.lower() for word in SECRET_WORDS):
                raise broken_rule(
                    f"headers holds {one.name}, whose value would be read by everybody: put it into a Secret, "
                    "and name that under secret and the header under header",
                    # No key of its own: a message quotes the value of the one it is about.
                    "headers",
                    "name",
                )
        if self.secret is not None and urlsplit(self.url).scheme == "http":
            raise broken_rule("a credential isn't sent over plain http: use https", "endpoint", "secret")
        return self

    @model_validator(mode="after")
    def _parts_make_sense(self) -> Self:
        if self.share_percent < 100 and Signal.METRICS in self.signals:
            raise broken_rule(
                "a share of data points is no smaller copy of metrics: name some under only.metrics, or give metrics a "
                "destination of their own",
                "share_percent",
                "signals",
            )
        if self.instead and (self.share_percent < 100 or self.only is not None):
            raise broken_rule(
                "with instead, what isn't sent there would be nowhere: take only and share_percent away", "instead"
            )
        if self.instead and Signal.METRICS in self.signals:
            raise broken_rule(
                "metrics can't go elsewhere instead: alerts and dashboards ask Mimir; leave instead out", "instead"
            )
        return self

    @model_validator(mode="after")
    def _only_of_its_signals(self) -> Self:
        for key, signal in (("errors", Signal.TRACES), ("severity", Signal.LOGS), ("metrics", Signal.METRICS)):
            if self.only is not None and getattr(self.only, key) and signal not in self.signals:
                raise broken_rule(f"only.{key} is about {signal}, which don't go there: take it away", "only")
        return self

    @property
    def url(self) -> str:
        """Its address."""
        return self.endpoint or KINDS[self.kind].endpoint or ""

    @property
    def port(self) -> int:
        """The TCP port that it listens on."""
        parts = urlsplit(self.url)
        return parts.port or (HTTPS_PORT if parts.scheme == "https" else HTTP_PORT)

    @property
    def host(self) -> str:
        """Its host name."""
        return urlsplit(self.url).hostname or ""

    @property
    def namespace(self) -> str | None:
        """The namespace of the Kubernetes service that it is, if it is one of this cluster."""
        labels = self.host.removesuffix(".cluster.local").split(".")
        return labels[1] if len(labels) == 3 and labels[2] == "svc" else None

    @property
    def on_the_internet(self) -> bool:
        """Whether the way there is paid as traffic to the internet."""
        private = bool(self.cidrs) and all(cidr.is_private for cidr in self.cidrs)
        return self.namespace is None and not private
