"""CloudWatch and X-Ray in Grafana: by choice, by a role that only reads, in one region."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.aws_environment import AwsLocation
from components.workload_identity import data_source_policy
from settings.models.grafana import AwsDataSource
from settings.models.platform import PlatformSettings
from telemetry.charts.grafana import grafana_values
from telemetry.kubernetes.network_policies import platform_policies
from telemetry.kubernetes.placement import placement_for
from tests.network_flows import Engine, Peer, allowed
from tests.unit.recording import ACCOUNT_ID
from tests.unit.telemetry.stores import S3

Make = Callable[..., PlatformSettings]
LOCATION = AwsLocation(account_id=ACCOUNT_ID, region="us-west-2", partition="aws", dns_suffix="amazonaws.com")
READS = ("Describe", "Get", "List", "BatchGet", "StartQuery", "StopQuery")
ALL = tuple(AwsDataSource)


def statements(*sources: AwsDataSource) -> list[dict[str, Any]]:
    return json.loads(data_source_policy(sources, LOCATION))["Statement"]


def actions(*sources: AwsDataSource) -> set[str]:
    return {action for statement in statements(*sources) for action in statement["Action"]}


def test_it_only_reads_and_names_every_action() -> None:
    assert [one for one in actions(*ALL) if "*" in one or not one.partition(":")[2].startswith(READS)] == []


def test_each_choice_brings_its_own_service_and_no_other() -> None:
    by_choice = {source: {action.partition(":")[0] for action in actions(source)} for source in ALL}
    assert by_choice == {
        AwsDataSource.CLOUDWATCH: {"cloudwatch", "ec2", "tag"},
        AwsDataSource.CLOUDWATCH_LOGS: {"logs"},
        AwsDataSource.XRAY: {"xray", "ec2"},
    }


def test_what_cant_be_narrowed_to_a_resource_is_to_the_region() -> None:
    for statement in statements(*ALL):
        everything = statement["Resource"] == ["*"]
        region = statement.get("Condition") == {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}
        assert region if everything else statement["Resource"] == [f"arn:aws:logs:us-west-2:{ACCOUNT_ID}:log-group:*"]


def test_the_role_belongs_to_grafanas_service_account(compose: Any, make_settings: Make) -> None:
    graph = compose(make_settings("prod", grafana={"aws_data_sources": ["cloudwatch"]}))
    association = graph.one("eks/podIdentityAssociation:PodIdentityAssociation", "grafana")
    assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("monitoring", "grafana")
    policy = graph.one("iam/rolePolicy:RolePolicy", "grafana").inputs["policy"]
    assert json.loads(policy)["Statement"] == statements(AwsDataSource.CLOUDWATCH)


def test_without_a_choice_grafana_has_no_role_and_no_way_out(compose: Any, make_settings: Make) -> None:
    settings = make_settings("prod")
    assert "grafana" not in compose(settings).result[2]
    assert not any(policy.name == "grafana-aws" for policy in platform_policies(settings, S3, "agents"))
    values = _values(settings)
    assert "plugins" not in values
    assert "aws" not in values["grafana.ini"]


def test_the_data_sources_use_the_pods_own_credentials(make_settings: Make) -> None:
    values = _values(make_settings("prod", grafana={"aws_data_sources": ["cloudwatch", "xray"]}))
    ours = {one["uid"]: one for one in values["datasources"]["datasources.yaml"]["datasources"]}
    assert (ours["cloudwatch"]["type"], ours["xray"]["type"]) == ("cloudwatch", "grafana-x-ray-datasource")
    for uid in ("cloudwatch", "xray"):
        assert ours[uid]["jsonData"] == {"authType": "default", "defaultRegion": "us-west-2"}
        assert "secureJsonData" not in ours[uid]
    assert {"mimir", "loki", "tempo"} <= set(ours), "beside the platform's own"
    assert values["plugins"] == ["grafana-x-ray-datasource"]
    assert values["grafana.ini"]["aws"] == {"allowed_auth_providers": "default", "assume_role_enabled": False}


def _values(settings: PlatformSettings) -> dict[str, Any]:
    return grafana_values(settings, placement_for(settings, "prod"), "gp3").to_values()


@pytest.mark.parametrize("engine", list(Engine))
def test_grafana_reaches_aws_and_its_credentials(engine: Engine, make_settings: Make) -> None:
    settings = make_settings("prod", grafana={"aws_data_sources": ["xray"]}, network_policies={"engine": "vpc_cni"})
    settings = settings.model_copy(
        update={"network_policies": settings.network_policies.model_copy(update={"engine": engine.value})}
    )
    policies = {settings.namespace: platform_policies(settings, S3, "agents")}
    grafana = Peer("grafana", "10.22.1.7", settings.namespace, {"app.kubernetes.io/instance": "grafana"})
    agent = Peer("agent", "169.254.170.23", entity="host")
    assert allowed(policies, grafana, agent, 80, engine=engine)
    assert allowed(policies, grafana, Peer("AWS", "52.94.1.1"), 443, engine=engine)
    assert not allowed(policies, grafana, Peer("AWS", "52.94.1.1"), 80, engine=engine)
