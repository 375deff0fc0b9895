"""Secrets stand in Kubernetes or AWS secrets, never in Helm values, ConfigMaps or a pod's plain environment."""

import re
from collections.abc import Iterator

from planning.aws.types import CONFIG_MAP, RELEASE, WORKLOADS
from planning.registered import Property, Resource, is_table
from policies.facts import leaves, show
from policies.limits import Limits
from policies.rule import ResourceRule, Severity, Subject, Verdict, Violation

# Names that hold a secret itself; charts' keys such as envFromSecret and tlsSecret hold the name of one.
_SECRET_NAME = re.compile(
    r"(^|[_.-])(password|passwd|passphrase|token|credentials?|(api|access|secret|private|account)[_.-]?key)$"
    r"|(^|(client|shared|signing|webhook|app|auth)[_.-])secret$"
)
_REFERENCE_NAME = re.compile(r"existing|[_.-](ref|name|file|path|url)$|^automount")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Values that are filled in elsewhere: Grafana's and the collector's expansions, shells, templates, files.
_FILLED_ELSEWHERE = re.compile(r"^(\$|\{\{|<|/|file:)")
# Values that are secrets wherever they stand.
_SECRET_VALUES = (
    ("an AWS access key", re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a GitHub token", re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T[A-Z0-9]+/")),
    ("a Grafana token", re.compile(r"\bgl(sa|c)_[A-Za-z0-9+/=_]{20,}")),
    ("a URL with a password", re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@]+:(?![$<{*])[^\s/:@]+@")),
)


def _plain_secrets(resource: Resource, _limits: Limits) -> Iterator[Verdict]:
    root = "values" if resource.type == RELEASE else "data" if resource.type == CONFIG_MAP else "spec"
    for path, value in leaves(resource.at(root), (root,)):
        if is_table(value):
            name = value.get("name")
            if isinstance(name, str) and "value" in value and _named_secret(name, value["value"]):
                yield Violation(f"{show(path)} gives {name} a value in plain text")
            continue
        if _named_secret(path[-1], value):
            yield Violation(f"{show(path)} holds a secret in plain text")
        elif kind := _secret_value(value):
            yield Violation(f"{show(path)} holds {kind} in plain text")


def _named_secret(name: str, value: Property) -> bool:
    words = _CAMEL.sub("_", name).lower()
    return (
        isinstance(value, str)
        and bool(value)
        and not _FILLED_ELSEWHERE.match(value)
        and bool(_SECRET_NAME.search(words))
        and not _REFERENCE_NAME.search(words)
    )


def _secret_value(value: Property) -> str | None:
    if not isinstance(value, str):
        return None
    return next((kind for kind, pattern in _SECRET_VALUES if pattern.search(value)), None)


SECRETS_NOT_PLAIN = ResourceRule(
    id="secrets-not-plain",
    subject=Subject.SECURITY,
    title="No secret stands in Helm values, ConfigMaps or a pod's environment",
    why="Values are kept by Helm and printed by `helm get values`; ConfigMaps are readable to the whole namespace.",
    fix="Put it into a Kubernetes Secret and refer to that (existingSecret, secretKeyRef, $__file{}).",
    types=(RELEASE, CONFIG_MAP, *WORKLOADS),
    limits=Limits,
    check=_plain_secrets,
    severity=Severity.CRITICAL,
)
