"""Who may open Grafana, and as what: one identity provider, and roles by its groups.

The client's secret is no part of the document: it is the stack's secret lgtm:grafana_client_secret, or stands in a
Kubernetes Secret that is there.
"""

import re
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from settings.models.address_blocks import narrow_block, no_wider
from settings.models.fields import SecretName, matching

# What a value of grafana.ini can hold without quotes, and a JMESPath literal without escapes: no ' " ` # ; % $ { }.
Group = Annotated[
    str,
    matching(
        r"""^[^'"`#;%$\\{}\s]([^'"`#;%$\\{}\t\r\n]{0,126}[^'"`#;%$\\{}\s])?$""",
        "a group as the provider names it, at most 128 characters, without quotes and # ; % $ \\ { }",
    ),
]
ClientId = Annotated[str, matching(r"^[A-Za-z0-9_.~:/-]{1,255}$", "a client id: letters, digits and . ~ : / _ -")]
HttpsUrl = Annotated[
    str, matching(r"^https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9_.~/=&?+-]*)?$", "a URL that starts with https://")
]
Domain = Annotated[
    str,
    matching(
        r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
        "a domain in lower-case letters, such as acme.example",
    ),
]
Uuid = Annotated[
    str, matching(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "a UUID in lower-case letters, with its hyphens")
]
Organization = Annotated[str, matching(r"^[A-Za-z0-9-]{1,39}$", "the name of a GitHub organization")]
Claim = Annotated[
    str, matching(r"^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$", "the name of a claim, such as groups or realm_access.roles")
]
Scope = Annotated[str, matching(r"^[A-Za-z0-9_.:/-]{1,128}$", "an OAuth scope")]
Header = Annotated[str, matching(r"^[A-Za-z][A-Za-z0-9-]{0,63}$", "the name of an HTTP header")]
ProxyCidr = Annotated[
    IPv4Network,
    no_wider("is more than a proxy has: whoever reaches Grafana from there is whom its headers name"),
    narrow_block("10.20.3.7/32"),
]


class Oidc(Frozen):
    """Any provider of OpenID Connect; the callback is <Grafana's address>/login/generic_oauth."""

    name: Annotated[str, matching(r"^[\w .-]{1,40}$", "1 to 40 letters, digits, spaces and . _ -")] = "single sign-on"
    """What the button says."""
    client_id: ClientId
    """Grafana's id at the provider."""
    auth_url: HttpsUrl
    """Authorization endpoint."""
    token_url: HttpsUrl
    """Token endpoint."""
    api_url: HttpsUrl
    """UserInfo endpoint."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=20)] = ("openid", "profile", "email", "groups")
    """What is asked for; openid among them."""
    groups_claim: Claim = "groups"
    """Claim that lists a person's groups; dots lead into tables, such as realm_access.roles."""


class Google(Frozen):
    """Google Workspace; the callback is <Grafana's address>/login/google, and groups are e-mail addresses."""

    client_id: ClientId
    """Grafana's id at Google."""
    allowed_domains: Annotated[tuple[Domain, ...], Field(min_length=1, max_length=20)]
    """Workspace domains whose people may come: without them it would be everybody with a Google account."""


class GitHub(Frozen):
    """GitHub; the callback is <Grafana's address>/login/github, and groups are teams: @organization/team."""

    client_id: ClientId
    """Grafana's id at GitHub (an OAuth app)."""
    allowed_organizations: Annotated[tuple[Organization, ...], Field(min_length=1, max_length=20)]
    """Organizations whose members may come: without them it would be everybody on GitHub."""


class Entra(Frozen):
    """Microsoft Entra ID; the callback is <Grafana's address>/login/azuread, and groups are object ids."""

    client_id: ClientId
    """Application (client) id."""
    tenant_id: Uuid
    """Directory (tenant) id; people of no other tenant may come."""


class Okta(Frozen):
    """Okta; the callback is <Grafana's address>/login/okta, and the groups claim must be sent."""

    client_id: ClientId
    """Grafana's id at Okta."""
    domain: Domain
    """Okta's domain of the company, such as acme.okta.com."""


