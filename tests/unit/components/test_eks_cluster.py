"""The control plane, its add-ons and its nodes."""

import json
from typing import Any

import pytest

from components.eks_cluster import principal_name
from planning.aws.addons import SHIPPED
from tests.unit.recording import ACCOUNT_ID, Graph, is_secret, value_of

CLUSTER_ARN = f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:cluster/acme-monitoring-staging-cluster"
COMMUNITY = {"kube-state-metrics", "prometheus-node-exporter", "cert-manager"}


@pytest.fixture
def staging(compose: Any, make_settings: Any) -> Graph:
    return compose(make_settings("staging"))


def test_control_plane_as_eks_wants_it(staging: Graph) -> None:
    cluster = staging.one("eks/cluster:Cluster")
    inputs = cluster.inputs
    assert inputs["name"] == "acme-monitoring-staging-cluster"
    assert inputs["version"] == "1.36"
    assert inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    assert inputs["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": True,
    }
    assert inputs["bootstrapSelfManagedAddons"] is False
    assert inputs["enabledClusterLogTypes"] == ["audit"]
    assert inputs["encryptionConfig"]["resources"] == ["secrets"]
    assert inputs["encryptionConfig"]["provider"]["keyArn"].endswith("key/cluster-secrets")
    assert inputs["deletionProtection"] is False
    assert cluster.delete_before_replace


def test_control_plane_sits_in_private_subnets(staging: Graph) -> None:
    vpc = staging.one("eks/cluster:Cluster").inputs["vpcConfig"]
    private = [s.id for s in staging.of("ec2/subnet:Subnet") if "private" in s.name]
    assert sorted(vpc["subnetIds"]) == sorted(private)
    assert vpc["endpointPrivateAccess"] is True
    assert (vpc["endpointPublicAccess"], vpc["publicAccessCidrs"]) == (True, ["203.0.113.0/24"])


def test_no_cidrs_close_the_public_endpoint(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("staging", cluster={"public_access_cidrs": []}))
    vpc = graph.one("eks/cluster:Cluster").inputs["vpcConfig"]
    assert vpc["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in vpc


def test_secrets_key_rotates(staging: Graph) -> None:
    key = staging.one("kms/key:Key", "cluster-secrets").inputs
    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 7
    statement = json.loads(key["policy"])["Statement"][0]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    assert staging.one("kms/alias:Alias").inputs["name"] == "alias/acme-monitoring-staging-cluster"


def test_role_may_use_its_key_and_is_ready_before_the_cluster(staging: Graph) -> None:
    cluster = staging.one("eks/cluster:Cluster")
    policy = staging.one("iam/rolePolicy:RolePolicy", "cluster-secrets")
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]
    assert statement["Resource"] == [f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/cluster-secrets"]
    attachment = staging.one("iam/rolePolicyAttachment:RolePolicyAttachment", "cluster-role")
    assert attachment.inputs["policyArn"] == "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    assert {policy.urn, attachment.urn} <= cluster.dependencies


def test_log_group_exists_before_the_cluster_writes_to_it(staging: Graph) -> None:
    logs = staging.one("cloudwatch/logGroup:LogGroup")
    assert logs.inputs["name"] == "/aws/eks/acme-monitoring-staging-cluster/cluster"
    assert logs.inputs["retentionInDays"] == 7
    assert logs.urn in staging.one("eks/cluster:Cluster").dependencies


def test_logs_are_encrypted_with_the_clusters_key_and_for_no_other_log_group(staging: Graph) -> None:
    logs, key = staging.one("cloudwatch/logGroup:LogGroup"), staging.one("kms/key:Key", "cluster-secrets")
    assert logs.inputs["kmsKeyId"].endswith("key/cluster-secrets")
    statement = next(s for s in json.loads(key.inputs["policy"])["Statement"] if s["Sid"] == "CloudWatchLogs")
    assert statement["Principal"] == {"Service": "logs.us-west-2.amazonaws.com"}
    arn = f"arn:aws:logs:us-west-2:{ACCOUNT_ID}:log-group:{logs.inputs['name']}"
    assert statement["Condition"] == {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn}}
    assert not any("*" in action for action in statement["Action"])


def test_logs_without_a_key_of_their_own(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("staging", cluster={"encrypt_logs": False}))
    assert "kmsKeyId" not in graph.one("cloudwatch/logGroup:LogGroup").inputs
    assert "logs." not in graph.one("kms/key:Key", "cluster-secrets").inputs["policy"]


def test_another_accounts_cluster_cannot_borrow_the_role(staging: Graph) -> None:
    (trust,) = json.loads(staging.one("iam/role:Role", "cluster-role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": CLUSTER_ARN},
    }


