"""The wheel, installed where no checkout is, with the distributions that it declares and no others."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.stacks import PROJECT, REPOSITORY
from tests.unit.planning.cost_cases import DATA

DECLARED = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BIN = Path(sys.prefix) / "bin"


def _pins(file: str) -> dict[str, Requirement]:
    lines = (REPOSITORY / file).read_text(encoding="utf-8").splitlines()
    return {
        canonicalize_name(one.name): one for one in (Requirement(line) for line in lines if re.match("[A-Za-z]", line))
    }


def _extra(name: str) -> list[Requirement]:
    return [Requirement(line) for line in DECLARED["optional-dependencies"][name]]


def test_the_package_and_the_pins_name_the_same_distributions() -> None:
    needed = [Requirement(line) for line in DECLARED["dependencies"]]
    pins = _pins("requirements.txt")
    assert {canonicalize_name(one.name) for one in needed + _extra("deploy")} == set(pins)
    pins["boto3"] = _pins("requirements-dev.txt")["boto3"]
    for one in needed + _extra("deploy") + _extra("aws"):
        (pin,) = pins[canonicalize_name(one.name)].specifier
        assert one.specifier.contains(pin.version), f"pyproject.toml says {one}; the tests run with {pin.version}"


def _closure(requirements: list[str]) -> Iterator[metadata.Distribution]:
    """What an installer would install for the requirements, here; none of them asks for an extra."""
    seen: set[str] = set()
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        found = metadata.distribution(name)
        yield found
        waiting += [Requirement(line) for line in found.requires or ()]


@pytest.fixture(scope="module")
def lgtm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`lgtm` of an environment of its own: the wheel, and links to the distributions that it declares."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    uv = str(BIN / "uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], check=True, timeout=120)
    install = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), str(wheel)]
    subprocess.run(install, check=True, timeout=120)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    for distribution in _closure(DECLARED["dependencies"]):
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}:
            if not (site / top).exists() and top != "__pycache__":
                (site / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder / "venv" / "bin" / "lgtm"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project somewhere else, without any code."""
    for path in PROJECT.glob("Pulumi*.yaml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def _run(lgtm: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        [str(lgtm), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


# One command for each kind of file that must have come with the code.
WORKING = {
    "capacity --stack prod": "requests/s",
    "tiers --stack dev": "STANDARD",
    "prices show --region eu-west-1": "eu-west-1",
    "integrate api-gateway --stack prod --kind go": "opentelemetry",
    "validate --stack prod": "prod",
    "runbooks --stack prod --alert VolumeFilling": "lgtm volumes grow --stack prod",
    "init --yes --output new": "3 stacks in us-west-2",
    f"cost plan --stack prod --event-log {DATA / 'prod.jsonl'}": "Cost of prod",
    f"cost report --stack prod --event-log {DATA / 'prod.jsonl'} --output cost.html": "written: cost.html",
    "local --stack dev --output local": "docker compose",
    "--version": f"lgtm {DECLARED['version']}",
}


@pytest.mark.parametrize("command", WORKING, ids=lambda command: command.split(" --")[0])
def test_a_command_works_in_a_folder_of_stack_files(lgtm: Path, project: Path, command: str) -> None:
    done = _run(lgtm, project, *command.split())
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert WORKING[command] in done.stdout


def test_the_project_may_be_named(lgtm: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert _run(lgtm, elsewhere, "capacity", "--stack", "prod", "--project", str(project)).returncode == 0
    done = _run(lgtm, elsewhere, "capacity", "--stack", "prod")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: there is no project in {elsewhere}, nor in a folder above it; accepted: ")


def test_nothing_is_read_from_the_checkout_and_nothing_of_pulumi_is_there(lgtm: Path, project: Path) -> None:
    code = "import importlib.util as u, ops, settings; print(ops.__file__, settings.__file__, u.find_spec('pulumi'))"
    done = subprocess.run(
        [lgtm.with_name("python"), "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    ops, settings, pulumi = done.stdout.split()
    assert Path(ops).is_relative_to(lgtm.parents[1])
    assert Path(settings).is_relative_to(lgtm.parents[1])
    assert pulumi == "None"


@pytest.mark.parametrize(
    "command",
    [
        "storage --stack prod",
        "cost actual --stack prod",
        "import buckets --stack prod",
        "prices refresh --region us-west-2 --dry-run",
    ],
)
def test_a_package_that_an_extra_brings_is_named_when_it_is_missing(lgtm: Path, project: Path, command: str) -> None:
    done = _run(lgtm, project, *command.split())
    assert done.returncode in (2, 3)
    assert "boto3" in done.stderr
    assert "Traceback" not in done.stderr
