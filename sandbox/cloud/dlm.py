"""The API of Amazon Data Lifecycle Manager, which moto hasn't got: policies are kept and answered, no snapshot is made.

Source: Amazon Data Lifecycle Manager API Reference (2026).
"""

from __future__ import annotations

import datetime
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from sandbox.providers.narrow import as_object
from sandbox.providers.rules import dlm as rules

ACCOUNT_ID = "123456789012"
POLICY = re.compile(r"/policies/(?P<id>[^/]+)/?")
TAGS = re.compile(r"/tags/(?P<arn>.+)")
SETTABLE = ("Description", "State", "ExecutionRoleArn", "PolicyDetails")


class DlmAnswer(NamedTuple):
    """Status and JSON body; an error's code stands in a header."""

    status: int
    body: dict[str, Any]
    error: str = ""


@dataclass
class DlmState:
    """Policies by region and id."""

    policies: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict[tuple[str, str], dict[str, Any]])

    def answer(self, method: str, path: str, query: Mapping[str, list[str]], body: bytes, region: str) -> DlmAnswer:
        """What DLM answers to one request."""
        given = as_object(json.loads(body)) if body else {}
        if path.rstrip("/") == "/policies":
            return self._create(given, region) if method == "POST" else self._list(region)
        if found := TAGS.fullmatch(path):
            return self._tag(method, unquote(found["arn"]), query, given, region)
        found = POLICY.fullmatch(path)
        policy = self.policies.get((region, found["id"])) if found else None
        if policy is None:
            return _missing(path)
        if method == "PATCH":
            return self._update(policy, given)
        if method == "DELETE":
            del self.policies[(region, policy["PolicyId"])]
            return DlmAnswer(200, {})
        return DlmAnswer(200, {"Policy": policy})

    def _create(self, given: Mapping[str, Any], region: str) -> DlmAnswer:
        if refused := rules.request_refusal(given):
            return DlmAnswer(400, {"Message": refused}, "InvalidRequestException")
        policy_id = f"policy-{secrets.token_hex(8)}0"
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.policies[(region, policy_id)] = {
            **{name: given[name] for name in SETTABLE},
            "PolicyId": policy_id,
            "PolicyArn": f"arn:aws:dlm:{region}:{ACCOUNT_ID}:policy/{policy_id}",
            "Tags": dict(as_object(given.get("Tags"))),
            "DateCreated": now,
            "DateModified": now,
        }
        return DlmAnswer(200, {"PolicyId": policy_id})

    def _list(self, region: str) -> DlmAnswer:
        named = ("PolicyId", "Description", "State", "Tags")
        found = [{name: one[name] for name in named} for (where, _), one in self.policies.items() if where == region]
        return DlmAnswer(200, {"Policies": found})

    def _update(self, policy: dict[str, Any], given: Mapping[str, Any]) -> DlmAnswer:
        changed = policy | {name: given[name] for name in SETTABLE if name in given}
        if refused := rules.request_refusal(changed):
            return DlmAnswer(400, {"Message": refused}, "InvalidRequestException")
        policy.update(changed)
        return DlmAnswer(200, {})

    def _tag(
        self, method: str, arn: str, query: Mapping[str, list[str]], given: Mapping[str, Any], region: str
    ) -> DlmAnswer:
        policy = self.policies.get((region, arn.rpartition("/")[2]))
        if policy is None:
            return _missing(arn)
        tags: dict[str, str] = policy["Tags"]
        if method == "POST":
            tags.update(as_object(given.get("Tags")))
        elif method == "DELETE":
            for key in query.get("tagKeys", []):
                tags.pop(key, None)
        else:
            return DlmAnswer(200, {"Tags": tags})
        return DlmAnswer(200, {})


def _missing(what: str) -> DlmAnswer:
    return DlmAnswer(404, {"Message": f"The policy {what} does not exist."}, "ResourceNotFoundException")
