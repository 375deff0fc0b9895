"""The `pulumi new` template says what the repository's own project says."""

import yaml

from settings.document.stack_files import settings_in
from tests.stacks import REPOSITORY

TEMPLATE = REPOSITORY / "template"


def test_the_program_is_the_repository_s() -> None:
    ours, theirs = ((folder / "__main__.py").read_text(encoding="utf-8") for folder in (REPOSITORY, TEMPLATE))
    assert ours == theirs, "cp __main__.py template/"


def test_its_stack_can_be_used() -> None:
    text = (TEMPLATE / "Pulumi.prod.yaml").read_text(encoding="utf-8").replace("${PROJECT}", "acme-obs")
    assert settings_in(text, "prod").project == "acme-obs"


def test_its_project_runs_as_the_repository_s() -> None:
    ours, theirs = (yaml.safe_load((folder / "Pulumi.yaml").read_text("utf-8")) for folder in (REPOSITORY, TEMPLATE))
    assert theirs["runtime"] == ours["runtime"]
    assert theirs["template"]["description"] in ours["description"]
