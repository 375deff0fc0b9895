"""staging owns a cluster, dev lives on it: both stacks' whole life on the real engine."""

import base64
import json
from pathlib import Path

import pytest

from planning.buckets import BucketPurpose
from tests.e2e.conftest import Platform, change_counts
from tests.runbook_commands import lookups
from tests.stacks import settings_of

KEPT = [purpose for purpose in BucketPurpose if purpose is not BucketPurpose.PROFILES]
STAGING_BUCKETS = {purpose: f"acme-monitoring-staging-{purpose}-123456789012" for purpose in KEPT}
LOG_BUCKET = "acme-monitoring-staging-access-logs-123456789012"
CLUSTER = "acme-monitoring-staging-cluster"
PART_OF = "app.kubernetes.io/part-of=lgtm-platform"


@pytest.fixture(scope="module")
def kubeconfig(platform: Platform) -> Path:
    """staging's exported kubeconfig, after its `up`."""
    return platform.kubeconfig("staging")


def test_a_tenant_stack_without_its_owner_says_what_to_run(platform: Platform) -> None:
    result = platform.pulumi("preview", "--stack", "dev", code=None)
    assert result.returncode != 0
    assert "pulumi up --stack staging" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_preview_of_staging_creates_only_and_passes_the_policies(platform: Platform) -> None:
    result = platform.pulumi("preview", "--stack", "staging", "--policy-pack", "policies")
    counts = change_counts(result.stdout)
    assert counts.keys() == {"to create"}, result.stdout
    assert counts["to create"] > 80
    assert "mandatory" not in result.stdout
    assert platform.client("s3").list_buckets()["Buckets"] == []


def test_up_brings_staging_up(platform: Platform) -> None:
    result = platform.pulumi("up", "--yes", "--skip-preview", "--stack", "staging", "--policy-pack", "policies")
    assert change_counts(result.stdout).keys() == {"created"}, result.stdout


def test_a_second_up_changes_nothing(platform: Platform) -> None:
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "staging", "--expect-no-changes")


def test_refresh_finds_nothing_changed(platform: Platform) -> None:
    platform.pulumi("refresh", "--yes", "--skip-preview", "--stack", "staging", "--expect-no-changes")


def test_outputs_name_everything_a_client_needs(platform: Platform) -> None:
    outputs = platform.outputs("staging")
    assert outputs["kubeconfig"] == "[secret]"
    assert outputs["cluster_name"] == CLUSTER
    assert outputs["cluster_arn"] == f"arn:aws:eks:us-west-2:123456789012:cluster/{CLUSTER}"
    assert outputs["buckets"] == {str(purpose): name for purpose, name in STAGING_BUCKETS.items()}
    assert outputs["endpoints"].keys() == {"otlp", "logs", "traces", "metrics"}
    assert outputs["endpoints"]["metrics"]["push"].endswith(":8443/api/v1/push")
    secret = {"namespace": "monitoring", "name": "grafana-admin", "key": "admin-password"}
    assert outputs["grafana_admin_password_secret"] == secret
    assert outputs["grafana_url"] == "http://localhost:3000"


def test_an_ordinary_aws_client_sees_closed_encrypted_ageing_buckets(platform: Platform) -> None:
    s3 = platform.client("s3")
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == set(STAGING_BUCKETS.values())
    for purpose, bucket in STAGING_BUCKETS.items():
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert all(block.values()), (purpose, block)
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        assert any(
            statement["Effect"] == "Deny" and "aws:SecureTransport" in json.dumps(statement) for statement in statements
        )
        lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert any(rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation") == 1 for rule in lifecycle)
    blocks = s3.get_bucket_lifecycle_configuration(Bucket=STAGING_BUCKETS[BucketPurpose.MIMIR_BLOCKS])["Rules"]
    cold = next(rule for rule in blocks if rule.get("Transitions"))
    assert cold["Transitions"] == [{"Days": 30, "StorageClass": "GLACIER_IR"}]
    assert cold["Filter"]["And"] == {"Prefix": "blocks/", "ObjectSizeGreaterThan": 1024 * 1024}


def test_an_ordinary_aws_client_sees_the_cluster(platform: Platform) -> None:
    eks = platform.client("eks")
    cluster = eks.describe_cluster(name=CLUSTER)["cluster"]
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    assert cluster["upgradePolicy"]["supportType"] == "STANDARD"
    assert cluster["encryptionConfig"][0]["resources"] == ["secrets"]
    assert cluster["resourcesVpcConfig"]["publicAccessCidrs"] == ["203.0.113.0/24"]
    addons = set(eks.list_addons(clusterName=CLUSTER)["addons"])
    expected = {"vpc-cni", "coredns", "kube-proxy", "aws-ebs-csi-driver", "eks-pod-identity-agent", "metrics-server"}
    expected |= {"kube-state-metrics", "prometheus-node-exporter", "cert-manager"}
    assert addons == expected
    associations = eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"]
    assert {"loki", "tempo", "mimir"} <= {association["serviceAccount"] for association in associations}


def test_the_exported_kubeconfig_works_and_every_pod_runs(platform: Platform, kubeconfig: Path) -> None:
    pods = platform.kubectl_json(kubeconfig, "get", "pods", "-n", "monitoring")
    names = " ".join(pod["metadata"]["name"] for pod in pods)
    for part in ("loki-0", "tempo-0", "mimir-ingester", "mimir-distributor", "grafana", "collector-gateway"):
        assert part in names
    waiting = [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] != "Running"]
    assert waiting == []
    agents = platform.kubectl_json(kubeconfig, "get", "pods", "-n", "monitoring-agent")
    nodes = platform.kubectl_json(kubeconfig, "get", "nodes", "-l", "lgtm.dev/stack=staging")
    assert len(agents) == len(nodes) == 3


