"""What a company says of itself, and the stack files that follow from it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from planning.base import Frozen
from settings.document.defaults import default_mode, defaults_for
from settings.document.loader import FULL_KEY, REGION_KEY
from settings.models.environment import Environment

# Documentation addresses (RFC 5737): a preview takes them, `pulumi up` doesn't.
PLACEHOLDER_CIDR = "203.0.113.0/24"
PROJECT_FILE = """\
name: lgtm
description: The observability platform of {company}
runtime:
  name: python
  options:
    virtualenv: .venv
    toolchain: pip
"""


class Answers(Frozen):
    """What the stack files are made of."""

    company: str
    """First part of every name."""
    owner: str
    """Value of the owner tag."""
    cost_centre: str
    """Value of the cost-centre tag."""
    region: str
    """AWS region."""
    environments: tuple[Environment, ...]
    """The stacks to write, by their environment."""
    services: tuple[Mapping[str, Any], ...]
    """As they stand in the stack files."""
    requests_per_second: float
    """Of the environment with the most, a daily mean."""
    budgets: Mapping[Environment, float] = {}
    """US dollars a month; an environment without one keeps its default."""
    automatic: tuple[Environment, ...] = ()
    """Environments whose sizes the planner chooses, because their defaults don't carry the load."""
    access_cidrs: tuple[str, ...] = (PLACEHOLDER_CIDR,)
    """Who may reach the Kubernetes API."""


def default_requests_per_second(environments: Sequence[Environment]) -> float:
    """What the environment with the most has by default."""
    return max(_requests(environment) for environment in environments)


def stack_documents(answers: Answers) -> dict[Environment, dict[str, Any]]:
    """The document of each stack, by environment."""
    return {environment: _document(answers, environment) for environment in answers.environments}


def stack_text(document: Mapping[str, Any]) -> str:
    """A stack file."""
    config = {"config": {REGION_KEY: document["region"], FULL_KEY: dict(document)}}
    body = yaml.safe_dump(config, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    return f"# yaml-language-server: $schema=settings/stack.schema.json\n{body}"


def _document(answers: Answers, environment: Environment) -> dict[str, Any]:
    most = default_requests_per_second(answers.environments)
    document: dict[str, Any] = {
        "environment": environment.value,
        "project": answers.company,
        "owner": answers.owner,
        "cost_centre": answers.cost_centre,
        "region": answers.region,
    }
    if environment in answers.budgets:
        # The default's parts belong to the default's whole.
        parts = [key for key in _default(environment, "budget") if key != "usd_per_month"]
        document["budget"] = {"usd_per_month": answers.budgets[environment]} | dict.fromkeys(parts)
    # The environments keep the proportions of their defaults.
    share = round(answers.requests_per_second * _requests(environment) / most, 2)
    document["workload"] = {"requests_per_second": int(share) if share == int(share) else max(share, 0.01)}
    if environment in answers.automatic:
        document["sizes"] = "auto"
    document["services"] = [dict(service) for service in answers.services]
    document["cluster"] = _cluster(answers, environment)
    return {key: value for key, value in document.items() if value}


def _cluster(answers: Answers, environment: Environment) -> dict[str, Any]:
    owns = {"public_access_cidrs": list(answers.access_cidrs)}
    if default_mode(environment) != "shared":
        return owns
    # A tenant stack lives on the cluster of another one; without another one it has its own.
    if Environment.STAGING in answers.environments:
        return {}
    return {"mode": "eks"} | owns


def _requests(environment: Environment) -> float:
    return float(_default(environment, "workload")["requests_per_second"])


def _default(environment: Environment, key: str) -> Mapping[str, Any]:
    table: Any = defaults_for(environment, None)[key]
    return {name: value for name, value in table.items() if value is not None}
