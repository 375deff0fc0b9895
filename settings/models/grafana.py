"""How people reach Grafana, how they sign on, and what it asks beside the platform's own back ends."""

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from settings.models.address_blocks import block
from settings.models.fields import HostName, SecretName, matching
from settings.models.sign_on import SignOn

# As wide as a company gets; wider is the world.
MIN_VISITOR_PREFIX = 8
VisitorCidr = Annotated[IPv4Network, block("198.18.0.0/24")]
CertificateArn = Annotated[
    str,
    matching(
        r"^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate/[a-z0-9-]{1,64}$",
        "the ARN of a certificate in ACM, such as arn:aws:acm:us-west-2:123456789012:certificate/…",
    ),
]
IngressClass = Annotated[
    str,
    matching(
        r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$",
        "the name of an IngressClass: lower-case letters, digits, dots and hyphens",
    ),
]


class AwsLoadBalancer(Frozen):
    """An application load balancer, which the AWS Load Balancer Controller in the cluster makes."""

    certificate_arn: CertificateArn
    """Certificate of the host name in ACM, in the stack's region."""
    visitor_cidrs: Annotated[tuple[VisitorCidr, ...], Field(min_length=1, max_length=30)]
    """Who may open it: address blocks of offices and VPN. Blocks wider than /8, such as 0.0.0.0/0, only with
    sign-on."""
    internal: bool = False
    """Addresses of the VPC only, for people who come by VPN or peering."""
    controller_role: bool = False
    """Make the IAM role of the controller too, with the policy that its project publishes, for the service account
    kube-system/aws-load-balancer-controller (EKS Pod Identity); only in mode eks, and where it has none yet."""


class OwnIngress(Frozen):
    """An ingress controller that is in the cluster."""

    class_name: IngressClass
    """Its IngressClass."""
    tls_secret: SecretName
    """Kubernetes Secret in the platform's namespace with the host name's certificate and key."""


class GrafanaAddress(Frozen):
    """What serves grafana.hostname to people, over TLS."""

    aws_load_balancer: AwsLoadBalancer | None = None
    """An application load balancer of AWS."""
    ingress: OwnIngress | None = None
    """An ingress controller that is there."""
    external_dns: bool = False
    """Whether the ExternalDNS of the cluster makes the DNS record; else the stack's output grafana_dns_record says
    which one to make."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.aws_load_balancer is None) == (self.ingress is None):
            raise broken_rule(
                "give exactly one of aws_load_balancer and ingress; without either, leave address out",
                "aws_load_balancer",
                "ingress",
            )
        return self


class AwsDataSource(StrEnum):
    """What Grafana may read in the account, in the stack's region."""

    CLOUDWATCH = "cloudwatch"
    """CloudWatch's metrics and alarms."""
    CLOUDWATCH_LOGS = "cloudwatch_logs"
    """CloudWatch's log groups too, all of the account's: whoever may look into Grafana may read them."""
    XRAY = "xray"
    """X-Ray's traces. Grafana fetches the plugin when it starts."""


class GrafanaSettings(Frozen):
    """How people reach Grafana, how they sign on, and what it asks beside the platform's own back ends."""

    hostname: HostName | None = None
    """Public host name, where address or an ingress of your own serves Grafana over TLS; default: port-forward only."""
    address: GrafanaAddress | None = None
    """What serves it; default: nothing, or an ingress that this stack knows nothing of."""
    sign_on: SignOn | None = None
    """How they sign on; default: the administrator's password only."""
    aws_data_sources: tuple[AwsDataSource, ...] = ()
    """What of the account people see in Grafana beside the platform's telemetry; default: nothing."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.address is not None and self.hostname is None:
            raise broken_rule("an address needs its host name: set hostname", "address", "hostname")
        if self.sign_on is not None and self.sign_on.proxy is not None and self.hostname is None:
            raise broken_rule("a proxy reaches Grafana by its host name: set hostname", "sign_on", "hostname")
        return self

    @model_validator(mode="after")
    def _open_to_whom(self) -> Self:
        balancer = self.address.aws_load_balancer if self.address else None
        wide = [one for one in balancer.visitor_cidrs if one.prefixlen < MIN_VISITOR_PREFIX] if balancer else []
        if wide and self.sign_on is None:
            raise broken_rule(
                f"address.aws_load_balancer.visitor_cidrs: {wide[0]} is open to the world, and one password is all "
                "that keeps it out: name your blocks, or set sign_on",
                "address",
                "sign_on",
            )
        return self

    @model_validator(mode="after")
    def _logs_with_metrics(self) -> Self:
        if AwsDataSource.CLOUDWATCH_LOGS in self.aws_data_sources and AwsDataSource.CLOUDWATCH not in (
            self.aws_data_sources
        ):
            raise broken_rule("cloudwatch_logs are asked by the data source cloudwatch: name both", "aws_data_sources")
        return self
