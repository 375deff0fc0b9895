"""Working hours on the real engine: what the schedules ask EKS for leaves one node and every volume.

The simulated scheduler keeps schedules and calls nothing at their times: the test sends their requests, as the service
would, through the ordinary EKS client.
"""

import json
from typing import Any

from tests.e2e.conftest import Platform

STACK = ("--stack", "staging")
NOW = ("--yes", "--skip-preview", *STACK)
SCHEDULE = {
    "time_zone": "Europe/Berlin",
    "hours": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "start": "07:00", "end": "19:00"}],
}


# Open to people, in the same `up`.
HOST = "grafana.acme.example"
GRAFANA = {
    "hostname": HOST,
    "address": {
        "aws_load_balancer": {
            "certificate_arn": "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d",
            "visitor_cidrs": ["198.18.0.0/24"],
            "controller_role": True,
            # With public addresses it would be over staging's budget, and the policy refuses that.
            "internal": True,
        }
    },
    "sign_on": {
        "okta": {"client_id": "0oa2abcDEF", "domain": "acme.okta.com"},
        "roles": {"admin": ["platform admins"]},
    },
}


def test_up_makes_the_schedules_and_a_second_one_nothing(platform: Platform) -> None:
    sizes = {"mimir": {"querier": {"max_replicas": 2}}}
    platform.change_settings("staging", schedule=SCHEDULE, sizes=sizes, grafana=GRAFANA)
    platform.pulumi("config", "set", "--secret", "lgtm:grafana_client_secret", "s3cret-of-okta", *STACK)
    platform.pulumi("up", *NOW, "--policy-pack", "policies")
    platform.pulumi("up", *NOW, "--expect-no-changes")
    platform.pulumi("refresh", *NOW, "--expect-no-changes")
    listed = platform.client("scheduler").list_schedules(GroupName="acme-monitoring-staging-hours")["Schedules"]
    assert sorted(one["Name"] for one in listed) == [
        "on-demand-end-0", "on-demand-start-0", "spot-end-0", "spot-start-0",
    ]  # fmt: skip


def test_a_scaled_workload_has_its_autoscaler(platform: Platform) -> None:
    (scaler,) = platform.kubectl_json(platform.kubeconfig("staging"), "get", "hpa", "-n", "monitoring")
    assert scaler["spec"]["scaleTargetRef"]["name"] == "mimir-querier"
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (1, 2)
    deployments = platform.kubectl_json(platform.kubeconfig("staging"), "get", "deployments", "-n", "monitoring")
    assert "mimir-querier" in [one["metadata"]["name"] for one in deployments]


def test_people_find_grafana_behind_its_load_balancer(platform: Platform) -> None:
    kubeconfig = platform.kubeconfig("staging")
    (ingress,) = platform.kubectl_json(kubeconfig, "get", "ingress", "-n", "monitoring")
    (balancer,) = ingress["status"]["loadBalancer"]["ingress"]
    outputs = platform.outputs("staging")
    assert outputs["grafana_dns_record"] == f"{HOST} CNAME {balancer['hostname']}"
    assert outputs["grafana_url"] == f"https://{HOST}"
    maps = platform.kubectl_json(kubeconfig, "get", "configmap", "-n", "monitoring")
    (ini,) = (one["data"]["grafana.ini"] for one in maps if "grafana.ini" in one.get("data", {}))
    assert f"root_url = https://{HOST}/" in ini
    assert "client_secret = $__file{/etc/lgtm/sign-on/client-secret}" in ini
    assert "s3cret-of-okta" not in platform.pulumi("stack", "export", *STACK).stdout


def test_the_controllers_role_is_for_its_service_account_alone(platform: Platform) -> None:
    eks = platform.client("eks")
    listed = eks.list_pod_identity_associations(clusterName="acme-monitoring-staging-cluster")["associations"]
    assert ("kube-system", "aws-load-balancer-controller") in [
        (one["namespace"], one["serviceAccount"]) for one in listed
    ]


def run(platform: Platform, moment: str) -> None:
    """What the scheduler does at this moment for every group."""
    scheduler = platform.client("scheduler")
    for listed in scheduler.list_schedules(GroupName="acme-monitoring-staging-hours")["Schedules"]:
        if f"-{moment}-" in listed["Name"]:
            target = scheduler.get_schedule(GroupName=listed["GroupName"], Name=listed["Name"])["Target"]
            assert target["Arn"] == "arn:aws:scheduler:::aws-sdk:eks:updateNodegroupConfig"
            platform.client("eks").update_nodegroup_config(**_camel(json.loads(target["Input"])))


def _camel(value: Any) -> Any:
    """The scheduler wants the SDK's names with capitals; boto3 has EKS's own."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _camel(one) for key, one in value.items()}  # pyright: ignore
    return value


def counts(platform: Platform) -> tuple[int, dict[str, int]]:
    """Nodes, and the platform's pods by phase."""
    kubeconfig = platform.kubeconfig("staging")
    phases: dict[str, int] = {}
    for pod in platform.kubectl_json(kubeconfig, "get", "pods", "-n", "monitoring"):
        phases[pod["status"]["phase"]] = phases.get(pod["status"]["phase"], 0) + 1
    return len(platform.kubectl_json(kubeconfig, "get", "nodes")), phases


def test_the_evening_leaves_one_node_and_every_volume(platform: Platform) -> None:
    kubeconfig = platform.kubeconfig("staging")
    nodes, _ = counts(platform)
    assert nodes == 3
    claims = {one["metadata"]["uid"] for one in platform.kubectl_json(kubeconfig, "get", "pvc", "-A")}
    run(platform, "end")
    nodes, phases = counts(platform)
    assert nodes == 1
    assert phases["Pending"] > 0
    assert {one["metadata"]["uid"] for one in platform.kubectl_json(kubeconfig, "get", "pvc", "-A")} == claims


def test_destroy_takes_the_schedules_along(platform: Platform) -> None:
    platform.pulumi("destroy", *NOW)
    groups = platform.client("scheduler").list_schedule_groups()["ScheduleGroups"]
    assert [one["Name"] for one in groups] == ["default"]
