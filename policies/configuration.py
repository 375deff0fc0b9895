"""The limits of a rule for a stack: what the engine was given, over the stack's own file in `policies/config/`."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from planning.errors import UserError
from policies.limits import Limits
from policies.rule import JudgingRule

CONFIG_FOLDER = Path(__file__).resolve().parent / "config"
# A stack whose name holds none of these words is judged as strictly as prod.
ENVIRONMENTS = ("prod", "staging", "dev")
ENFORCEMENT_LEVEL = "enforcementLevel"


class ConfigurationError(UserError):
    """Why a rule can't be applied, in words for people."""


def stack_of(urn: str) -> str:
    """The stack's name in a URN, urn:pulumi:<stack>::<project>::...; empty for anything else."""
    match = re.match(r"urn:pulumi:(.+?)::", urn)
    return match[1] if match else ""


def config_file(stack: str, folder: Path = CONFIG_FOLDER) -> Path:
    """The file that a stack is judged by: its own, else that of the environment in its name, else prod's."""
    own = folder / f"{stack}.json"
    if stack and own.exists():
        return own
    words = re.split(r"[-_.]", stack)
    return folder / f"{next((name for name in ENVIRONMENTS if name in words), ENVIRONMENTS[0])}.json"


def limits_for(rule: JudgingRule, stack: str, given: Mapping[str, Any] | None, folder: Path = CONFIG_FOLDER) -> Limits:
    """The limits of a rule. Raises `ConfigurationError` with one message that names file, key and what is accepted."""
    file = config_file(stack, folder)
    own = _load(file).get(rule.id, {})
    known = {key: value for key, value in _table(own).items() if key != ENFORCEMENT_LEVEL}
    try:
        # The text form reads dates, and is strict about everything else.
        return rule.limits.model_validate_json(json.dumps(known | dict(given or {})))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([rule.id, *(str(step) for step in first["loc"])])
        raise ConfigurationError(
            f"the configuration of this rule can't be used: {key}: {first['msg']} "
            f"(in policies/config/{file.name} or the file given with --policy-pack-config)"
        ) from None


def _table(value: Any) -> Mapping[str, Any]:
    """A level alone, such as "advisory", says nothing about limits."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


@cache
def _load(file: Path) -> Mapping[str, Any]:
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"policies/config/{file.name} can't be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"policies/config/{file.name} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"policies/config/{file.name} must hold one table: rule ids with their limits")
    return document  # pyright: ignore[reportUnknownVariableType]
