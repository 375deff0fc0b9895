"""EKS as an ordinary client sees it: boto3, the AWS command line, and kube-apiserver's authentication webhook."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.artefacts.provider_driver import REGION, RunningCloud

ROOT = "arn:aws:iam::123456789012:root"
AWS = Path(sys.executable).with_name("aws")
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@pytest.fixture(scope="module")
def cluster(cloud: RunningCloud) -> Iterator[str]:
    """A cluster that nobody may use yet."""
    ec2, eks = cloud.client("ec2"), cloud.client("eks")
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for index, zone in enumerate("ab")
    ]
    eks.create_cluster(
        name="client",
        version="1.35",
        roleArn="arn:aws:iam::123456789012:role/cluster",
        resourcesVpcConfig={"subnetIds": subnets},
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
    )
    yield "client"
    eks.delete_cluster(name="client")


def command_line(cloud: RunningCloud, *arguments: str, **variables: str) -> Any:
    """What the AWS command line prints, as JSON."""
    environment = os.environ | {
        "AWS_ENDPOINT_URL": cloud.endpoint, "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_PAGER": "", **variables,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(AWS), *arguments, "--output", "json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_cluster_as_made(cloud: RunningCloud, cluster: str) -> None:
    found = cloud.client("eks").describe_cluster(name=cluster)["cluster"]
    assert found["status"] == "ACTIVE"
    assert found["accessConfig"] == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    assert base64.b64decode(found["certificateAuthority"]["data"]).startswith(b"-----BEGIN CERTIFICATE")
    group = found["resourcesVpcConfig"]["clusterSecurityGroupId"]
    assert cloud.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert cloud.client("eks").list_clusters()["clusters"] == [cluster]


def test_addons(cloud: RunningCloud, cluster: str) -> None:
    eks = cloud.client("eks")
    for name in ("vpc-cni", "kube-proxy"):
        eks.create_addon(clusterName=cluster, addonName=name, tags={"a": "b"})
    assert command_line(cloud, "eks", "list-addons", "--cluster-name", cluster) == {"addons": ["kube-proxy", "vpc-cni"]}
    proxy = command_line(cloud, "eks", "describe-addon", "--cluster-name", cluster, "--addon-name", "kube-proxy")
    assert proxy["addon"]["addonVersion"].startswith("v1.35.")
    arn = proxy["addon"]["addonArn"]
    eks.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {}
    versions = eks.describe_addon_versions(addonName="kube-proxy", kubernetesVersion="1.35")["addons"]
    assert [one["addonName"] for one in versions] == ["kube-proxy"]
    with pytest.raises(ClientError) as error:
        eks.create_addon(clusterName=cluster, addonName="vpc-cny")
    assert code(error) == "InvalidParameterException"
    assert "'vpc-cni'" in str(error.value)
    for name in ("vpc-cni", "kube-proxy"):
        eks.delete_addon(clusterName=cluster, addonName=name)
    with pytest.raises(ClientError) as error:
        eks.describe_addon(clusterName=cluster, addonName="vpc-cni")
    assert code(error) == "ResourceNotFoundException"


def test_community_addons_have_namespaces_of_their_own(cloud: RunningCloud, cluster: str) -> None:
    eks = cloud.client("eks")
    for name in ("cert-manager", "kube-state-metrics", "prometheus-node-exporter"):
        made = eks.create_addon(clusterName=cluster, addonName=name)["addon"]
        assert (made["owner"], made["namespaceConfig"]) == ("community", {"namespace": name})
        assert cloud.control_planes[cluster].addons[name] == name
        eks.delete_addon(clusterName=cluster, addonName=name)
    assert cloud.control_planes[cluster].addons == {}


def test_access_entries(cloud: RunningCloud, cluster: str) -> None:
    eks = cloud.client("eks")
    principal = "arn:aws:iam::123456789012:role/path/to/people"
    of_people = {"clusterName": cluster, "principalArn": principal}
    eks.create_access_entry(**of_people, kubernetesGroups=["people"])
    with pytest.raises(ClientError) as error:
        eks.create_access_entry(**of_people)
    assert code(error) == "ResourceInUseException"
    with pytest.raises(ClientError) as error:
        eks.update_access_entry(**of_people, kubernetesGroups=["system:masters"])
    assert code(error) == "InvalidParameterException"
    eks.update_access_entry(**of_people, kubernetesGroups=["people"])
    with pytest.raises(ClientError) as error:
        eks.associate_access_policy(**of_people, policyArn=VIEW + "er", accessScope={"type": "cluster"})
    assert code(error) == "InvalidParameterException"
    with pytest.raises(ClientError) as error:
        eks.associate_access_policy(**of_people, policyArn=VIEW, accessScope={"type": "namespace"})
    assert code(error) == "InvalidParameterException"
    eks.associate_access_policy(**of_people, policyArn=VIEW, accessScope={"type": "namespace", "namespaces": ["a"]})
    [policy] = eks.list_associated_access_policies(**of_people)["associatedAccessPolicies"]
    assert policy["accessScope"] == {"type": "namespace", "namespaces": ["a"]}
    assert eks.list_access_entries(clusterName=cluster, associatedPolicyArn=ADMIN)["accessEntries"] == []
    assert VIEW in [one["arn"] for one in eks.list_access_policies()["accessPolicies"]]
    eks.disassociate_access_policy(**of_people, policyArn=VIEW)
    eks.delete_access_entry(**of_people)
    assert eks.list_access_entries(clusterName=cluster)["accessEntries"] == []


def test_pod_identity(cloud: RunningCloud, cluster: str) -> None:
    eks = cloud.client("eks")
    asked = {
        "clusterName": cluster, "namespace": "monitoring", "serviceAccount": "loki",
        "roleArn": "arn:aws:iam::123456789012:role/loki",
    }  # fmt: skip
    made = eks.create_pod_identity_association(**asked)["association"]
    with pytest.raises(ClientError) as error:
        eks.create_pod_identity_association(**asked)
    assert code(error) == "ResourceInUseException"
    with pytest.raises(ClientError) as error:
        eks.create_pod_identity_association(**{**asked, "serviceAccount": "tempo", "roleArn": "loki"})
    assert code(error) == "InvalidParameterException"
    listed = command_line(
        cloud, "eks", "list-pod-identity-associations", "--cluster-name", cluster, "--namespace", "monitoring"
    )
    assert [one["associationId"] for one in listed["associations"]] == [made["associationId"]]
    eks.delete_pod_identity_association(clusterName=cluster, associationId=made["associationId"])
    assert eks.list_pod_identity_associations(clusterName=cluster)["associations"] == []


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("update_cluster_config", {"name": "client", "accessConfig": {"authenticationMode": "CONFIG_MAP"}}),
        ("update_cluster_version", {"name": "client", "version": "1.34"}),
        (
            "update_cluster_config",
            {"name": "client", "logging": {"clusterLogging": [{"types": ["x"], "enabled": True}]}},
        ),
        ("update_cluster_config", {"name": "client", "upgradePolicy": {"supportType": "FOREVER"}}),
        ("update_cluster_config", {"name": "client", "resourcesVpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}}),
    ],
)
def test_refused_updates(cloud: RunningCloud, cluster: str, operation: str, parameters: dict[str, Any]) -> None:
    eks = cloud.client("eks")
    before = eks.describe_cluster(name=cluster)["cluster"]
    with pytest.raises(ClientError) as error:
        getattr(eks, operation)(**parameters)
    assert code(error) == "InvalidParameterException"
    assert eks.describe_cluster(name=cluster)["cluster"] == before


def test_what_is_not_simulated_says_so(cloud: RunningCloud, cluster: str) -> None:
    with pytest.raises(ClientError, match="The simulated EKS has no ListFargateProfiles"):
        cloud.client("eks").list_fargate_profiles(clusterName=cluster)


def review(cloud: RunningCloud, cluster: str, token: str) -> Any:
    """What kube-apiserver is told about a token."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    request = urllib.request.Request(  # noqa: S310 - our own loopback server
        f"{cloud.endpoint}/sandbox/authenticate/{cluster}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        found = json.load(answer)
    assert found["kind"] == "TokenReview"
    return found["status"]