def test_every_part_has_a_certificate_of_the_stacks_own_ca(platform: Platform, kubeconfig: Path) -> None:
    certificates = platform.kubectl_json(kubeconfig, "get", "certificates", "-n", "monitoring")
    ready = {
        item["metadata"]["name"]: condition["status"]
        for item in certificates
        for condition in item["status"]["conditions"]
    }
    servers, writers = (
        ("loki", "tempo", "mimir-gateway", "collector-gateway"),
        ("collector-gateway-client", "loki-client"),
    )
    assert ready == dict.fromkeys((*servers, *writers), "True")
    secrets = platform.kubectl_json(kubeconfig, "get", "secrets", "-n", "monitoring", "-l", PART_OF)
    found = {item["metadata"]["name"]: item["data"] for item in secrets if item["type"] == "kubernetes.io/tls"}
    assert found.keys() == {f"{name}-tls" for name in ready}
    (authority,) = {data["ca.crt"] for data in found.values()}
    agents = platform.kubectl_json(kubeconfig, "get", "secrets", "-n", "monitoring-agent", "-l", PART_OF)
    assert [item["data"]["ca.crt"] for item in agents if item["type"] == "kubernetes.io/tls"] == [authority]


def test_a_stranger_is_refused_by_the_api_server(platform: Platform, kubeconfig: Path) -> None:
    result = platform.sandbox.capture(
        "env", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "kubectl", "--kubeconfig", str(kubeconfig), "get", "pods"
    )
    assert result.returncode != 0


def test_namespaces_are_restricted_closed_and_bounded(platform: Platform, kubeconfig: Path) -> None:
    namespaces = {item["metadata"]["name"]: item for item in platform.kubectl_json(kubeconfig, "get", "namespaces")}
    labels = namespaces["monitoring"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    policies = platform.kubectl_json(kubeconfig, "get", "networkpolicies", "-n", "monitoring")
    assert any(
        policy["spec"]["podSelector"] == {} and set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        and not policy["spec"].get("ingress") and not policy["spec"].get("egress")
        for policy in policies
    )  # fmt: skip
    assert platform.kubectl_json(kubeconfig, "get", "resourcequotas", "-n", "monitoring")


def test_dev_comes_up_on_stagings_cluster_with_nodes_of_its_own(platform: Platform, kubeconfig: Path) -> None:
    platform.pulumi("preview", "--stack", "dev", "--policy-pack", "policies")
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", "--expect-no-changes")
    platform.pulumi("refresh", "--yes", "--skip-preview", "--stack", "dev", "--expect-no-changes")
    nodes = platform.kubectl_json(kubeconfig, "get", "nodes", "-l", "lgtm.dev/stack=dev")
    own = {node["metadata"]["name"] for node in nodes}
    assert len(own) == 2
    pods = platform.kubectl_json(kubeconfig, "get", "pods", "-n", "monitoring-dev")
    assert pods
    assert {pod["spec"]["nodeName"] for pod in pods} <= own
    others = platform.kubectl_json(kubeconfig, "get", "pods", "-n", "monitoring")
    assert not {pod["spec"]["nodeName"] for pod in others} & own
    assert platform.outputs("dev")["cluster_name"] == CLUSTER


def test_what_the_commands_of_runbooks_name_is_there(platform: Platform, kubeconfig: Path) -> None:
    (node, *_) = platform.kubectl(kubeconfig, "get", "nodes", "-o", "jsonpath={.items[*].metadata.name}").split()
    # staging doesn't scale pods by itself: that kubectl knows the kind is what can be seen here.
    asked = {
        command: platform.kubectl(kubeconfig, *words).strip() or "hpa" in words
        for words, command in lookups(settings_of("staging"), "staging", node).items()
    }
    assert [command for command, answer in asked.items() if not answer] == []


def test_staging_is_untouched_by_its_tenant_stack(platform: Platform) -> None:
    platform.pulumi("preview", "--stack", "staging", "--expect-no-changes")


def test_drift_made_outside_is_seen_and_mended(platform: Platform) -> None:
    bucket = STAGING_BUCKETS[BucketPurpose.TEMPO_TRACES]
    platform.client("s3").delete_bucket_lifecycle(Bucket=bucket)
    logs = platform.client("logs")
    logs.put_retention_policy(logGroupName=f"/aws/eks/{CLUSTER}/cluster", retentionInDays=365)
    seen = platform.pulumi("refresh", "--preview-only", "--stack", "staging", "--expect-no-changes", code=None)
    assert seen.returncode != 0, seen.stdout
    platform.pulumi("up", "--yes", "--skip-preview", "--refresh", "--stack", "staging")
    rules = platform.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert any(rule.get("Expiration", {}).get("Days") == 14 for rule in rules)
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/eks/")["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [7]
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "staging", "--expect-no-changes")


