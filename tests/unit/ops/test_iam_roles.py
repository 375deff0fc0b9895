"""The roles of workflows: every type that the program registers has its actions, judged by parliament and by pike."""

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from parliament import analyze_policy_string  # pyright: ignore

from components.aws_environment import aws_environment_for
from components.cluster import connect_cluster
from components.cost_alerts import cost_alerts_for
from components.object_storage import object_storage_for
from components.volume_snapshots import volume_snapshots_for
from components.workload_identity import workload_identities
from ops.setup.iam_documents import MOST_CHARACTERS, MOST_POLICIES, Account, characters, policies, role_documents
from ops.setup.iam_roles import iam_roles, types_of
from planning.aws.permissions import ACTIONS, EC2_NEW, MANAGED_POLICIES, PASSED_TO, Scope
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from tests.stacks import REPOSITORY
from tests.unit.components.conftest import OWNER, OWNER_OUTPUTS
from tests.unit.recording import Graph, run_program

ACCOUNT = Account(
    "aws", "123456789012", "us-west-2", "acme-state", "arn:aws:kms:us-west-2:123456789012:key/1", "/platform/",
    "arn:aws:iam::123456789012:policy/boundary",
)  # fmt: skip
NAMES = Names(project="acme-monitoring", stack="prod")
HOURS = {"time_zone": "UTC", "hours": [{"days": ["monday"], "start": "07:00", "end": "19:00"}]}
Make = Callable[..., PlatformSettings]
# Everything that brings types of its own.
STACKS: dict[str, dict[str, Any]] = {
    "dev": {"schedule": HOURS, "cost_alerts": {"emails": ["a@example.com"], "anomalies_usd": 5}},
    "staging": {
        "schedule": HOURS, "network": {"flow_log_days": 7}, "identity": "irsa",
        "backup": {"object_version_days": 3, "volume_snapshot_days": 3},
        "cluster": {"admin_role_arns": ["arn:aws:iam::123456789012:role/admin"]},
    },
    "prod": {"cluster": {"autoscaling": "karpenter"}, "budget": {"usd_per_month": 900}},
}  # fmt: skip


GRAPHS: dict[str, Graph] = {}


@pytest.fixture
def registered(make_settings: Make) -> Callable[[str], Graph]:
    """The AWS side of a stack, as the program composes it; each made once."""

    def run(stack: str) -> Graph:
        if stack not in GRAPHS:
            GRAPHS[stack] = composed(stack)
        return GRAPHS[stack]

    def composed(stack: str) -> Graph:
        settings = make_settings(stack, **STACKS[stack])
        names = Names(project=settings.project, stack=stack)

        def program() -> None:
            aws = aws_environment_for(settings, names)
            cluster = connect_cluster(settings, names, aws)
            objects = object_storage_for(settings, names, aws, settings.tier_plans)
            volume_snapshots_for(settings, names, aws, cluster)
            cost_alerts_for(settings, names, aws)
            workload_identities(settings, names, aws, cluster, objects)

        return run_program(program, stack=stack, stacks={OWNER: OWNER_OUTPUTS})

    return run


def constructed() -> Iterator[str]:
    """Tokens of the AWS resources that any component's source makes, whatever settings it takes."""
    for path in (REPOSITORY / "components").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "pulumi_aws"
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called, where = node.func.attr, node.func.value
                resource = called[0].isupper() and not called.endswith("Args")
                if resource and isinstance(where, ast.Name) and where.id in modules:
                    yield f"aws:{where.id}/{called[0].lower()}{called[1:]}:{called}"


def test_every_type_that_a_component_can_make_has_its_actions() -> None:
    found = set(constructed())
    assert len(found) > 30
    assert found - ACTIONS.keys() == set(), "a row in planning/aws/permissions.py is missing"


@pytest.mark.parametrize("stack", STACKS)
def test_every_registered_type_has_its_actions(registered: Any, make_settings: Make, stack: str) -> None:
    found = {one for one in registered(stack).types() if one.startswith("aws:")}
    assert found - ACTIONS.keys() == set(), "a row in planning/aws/permissions.py is missing"
    assert found - set(types_of(make_settings(stack, **STACKS[stack]))) == set(), "types_of leaves something out"


