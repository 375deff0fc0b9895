"""Snapshots of a stack's own volumes, and of no others."""

import json
from typing import Any

from components.aws_environment import aws_environment_for
from components.cluster import VOLUMES_TAG, connect_cluster
from components.volume_snapshots import volume_snapshots_for
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from tests.unit.components.conftest import OWNER, OWNER_OUTPUTS
from tests.unit.recording import ACCOUNT_ID, Graph, run_program

POLICY = "dlm/lifecyclePolicy:LifecyclePolicy"


def composed(settings: PlatformSettings) -> Graph:
    """Cluster and snapshots of a stack."""
    stack = settings.environment.value
    names = Names(project=settings.project, stack=stack)

    def program() -> None:
        aws = aws_environment_for(settings, names)
        volume_snapshots_for(settings, names, aws, connect_cluster(settings, names, aws))

    return run_program(program, stack=stack, stacks={OWNER: OWNER_OUTPUTS})


def volumes_of(graph: Graph) -> str:
    """Value of the only tag that the policy selects volumes by."""
    (target,) = graph.one(POLICY).inputs["policyDetails"]["targetTags"].items()
    assert target[0] == VOLUMES_TAG
    return target[1]


def test_off_by_default(make_settings: Any) -> None:
    for stack in ("dev", "staging", "prod"):
        graph = composed(make_settings(stack))
        assert graph.of(POLICY) == []
        assert not [role for role in graph.of("iam/role:Role") if "snapshots" in role.name]


def test_an_owner_selects_what_its_storage_class_tags_for_its_namespace(make_settings: Any) -> None:
    graph = composed(make_settings("staging", backup={"volume_snapshot_days": 3}))
    parameters = graph.one("kubernetes:storage.k8s.io/v1:StorageClass").inputs["parameters"]
    (written,) = [one.partition("=")[2] for one in parameters.values() if one.startswith(f"{VOLUMES_TAG}=")]
    assert written.replace("{{ .PVCNamespace }}", "monitoring") == volumes_of(graph)
    details = graph.one(POLICY).inputs["policyDetails"]
    assert details["resourceTypes"] == ["VOLUME"]
    (schedule,) = details["schedules"]
    assert schedule["copyTags"]
    assert schedule["retainRule"] == {"interval": 3, "intervalUnit": "DAYS"}
    assert schedule["createRule"]["interval"] == 24
    assert {"project", "stack", "owner", "cost-centre"} <= schedule["tagsToAdd"].keys()


def test_a_tenant_stack_selects_its_own_namespace_on_its_owners_cluster(make_settings: Any) -> None:
    graph = composed(make_settings("dev", backup={"volume_snapshot_days": 3}))
    assert volumes_of(graph) == f"{OWNER_OUTPUTS['cluster_name']}/monitoring-dev"


def test_the_role_touches_tagged_volumes_and_its_own_snapshots(make_settings: Any) -> None:
    graph = composed(make_settings("staging", backup={"volume_snapshot_days": 3}))
    role = next(one for one in graph.of("iam/role:Role") if one.name == "snapshots")
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "dlm.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": f"arn:aws:dlm:us-west-2:{ACCOUNT_ID}:policy/*"},
    }
    permissions = graph.one("iam/rolePolicy:RolePolicy", "snapshots")
    statements = {one["Sid"]: one for one in json.loads(permissions.inputs["policy"])["Statement"]}
    tagged = {"StringEquals": {f"aws:ResourceTag/{VOLUMES_TAG}": volumes_of(graph)}}
    assert statements["TakeOfTaggedVolumes"]["Condition"] == tagged
    assert statements["DeleteOwn"]["Condition"] == tagged
    # Whoever may tag what is there already could make any snapshot its own, and delete it.
    (tagging,) = [one for one in statements.values() if "ec2:CreateTags" in one["Action"]]
    assert tagging["Condition"] == {"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}}
    anywhere = [one for one in statements.values() if one["Resource"] == ["*"]]
    assert all(action.startswith("ec2:Describe") for one in anywhere for action in one["Action"])
    # Without its permissions the policy would fail in AWS.
    assert graph.waits_for(graph.one(POLICY), permissions)
