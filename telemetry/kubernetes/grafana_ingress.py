"""The Ingress that serves Grafana to people.

Sources: AWS Load Balancer Controller 3.5, "Ingress annotations"; Elastic Load Balancing, "Security policies for your
Application Load Balancer" (2026-11); ExternalDNS, "Annotations and labels".
"""

import json
from collections.abc import Mapping
from typing import Any

from planning.base import Frozen
from planning.cost.network import ALB_CLASS, ALB_SCHEME, INTERNAL
from settings.models.grafana import AwsLoadBalancer, GrafanaAddress
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.endpoints import GRAFANA_PORT, GRAFANA_RELEASE

ALB = "alb.ingress.kubernetes.io"
# TLS 1.3, and 1.2 with forward secrecy and authenticated encryption.
SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
EXTERNAL_DNS = "external-dns.alpha.kubernetes.io/hostname"
# Not every controller writes its address into the Ingress, and `up` would wait for it.
DONT_AWAIT = "pulumi.com/skipAwait"


class GrafanaIngress(Frozen):
    """One Ingress."""

    annotations: dict[str, str]
    """What its controller reads."""
    spec: dict[str, Any]
    """Kubernetes's own words."""


def grafana_ingress(settings: PlatformSettings, tags: Mapping[str, str]) -> GrafanaIngress | None:
    """The Ingress that a stack's settings ask for; `tags` go to the load balancer."""
    hostname, address = settings.grafana.hostname, settings.grafana.address
    if address is None or hostname is None:
        return None
    dns = {EXTERNAL_DNS: hostname} if address.external_dns else {}
    if address.aws_load_balancer is not None:
        annotations = _balancer(address.aws_load_balancer, tags) | _subnets(settings, address.aws_load_balancer)
        return GrafanaIngress(annotations=annotations | dns, spec={"ingressClassName": ALB_CLASS, **_rules(hostname)})
    return GrafanaIngress(annotations={DONT_AWAIT: "true", **dns}, spec=_own(address, hostname))


def _subnets(settings: PlatformSettings, balancer: AwsLoadBalancer) -> dict[str, str]:
    """The stack's own subnets have the tags that the controller looks for; a VPC that is there needn't."""
    existing = settings.network.existing if settings.network else None
    if existing is None:
        return {}
    ids = existing.private_subnet_ids if balancer.internal else existing.public_subnet_ids
    return {f"{ALB}/subnets": ",".join(ids)}


def _own(address: GrafanaAddress, hostname: str) -> dict[str, Any]:
    if address.ingress is None:
        raise ValueError("grafana.address names no way")
    tls = [{"hosts": [hostname], "secretName": address.ingress.tls_secret}]
    return {"ingressClassName": address.ingress.class_name, "tls": tls, **_rules(hostname)}


def _rules(hostname: str) -> dict[str, Any]:
    service = {"name": GRAFANA_RELEASE, "port": {"number": GRAFANA_PORT}}
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": service}}
    return {"rules": [{"host": hostname, "http": {"paths": [path]}}]}


def _balancer(balancer: AwsLoadBalancer, tags: Mapping[str, str]) -> dict[str, str]:
    # The list has no way to write a comma or an equals sign.
    plain = {key: value for key, value in tags.items() if not set(value) & {",", "="}}
    return {
        ALB_SCHEME: INTERNAL if balancer.internal else "internet-facing",
        f"{ALB}/target-type": "ip",
        f"{ALB}/listen-ports": json.dumps([{"HTTPS": 443}]),
        f"{ALB}/certificate-arn": balancer.certificate_arn,
        f"{ALB}/ssl-policy": SSL_POLICY,
        f"{ALB}/inbound-cidrs": ",".join(map(str, balancer.visitor_cidrs)),
        f"{ALB}/healthcheck-path": "/api/health",
        f"{ALB}/load-balancer-attributes": "routing.http.drop_invalid_header_fields.enabled=true",
        f"{ALB}/tags": ",".join(f"{key}={value}" for key, value in sorted(plain.items())),
    }
