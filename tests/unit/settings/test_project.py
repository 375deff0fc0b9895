"""Where the project is found, and what is said when there is none."""

from pathlib import Path

import pytest

from settings.project import ProjectError, project_root, stack_names


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one stack, which nothing leads to yet."""
    folder = tmp_path.resolve() / "project"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "Pulumi.yaml").touch()
    (folder / "Pulumi.prod.yaml").touch()
    monkeypatch.delenv("LGTM_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


def test_it_is_found_from_the_working_directory_upward(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (project, project / "deep" / "er"):
        monkeypatch.chdir(folder)
        assert project_root() == project
    assert stack_names(project) == ["prod"]


@pytest.mark.parametrize("left", ["Pulumi.yaml", "Pulumi.prod.yaml"])
def test_a_project_file_or_a_stack_file_makes_a_project(
    project: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    for name in {"Pulumi.yaml", "Pulumi.prod.yaml"} - {left}:
        (project / name).unlink()
    monkeypatch.chdir(project)
    assert project_root() == project


def test_the_environment_wins(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LGTM_PROJECT", str(project))
    assert project_root() == project


def test_without_one_the_message_says_where_it_looked(project: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        project_root()
    assert str(caught.value) == (
        f"there is no project in {project.parent}, nor in a folder above it; accepted: a folder with Pulumi.yaml or "
        "Pulumi.<stack>.yaml, by --project DIR or LGTM_PROJECT=DIR, or start inside one"
    )


@pytest.mark.parametrize(
    ("given", "message"), [("nowhere", "there is no such folder"), (".", "it holds neither Pulumi.yaml nor")]
)
@pytest.mark.usefixtures("project")
def test_a_folder_that_is_no_project_is_refused(given: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LGTM_PROJECT", given)
    with pytest.raises(ProjectError, match=f"^project {given}: {message}"):
        project_root()
