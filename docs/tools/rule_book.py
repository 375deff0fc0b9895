"""The rule book, `docs/policies.md`: `python -m docs.tools.rule_book` writes it, `--check` says whether it is stale."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ops.report.markdown import markdown_table
from policies.configuration import CONFIG_FOLDER, ENFORCEMENT_LEVEL
from policies.limits import Limits
from policies.rule import ExceptionRule, JudgingRule, Level, ResourceRule, Rule, Subject
from policies.rules import EXCEPTION_RULES, RULES
from settings.document.generated import ROOT, write_or_check

PAGE = ROOT / "docs" / "policies.md"
STACKS = ("dev", "staging", "prod")
LONGEST_CELL = 200

INTRODUCTION = """\
# Policies

<!-- Generated from policies/ by `python -m docs.tools.rule_book`; edit the rules, not this page. -->

The policy pack in `policies/` judges the resources that a stack registers, in every preview and every update:

```
pulumi preview --stack prod --policy-pack policies --policy-pack-config policies/config/prod.json
pulumi stack export --stack prod > state.json
pulumi policy analyze --file state.json --policy-pack policies --policy-pack-config policies/config/prod.json
```

* **Mandatory** violations stop the preview or update with exit code 1; **advisory** ones are shown. In `dev` everything
  is advisory.
* Rules of single **resources** are judged before the resource is created; rules of the **stack** join several resources
  and are judged when all are registered.
* What a preview can't know yet (an id, an ARN that AWS gives) is neither a pass nor a violation: the rule reports
  itself as not applicable, "not yet known", and is judged during the update.
* Without `--policy-pack-config` the pack reads the limits of `policies/config/<stack>.json` itself, by the stack's
  name (else by `dev`, `staging` or `prod` as a word in the name, else prod's), and every rule has the level given
  below.

## Configuration

`policies/config/<stack>.json` is generated from the settings by `python -m settings.document.policy_config`. Settings
say what the stack should be, this file what was agreed: a change of settings that breaks the agreement fails the
preview until both change in one review. Written by hand, and kept: exceptions, `baseline_usd_per_month` of
`cost-delta`, and `max_percent_of_baseline` of `steady-load-sustained`.

## Exceptions

An exception goes under its rule in `policies/config/<stack>.json`, and stays there when the file is generated again:

```json
"images-pinned": {
  "exceptions": [
    {"resource": "grafana", "reason": "upstream publishes no version tag yet, see ticket 1234", "until": "2027-01-31"}
  ]
}
```

`resource` is a logical name or a URN, with `*` and `?` for any characters; a violation of the whole stack is the
stack's own (`lgtm-prod`). After `until` the violation counts again, and the exception is one itself
(`exceptions-in-date`); one that covers nothing any more is reported (`exceptions-in-use`).
"""


def rule_book(configs: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page. `configs` are the configuration files by stack."""
    rules: tuple[Rule, ...] = (*RULES, *EXCEPTION_RULES)
    parts = [INTRODUCTION, _overview(rules, configs)]
    for subject in Subject:
        parts.append(f"## {subject}\n")
        parts += [_chapter(rule, configs) for rule in rules if rule.subject is subject]
    return "\n".join(parts)


def _overview(rules: Iterable[Rule], configs: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [f"[`{rule.id}`](#{rule.id})", rule.subject.value, rule.title, rule.severity.value, *_levels(rule, configs)]
        for rule in rules
    ]
    return "## Overview\n\n" + _table(["rule", "about", "what must hold", "severity", *STACKS], rows)


def _levels(rule: Rule, configs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [level_in(rule, configs[stack]) for stack in STACKS]


def level_in(rule: Rule, config: Mapping[str, Any]) -> str:
    """The level of a rule under a configuration file, as the engine would resolve it."""
    own = config.get(rule.id, {})
    given = own if isinstance(own, str) else own.get(ENFORCEMENT_LEVEL)
    return str(given or config.get("all") or rule.level.value)


def _chapter(rule: Rule, configs: Mapping[str, Mapping[str, Any]]) -> str:
    judged = "the exceptions" if isinstance(rule, ExceptionRule) else _judged(rule)
    parts = [
        f"### {rule.id}\n",
        f"{rule.title}.\n",
        f"* **Why**: {rule.why}",
        f"* **Fix**: {rule.fix}",
        f"* **Judges**: {judged}",
        f"* **Without configuration**: {rule.level.value}{' (shown only)' if rule.level is Level.ADVISORY else ''}",
    ]
    if not isinstance(rule, ExceptionRule):
        parts.append(f'* **Except**: `"{rule.id}": {{"exceptions": [...]}}`, with a reason and a last day\n')
        parts.append(_limits(rule, configs))
    return "\n".join(parts) + "\n"


def _judged(rule: JudgingRule) -> str:
    scope = "each resource" if isinstance(rule, ResourceRule) else "the stack"
    return f"{scope}: " + ", ".join(f"`{pattern}`" for pattern in rule.types)


def _limits(rule: JudgingRule, configs: Mapping[str, Mapping[str, Any]]) -> str:
    schema = rule.limits.model_json_schema()
    names = [name for name in schema["properties"] if name not in Limits.model_fields]
    if not names:
        return ""
    values = {stack: _values(rule, configs[stack]) for stack in STACKS}
    rows = [
        [f"`{name}`", schema["properties"][name].get("description", ""), *(values[stack][name] for stack in STACKS)]
        for name in names
    ]
    return _table(["limit", "meaning", *STACKS], rows)


def _values(rule: JudgingRule, config: Mapping[str, Any]) -> dict[str, str]:
    own = {key: value for key, value in config.get(rule.id, {}).items() if key != ENFORCEMENT_LEVEL}
    set_here = rule.limits.model_validate_json(json.dumps(own)).model_fields_set
    defaults = rule.limits.model_fields
    return {
        name: _shown(own[name]) if name in set_here else _shown(field.default) if field.default_factory is None else "–"
        for name, field in defaults.items()
    }


def _shown(value: Any) -> str:
    if value is None or value in ((), [], {}):
        return "–"
    text = json.dumps(list(value) if isinstance(value, tuple) else value)  # pyright: ignore[reportUnknownArgumentType]
    return f"`{text}`" if len(text) <= LONGEST_CELL else "see the file"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return markdown_table(head, rows) + "\n"


def stack_configs(folder: Path = CONFIG_FOLDER) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The configuration file of each stack. Raises `OSError`, `ValueError`."""
    for stack in STACKS:
        yield stack, json.loads((folder / f"{stack}.json").read_text(encoding="utf-8"))


def main(arguments: Sequence[str]) -> int:
    """The command line. Returns its exit status."""
    try:
        text = rule_book(dict(stack_configs()))
    except (OSError, ValueError, ValidationError) as error:
        print(f"error: policies/config can't be used: {error}", file=sys.stderr)
        return 1
    return write_or_check("docs.tools.rule_book", {PAGE: text}, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