def test_a_running_cluster_becomes_strict_with_the_namespaces_that_it_has(platform: Platform, kubeconfig: Path) -> None:
    """Add-ons have made them, and a provider that refuses what is there already would refuse the whole `up`."""
    up = ("up", "--yes", "--skip-preview", "--stack", "staging")
    namespaces = ("kube-system", "cert-manager", "kube-state-metrics")

    def opened() -> list[str]:
        found = platform.kubectl_json(kubeconfig, "get", "networkpolicies", "--all-namespaces")
        return [one["metadata"]["namespace"] for one in found if one["metadata"]["name"] == "open"]

    kept = {"force_destroy": True}
    platform.change_settings("staging", network_policies={"strict": False}, network={"flow_log_days": 14})
    platform.change_settings("staging", storage={"access_log_days": 7, **kept})
    platform.pulumi(*up)
    assert opened() == []
    _accesses_are_logged(platform)
    platform.change_settings("staging", network_policies={"strict": True}, network={}, storage=kept)
    platform.pulumi(*up)
    assert {bucket["Name"] for bucket in platform.client("s3").list_buckets()["Buckets"]} >= set(
        STAGING_BUCKETS.values()
    )
    assert LOG_BUCKET not in {bucket["Name"] for bucket in platform.client("s3").list_buckets()["Buckets"]}
    assert set(namespaces) <= set(opened())
    assert platform.client("ec2").describe_flow_logs()["FlowLogs"] == []
    platform.pulumi("preview", "--stack", "staging", "--expect-no-changes")


def _accesses_are_logged(platform: Platform) -> None:
    """The simulated S3 delivers them as AWS does, but at once."""
    s3 = platform.client("s3")
    for bucket in STAGING_BUCKETS.values():
        s3.list_objects_v2(Bucket=bucket)
    found = {one["Key"].partition("/")[0] for one in s3.list_objects_v2(Bucket=LOG_BUCKET)["Contents"]}
    assert found == {str(purpose) for purpose in KEPT}


def test_no_secret_is_in_the_clear(platform: Platform, kubeconfig: Path) -> None:
    secret = json.loads(
        platform.kubectl(kubeconfig, "get", "secret", "-n", "monitoring", "grafana-admin", "-o", "json")
    )
    password = base64.b64decode(secret["data"]["admin-password"]).decode()
    assert len(password) >= 20
    keys = platform.kubectl_json(kubeconfig, "get", "secrets", "-A", "-l", PART_OF)
    private = [item["data"]["tls.key"] for item in keys if item["type"] == "kubernetes.io/tls"]
    assert len(private) == 2 * 8, "seven certificates and a CA for each of two stacks"
    for path in (platform.sandbox.directory / "state").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert password not in text, path
            assert secret["data"]["admin-password"] not in text, path
            assert not any(key in text for key in private), path
            assert "get-token" not in text, f"the kubeconfig is in the clear in {path}"


def test_destroy_leaves_nothing_behind(platform: Platform, kubeconfig: Path) -> None:
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
    left = platform.kubectl(kubeconfig, "get", "namespaces", "-o", "name")
    assert "monitoring-dev" not in left
    assert "namespace/monitoring\n" in left
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "staging")
    assert platform.state("staging") == []
    assert platform.client("s3").list_buckets()["Buckets"] == []
    assert platform.client("eks").list_clusters()["clusters"] == []
    assert platform.client("logs").describe_log_groups(logGroupNamePrefix="/aws/eks/")["logGroups"] == []
    ec2 = platform.client("ec2")
    assert [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []
    roles = platform.client("iam").list_roles()["Roles"]
    assert [role["RoleName"] for role in roles if role["RoleName"].startswith("acme")] == []
