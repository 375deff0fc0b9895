"""What is handed to Kubernetes: secrets, images, charts and roles."""

from collections.abc import Sequence

import pytest

from planning.aws.types import ADDON, CONFIG_MAP, RELEASE
from planning.registered import UNKNOWN, Property, Resource
from policies.rules.pinning import ROLES
from tests.policies.cases import FAIL, PASS, UNKNOWN_YET, Case, check, resource, verdicts

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
# Put together here so that no scanner takes this file for a leak.
ACCESS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
PRIVATE_KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\nMII"


def values(**table: Property) -> list[Resource]:
    return [resource(RELEASE, {"chart": "grafana", "version": "1.2.3", "values": table})]


def chart(name: Property, version: Property = None) -> list[Resource]:
    return [resource(RELEASE, {"chart": name, "version": version})]


def pod(image: Property, **environment: Property) -> list[Resource]:
    env: Sequence[Property] = [{"name": name, "value": value} for name, value in environment.items()]
    container: Property = {"name": "app", "image": image, "env": env}
    return [resource(DEPLOYMENT, {"spec": {"template": {"spec": {"containers": [container]}}}})]


def addon(version: Property, name: Property = "vpc-cni") -> list[Resource]:
    return [resource(ADDON, {"addonName": name, "addonVersion": version})]


def reader(**rule: Property) -> list[Resource]:
    return [resource(ROLES[1], {"rules": [{"apiGroups": [""], "verbs": ["get"], **rule}]})]


def rbac(*verbs: Property) -> list[Resource]:
    return [resource(ROLES[0], {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": list(verbs)}]})]


CASES: Sequence[Case] = (
    Case("secrets-not-plain", PASS, values(admin={"existingSecret": "grafana-admin", "passwordKey": "admin-password"})),
    Case("secrets-not-plain", PASS, values(envFromSecret="credentials", automountServiceAccountToken=False)),
    Case("secrets-not-plain", PASS, values(ini={"smtp": {"password": "$__file{/etc/secrets/smtp}"}})),
    Case("secrets-not-plain", PASS, values(db={"url": "postgres://user:${PASSWORD}@db"})),
    Case("secrets-not-plain", PASS, values(admin={"password": UNKNOWN})),
    Case("secrets-not-plain", PASS, pod("app:1", LOG_LEVEL="debug", API_TOKEN_FILE="/run/token")),
    Case("secrets-not-plain", FAIL, values(adminPassword="hunter2"), "values.adminPassword holds a secret"),
    Case("secrets-not-plain", FAIL, values(smtp=[{"auth_password": "x1"}]), "values.smtp[0].auth_password"),
    Case("secrets-not-plain", FAIL, values(s3={"secretAccessKey": "abc"}), "secretAccessKey"),
    Case("secrets-not-plain", FAIL, values(s3={"endpoint": ACCESS_KEY}), "an AWS access key"),
    Case("secrets-not-plain", FAIL, values(db={"dsn": "postgres://user:s3cret@db/grafana"}), "a URL with a password"),
    Case("secrets-not-plain", FAIL, [resource(CONFIG_MAP, {"data": {"tls.pem": PRIVATE_KEY}})], "a private key"),
    Case("secrets-not-plain", FAIL, [resource(CONFIG_MAP, {"data": {"API_KEY": "abc"}})], "data.API_KEY"),
    Case("secrets-not-plain", FAIL, pod("app:1", DB_PASSWORD="abc"), "gives DB_PASSWORD a value"),
    Case("images-pinned", PASS, values(image={"repository": "grafana/grafana", "tag": "13.2.0"})),
    Case("images-pinned", PASS, values(image={"repository": "grafana/grafana", "tag": None})),
    Case("images-pinned", PASS, values(image={"repository": "r", "tag": "latest", "digest": "sha256:ab"})),
    Case("images-pinned", PASS, pod("registry:5000/app@sha256:ab")),
    Case("images-pinned", UNKNOWN_YET, values(image={"repository": "r", "tag": UNKNOWN})),
    Case("images-pinned", FAIL, values(image={"repository": "r", "tag": "latest"}), '"latest", which moves'),
    Case("images-pinned", FAIL, values(sidecar={"image": "kiwigrid/k8s-sidecar:main"}), "whose tag moves"),
    Case("images-pinned", FAIL, pod("registry:5000/app"), "which means app:latest"),
    Case("addons-pinned", PASS, addon("v1.23.1-eksbuild.1")),
    Case("addons-pinned", PASS, addon(None, "cert-manager")),
    Case("addons-pinned", UNKNOWN_YET, addon(UNKNOWN)),
    Case("addons-pinned", FAIL, addon(None), "EKS takes its default of the day"),
    Case("addons-pinned", FAIL, addon("latest"), "addonVersion is latest; accepted: an exact version"),
    Case("charts-pinned", PASS, chart("loki", "18.11.0")),
    Case("charts-pinned", PASS, chart("./charts/loki")),
    Case("charts-pinned", PASS, chart("/mirror/loki-18.11.0.tgz")),
    Case("charts-pinned", UNKNOWN_YET, chart("loki", UNKNOWN)),
    Case("charts-pinned", FAIL, chart("loki"), "version is absent"),
    Case("charts-pinned", FAIL, chart("oci://ghcr.io/charts/loki"), "version is absent"),
    Case("charts-pinned", FAIL, chart("loki", "^18.0.0"), "^18.0.0"),
    Case("charts-pinned", FAIL, chart("loki", ">=18"), "one exact version"),
    Case("kubernetes-roles-named", PASS, rbac("get", "list")),
    Case("kubernetes-roles-named", UNKNOWN_YET, [resource(ROLES[0], {"rules": UNKNOWN})]),
    Case("kubernetes-roles-named", FAIL, rbac("*"), 'verbs hold "*"'),
    Case(
        "kubernetes-roles-named",
        FAIL,
        values(clusterRole={"rules": [{"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}]}),
        "values.clusterRole.rules[0]: resources",
    ),
    Case("kubernetes-secrets-named", PASS, reader(resources=["configmaps"])),
    Case("kubernetes-secrets-named", PASS, reader(resources=["secrets"], resourceNames=["grafana-admin"])),
    Case("kubernetes-secrets-named", UNKNOWN_YET, [resource(ROLES[0], {"rules": UNKNOWN})]),
    Case("kubernetes-secrets-named", FAIL, reader(resources=["configmaps", "secrets"]), "rules[0]: secrets without"),
    Case("kubernetes-secrets-named", FAIL, reader(resources=["secrets"], resourceNames=[]), "without resourceNames"),
    Case(
        "kubernetes-secrets-named",
        FAIL,
        values(rbac={"extraRoleRules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}]}),
        "values.rbac.extraRoleRules[0]: secrets without resourceNames",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_kubernetes_rule(case: Case) -> None:
    check(case)


def test_messages_never_show_the_secret_itself() -> None:
    for case in CASES:
        messages, _ = verdicts(case)
        assert not any("hunter2" in message or "s3cret" in message or ACCESS_KEY in message for message in messages)
