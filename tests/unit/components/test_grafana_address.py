"""Grafana's Ingress: what each way writes, who may come in, what it costs, which record leads there."""

import hashlib
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from components.aws_environment import aws_environment_for
from components.cluster import connect_cluster
from components.grafana_address import GrafanaAddress, GrafanaAddressArgs, dns_record, load_balancer_identity_for
from components.load_balancer_permissions import load_balancer_permissions
from components.namespace import PlatformNamespace, PlatformNamespaceArgs
from planning.cost.model import LineKind
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.cost.planned import priced_plan
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.grafana_ingress import grafana_ingress
from telemetry.kubernetes.network_policies import platform_policies
from tests.unit.recording import run_program
from tests.unit.telemetry.stores import S3

Make = Callable[..., PlatformSettings]
HOST = "grafana.acme.example"
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000001"
BALANCER: dict[str, Any] = {"certificate_arn": CERTIFICATE, "visitor_cidrs": ["198.18.0.0/24", "198.19.7.0/28"]}
TAGS = {"project": "acme", "owner": "a=b", "stack": "prod"}
# Names that the controller's documentation lists ("Ingress annotations", 3.5.0), among those set here.
DOCUMENTED = {
    *("scheme", "target-type", "listen-ports", "certificate-arn", "ssl-policy", "inbound-cidrs", "healthcheck-path"),
    *("load-balancer-attributes", "tags"),
}


def with_balancer(make: Make, stack: str = "prod", **changes: Any) -> PlatformSettings:
    address = {"aws_load_balancer": BALANCER | changes}
    return make(stack, grafana={"hostname": HOST, "address": address})


def test_a_load_balancer_is_told_everything_that_its_defaults_would_leave_open(make_settings: Make) -> None:
    ingress = grafana_ingress(with_balancer(make_settings), TAGS)
    assert ingress is not None
    found = {name.removeprefix("alb.ingress.kubernetes.io/"): value for name, value in ingress.annotations.items()}
    assert set(found) == DOCUMENTED
    assert (found["scheme"], found["target-type"], found["listen-ports"]) == (
        "internet-facing", "ip", '[{"HTTPS": 443}]',
    )  # fmt: skip
    assert (found["certificate-arn"], found["inbound-cidrs"]) == (CERTIFICATE, "198.18.0.0/24,198.19.7.0/28")
    assert "TLS13-1-2" in found["ssl-policy"]
    assert found["tags"] == "project=acme,stack=prod"
    assert ingress.spec["ingressClassName"] == "alb"
    (rule,) = ingress.spec["rules"]
    assert rule["host"] == HOST
    assert rule["http"]["paths"][0]["backend"]["service"] == {"name": "grafana", "port": {"number": 3000}}


@pytest.mark.parametrize(
    ("internal", "subnets"), [(False, "subnet-000000aa"), (True, "subnet-000000a1,subnet-000000a2")]
)
def test_in_a_vpc_that_is_there_the_subnets_are_named_and_the_clusters_blocks_come_in(
    make_settings: Make, internal: bool, subnets: str
) -> None:
    existing = {
        "vpc_id": "vpc-0000000a",
        "private_subnet_ids": ["subnet-000000a1", "subnet-000000a2"],
        "public_subnet_ids": ["subnet-000000aa"],
    }
    own = dict.fromkeys(("vpc_cidr", "availability_zones", "nat"))
    address = {"aws_load_balancer": BALANCER | {"internal": internal}}
    grafana = {"hostname": HOST, "address": address}
    settings = make_settings("prod", network=own | {"existing": existing}, grafana=grafana)
    ingress = grafana_ingress(settings, TAGS)
    assert ingress is not None
    assert ingress.annotations["alb.ingress.kubernetes.io/subnets"] == subnets
    assert {"ipBlock": {"cidr": "10.0.0.0/8"}} in visitors(settings)


def test_an_ingress_that_is_there_gets_its_class_and_certificate(make_settings: Make) -> None:
    address = {"ingress": {"class_name": "nginx", "tls_secret": "grafana-tls"}, "external_dns": True}
    ingress = grafana_ingress(make_settings("dev", grafana={"hostname": HOST, "address": address}), TAGS)
    assert ingress is not None
    assert ingress.spec["ingressClassName"] == "nginx"
    assert ingress.spec["tls"] == [{"hosts": [HOST], "secretName": "grafana-tls"}]
    assert ingress.annotations == {
        "pulumi.com/skipAwait": "true",
        "external-dns.alpha.kubernetes.io/hostname": HOST,
    }


def test_without_an_address_there_is_none(make_settings: Make) -> None:
    assert grafana_ingress(make_settings("prod", grafana={"hostname": HOST}), TAGS) is None


