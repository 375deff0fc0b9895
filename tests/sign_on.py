"""Sign-on by each provider, as a stack would have it; and grafana.ini as the real chart renders it, recorded.

`python -m tests.sign_on FOLDER` records it again from the folder of the real chart.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from telemetry.charts.grafana import grafana_values
from telemetry.charts.lock import CHARTS, ChartName
from telemetry.kubernetes.placement import placement_for
from tests.chart_facts.recorded import FOLDER
from tests.chart_facts.sources import rendered
from tests.stacks import stack_settings
from tests.tool_path import tools_on_path

HOST = "grafana.acme.example"
ADMINS, DEVELOPERS = "5f0c1f7e-0d43-4b0b-9a0e-0b5f6f6f1a01", "5f0c1f7e-0d43-4b0b-9a0e-0b5f6f6f1a02"
ROLES = {"admin": ["platform admins"], "editor": ["developers", "Ärzte & Ops"], "viewer": ["everybody"]}

PROVIDERS: dict[str, dict[str, Any]] = {
    "oidc": {
        "oidc": {
            "name": "Keycloak",
            "client_id": "grafana",
            "auth_url": "https://id.acme.example/realms/acme/protocol/openid-connect/auth",
            "token_url": "https://id.acme.example/realms/acme/protocol/openid-connect/token",
            "api_url": "https://id.acme.example/realms/acme/protocol/openid-connect/userinfo",
            "scopes": ["openid", "profile", "email", "roles"],
            "groups_claim": "realm_access.roles",
        },
        "roles": ROLES,
    },
    "google": {
        "google": {"client_id": "123-abc.apps.googleusercontent.com", "allowed_domains": ["acme.example"]},
        "roles": {"admin": ["platform@acme.example"], "editor": ["dev@acme.example"]},
    },
    "github": {
        "github": {"client_id": "Iv1.8a61f9b3a7aba766", "allowed_organizations": ["acme"]},
        "roles": {"admin": ["@acme/platform"], "editor": ["@acme/developers"]},
        "strangers": "refuse",
    },
    "entra": {
        "entra": {
            "client_id": "0a1b2c3d-0000-4000-8000-000000000001",
            "tenant_id": "8bab1c86-8fba-33e5-2089-1d1c80ec267d",
        },
        "roles": {"admin": [ADMINS], "editor": [DEVELOPERS]},
        "strangers": "refuse",
    },
    "okta": {
        "okta": {"client_id": "0oa2abcDEF", "domain": "acme.okta.com"},
        "roles": ROLES,
        "client_secret_in": "okta-grafana",
    },
    "proxy": {
        "proxy": {
            "trusted_cidrs": ["10.22.0.0/16"],
            "email_header": "X-WEBAUTH-EMAIL",
            "role_header": "X-WEBAUTH-ROLE",
        },
    },
}
RECORDED = FOLDER / f"grafana-{CHARTS[ChartName.GRAFANA].version}.sign-on.yaml"
_HEADER = "# grafana.ini as the real chart renders it, by provider: `python -m tests.sign_on FOLDER`.\n"


def values_of(provider: str) -> dict[str, Any]:
    """The chart's values for prod with sign-on by a provider."""
    settings = stack_settings("prod", grafana={"hostname": HOST, "sign_on": PROVIDERS[provider]})
    return grafana_values(settings, placement_for(settings, "prod"), "gp3").to_values()


def recorded() -> dict[str, str]:
    """grafana.ini by provider."""
    return yaml.safe_load(RECORDED.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> None:
    """Writes the file anew."""
    (folder,) = arguments
    found: dict[str, str] = {}
    for provider in PROVIDERS:
        maps = [one for one in rendered(Path(folder), "grafana", values_of(provider)) if one["kind"] == "ConfigMap"]
        (found[provider],) = (one["data"]["grafana.ini"] for one in maps if "grafana.ini" in one["data"])
    text = yaml.safe_dump(found, width=160, allow_unicode=True, default_style="|", sort_keys=False)
    RECORDED.write_text(_HEADER + text, encoding="utf-8")


if __name__ == "__main__":
    with tools_on_path():
        main(sys.argv[1:])
