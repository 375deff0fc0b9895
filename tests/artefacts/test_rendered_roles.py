"""What the charts' roles allow, judged as rendered: by the pack's rules, and by who gets a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from planning.aws.types import CLUSTER_ROLE, KUBERNETES_ROLE
from planning.registered import Resource
from policies.configuration import limits_for
from policies.rule import Violation
from policies.rules.pinning import KUBERNETES_ROLES_NAMED, KUBERNETES_SECRETS_NAMED
from telemetry.charts.grafana import API_ACCESS_FOLDER, API_ACCESS_VOLUME
from telemetry.charts.lock import ChartName
from tests.artefacts.helm_driver import Json, one, pod, render
from tests.chart_facts.recorded import chart_facts
from tests.chart_facts.values import RELEASES, STACKS, stack_values
from tests.stacks import policy_configs

TYPES = {"Role": KUBERNETES_ROLE, "ClusterRole": CLUSTER_ROLE}


def roles_of(documents: list[Json]) -> Iterator[Resource]:
    for document in documents:
        if kind := TYPES.get(document["kind"]):
            name = document["metadata"]["name"]
            yield Resource(kind, name, f"urn:pulumi:prod::lgtm::{kind}::{name}", {"rules": document.get("rules")}, {})


def violations(roles: Iterator[Resource]) -> list[str]:
    return [
        f"{role.name}: {verdict.message}"
        for role in roles
        for rule in (KUBERNETES_ROLES_NAMED, KUBERNETES_SECRETS_NAMED)
        for verdict in rule.check(role, limits_for(rule, "prod", {}, policy_configs()))
        if isinstance(verdict, Violation)
    ]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("stack", STACKS)
def test_no_rendered_role_is_broad_or_reads_all_secrets(stack: str, release: str) -> None:
    assert violations(roles_of(render(RELEASES[release], stack_values(stack)[release], release))) == []


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("stack", STACKS)
def test_no_role_that_the_real_charts_rendered_is_broad_or_reads_all_secrets(stack: str, release: str) -> None:
    recorded = chart_facts(RELEASES[release]).rendering(release, stack).objects
    documents: list[Json] = [
        {"kind": name.partition("/")[0], "metadata": {"name": name.partition("/")[2]}, **facts}
        for name, facts in recorded.items()
    ]
    assert violations(roles_of(documents)) == []


def test_grafanas_own_role_would_read_all_secrets() -> None:
    values = {**stack_values("prod")["grafana"], "rbac": {"namespaced": True}}
    assert violations(roles_of(render(ChartName.GRAFANA, values))) == [
        "grafana: rules[0]: secrets without resourceNames, which is all of them; name those that are read"
    ]


def test_only_the_watcher_of_dashboards_gets_grafanas_token() -> None:
    documents = render(ChartName.GRAFANA, stack_values("prod")["grafana"])
    grafana = pod(one(documents, "Deployment", "grafana"))
    assert grafana["automountServiceAccountToken"] is False
    with_token = {
        container["name"]
        for container in grafana["containers"]
        for mount in container["volumeMounts"]
        if mount["name"] == API_ACCESS_VOLUME or mount["mountPath"].startswith(API_ACCESS_FOLDER)
    }
    assert with_token == {"grafana-sc-dashboard"}
    assert not {document["kind"] for document in documents} & {
        "Role",
        "RoleBinding",
        "ClusterRole",
        "ClusterRoleBinding",
    }