def visitors(settings: PlatformSettings) -> list[Any]:
    policies = platform_policies(settings, S3, Endpoints.of(settings).agent_namespace)
    (policy,) = (one for one in policies if one.name == "grafana-visitors")
    return policy.spec["ingress"][0]["from"]


@pytest.mark.parametrize(("internal", "block"), [(False, "10.22.0.0/17"), (True, "10.22.128.0/17")])
def test_only_the_load_balancers_subnets_come_in(make_settings: Make, internal: bool, block: str) -> None:
    assert visitors(with_balancer(make_settings, internal=internal)) == [{"ipBlock": {"cidr": block}}]


def test_where_the_vpc_is_another_stacks_the_clusters_blocks_come_in(make_settings: Make) -> None:
    assert {"ipBlock": {"cidr": "10.0.0.0/8"}} in visitors(with_balancer(make_settings, "dev"))


def lines(settings: PlatformSettings) -> dict[str, float]:
    report = priced_plan(settings, settings.environment.value, None)
    return {line.item: line.usd_per_month for line in report.lines if line.resource == "grafana-address"}


def test_it_is_on_the_bill_and_in_the_budget(make_settings: Make) -> None:
    public, internal = lines(with_balancer(make_settings)), lines(with_balancer(make_settings, internal=True))
    assert sum(public.values()) == pytest.approx(33.22, abs=0.01)
    assert sum(internal.values()) == pytest.approx(22.27, abs=0.01)
    report = priced_plan(with_balancer(make_settings), "prod", None)
    assert LineKind.LOAD_BALANCER in {line.kind for line in report.lines}
    assert lines(make_settings("prod", grafana={"hostname": HOST})) == {}


def entry(**names: str | None) -> SimpleNamespace:
    ingress = SimpleNamespace(**({"hostname": None, "ip": None} | names))
    return SimpleNamespace(load_balancer=SimpleNamespace(ingress=[ingress]))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (entry(hostname="k8s-a.elb.amazonaws.com"), f"{HOST} CNAME k8s-a.elb.amazonaws.com"),
        (entry(ip="198.51.100.7"), f"{HOST} A 198.51.100.7"),
        (SimpleNamespace(load_balancer=None), f"{HOST}: to where the cluster's ingress controller is reached"),
        (None, f"{HOST}: to where the cluster's ingress controller is reached"),
    ],
)
def test_the_record_follows_the_ingress(status: Any, said: str) -> None:
    assert dns_record(HOST, status) == said


def test_the_component_makes_it_in_the_platforms_namespace(make_settings: Make) -> None:
    settings = with_balancer(make_settings)

    def program() -> GrafanaAddress:
        namespace = PlatformNamespace("namespace", PlatformNamespaceArgs(settings, S3, "prod"))
        ingress = grafana_ingress(settings, TAGS)
        assert ingress is not None
        return GrafanaAddress("grafana-address", GrafanaAddressArgs(ingress, HOST, namespace))

    made = run_program(program, stack="prod").one("kubernetes:networking.k8s.io/v1:Ingress")
    assert made.inputs["metadata"]["namespace"] == "monitoring"
    assert made.inputs["spec"]["ingressClassName"] == "alb"


def test_the_controllers_permissions_are_those_that_its_project_publishes() -> None:
    """The sum is of the statements of its docs/install/iam_policy.json (v3.5.0), single resources as lists."""
    text = load_balancer_permissions()
    statements = json.loads(text)["Statement"]
    published = "48dc5b0d3b2a07795b6d31f9ddadafe93fe968522251380398ed38b286a3e25a"
    assert hashlib.sha256(json.dumps(statements, sort_keys=True).encode()).hexdigest() == published
    assert (len(statements), sum(len(one["Action"]) for one in statements)) == (16, 86)
    # IAM and AWS STS quotas: inline policies of a role.
    assert len(text) < 10_240


def test_the_controllers_role_is_made_on_demand(make_settings: Make) -> None:
    settings = with_balancer(make_settings, controller_role=True)
    names = Names(project=settings.project, stack="prod")

    def program() -> None:
        aws = aws_environment_for(settings, names)
        load_balancer_identity_for(settings, names, aws, connect_cluster(settings, names, aws))

    graph = run_program(program, stack="prod")
    role = graph.one("iam/role:Role", "load-balancers")
    assert "kube-system" in role.inputs["assumeRolePolicy"]
    association = graph.one("eks/podIdentityAssociation:PodIdentityAssociation", "load-balancers")
    assert association.inputs["serviceAccount"] == "aws-load-balancer-controller"
    assert graph.waits_for(association, graph.one("iam/rolePolicy:RolePolicy", "load-balancers"))
