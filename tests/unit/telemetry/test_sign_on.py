"""Sign-on: the real chart's grafana.ini is what we mean, in words that Grafana documents; JMESPath judges the roles."""

from collections.abc import Callable
from configparser import RawConfigParser
from pathlib import Path
from typing import Any, cast

import jmespath  # pyright: ignore[reportMissingTypeStubs]
import pytest
import yaml

from settings.models.platform import PlatformSettings
from settings.models.sign_on import RoleGroups
from telemetry.charts.sign_on import role_expression
from tests.sign_on import ADMINS, DEVELOPERS, HOST, PROVIDERS, recorded, values_of

Build = Callable[[PlatformSettings], dict[str, dict[str, Any]]]
Make = Callable[..., PlatformSettings]
SECTION = {"oidc": "auth.generic_oauth", "entra": "auth.azuread"} | {
    name: f"auth.{name}" for name in ("google", "github", "okta", "proxy")
}
OPTIONS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parents[2] / "data" / "grafana_options.yaml").read_text(encoding="utf-8")
)


def sections(text: str) -> dict[str, dict[str, str]]:
    """The file as a parser reads it that isn't ours; Grafana's own (gopkg.in/ini.v1) read the same of all six."""
    parser = RawConfigParser(delimiters=("=",))
    cast("Any", parser).optionxform = str
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


@pytest.fixture(scope="module")
def rendered() -> dict[str, dict[str, dict[str, str]]]:
    return {provider: sections(text) for provider, text in recorded().items()}


def as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_recorded_files_are_of_todays_values(provider: str, rendered: dict[str, Any]) -> None:
    for name, keys in values_of(provider)["grafana.ini"].items():
        assert {key: as_text(value) for key, value in keys.items()}.items() <= rendered[provider][name].items()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_option_is_one_that_grafana_documents(provider: str, rendered: dict[str, Any]) -> None:
    found = {name: keys for name, keys in rendered[provider].items() if name in OPTIONS}
    assert {SECTION[provider], "auth", "auth.basic", "users"} == set(found)
    for name, keys in found.items():
        assert set(keys) <= set(OPTIONS[name])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_administrator_still_gets_in_and_strangers_never_above_viewer(provider: str, rendered: Any) -> None:
    ini = rendered[provider]
    assert ini["auth"]["disable_login_form"] == "false"
    assert ini["auth.basic"]["enabled"] == "true"
    assert ini["users"]["auto_assign_org_role"] == "Viewer"
    assert ini["auth.anonymous"]["enabled"] == "false"
    assert ini["server"]["root_url"] == f"https://{HOST}/"
    assert ini[SECTION[provider]].get("allow_assign_grafana_admin", "false") == "false"


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "proxy"])
def test_the_clients_secret_is_a_file_of_a_secret(provider: str, rendered: dict[str, Any]) -> None:
    values = values_of(provider)
    mount = next(one for one in values["extraSecretMounts"] if one["name"] == "sign-on")
    assert rendered[provider][SECTION[provider]]["client_secret"] == f"$__file{{{mount['mountPath']}/client-secret}}"
    assert mount["items"] == [{"key": "client-secret", "path": "client-secret"}]
    assert mount["secretName"] == PROVIDERS[provider].get("client_secret_in", "grafana-sign-on")


def role(expression: str, claims: dict[str, Any]) -> str:
    """As Grafana takes it: no text, no role."""
    found = cast("Any", jmespath).search(expression, claims)
    return found if isinstance(found, str) else ""


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (["platform admins", "everybody"], "Admin"),
        (["everybody", "Ärzte & Ops"], "Editor"),
        (["everybody"], "Viewer"),
        (["others"], ""),
        ([], ""),
        (None, ""),
        # One text is no list of groups: "no developers" has the name of a group in it.
        ("no developers", ""),
        ({"developers": True}, ""),
        (["no developers", "not platform admins"], ""),
    ],
)
@pytest.mark.parametrize("provider", ["okta", "oidc"])
def test_groups_become_roles(provider: str, groups: Any, expected: str, rendered: dict[str, Any]) -> None:
    claims: dict[str, Any] = {"groups": groups} if provider == "okta" else {"realm_access": {"roles": groups}}
    assert role(rendered[provider][SECTION[provider]]["role_attribute_path"], claims) == expected


def test_no_claim_is_no_role(rendered: dict[str, Any]) -> None:
    assert role(rendered["okta"]["auth.okta"]["role_attribute_path"], {"email": "a@acme.example"}) == ""


def test_a_claim_of_a_namespace_is_one_name() -> None:
    path = role_expression("https://acme.example/groups", RoleGroups(admin=("a",)))
    assert role(path, {"https://acme.example/groups": ["a"]}) == "Admin"


def test_strangers_are_refused_where_the_stack_says_so(
    rendered: dict[str, Any], make_settings: Make, build: Build
) -> None:
    assert [p for p in rendered if rendered[p][SECTION[p]].get("role_attribute_strict") == "true"] == [
        "github",
        "entra",
    ]
    assert rendered["entra"]["auth.azuread"]["allowed_groups"] == f"{ADMINS} {DEVELOPERS}"
    proxy = {**PROVIDERS["proxy"], "strangers": "refuse"}
    ini = build(make_settings("dev", grafana={"hostname": HOST, "sign_on": proxy}))["grafana"]["grafana.ini"]
    assert ini["auth.proxy"]["auto_sign_up"] is False


def test_entra_maps_groups_in_the_main_organization(rendered: dict[str, Any]) -> None:
    assert rendered["entra"]["auth.azuread"]["org_mapping"] == f"{ADMINS}:1:Admin {DEVELOPERS}:1:Editor"


def test_providers_for_everybody_are_narrowed_to_the_company(rendered: dict[str, Any]) -> None:
    assert rendered["google"]["auth.google"]["allowed_domains"] == "acme.example"
    assert rendered["github"]["auth.github"]["allowed_organizations"] == "acme"
    assert rendered["entra"]["auth.azuread"]["allowed_organizations"] == "8bab1c86-8fba-33e5-2089-1d1c80ec267d"
    assert rendered["proxy"]["auth.proxy"]["whitelist"] == "10.22.0.0/16"


def test_without_sign_on_grafana_ini_says_nothing_of_it(make_settings: Make, build: Build) -> None:
    grafana = build(make_settings("prod"))["grafana"]
    assert [name for name in grafana["grafana.ini"] if name.startswith("auth")] == ["auth.anonymous"]
    assert "auto_assign_org_role" not in grafana["grafana.ini"]["users"]