def test_named_administrators_end_the_creators_own(compose: Any, make_settings: Any) -> None:
    arns = ["arn:aws:iam::123456789012:role/ops/admin"]
    cluster = compose(make_settings("staging", cluster={"admin_role_arns": arns})).one("eks/cluster:Cluster")
    assert cluster.inputs["accessConfig"]["bootstrapClusterCreatorAdminPermissions"] is False


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:sts::123456789012:assumed-role/deploy/session", "123456789012-role-deploy"),
        ("arn:aws:iam::123456789012:role/ci/deploy", "123456789012-role-deploy"),
        ("arn:aws:iam::123456789012:user/moto", "123456789012-user-moto"),
    ],
)
def test_a_session_is_its_role(arn: str, name: str) -> None:
    assert principal_name(arn) == name


def test_without_control_plane_logs_there_is_no_log_group(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("staging", cluster={"control_plane_logs": []}))
    assert graph.of("cloudwatch/logGroup:LogGroup") == []
    assert graph.one("eks/cluster:Cluster").inputs["enabledClusterLogTypes"] == []


def test_administrators_get_entries_that_go_with_the_cluster(compose: Any, make_settings: Any) -> None:
    arns = ["arn:aws:iam::123456789012:role/ops/admin", "arn:aws:iam::210987654321:role/admin"]
    graph = compose(make_settings("staging", cluster={"admin_role_arns": arns}))
    entries = graph.of("eks/accessEntry:AccessEntry")
    assert sorted(e.inputs["principalArn"] for e in entries) == arns
    policies = graph.of("eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert {p.inputs["policyArn"] for p in policies} == {
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    }
    assert {p.inputs["accessScope"]["type"] for p in policies} == {"cluster"}
    cluster = graph.one("eks/cluster:Cluster")
    assert {r.deleted_with for r in [*entries, *policies]} == {cluster.urn}


def test_a_strict_network_leaves_the_clusters_own_pods_open(staging: Graph) -> None:
    """In strict mode a pod that no policy selects is closed: name servers too, which `up` waits for."""
    graph = staging
    addons = {addon.inputs["addonName"]: addon for addon in graph.of("eks/addon:Addon")}
    assert json.loads(addons["vpc-cni"].inputs["configurationValues"]) == {
        "enableNetworkPolicy": "true",
        "env": {"NETWORK_POLICY_ENFORCING_MODE": "strict"},
    }
    policies = {
        one.inputs["metadata"]["namespace"]: one
        for one in graph.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if one.inputs["metadata"]["name"] == "open"
    }
    assert set(policies) == {"kube-system", *COMMUNITY}
    for policy in policies.values():
        assert policy.inputs["spec"] == {
            "podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}],
        }  # fmt: skip
    for name in ("coredns", "aws-ebs-csi-driver", "metrics-server", *COMMUNITY):
        assert all(graph.waits_for(addons[name], policy) for policy in policies.values())
    for name in ("vpc-cni", "kube-proxy"):
        assert not any(graph.waits_for(addons[name], policy) for policy in policies.values())


def test_otherwise_new_pods_start_open(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("staging", network_policies={"strict": False}))
    (cni,) = [one for one in graph.of("eks/addon:Addon") if one.inputs["addonName"] == "vpc-cni"]
    assert json.loads(cni.inputs["configurationValues"]) == {"enableNetworkPolicy": "true"}
    policies = graph.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    assert "open" not in {one.inputs["metadata"]["name"] for one in policies}