def test_roles_get_no_policy_of_aws_that_the_deployer_may_not_give(registered: Any) -> None:
    given = {
        one.inputs["policyArn"].partition(":policy/")[2]
        for stack in STACKS
        for one in registered(stack).of("iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    assert given == set(MANAGED_POLICIES)


def test_roles_are_handed_to_known_services_only(registered: Any) -> None:
    trusted: set[str] = set()
    for stack in STACKS:
        for role in registered(stack).of("iam/role:Role"):
            for statement in json.loads(role.inputs["assumeRolePolicy"])["Statement"]:
                trusted |= {service for service in [statement["Principal"].get("Service")] if service}
    assert trusted <= set(PASSED_TO)


# Calls that pike lists and this program never makes: other attributes, other ways of the same provider.
NOT_OURS = {
    "ec2:AssociateAddress", "ec2:AssignPrivateNatGatewayAddress", "ec2:AssociateNatGatewayAddress",
    "ec2:AssociateSubnetCidrBlock", "ec2:CreateVPC", "ec2:DeleteVPC", "ec2:DescribeKeyPairs",
    "ec2:DisassociateNatGatewayAddress", "ec2:DisassociateSubnetCidrBlock", "ec2:ModifyVpcTenancy",
    "ec2:UnassignPrivateNatGatewayAddress", "eks:DescribeAddonVersions", "events:UnTagResource", "kms:ListAliases",
    "logs:ListTagsLogGroup", "logs:TagLogGroup", "logs:UntagLogGroup", "s3:GetObject", "s3:GetObjectAcl",
    "s3:PutBucketLogging", "sns:UnTagResource", "vpc-lattice:CreateServiceNetworkVpcEndpointAssociation",
    "vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation", "vpce:AllowMultiRegion",
}  # fmt: skip


def test_nothing_that_pike_knows_is_missing() -> None:
    pike = json.loads((REPOSITORY / "tests/data/pike_actions.json").read_text(encoding="utf-8"))["actions"]
    everything = {action for one in ACTIONS.values() for action in (*one.look, *one.change)}
    for token, one in ACTIONS.items():
        assert token in pike, token
        assert set(pike[token]) - everything - NOT_OURS == set(), token
        # By the type's own service the row itself must hold it.
        own = {action for action in pike[token] if action.partition(":")[0] == one.look[0].partition(":")[0]}
        missing = own - {*one.look, *one.change} - NOT_OURS
        assert missing <= OTHER_ROWS.get(token, set()), (token, missing)


# Where the action stands in another row of the same scope.
OTHER_ROWS: dict[str, set[str]] = {
    "aws:iam/instanceProfile:InstanceProfile": {"iam:GetRole"},
    "aws:eks/accessEntry:AccessEntry": {"eks:AssociateAccessPolicy"},
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {"s3:GetBucketLogging"},
}


def every_document() -> Iterator[tuple[str, dict[str, Any]]]:
    for boundary in (ACCOUNT.boundary_arn, None):
        roles = role_documents(ACTIONS, NAMES, NAMES.cluster, ACCOUNT._replace(boundary_arn=boundary))
        for role, statements in roles._asdict().items():
            for document in policies(statements):
                yield role, document


# What parliament is older than, or holds against every policy of the kind.
@cache
def known_to_parliament() -> frozenset[str]:
    from parliament import iam_definition  # pyright: ignore

    services: Any = iam_definition
    return frozenset(f"{s['prefix']}:{p['privilege']}" for s in services for p in s["privileges"])


def accepted(finding: Any) -> bool:
    """What parliament is right about, and what is meant nevertheless."""
    match finding.issue:
        case "RESOURCE_STAR":
            # Reads, and what is bound by tags or region: test_the_deployer_is_bound_to_the_stacks_names_and_tags.
            return True
        case "RESOURCE_MISMATCH":
            # An alias and its key, each in a statement of its own: only the key has tags.
            return {one["action"] for one in finding.detail} == {
                "kms:CreateAlias",
                "kms:DeleteAlias",
                "kms:UpdateAlias",
            }
        case "RESOURCE_POLICY_PRIVILEGE_ESCALATION":
            # Who writes a bucket's policy can let itself in: the program's policies keep everybody off plain HTTP.
            return "s3:PutBucketPolicy" in finding.detail
        case _:
            return False


def test_parliament_finds_nothing_wrong() -> None:
    for role, document in every_document():
        wrong = [one for one in analyze_policy_string(json.dumps(document)).findings if not accepted(one)]
        assert wrong == [], (role, wrong[:3])


def test_every_action_exists() -> None:
    actions = {action for one in ACTIONS.values() for action in (*one.look, *one.change)} | EC2_NEW
    assert actions - known_to_parliament() == set()


def test_policies_fit_into_iam() -> None:
    for statements in role_documents(ACTIONS, NAMES, NAMES.cluster, ACCOUNT):
        found = policies(statements)
        assert len(found) <= MOST_POLICIES
        assert all(characters(one) <= MOST_CHARACTERS for one in found)


def allowed(statements: tuple[dict[str, Any], ...]) -> set[str]:
    return {action for statement in statements for action in statement["Action"]}


def test_what_each_role_may() -> None:
    roles = role_documents(ACTIONS, NAMES, NAMES.cluster, ACCOUNT)
    pull_request, plan, deploy = (allowed(one) for one in roles)
    assert not [one for one in pull_request if one.startswith(("kms:", "s3:", "iam:"))]
    assert pull_request < plan
    changing = {action for one in ACTIONS.values() for action in one.change} - {
        action for one in ACTIONS.values() for action in one.look
    }
    assert not plan & changing - {"s3:DeleteObject"}
    assert plan < deploy
    assert "kms:Decrypt" in plan
    assert not [one for one in deploy if "*" in one]


def statement(statements: tuple[dict[str, Any], ...], sid: str) -> Mapping[str, Any]:
    (found,) = [one for one in statements if one["Sid"] == sid]
    return found


def test_the_deployer_is_bound_to_the_stacks_names_and_tags() -> None:
    deploy = role_documents(ACTIONS, NAMES, NAMES.cluster, ACCOUNT).deploy
    assert statement(deploy, "MakeRoles")["Resource"] == [
        "arn:aws:iam::123456789012:role/platform/acme-monitoring-prod-*"
    ]
    assert statement(deploy, "MakeRoles")["Condition"] == {
        "ArnEquals": {"iam:PermissionsBoundary": ACCOUNT.boundary_arn}
    }
    assert "iam:DeleteRolePermissionsBoundary" not in allowed(deploy)
    assert statement(deploy, "ChangeOwnInEc2")["Condition"]["StringEquals"] == {
        "aws:RequestedRegion": "us-west-2",
        "aws:ResourceTag/project": "acme-monitoring",
        "aws:ResourceTag/stack": "prod",
    }
    # Whatever has no name to be bound by is bound by a tag, a region, or a service.
    loose = [one for one in deploy if one["Resource"] == ["*"] and not one.get("Condition")]
    assert [one["Sid"] for one in loose] == ["Who", "Network", "Look", "Find"]
    assert not allowed(tuple(loose)) & {action for one in ACTIONS.values() for action in one.change}


def test_the_command_writes_them(tmp_path: Path, make_settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.setup.iam_roles.settings_of", lambda stack: make_settings(stack))
    iam_roles("staging", "123456789012", "acme-state", "arn:key", tmp_path, repository="acme/lgtm")
    names = {path.name for path in tmp_path.iterdir()}
    assert {"staging-pull-request.json", "staging-plan.json", "staging-deploy-1.json"} <= names
    trusted = json.loads((tmp_path / "staging-deploy-trust.json").read_text(encoding="utf-8"))
    subjects = trusted["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subjects == ["repo:acme/lgtm:environment:staging"]


def test_a_preview_narrows_them(tmp_path: Path, make_settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.setup.iam_roles.settings_of", lambda stack: make_settings(stack))
    shown = REPOSITORY / "tests/data/cost/dev.jsonl"
    iam_roles("dev", "123456789012", "acme-state", "arn:key", tmp_path, registered=shown)
    text = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert "eks:CreateNodegroup" in text
    assert "ec2:CreateVpc" not in text


def test_every_scope_has_a_service() -> None:
    from ops.setup import iam_documents

    assert set(iam_documents._SERVICES) == set(Scope)
