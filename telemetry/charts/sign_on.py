"""Sign-on as sections of grafana.ini. Secrets are files that Grafana reads; never values.

Roles come from groups: a JMESPath expression over the groups claim, or, with Entra, whose section of grafana.ini knows
no such expression, `org_mapping`. Of several roles the highest counts.

Source: Grafana documentation, "Configure authentication" (generic OAuth, Google, GitHub, Entra ID, Okta, auth proxy),
version 13, read 2026-11-28; JMESPath specification, "Contains" and "Literal expressions".
"""

import re
from typing import Any
from urllib.parse import urlsplit

from settings.models.sign_on import AuthProxy, Entra, GitHub, Google, Oidc, Okta, RoleGroups, SignOn
from telemetry.kubernetes.endpoints import SIGN_ON_KEY, SIGN_ON_SECRET

SECTION_OF: dict[type[Oidc | Google | GitHub | Entra | Okta], str] = {
    Oidc: "auth.generic_oauth",
    Google: "auth.google",
    GitHub: "auth.github",
    Entra: "auth.azuread",
    Okta: "auth.okta",
}
VOLUME = "sign-on"
DIRECTORY = "/etc/lgtm/sign-on"
# The organization that Grafana makes at its first start, and the only one here.
MAIN_ORGANIZATION = 1
# Google Cloud Identity: without it Google tells no groups (Grafana documentation, "Configure Google OAuth").
GOOGLE_GROUPS_SCOPE = "https://www.googleapis.com/auth/cloud-identity.groups.readonly"
HTTPS_PORT = 443


def sign_on_secret(sign_on: SignOn) -> str:
    """The Kubernetes Secret with the client's secret."""
    return sign_on.client_secret_in or SIGN_ON_SECRET


def provider_port(sign_on: SignOn) -> int | None:
    """Port at which Grafana asks the provider; None where it asks nobody."""
    if sign_on.oidc is not None:
        return urlsplit(sign_on.oidc.token_url).port or HTTPS_PORT
    return None if sign_on.proxy is not None else HTTPS_PORT


def sign_on_ini(sign_on: SignOn) -> dict[str, dict[str, Any]]:
    """The sections that sign-on adds to grafana.ini.

    The login form stays, and nobody is sent to the provider unasked: the administrator gets in by its password.
    """
    common: dict[str, dict[str, Any]] = {
        "auth": {"disable_login_form": False},
        "auth.basic": {"enabled": True},
        "users": {"auto_assign_org": True, "auto_assign_org_id": MAIN_ORGANIZATION, "auto_assign_org_role": "Viewer"},
    }
    client = sign_on.client
    if sign_on.proxy is not None:
        return common | {"auth.proxy": _proxy(sign_on.proxy, refuse=sign_on.strangers == "refuse")}
    if client is None:
        raise ValueError("grafana.sign_on names no provider")
    return common | {SECTION_OF[type(client)]: _oauth(sign_on, client)}


def role_expression(claim: str, roles: RoleGroups) -> str:
    """JMESPath: a person's role from the groups claim; false, which is no role, for who is in none of the groups.

    `[*]` of what is no list is null: a claim of one text must not count for the groups whose names stand in it. A
    default role isn't part of it: Grafana asks the ID token first, and would never look for groups elsewhere.
    """
    groups = f"{_identifier(claim)}[*] || `[]`"
    return " || ".join(f"contains({groups}, '{group}') && '{role}'" for role, those in roles.by_role for group in those)


def _identifier(claim: str) -> str:
    return claim if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", claim) else f'"{claim}"'


def _oauth(sign_on: SignOn, client: Oidc | Google | GitHub | Entra | Okta) -> dict[str, Any]:
    refuse = sign_on.strangers == "refuse"
    return {
        "enabled": True,
        "allow_sign_up": True,
        "auto_login": False,
        "client_id": client.client_id,
        "client_secret": f"$__file{{{DIRECTORY}/{SIGN_ON_KEY}}}",
        "use_pkce": True,
        **_provider(client, with_groups=bool(sign_on.roles.groups)),
        **(_mapping(client, sign_on.roles, refuse=refuse) if sign_on.roles.groups else {}),
        # Who has no role is refused, or gets the one of `users.auto_assign_org_role`.
        "role_attribute_strict": refuse,
        # Nobody becomes administrator of the server itself: that is the administrator with the password.
        "allow_assign_grafana_admin": False,
        "skip_org_role_sync": False,
    }


def _mapping(client: Oidc | Google | GitHub | Entra | Okta, roles: RoleGroups, *, refuse: bool) -> dict[str, Any]:
    if not isinstance(client, Entra):
        claim = client.groups_claim if isinstance(client, Oidc) else "groups"
        return {"role_attribute_path": role_expression(claim, roles)}
    rows = [f"{group}:{MAIN_ORGANIZATION}:{role}" for role, groups in roles.by_role for group in groups]
    return {"org_mapping": " ".join(rows), **({"allowed_groups": " ".join(roles.groups)} if refuse else {})}


def _provider(client: Oidc | Google | GitHub | Entra | Okta, *, with_groups: bool) -> dict[str, Any]:
    match client:
        case Oidc():
            return {
                "name": client.name,
                "scopes": " ".join(client.scopes),
                "auth_url": client.auth_url,
                "token_url": client.token_url,
                "api_url": client.api_url,
                "groups_attribute_path": _identifier(client.groups_claim),
            }
        case Google():
            scopes = ["openid", "email", "profile", *([GOOGLE_GROUPS_SCOPE] if with_groups else [])]
            hosted = {"hosted_domain": client.allowed_domains[0]} if len(client.allowed_domains) == 1 else {}
            return {"scopes": " ".join(scopes), "allowed_domains": " ".join(client.allowed_domains), **hosted}
        case GitHub():
            return {
                "scopes": "user:email,read:org",
                "allowed_organizations": " ".join(client.allowed_organizations),
            }
        case Entra():
            base = f"https://login.microsoftonline.com/{client.tenant_id}/oauth2/v2.0"
            return {
                "name": "Microsoft",
                "client_authentication": "client_secret_post",
                "scopes": "openid email profile",
                "auth_url": f"{base}/authorize",
                "token_url": f"{base}/token",
                "allowed_organizations": client.tenant_id,
            }
        case Okta():
            base = f"https://{client.domain}/oauth2/v1"
            return {
                "scopes": "openid profile email groups",
                "auth_url": f"{base}/authorize",
                "token_url": f"{base}/token",
                "api_url": f"{base}/userinfo",
            }


def _proxy(proxy: AuthProxy, *, refuse: bool) -> dict[str, Any]:
    pairs = (("Name", proxy.name_header), ("Email", proxy.email_header), ("Role", proxy.role_header))
    return {
        "enabled": True,
        "header_name": proxy.user_header,
        "header_property": "username",
        # A stranger is whom the administrator hasn't made a user.
        "auto_sign_up": not refuse,
        "whitelist": ", ".join(map(str, proxy.trusted_cidrs)),
        "headers": " ".join(f"{name}:{header}" for name, header in pairs if header),
        "enable_login_token": False,
    }
