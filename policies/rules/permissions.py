"""Permissions: no wildcards in what is allowed and to whom, TLS only for buckets, roles bound to service accounts."""

from collections.abc import Iterator, Sequence

from planning.aws import types
from planning.registered import UNKNOWN, Property, Resource, belonging_to, of_type, tables, value_at
from policies.iam_documents import Statement, statements_of
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, StackRule, Subject, Verdict, Violation

POD_IDENTITY_SERVICE = "pods.eks.amazonaws.com"
# Where each type keeps its policy documents. An endpoint policy is none of them: it narrows and never grants.
DOCUMENTS = {
    types.IAM_POLICY: ("policy",),
    types.ROLE_POLICY: ("policy",),
    types.USER_POLICY: ("policy",),
    types.ROLE: ("assumeRolePolicy",),
    types.BUCKET_POLICY: ("policy",),
    types.BUCKET: ("policy",),
    types.KEY: ("policy",),
    types.KEY_POLICY: ("policy",),
    types.TOPIC: ("policy",),
    types.TOPIC_POLICY: ("policy",),
    types.QUEUE: ("policy",),
    types.QUEUE_POLICY: ("policy",),
    types.SECRET: ("policy",),
}
# AWS's own policies that allow everything, or everything of a service.
BROAD_POLICIES = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")


def _wildcards(resource: Resource, _limits: Limits) -> Iterator[Verdict]:
    if resource.type == types.ROLE_POLICY_ATTACHMENT:
        yield from _broad_policy("policyArn", resource.at("policyArn"))
        return
    for key in DOCUMENTS.get(resource.type, ()):
        if resource.at(key) is not None:
            yield from _broad_document(key, resource.at(key), resource.type)
    for index, inline in tables(resource.at("inlinePolicies")):
        yield from _broad_document(f"inlinePolicies[{index}].policy", value_at(inline, "policy"), resource.type)
    for index, (_, arn) in enumerate(tables(resource.at("managedPolicyArns"))):
        yield from _broad_policy(f"managedPolicyArns[{index}]", arn)


def _broad_policy(what: str, arn: Property) -> Iterator[Verdict]:
    if arn is UNKNOWN:
        yield NotYetKnown(what)
        return
    name = str(arn).rsplit("/", 1)[-1]
    if (
        str(arn).startswith("arn:")
        and ":iam::aws:policy/" in str(arn)
        and (name in BROAD_POLICIES or name.endswith("FullAccess"))
    ):
        yield Violation(f"{what} is {name}, which allows whole services; write a policy with the actions that are used")


def _broad_document(what: str, document: Property, type_token: str) -> Iterator[Verdict]:
    statements = statements_of(document)
    if statements is UNKNOWN:
        yield NotYetKnown(what)
    elif statements is None:
        yield Violation(f"{what} is no policy document: JSON with a Statement was expected")
    else:
        for statement in statements:
            if statement.allows:
                yield from _broad_statement(what, statement, type_token)


def _broad_statement(what: str, statement: Statement, type_token: str) -> Iterator[Verdict]:
    if statement.negated:
        yield Violation(f"{what}: {statement.name} allows all but {', '.join(statement.negated)}; name what it allows")
    if statement.for_everybody:
        yield Violation(f'{what}: {statement.name} allows principal "*"; name accounts, roles or services')
    actions = [action for action in statement.actions if "*" in action]
    if actions and not _key_administration(statement, type_token):
        yield Violation(f"{what}: {statement.name} allows {', '.join(actions)}; name the actions that are used")


def _key_administration(statement: Statement, type_token: str) -> bool:
    """The statement that KMS itself proposes: the account decides by IAM; without it a key can become unmanageable."""
    own_account = statement.principals and all(
        principal.startswith("arn:") and principal.endswith(":root") for principal in statement.principals
    )
    return type_token.startswith("aws:kms/") and bool(own_account) and statement.actions == ("kms:*",)