class AuthProxy(Frozen):
    """A proxy before Grafana that knows who somebody is and says so in headers."""

    trusted_cidrs: Annotated[tuple[ProxyCidr, ...], Field(min_length=1, max_length=20)]
    """Addresses of the proxy as Grafana sees them: from anywhere else its headers count for nothing."""
    user_header: Header = "X-WEBAUTH-USER"
    """Header with the login name."""
    email_header: Header | None = None
    """Header with the e-mail address."""
    name_header: Header | None = None
    """Header with the name."""
    role_header: Header | None = None
    """Header with Viewer, Editor or Admin: with a proxy it is the proxy that maps groups to roles."""


class RoleGroups(Frozen):
    """Who has which role in Grafana, by groups of the provider; of several roles the highest counts."""

    admin: Annotated[tuple[Group, ...], Field(max_length=50)] = ()
    """Groups whose people may change everything but the server itself."""
    editor: Annotated[tuple[Group, ...], Field(max_length=50)] = ()
    """Groups whose people may make dashboards and explore data."""
    viewer: Annotated[tuple[Group, ...], Field(max_length=50)] = ()
    """Groups whose people may look."""

    @property
    def by_role(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Grafana's names of the roles with their groups, the highest first."""
        return (("Admin", self.admin), ("Editor", self.editor), ("Viewer", self.viewer))

    @property
    def groups(self) -> tuple[str, ...]:
        """All groups, each once."""
        return tuple(dict.fromkeys((*self.admin, *self.editor, *self.viewer)))


PROVIDERS = ("oidc", "google", "github", "entra", "okta", "proxy")
_UUID_PATTERN = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class SignOn(Frozen):
    """How people sign on to Grafana; the administrator's own password still works, for the day the provider doesn't."""

    oidc: Oidc | None = None
    """Any provider of OpenID Connect."""
    google: Google | None = None
    """Google Workspace."""
    github: GitHub | None = None
    """GitHub."""
    entra: Entra | None = None
    """Microsoft Entra ID."""
    okta: Okta | None = None
    """Okta."""
    proxy: AuthProxy | None = None
    """An authenticating proxy before Grafana."""
    roles: RoleGroups = RoleGroups()
    """Roles by group."""
    strangers: Literal["viewer", "refuse"] = "viewer"
    """Who is known to the provider and in none of these groups: may look, or is refused."""
    client_secret_in: SecretName | None = None
    """Kubernetes Secret in the platform's namespace, made by somebody else, that holds the client's secret under the
    key client-secret; default: the platform makes one from the stack's secret lgtm:grafana_client_secret."""

    @property
    def client(self) -> Oidc | Google | GitHub | Entra | Okta | None:
        """The provider's table; None where a proxy signs on."""
        return self.oidc or self.google or self.github or self.entra or self.okta

    @model_validator(mode="after")
    def _one_provider(self) -> Self:
        given = [name for name in PROVIDERS if getattr(self, name) is not None]
        if len(given) != 1:
            said = ", ".join(given) or "none"
            raise broken_rule(f"got {said}; accepted: exactly one of {', '.join(PROVIDERS)}", *PROVIDERS)
        return self

    @model_validator(mode="after")
    def _roles_fit(self) -> Self:
        if self.proxy is not None:
            if self.roles.groups:
                raise broken_rule(
                    "a proxy sends the role itself, in proxy.role_header: leave roles out, or sign on by another "
                    "provider",
                    "roles",
                )
            if self.client_secret_in is not None:
                raise broken_rule("a proxy needs no client's secret: leave it out", "client_secret_in")
        elif self.strangers == "refuse" and not self.roles.groups:
            raise broken_rule("with strangers refused and no group under roles nobody gets in: name groups", "roles")
        return self

    @model_validator(mode="after")
    def _groups_are_named_as_the_provider_does(self) -> Self:
        forms = (
            (self.google, r"[^\s@]+@[^\s@]+", "Google's groups are e-mail addresses, such as dev@acme.example"),
            (self.github, r"@[\w-]+/[\w-]+", "GitHub's teams are written @organization/team"),
            (self.entra, _UUID_PATTERN, "Entra's groups are object ids (UUIDs)"),
        )
        for provider, pattern, said in forms:
            wrong = [group for group in self.roles.groups if not re.fullmatch(pattern, group)]
            if provider is not None and wrong:
                raise broken_rule(f"{said}; got {wrong[0]}", "roles")
        return self
