"""EKS and IAM resources of the simulated AWS, through their whole life."""

from __future__ import annotations

import json
from typing import Any

from tests.artefacts.provider_driver import REGION, Engine, Resource, RunningCloud
from tests.artefacts.resource_life import TRUST, Network, end, life, stays_the_same


def policy(*actions: str) -> str:
    """An identity policy over everything."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_iam(engine: Engine, role: Resource) -> None:
    inputs: dict[str, Any] = {"assumeRolePolicy": TRUST, "description": "one", "tags": {"a": "b"}}
    changed = {"assumeRolePolicy": TRUST.replace("eks.", "ec2."), "description": "two", "maxSessionDuration": 7200}
    one = life(engine, "aws:iam/role:Role", inputs, changed)
    inline = life(
        engine, "aws:iam/rolePolicy:RolePolicy", {"role": one.id, "policy": policy("s3:GetObject")},
        {"role": one.id, "policy": policy("s3:PutObject")},
    )  # fmt: skip
    managed_inputs = {"policy": policy("s3:ListBucket"), "tags": {"c": "d"}}
    versions = [{"policy": policy(f"s3:Get{index}*")} for index in range(6)]
    managed = life(engine, "aws:iam/policy:Policy", managed_inputs, *versions)
    attached = life(
        engine, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": one.id, "policyArn": managed.state["arn"]}
    )
    aws_policy = {"role": role.id, "policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"}
    of_aws = life(engine, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", aws_policy, name="aws")
    profile = life(
        engine,
        "aws:iam/instanceProfile:InstanceProfile",
        {"role": role.id},
        {"role": one.id},
        {"role": one.id, "tags": {"e": "f"}},
    )
    assert engine.refresh(one).state == one.state  # type: ignore[union-attr]
    end(engine, profile, of_aws, attached, managed, inline, one)


def test_open_id_connect_provider(engine: Engine) -> None:
    inputs: dict[str, Any] = {
        "url": f"https://oidc.eks.{REGION}.amazonaws.com/id/ABC",
        "clientIdLists": ["sts.amazonaws.com"],
    }
    changed = {**inputs, "clientIdLists": ["sts.amazonaws.com", "other"], "tags": {"a": "b"}}
    provider = life(engine, "aws:iam/openIdConnectProvider:OpenIdConnectProvider", inputs, changed)
    end(engine, provider)


def test_eks(engine: Engine, cloud: RunningCloud, network: Network, role: Resource) -> None:
    key = engine.create("aws:kms/key:Key", "eks", {})
    inputs: dict[str, Any] = {
        "name": "observability", "roleArn": role.state["arn"], "version": "1.35",
        "vpcConfig": {"subnetIds": list(reversed(network.subnet_ids)), "publicAccessCidrs": ["192.0.2.0/24"]},
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
        "encryptionConfig": {"provider": {"keyArn": key.state["arn"]}, "resources": ["secrets"]},
        "enabledClusterLogTypes": ["audit", "api"], "upgradePolicy": {"supportType": "STANDARD"},
        "bootstrapSelfManagedAddons": False,
    }  # fmt: skip
    newer = {**inputs, "version": "1.36", "enabledClusterLogTypes": ["audit"], "tags": {"a": "b"}}
    private = {
        **newer,
        "vpcConfig": {**inputs["vpcConfig"], "endpointPrivateAccess": True, "publicAccessCidrs": ["198.51.100.0/24"]},
    }
    cluster = life(engine, "aws:eks/cluster:Cluster", inputs, newer, private)
    assert cluster.state["identities"][0]["oidcs"][0]["issuer"].startswith("https://oidc.eks.")
    assert cluster.state["vpcConfig"]["clusterSecurityGroupId"].startswith("sg-")

    template = engine.create(
        "aws:ec2/launchTemplate:LaunchTemplate", "eks", {"instanceType": "t4g.large", "updateDefaultVersion": True}
    )
    group_inputs: dict[str, Any] = {
        "clusterName": cluster.id, "nodeGroupName": "spot", "nodeRoleArn": role.state["arn"],
        "subnetIds": network.subnet_ids, "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
        "amiType": "AL2023_ARM_64_STANDARD", "capacityType": "SPOT", "labels": {"tier": "spot"},
        "launchTemplate": {"id": template.id, "version": "1"},
    }  # fmt: skip
    grown = {**group_inputs, "scalingConfig": {"minSize": 1, "maxSize": 5, "desiredSize": 3}, "labels": {"tier": "big"}}
    tainted = {**grown, "taints": [{"key": "a", "value": "b", "effect": "NO_SCHEDULE"}], "labels": {}}
    nodes = life(engine, "aws:eks/nodeGroup:NodeGroup", group_inputs, grown, tainted, grown)
    running = cloud.control_planes["observability"].node_groups["spot"]
    assert (running.count, running.instance_type, running.zones) == (3, "t4g.large", (f"{REGION}a", f"{REGION}b"))
    default = engine.create(
        "aws:eks/nodeGroup:NodeGroup", "default",
        {name: group_inputs[name] for name in ("clusterName", "nodeRoleArn", "subnetIds", "scalingConfig")},
    )  # fmt: skip
    assert default.state["instanceTypes"] == ["t3.medium"]

    addon_inputs = {
        "clusterName": cluster.id,
        "addonName": "vpc-cni",
        "configurationValues": '{"enableNetworkPolicy": "true"}',
    }
    addon = life(
        engine, "aws:eks/addon:Addon", addon_inputs, {**addon_inputs, "addonVersion": "v1.21.0-eksbuild.1"},
    )  # fmt: skip
    csi_inputs = {
        "clusterName": cluster.id, "addonName": "aws-ebs-csi-driver",
        "podIdentityAssociations": [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": role.state["arn"]}],
    }  # fmt: skip
    csi = life(engine, "aws:eks/addon:Addon", csi_inputs, name="csi")
    entry_inputs = {"clusterName": cluster.id, "principalArn": role.state["arn"], "kubernetesGroups": ["viewers"]}
    entry = life(
        engine, "aws:eks/accessEntry:AccessEntry", entry_inputs, {**entry_inputs, "kubernetesGroups": ["b", "a"]}
    )
    association = life(
        engine, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {
            "clusterName": cluster.id, "principalArn": role.state["arn"], "accessScope": {"type": "cluster"},
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        },
    )  # fmt: skip
    pod_inputs = {
        "clusterName": cluster.id,
        "namespace": "monitoring",
        "serviceAccount": "loki",
        "roleArn": role.state["arn"],
    }
    pods = life(
        engine, "aws:eks/podIdentityAssociation:PodIdentityAssociation", pod_inputs,
        {**pod_inputs, "roleArn": role.state["arn"] + "2", "tags": {"a": "b"}},
    )  # fmt: skip
    stays_the_same(engine, engine.refresh(cluster) or cluster, private)
    end(engine, pods, association, entry, csi, addon, nodes, default, template, cluster, key)
    assert cloud.control_planes["observability"].stopped
