"""Clusters that this stack doesn't own: another stack's, and one that a kubeconfig names."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.cluster_access import OwnerOutputs
from tests.unit.components.conftest import OWNER, OWNER_OUTPUTS
from tests.unit.recording import ACCOUNT_ID, Graph, is_secret, value_of

KUBECONFIG = {
    "clusters": [{"name": "kind", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority": "ca.crt"}}],
    "users": [{"name": "me", "user": {"client-certificate-data": "AAAA", "client-key-data": "BBBB"}}],
    "contexts": [
        {"name": "kind-kind", "context": {"cluster": "kind", "user": "me"}},
        {"name": "broken", "context": {"cluster": "gone", "user": "me"}},
    ],
}


@pytest.fixture
def tenant_stack(compose: Any, make_settings: Any) -> Graph:
    return compose(make_settings("dev"))


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(KUBECONFIG))
    return path


@pytest.fixture
def existing(compose: Any, make_settings: Any, kubeconfig: Path) -> Any:
    def build(**cluster: Any) -> Graph:
        values = {
            "mode": "existing",
            "context": "kind-kind",
            "kubeconfig": str(kubeconfig),
            "object_store": {"endpoint": "http://seaweedfs.storage.svc:8333", "credentials_secret": "s3"},
            **cluster,
        }
        return compose(make_settings("dev", cluster=values))

    return build


def test_tenant_stack_makes_nodes_of_its_own_and_nothing_of_the_owners(tenant_stack: Graph) -> None:
    for owned in (
        "ec2/vpc:Vpc",
        "eks/cluster:Cluster",
        "eks/addon:Addon",
        "kms/key:Key",
        "cloudwatch/logGroup:LogGroup",
    ):
        assert tenant_stack.of(owned) == [], owned
    assert tenant_stack.of("kubernetes:storage.k8s.io/v1:StorageClass") == []
    group = tenant_stack.one("eks/nodeGroup:NodeGroup").inputs
    assert group["clusterName"] == OWNER_OUTPUTS["cluster_name"]
    assert group["subnetIds"] == OWNER_OUTPUTS["node_subnet_ids"]
    assert group["version"] == OWNER_OUTPUTS["cluster_version"]
    assert group["labels"] == {"lgtm.dev/stack": "dev"}
    assert group["taints"] == [{"key": "lgtm.dev/dedicated", "value": "dev", "effect": "NO_SCHEDULE"}]


def test_tenant_stack_links_its_identities_to_the_owners_cluster(tenant_stack: Graph) -> None:
    associations = tenant_stack.of("eks/podIdentityAssociation:PodIdentityAssociation")
    assert len(associations) == 3
    assert {a.inputs["clusterName"] for a in associations} == {OWNER_OUTPUTS["cluster_name"]}
    assert {a.inputs["namespace"] for a in associations} == {"monitoring-dev"}
    trust = json.loads(tenant_stack.one("iam/role:Role", "loki").inputs["assumeRolePolicy"])
    assert OWNER_OUTPUTS["cluster_arn"] in json.dumps(trust)


def test_tenant_stack_uses_the_owners_kubeconfig_as_a_secret(tenant_stack: Graph) -> None:
    cluster = tenant_stack.result[0]
    assert is_secret(cluster.kubeconfig)
    assert value_of(cluster.kubeconfig) == OWNER_OUTPUTS["kubeconfig"]
    provider = tenant_stack.one("pulumi:providers:kubernetes")
    assert provider.inputs["clusterIdentifier"] == OWNER_OUTPUTS["cluster_arn"]
    assert "kubeconfig" in provider.secret_inputs
    assert set(cluster.exports()) == {"kubeconfig", "cluster_name", "cluster_arn"}


def test_owner_and_tenant_stack_agree_on_the_outputs(compose: Any, make_settings: Any) -> None:
    owner = compose(make_settings("staging")).result[0]
    needed = set(OwnerOutputs.__dataclass_fields__)
    assert needed == set(OWNER_OUTPUTS)
    assert needed <= set(owner.exports())


def test_missing_owner_says_what_to_run_before_anything_is_made(compose: Any, make_settings: Any) -> None:
    with pytest.raises(pulumi.RunError) as refusal:
        compose(make_settings("dev"), stacks={})
    assert "owner_stack: the stack 'staging' can't be read" in str(refusal.value)
    assert str(refusal.value).endswith("bring the cluster up first: pulumi up --stack staging")


def test_owner_without_a_cluster_names_the_missing_outputs(compose: Any, make_settings: Any) -> None:
    outputs = {key: value for key, value in OWNER_OUTPUTS.items() if key != "node_subnet_ids"}
    with pytest.raises(
        pulumi.RunError, match=r"owns no running cluster \(no output node_subnet_ids; .*pulumi up --stack staging$"
    ):
        compose(make_settings("dev"), stacks={OWNER: outputs})


def test_existing_cluster_with_its_own_store_needs_no_aws(existing: Any) -> None:
    graph = existing()
    assert graph.types() == {"pulumi:providers:kubernetes"}
    assert graph.invokes == []
    cluster, objects, identities = graph.result
    assert identities == {}
    assert (cluster.name, cluster.arn, cluster.storage_class) == ("kind-kind", None, "standard")
    storage = objects.storage
    assert (storage.endpoint, storage.insecure, storage.path_style) == ("seaweedfs.storage.svc:8333", True, True)
    assert storage.credentials_secret == "s3"
    assert storage.buckets["loki-chunks"] == "acme-monitoring-dev-loki-chunks"
    assert set(cluster.exports()) == {"kubeconfig", "cluster_name"}


def test_https_store_is_not_insecure(existing: Any) -> None:
    store = {"endpoint": "https://s3.example.com", "credentials_secret": "s3"}
    storage = existing(object_store=store).result[1].storage
    assert (storage.endpoint, storage.insecure) == ("s3.example.com", False)


def test_existing_eks_cluster_gets_buckets_and_identities(existing: Any) -> None:
    graph = existing(eks_cluster_name="legacy", object_store=None)
    assert len(graph.of("s3/bucket:Bucket")) == 6
    associations = graph.of("eks/podIdentityAssociation:PodIdentityAssociation")
    assert {a.inputs["clusterName"] for a in associations} == {"legacy"}
    arn = f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:cluster/legacy"
    assert graph.one("pulumi:providers:kubernetes").inputs["clusterIdentifier"] == arn
    assert graph.of("eks/nodeGroup:NodeGroup") == []


def test_exported_kubeconfig_holds_one_context_and_is_secret(existing: Any, kubeconfig: Path) -> None:
    graph = existing()
    cluster = graph.result[0]
    assert is_secret(cluster.kubeconfig)
    document = json.loads(value_of(cluster.kubeconfig))
    assert [context["name"] for context in document["contexts"]] == ["kind-kind"] == [document["current-context"]]
    assert document["clusters"][0]["cluster"]["certificate-authority"] == str(kubeconfig.parent / "ca.crt")
    assert graph.one("pulumi:providers:kubernetes").inputs["clusterIdentifier"] == "https://127.0.0.1:6443"


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ({"context": "nope"}, r"cluster.context: 'nope' is not in .*config; contexts there: broken, kind-kind$"),
        ({"context": "broken"}, r"'broken' in .*config names the cluster 'gone' and the user 'me'"),
        ({"kubeconfig": "/nowhere/config"}, r"no kubeconfig at /nowhere/config; set cluster.kubeconfig or KUBECONFIG"),
    ],
)
def test_wrong_kubeconfig_is_one_clear_message(existing: Any, cluster: dict[str, str], message: str) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        existing(**cluster)