def test_addons_come_in_two_waves_around_the_nodes(staging: Graph) -> None:
    addons = {addon.inputs["addonName"]: addon for addon in staging.of("eks/addon:Addon")}
    before, after = (
        {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"},
        {"coredns", "aws-ebs-csi-driver", "metrics-server", *COMMUNITY},
    )
    assert set(addons) == before | after
    nodes = staging.of("eks/nodeGroup:NodeGroup")
    for group in nodes:
        assert all(staging.waits_for(group, addons[name]) for name in before)
        assert all(staging.waits_for(addons[name], group) for name in after)
        assert not any(staging.waits_for(addons[name], group) for name in before)


def test_addons_overwrite_on_conflict_and_have_the_versions_of_the_table_or_the_stack(
    staging: Graph, compose: Any, make_settings: Any
) -> None:
    versions = {addon.inputs["addonName"]: addon.inputs.get("addonVersion") for addon in staging.of("eks/addon:Addon")}
    shipped = {name.value: version for name, version in SHIPPED["1.36"].items()}
    assert versions == {name: None if version == "default" else version for name, version in shipped.items()}
    own = {"coredns": "v1.14.7-eksbuild.10", "kube_proxy": "default", "cert_manager": "v1.21.2-eksbuild.2"}
    graph = compose(make_settings("staging", cluster={"addon_versions": own}))
    chosen = {addon.inputs["addonName"]: addon.inputs.get("addonVersion") for addon in graph.of("eks/addon:Addon")}
    assert chosen == versions | {
        "coredns": "v1.14.7-eksbuild.10", "kube-proxy": None, "cert-manager": "v1.21.2-eksbuild.2",
    }  # fmt: skip
    for addon in staging.of("eks/addon:Addon"):
        assert addon.inputs["resolveConflictsOnCreate"] == "OVERWRITE"
        assert addon.inputs["resolveConflictsOnUpdate"] == "OVERWRITE"
        assert addon.deleted_with == staging.one("eks/cluster:Cluster").urn


def test_community_addons_ask_for_what_the_nodes_are_checked_for(staging: Graph) -> None:
    asked = {
        addon.inputs["addonName"]: json.loads(addon.inputs["configurationValues"])
        for addon in staging.of("eks/addon:Addon")
        if addon.inputs["addonName"] in COMMUNITY
    }
    assert asked["kube-state-metrics"] == {"resources": {"requests": {"cpu": "10m", "memory": "96Mi"}}}
    assert asked["prometheus-node-exporter"] == {"resources": {"requests": {"cpu": "10m", "memory": "24Mi"}}}
    part = {"resources": {"requests": {"cpu": "10m", "memory": "48Mi"}}}
    assert asked["cert-manager"] == {**part, "cainjector": part, "webhook": part}


def test_each_community_addon_has_a_switch(compose: Any, make_settings: Any) -> None:
    switches = {name.replace("-", "_"): name for name in COMMUNITY}
    for switch, name in switches.items():
        # TLS needs cert-manager, so that it goes where TLS goes.
        graph = compose(make_settings("staging", cluster={"addons": {switch: False}}, tls={"mode": "plain"}))
        found = {addon.inputs["addonName"] for addon in graph.of("eks/addon:Addon")}
        assert COMMUNITY - found == {name}


@pytest.mark.parametrize(
    ("addon", "account", "policy"),
    [
        ("vpc-cni", "aws-node", "AmazonEKS_CNI_Policy"),
        ("aws-ebs-csi-driver", "ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
    ],
)
def test_addons_that_call_aws_have_their_own_identity(staging: Graph, addon: str, account: str, policy: str) -> None:
    resource = staging.one("eks/addon:Addon", addon)
    role = staging.one("iam/role:Role", addon)
    (association,) = resource.inputs["podIdentityAssociations"]
    assert association == {
        "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/acme-monitoring-staging-{addon}",
        "serviceAccount": account,
    }
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-arn": CLUSTER_ARN,
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": account,
    }
    attachment = staging.one("iam/rolePolicyAttachment:RolePolicyAttachment", addon)
    assert attachment.inputs["policyArn"] == f"arn:aws:iam::aws:policy/{policy}"
    assert attachment.urn in resource.dependencies
    # In a teardown the role goes after the nodes: the volume driver on them is still deleting volumes.
    assert all(staging.waits_for(group, attachment) for group in staging.of("eks/nodeGroup:NodeGroup"))


def test_node_groups_as_configured(staging: Graph) -> None:
    groups = {group.name: group.inputs for group in staging.of("eks/nodeGroup:NodeGroup")}
    assert {name: group["capacityType"] for name, group in groups.items()} == {
        "staging-on-demand": "ON_DEMAND",
        "staging-spot": "SPOT",
    }
    spot = groups["staging-spot"]
    assert spot["amiType"] == "AL2023_ARM_64_STANDARD"
    assert spot["instanceTypes"] == ["t4g.medium", "t4g.large", "t4g.xlarge"]
    assert spot["scalingConfig"] == {"minSize": 2, "desiredSize": 2, "maxSize": 3}
    assert spot["updateConfig"] == {"maxUnavailable": 1}
    assert spot["labels"] == {"lgtm.dev/stack": "staging"}
    assert spot["version"] == "1.36"
    assert spot["launchTemplate"] == {"id": "staging-spot-id", "version": "1"}
    assert "taints" not in spot  # the owner's nodes take anybody's pods
    assert "nodeGroupName" not in spot  # so that a replacement can start before the old nodes go
    assert "diskSize" not in spot
    assert "remoteAccess" not in spot


def test_nodes_hide_their_credentials_and_encrypt_their_disks(staging: Graph) -> None:
    template = staging.one("ec2/launchTemplate:LaunchTemplate", "staging-spot").inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (disk,) = template["blockDeviceMappings"]
    assert disk["deviceName"] == "/dev/xvda"
    assert disk["ebs"] == {
        "volumeType": "gp3",
        "volumeSize": 20,
        "encrypted": "true",
        "deleteOnTermination": "true",
    }
    assert template["creditSpecification"] == {"cpuCredits": "standard"}
    # What EKS refuses in a managed node group's template, or what would open the node.
    for key in ("imageId", "instanceType", "keyName", "iamInstanceProfile", "networkInterfaces", "vpcSecurityGroupIds"):
        assert key not in template


def test_credits_are_said_on_purpose_for_burstable_types_and_for_no_others(compose: Any, make_settings: Any) -> None:
    template = "ec2/launchTemplate:LaunchTemplate"
    assert compose(make_settings("prod")).one(template, "prod-spot").inputs["creditSpecification"] == {
        "cpuCredits": "unlimited"
    }
    groups = {"node_groups": {"on-demand": {"instance_types": ["m7g.large"]}}}
    other = compose(make_settings("prod", cluster=groups)).one(template, "prod-on-demand")
    assert "creditSpecification" not in other.inputs


def test_instances_and_volumes_carry_the_stacks_tags(staging: Graph) -> None:
    template = staging.one("ec2/launchTemplate:LaunchTemplate", "staging-spot").inputs
    specifications = {s["resourceType"]: s["tags"] for s in template["tagSpecifications"]}
    assert set(specifications) == {"instance", "volume", "network-interface"}
    for tags in specifications.values():
        assert tags == {
            "project": "acme-monitoring",
            "stack": "staging",
            "component": "nodes",
            "owner": "platform-team",
            "cost-centre": "observability",
            "managed-by": "pulumi",
            "Name": "acme-monitoring-staging-spot",
        }


def test_node_role_can_join_and_pull_and_no_more(staging: Graph) -> None:
    attachments = [
        a.inputs["policyArn"].rpartition("/")[2]
        for a in staging.of("iam/rolePolicyAttachment:RolePolicyAttachment")
        if a.name.startswith("nodes-")
    ]
    assert sorted(attachments) == ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy"]


def test_storage_class_is_encrypted_gp3_and_the_default(staging: Graph) -> None:
    storage_class = staging.one("kubernetes:storage.k8s.io/v1:StorageClass")
    assert storage_class.inputs["metadata"]["name"] == "gp3"
    assert storage_class.inputs["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert storage_class.inputs["provisioner"] == "ebs.csi.aws.com"
    assert storage_class.inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert storage_class.inputs["allowVolumeExpansion"] is True
    parameters = storage_class.inputs["parameters"]
    assert (parameters["type"], parameters["encrypted"]) == ("gp3", "true")
    tags = {value for key, value in parameters.items() if key.startswith("tagSpecification_")}
    assert "cost-centre=observability" in tags
    assert not any(tag.startswith("stack=") for tag in tags)  # tenant stacks' volumes come from it too
    assert staging.waits_for(storage_class, staging.one("eks/addon:Addon", "aws-ebs-csi-driver"))


def test_kubernetes_provider_is_the_same_cluster_when_the_kubeconfig_changes(staging: Graph) -> None:
    provider = staging.one("pulumi:providers:kubernetes")
    assert provider.inputs["clusterIdentifier"] == CLUSTER_ARN
    assert "kubeconfig" in provider.secret_inputs
    for default in ("deleteUnreachable", "enableServerSideApply"):
        assert default not in provider.inputs


def test_kubeconfig_is_a_secret_output_without_credentials(staging: Graph) -> None:
    cluster = staging.result[0]
    assert is_secret(cluster.kubeconfig)
    text = value_of(cluster.kubeconfig)
    document = json.loads(text)
    assert document["current-context"] == "acme-monitoring-staging-cluster"
    assert [set(user["user"]) for user in document["users"]] == [{"exec"}]


def test_pods_wait_for_nodes_and_addons_by_the_clusters_dependencies(staging: Graph) -> None:
    cluster = staging.result[0]
    names = {value_of(resource.urn).rpartition("::")[2] for resource in cluster.depends_on}
    assert names == {"nodes", "pod-addons", "gp3"}


def test_owner_exports_what_tenant_stacks_read(staging: Graph) -> None:
    exports = staging.result[0].exports()
    assert set(exports) == {
        "kubeconfig",
        "cluster_name",
        "cluster_arn",
        "cluster_version",
        "node_subnet_ids",
        "storage_class",
    }
    assert is_secret(exports["kubeconfig"])


def test_issuer_is_registered_only_for_irsa(compose: Any, make_settings: Any, staging: Graph) -> None:
    assert staging.of("iam/openIdConnectProvider:OpenIdConnectProvider") == []
    provider = compose(make_settings("staging", identity="irsa")).one("iam/openIdConnectProvider:OpenIdConnectProvider")
    assert provider.inputs["url"] == "https://oidc.eks.us-west-2.amazonaws.com/id/ABCD"
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]


def test_protected_cluster_refuses_deletion_on_awss_side_too(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("prod"))
    assert graph.one("eks/cluster:Cluster").inputs["deletionProtection"] is True
    assert graph.one("kms/key:Key", "cluster-secrets").inputs["deletionWindowInDays"] == 30
