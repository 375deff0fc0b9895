"""Every role of every stack carries the account's path and permissions boundary, and none is made past `make_role`."""

import ast
from pathlib import Path
from typing import Any

import pytest

from components.aws_environment import AwsLocation, aws_environment_for
from components.cluster import connect_cluster
from components.volume_snapshots import volume_snapshots_for
from settings.models.iam import IamSettings
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from tests.stacks import REPOSITORY
from tests.unit.components.conftest import OWNER, OWNER_OUTPUTS
from tests.unit.recording import Graph, run_program

BOUNDARY = "arn:aws:iam::123456789012:policy/company/boundary"
IAM = {"role_path": "/platform/observability/", "permissions_boundary_arn": BOUNDARY}
HOURS = {"time_zone": "UTC", "hours": [{"days": ["monday"], "start": "07:00", "end": "19:00"}]}
# Everything that brings a role of its own: flow logs, snapshots, working hours, profiles.
MOST: dict[str, dict[str, Any]] = {
    "dev": {"schedule": HOURS},
    "staging": {"schedule": HOURS, "network": {"flow_log_days": 7}, "profiles": {"enabled": True}},
    "prod": {"identity": "irsa", "cluster": {"autoscaling": "karpenter"}, "budget": {"usd_per_month": 900}},
}


def roles(compose: Any, settings: PlatformSettings) -> Graph:
    return compose(settings)


@pytest.mark.parametrize("stack", MOST)
def test_every_role_carries_both(compose: Any, make_settings: Any, stack: str) -> None:
    made = roles(compose, make_settings(stack, iam=IAM, **MOST[stack])).of("iam/role:Role")
    assert len(made) >= 4
    for role in made:
        assert (role.inputs["path"], role.inputs["permissionsBoundary"]) == (IAM["role_path"], BOUNDARY), role.name
        assert role.delete_before_replace, f"{role.name}: its name is taken until the old one is gone"


def test_snapshots_have_theirs_too(make_settings: Any) -> None:
    settings = make_settings("staging", iam=IAM, backup={"volume_snapshot_days": 3})
    names = Names(project=settings.project, stack="staging")

    def program() -> None:
        aws = aws_environment_for(settings, names)
        volume_snapshots_for(settings, names, aws, connect_cluster(settings, names, aws))

    role = run_program(program, stacks={OWNER: OWNER_OUTPUTS}).one("iam/role:Role", "snapshots")
    assert role.inputs["permissionsBoundary"] == BOUNDARY


def test_without_settings_roles_are_as_they_were(compose: Any, make_settings: Any) -> None:
    for role in roles(compose, make_settings("prod")).of("iam/role:Role"):
        assert role.inputs["path"] == "/"
        assert "permissionsBoundary" not in role.inputs


def test_service_accounts_name_the_role_with_its_path(compose: Any, make_settings: Any) -> None:
    graph = roles(compose, make_settings("prod", iam=IAM, identity="irsa"))
    _, _, identities = graph.result
    (annotation,) = identities["loki"].service_account_annotations.values()
    assert annotation == "arn:aws:iam::123456789012:role/platform/observability/acme-monitoring-prod-loki"


def test_an_arn_has_its_path() -> None:
    location = AwsLocation(account_id="1" * 12, region="eu-west-1", partition="aws", dns_suffix="amazonaws.com")
    assert location.role_arn("x") == f"arn:aws:iam::{'1' * 12}:role/x"
    there = location.model_copy(update={"roles": IamSettings(role_path="/a/b/")})
    assert there.role_arn("x") == f"arn:aws:iam::{'1' * 12}:role/a/b/x"


def makes_roles(path: Path) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "Role"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def test_only_one_place_makes_roles() -> None:
    files = [*(REPOSITORY / "components").glob("*.py"), REPOSITORY / "__main__.py"]
    assert [path.name for path in files if makes_roles(path)] == ["roles.py"]
