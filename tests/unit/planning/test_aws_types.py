"""Every type token of the platform's own code is spelled once."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from planning.aws import types

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / "planning" / "aws" / "types.py"
ROOMS = ("planning", "policies", "telemetry", "settings", "components", "ops")
# A module, a path or version, a type: aws:s3/bucket:Bucket, kubernetes:core/v1:Pod. Patterns with * are no tokens.
TOKEN = re.compile(r"(aws|kubernetes|random):[\w.]+/\w+:[A-Z]\w+")


def spelled(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and TOKEN.fullmatch(node.value):
            yield node.value


def test_tokens_are_spelled_in_one_file() -> None:
    elsewhere = {
        str(file.relative_to(ROOT)): tokens
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if file != HOME and (tokens := sorted(spelled(file)))
    }
    assert not elsewhere, f"write these as constants of planning/aws/types.py: {elsewhere}"


def test_no_token_has_two_names() -> None:
    twice = {token: count for token, count in Counter(spelled(HOME)).items() if count > 1}
    assert not twice, f"one constant each is expected, got {twice}"
    assert types.BUCKET in set(spelled(HOME))
