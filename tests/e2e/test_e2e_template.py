"""`pulumi new` from the template's folder: a project outside of the checkout, previewed on the real engine."""

import os
from pathlib import Path

import pytest

from sandbox.session import Sandbox
from tests.stacks import REPOSITORY

TEMPLATE = REPOSITORY / "template"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project will be; its virtual environment has what requirements.txt names."""
    folder = tmp_path_factory.mktemp("company") / "acme-obs"
    folder.mkdir()
    return folder


def test_a_new_project_is_planned(project: Path) -> None:
    sandbox = Sandbox(project.parent / "sandbox", project=project)
    sandbox.start(owner_pid=os.getpid())
    try:
        made = sandbox.pulumi(
            "new", str(TEMPLATE), "--generate-only", "--yes", "--name", "acme-obs", "--description", "Acme's eyes"
        )
        assert made.returncode == 0, made.stdout + made.stderr
        assert "acme-obs" in (project / "Pulumi.yaml").read_text(encoding="utf-8")
        (project / ".venv").symlink_to(REPOSITORY / ".venv")
        sandbox.ensure_stacks(["prod"])
        preview = sandbox.pulumi("preview", "--stack", "prod")
        assert preview.returncode == 0, preview.stdout + preview.stderr
        assert "lgtm:components:Loki" in preview.stdout
        assert "to create" in preview.stdout
    finally:
        sandbox.stop()
