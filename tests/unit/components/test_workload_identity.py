"""Roles of the back ends: own buckets, own prefix, own key."""

import json
from typing import Any

import pytest

from components.aws_environment import AwsLocation
from components.workload_identity import workload_policy
from planning.backends import BACKENDS, LOKI, MIMIR, TEMPO, Backend
from planning.buckets import BucketPurpose
from tests.unit.recording import ACCOUNT_ID

LOCATION = AwsLocation(account_id=ACCOUNT_ID, region="us-west-2", partition="aws", dns_suffix="amazonaws.com")
ARNS = {purpose: f"arn:aws:s3:::{purpose}" for purpose in BucketPurpose}
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/k"
READ_WRITE = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]


def statements(backend: Backend, key: str | None = KEY) -> list[dict[str, Any]]:
    return json.loads(workload_policy(backend, ARNS, key, LOCATION))["Statement"]


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_no_wildcards_in_actions_and_nothing_beyond_the_grants(backend: Backend) -> None:
    own = {ARNS[grant.purpose] for grant in backend.grants}
    for statement in statements(backend):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in statement["Action"])
        for resource in statement["Resource"]:
            assert resource == KEY or resource.split("/")[0] in own


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_no_pod_can_erase_old_versions(backend: Backend) -> None:
    actions = {action for statement in statements(backend) for action in statement["Action"]}
    assert "s3:DeleteObject" in actions
    assert not [action for action in actions if "Version" in action or action.startswith("s3:PutBucket")]


def test_loki_reaches_its_two_buckets_and_the_key_through_s3() -> None:
    assert statements(LOKI) == [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::loki-chunks"]},
        {"Effect": "Allow", "Action": READ_WRITE, "Resource": ["arn:aws:s3:::loki-chunks/*"]},
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::loki-ruler"]},
        {"Effect": "Allow", "Action": READ_WRITE, "Resource": ["arn:aws:s3:::loki-ruler/*"]},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": [KEY],
            "Condition": {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
        },
    ]


def test_mimir_stays_below_its_prefix() -> None:
    listing, objects = statements(MIMIR)[:2]
    assert listing["Condition"] == {"StringLikeIfExists": {"s3:prefix": "blocks/*"}}
    assert objects["Resource"] == ["arn:aws:s3:::mimir-blocks/blocks/*"]


def test_only_tempo_touches_tags() -> None:
    tagging = {"s3:GetObjectTagging", "s3:PutObjectTagging"}
    assert tagging <= {action for s in statements(TEMPO) for action in s["Action"]}
    assert not tagging & {action for w in (LOKI, MIMIR) for s in statements(w) for action in s["Action"]}


def test_without_a_key_no_kms_permission() -> None:
    assert not any(action.startswith("kms:") for s in statements(TEMPO, key=None) for action in s["Action"])


@pytest.mark.parametrize(("environment", "kms"), [("staging", False), ("prod", True)])
def test_pod_identity_links_role_and_service_account(
    compose: Any, make_settings: Any, environment: str, kms: bool
) -> None:
    graph = compose(make_settings(environment))
    identities = graph.result[2]
    assert set(identities) == {"loki", "tempo", "mimir"}
    for name, identity in identities.items():
        assert identity.service_account_annotations == {}
        association = graph.one("eks/podIdentityAssociation:PodIdentityAssociation", name)
        role = graph.one("iam/role:Role", name)
        assert role.inputs["name"] == f"acme-monitoring-{environment}-{name}"
        assert association.inputs["roleArn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/{role.inputs['name']}"
        assert association.inputs["clusterName"] == f"acme-monitoring-{environment}-cluster"
        assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("monitoring", name)
        (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
        assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]
        cluster = f"acme-monitoring-{environment}-cluster"
        assert trust["Condition"]["StringEquals"] == {
            "aws:RequestTag/eks-cluster-arn": f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:cluster/{cluster}",
            "aws:RequestTag/kubernetes-namespace": "monitoring",
            "aws:RequestTag/kubernetes-service-account": name,
        }
        policy = graph.one("iam/rolePolicy:RolePolicy", name)
        assert policy.urn in association.dependencies
        assert ("kms:Decrypt" in policy.inputs["policy"]) == kms


def test_irsa_trusts_one_service_account_of_the_clusters_issuer(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("staging", identity="irsa"))
    assert graph.of("eks/podIdentityAssociation:PodIdentityAssociation") == []
    issuer = "oidc.eks.us-west-2.amazonaws.com/id/ABCD"
    for name, identity in graph.result[2].items():
        role = graph.one("iam/role:Role", name)
        (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert trust["Action"] == ["sts:AssumeRoleWithWebIdentity"]
        assert trust["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{issuer}"}
        assert trust["Condition"]["StringEquals"] == {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": f"system:serviceaccount:monitoring:{name}",
        }
        assert identity.service_account_annotations == {
            "eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT_ID}:role/{role.inputs['name']}"
        }


def test_policies_name_the_stacks_own_buckets(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("prod"))
    own = {bucket.inputs["bucket"] for bucket in graph.of("s3/bucket:Bucket")}
    for name in ("loki", "tempo", "mimir"):
        for statement in json.loads(graph.one("iam/rolePolicy:RolePolicy", name).inputs["policy"])["Statement"]:
            for arn in statement["Resource"]:
                assert arn.startswith("arn:aws:kms:") or arn.removeprefix("arn:aws:s3:::").split("/")[0] in own


def test_topics_may_be_published_to_and_nothing_else_of_sns() -> None:
    topic = f"arn:aws:sns:us-west-2:{ACCOUNT_ID}:alerts"
    found = json.loads(workload_policy(MIMIR, ARNS, KEY, LOCATION, [topic]))["Statement"]
    assert found[-1] == {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": [topic]}
    assert found[:-1] == statements(MIMIR)