NO_WILDCARDS = ResourceRule(
    id="no-wildcards",
    subject=Subject.SECURITY,
    title="Policies name the actions and principals that they allow",
    why="A wildcard grants what nobody reviewed, and what AWS will add tomorrow.",
    fix="List the actions that the workload calls and the principals that call them.",
    types=(*DOCUMENTS, types.ROLE_POLICY_ATTACHMENT),
    limits=Limits,
    check=_wildcards,
)


def _plain_http(resources: Sequence[Resource], _limits: Limits) -> Iterator[Verdict]:
    for bucket in of_type(resources, types.BUCKET):
        policies = list(belonging_to(bucket, "bucket", resources, types.BUCKET_POLICY))
        if not policies:
            yield Violation("has no bucket policy that refuses plain HTTP", bucket.urn)
        for policy in policies:
            yield from _accepts_http(policy)


def _accepts_http(policy: Resource) -> Iterator[Verdict]:
    statements = statements_of(policy.at("policy"))
    if statements is UNKNOWN:
        yield NotYetKnown("policy", policy.urn)
    elif not any(_refuses_http(statement) for statement in statements or ()):
        yield Violation(
            'no statement denies s3:* to "*" on the bucket and its objects where aws:SecureTransport is false',
            policy.urn,
        )


def _refuses_http(statement: Statement) -> bool:
    objects = [resource for resource in statement.resources if resource.endswith("/*")]
    return (
        not statement.allows
        and not statement.negated
        and statement.for_everybody
        and any(action in ("s3:*", "*") for action in statement.actions)
        and "false" in statement.condition("aws:SecureTransport")
        and 0 < len(objects) < len(statement.resources)
    )


BUCKETS_TLS_ONLY = StackRule(
    id="buckets-tls-only",
    subject=Subject.SECURITY,
    title="Every bucket refuses plain HTTP",
    why="Telemetry would cross networks readable; S3 answers on port 80 unless a policy refuses.",
    fix="Create buckets with TierBuckets, whose policy refuses plain HTTP and old TLS.",
    types=(types.BUCKET, types.BUCKET_POLICY),
    limits=Limits,
    check=_plain_http,
)


def _unbound_roles(resources: Sequence[Resource], _limits: Limits) -> Iterator[Verdict]:
    associations = [resource for resource in resources if resource.type in (types.POD_IDENTITY, types.ADDON)]
    for role in of_type(resources, types.ROLE):
        statements = statements_of(role.at("assumeRolePolicy"))
        if statements is UNKNOWN:
            yield NotYetKnown("assumeRolePolicy", role.urn)
            continue
        for_pods = [s for s in statements or () if s.allows and POD_IDENTITY_SERVICE in s.principals]
        for statement in for_pods:
            if not statement.condition("aws:RequestTag/kubernetes-service-account"):
                yield Violation(
                    f"assumeRolePolicy: {statement.name} lets any pod identity of the account take the role; "
                    "compare aws:RequestTag/kubernetes-namespace and kubernetes-service-account",
                    role.urn,
                )
        if for_pods and not any(_uses(association, role) for association in associations):
            yield Violation("is for pods, but no pod identity association or add-on uses it", role.urn)


def _uses(association: Resource, role: Resource) -> bool:
    if association.type == types.ADDON:
        key, values = "podIdentityAssociations", tables(association.at("podIdentityAssociations"))
        arns = [value_at(value, "roleArn") for _, value in values]
    else:
        key, arns = "roleArn", [association.at("roleArn")]
    name = role.at("name")
    return role.urn in association.property_dependencies.get(key, frozenset()) or any(
        isinstance(arn, str) and isinstance(name, str) and arn.endswith(f"/{name}") for arn in arns
    )


POD_ROLES_BOUND = StackRule(
    id="pod-roles-bound",
    subject=Subject.SECURITY,
    title="Roles for pods are bound to one service account, and used",
    why="A role that any pod can take is everybody's; one that no association uses is a forgotten way in.",
    fix="Create roles with WorkloadIdentity, which narrows the trust and makes the association.",
    types=(types.ROLE, types.POD_IDENTITY, types.ADDON),
    limits=Limits,
    check=_unbound_roles,
    severity=Severity.MEDIUM,
)
