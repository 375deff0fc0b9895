"""The repository's own stack files, which a company replaces by its own: they are valid, and what is made of them is
current. Every other test is about the tests' own stacks.
"""

from collections.abc import Callable, Sequence

import jsonschema
import pytest
import yaml

from docs.tools import configuration_reference as reference
from docs.tools import rule_book
from docs.tools import runbook_index as runbooks
from settings.document import policy_config, schema
from settings.document.stack_files import settings_in
from tests.stacks import REPOSITORY

STACK_FILES = sorted(REPOSITORY.glob("Pulumi.*.yaml"))
GENERATORS = (schema.main, reference.main, policy_config.main, rule_book.main, runbooks.main)


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.stem)
def test_a_stack_file_is_valid_and_names_the_schema_that_editors_check_it_by(file: object) -> None:
    text = file.read_text(encoding="utf-8")  # pyright: ignore[reportAttributeAccessIssue]
    assert settings_in(text, file.stem.removeprefix("Pulumi.")).services  # pyright: ignore[reportAttributeAccessIssue]
    assert text.splitlines()[0] == "# yaml-language-server: $schema=settings/stack.schema.json"
    assert list(jsonschema.Draft7Validator(schema.stack_schema()).iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize("generate", GENERATORS, ids=lambda main: main.__module__)
def test_generated_files_are_current(
    generate: Callable[[Sequence[str]], int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert generate(["--check"]) == 0, f"run `make generate`: {capsys.readouterr().err}"
