"""The documentation builds without a warning; every command that it shows is run here, proved elsewhere, or marked."""

import io
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from ops.__main__ import main
from tests.docs_commands import NEEDS, PAGES, ROOT, ShownCommand, shown_commands

COMMANDS = tuple(shown_commands())
OPS = ("python -m ops ", "lgtm ")

# What a browser fetches by itself when it shows a page.
_LOADED = re.compile(r'<(?:script|img|iframe)[^>]* src="([^"]+)|<link(?=[^>]* rel="stylesheet")[^>]* href="([^"]+)')
# Where a command is run to its end: a test file or folder, and words in it that would go if the test did.
PROVED = {
    r"pulumi (preview|up|destroy)( --stack \w+)?( --policy-pack .*)?": ("tests/e2e", '"up"'),
    r"pulumi stack output kubeconfig --show-secrets --stack \w+ > .*": ("tests/e2e/conftest.py", '"--show-secrets"'),
    r"pulumi stack export --stack \w+.*": ("tests/e2e/conftest.py", '"export"'),
    r"pulumi policy analyze .*": ("tests/policies", "analyze"),
    r"kubectl --kubeconfig \S+ get pods.*": ("tests/e2e", "kubectl"),
    r"python -m docs\.tools\.dashboard_pictures .*": ("tests/unit/ops/test_dashboard_pictures.py", "render("),
    r"aws s3 ls": ("tests/artefacts/test_cloud_processes.py", "AWS_ENDPOINT_URL"),
    r'eval "\$\(make -s sandbox-env\)"': ("Makefile", "sandbox-env:"),
}


def _id(command: ShownCommand) -> str:
    return f"{command.page}: {command.line}"


def _is_ops(command: ShownCommand) -> bool:
    return command.needs is None and command.line.startswith(OPS)


def test_the_documentation_has_commands() -> None:
    assert len(COMMANDS) > 20
    assert {command.needs for command in COMMANDS if command.needs} <= set(NEEDS)


@pytest.mark.parametrize("command", [c for c in COMMANDS if _is_ops(c)], ids=_id)
def test_a_command_of_ours_does_what_the_page_says(command: ShownCommand, tmp_path: Path) -> None:
    words = command.words
    arguments = words[1:] if words[0] == "lgtm" else words[3:]
    if "--output" in arguments:
        at = arguments.index("--output") + 1
        arguments[at] = str(tmp_path / Path(arguments[at]).name)
    printed = io.StringIO()
    with redirect_stdout(printed):
        code = main(arguments)
    expected = re.search(r"exit code (\d+)", command.line)
    assert code == (int(expected[1]) if expected else 0), printed.getvalue()
    assert printed.getvalue().strip()


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.needs is None and not c.line.startswith(OPS)], ids=_id)
def test_any_other_command_is_a_make_target_or_proved_elsewhere(command: ShownCommand) -> None:
    if command.words[0] == "make":
        targets = [word for word in command.words[1:] if not word.startswith("-") and "=" not in word]
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        for target in targets:
            assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), f"there is no make target {target}"
        return
    proof = next((proof for pattern, proof in PROVED.items() if re.fullmatch(pattern, command.bare)), None)
    assert proof is not None, "neither a make target, nor in PROVED, nor marked `<!-- needs … -->`"
    where, words = proof
    files = sorted((ROOT / where).rglob("*.py")) if (ROOT / where).is_dir() else [ROOT / where]
    assert any(words in file.read_text(encoding="utf-8") for file in files), f"{where} no longer proves it"


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1"},
    )
    assert built.returncode == 0, built.stderr[-3000:]
    assert (tmp_path / "site" / "index.html").is_file()
    for page in (tmp_path / "site").rglob("*.html"):
        loaded = ["".join(found) for found in _LOADED.findall(page.read_text(encoding="utf-8"))]
        assert loaded
        assert [one for one in loaded if one.startswith(("http", "//"))] == [], page
    configuration = (tmp_path / "site" / "configuration" / "index.html").read_text(encoding="utf-8")
    assert "<td><code>budget.<wbr>usd_<wbr>per_<wbr>month</code></td>" in configuration


def test_pictures_are_drawn_already() -> None:
    """A fence of Mermaid is drawn by a script from elsewhere, or not at all."""
    diagrams = ROOT / "docs" / "images" / "diagrams"
    for page in PAGES:
        assert "```mermaid" not in page.read_text(encoding="utf-8"), page
    for source in diagrams.glob("*.mmd"):
        drawn = source.with_suffix(".svg").read_text(encoding="utf-8")
        for label in re.findall(r'\["([^"<&]+)', source.read_text(encoding="utf-8")):
            assert label.split()[0] in drawn, f"{source.name} has {label!r}, and its picture hasn't"