def get_token(cloud: RunningCloud, cluster: str, **variables: str) -> str:
    """A token as kubectl's exec plugin gets it."""
    credential = command_line(cloud, "eks", "get-token", "--cluster-name", cluster, **variables)
    return str(credential["status"]["token"])


def test_authentication(cloud: RunningCloud, cluster: str) -> None:
    eks, iam, sts = cloud.client("eks"), cloud.client("iam"), cloud.client("sts")
    token = get_token(cloud, cluster)
    refused = review(cloud, cluster, token)
    assert (refused["authenticated"], "no access entry" in refused["error"]) == (False, True)

    eks.create_access_entry(clusterName=cluster, principalArn=ROOT, kubernetesGroups=["people"])
    eks.associate_access_policy(
        clusterName=cluster, principalArn=ROOT, policyArn=ADMIN, accessScope={"type": "cluster"}
    )
    user = review(cloud, cluster, token)["user"]
    assert (user["username"], user["groups"]) == (ROOT, ["people", "system:masters"])
    assert not review(cloud, "another", token)["authenticated"]

    trust = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="viewers", Path="/team/", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    session = sts.assume_role(RoleArn=role, RoleSessionName="ann")["Credentials"]
    variables = {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }
    of_ann = get_token(cloud, cluster, **variables)
    assert not review(cloud, cluster, of_ann)["authenticated"]
    eks.create_access_entry(clusterName=cluster, principalArn=role)
    eks.associate_access_policy(clusterName=cluster, principalArn=role, policyArn=VIEW, accessScope={"type": "cluster"})
    ann = review(cloud, cluster, of_ann)
    assert (ann["user"]["username"], ann["user"]["groups"]) == (role, ["eks:view"])
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    of_bob = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    bob = "arn:aws:iam::123456789012:user/bob"
    eks.create_access_entry(clusterName=cluster, principalArn=bob, username="Bob")
    assert review(cloud, cluster, get_token(cloud, cluster, **of_bob))["user"]["username"] == "Bob"
    forged = get_token(cloud, cluster, **{**of_bob, "AWS_SECRET_ACCESS_KEY": "guessed"})
    assert "signature" in review(cloud, cluster, forged)["error"]
    for principal in (ROOT, role, bob):
        eks.delete_access_entry(clusterName=cluster, principalArn=principal)


def test_token_of_another_cluster(cloud: RunningCloud, cluster: str) -> None:
    """The cluster's name is signed: whoever holds a token for one cluster can't use it on another."""
    eks = cloud.client("eks")
    eks.create_access_entry(clusterName=cluster, principalArn=ROOT)
    status = review(cloud, cluster, get_token(cloud, "somewhere-else"))
    assert not status["authenticated"]
    eks.delete_access_entry(clusterName=cluster, principalArn=ROOT)
