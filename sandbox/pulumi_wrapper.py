"""What `pulumi` is in a sandbox: the real engine, run in a view of the project whose stack files are copies.

The engine writes its secrets salt into the stack file and lays the whole file out anew. In a checkout that file belongs
to a real deployment's secrets provider, and two sandboxes may use one checkout at once. So the engine works in a folder
of links with copied stack files; what a person really changed (`pulumi config set`) or made (`--save-plan`) goes back.
Standard library only: it starts with every command.
"""

import contextlib
import hashlib
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

PROJECT_FILE = "Pulumi.yaml"
SALT_KEY = "encryptionsalt:"


def main(pulumi: str, directory: str, arguments: list[str]) -> int:
    """Runs the engine at `pulumi` for the sandbox in `directory`; the exit code is the engine's."""
    project = Path.cwd()
    if not (project / PROJECT_FILE).exists():
        return _run([pulumi, *arguments], project)
    # One folder for a project, not for a call: `pulumi stack select` is remembered by the folder's path.
    view = Path(directory) / "views" / hashlib.sha256(str(project).encode()).hexdigest()[:12]
    _lay_out(project, view)
    try:
        return _run([pulumi, *arguments], view)
    finally:
        _bring_back(project, view)


def _run(command: list[str], cwd: Path) -> int:
    children: list[subprocess.Popen[bytes]] = []
    asked_to_end = threading.Event()

    def end(_number: int, _frame: object) -> None:
        asked_to_end.set()
        for child in children:
            child.terminate()

    # Before the engine starts: it must not be left alone by a signal that comes meanwhile.
    # The terminal sends Ctrl-C to the engine too, which then stops in good order; this process only waits.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    signal.signal(signal.SIGTERM, end)
    child = subprocess.Popen(command, cwd=cwd)
    children.append(child)
    if asked_to_end.is_set():
        child.terminate()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _lay_out(project: Path, view: Path) -> None:
    """Links and copies what is missing or changed; another command may be using the same folder meanwhile."""
    view.mkdir(parents=True, exist_ok=True)
    entries = {entry.name: entry for entry in project.iterdir()}
    for old in view.iterdir():
        if old.name in entries:
            continue
        # A folder, such as compiled files, stays behind where the last command was killed.
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)
    for name, entry in entries.items():
        target = view / name
        if not _is_stack_file(entry):
            with contextlib.suppress(FileExistsError):
                target.symlink_to(entry)
            continue
        text = entry.read_text(encoding="utf-8")
        kept, salt = _split(target)
        if not _same(kept, text):
            target.write_text(f"{text.rstrip()}\n{salt}", encoding="utf-8")


def _bring_back(project: Path, view: Path) -> None:
    for entry in view.iterdir():
        if entry.is_symlink():
            continue
        original = project / entry.name
        if not _is_stack_file(entry):
            shutil.move(entry, original)
            continue
        text, _ = _split(entry)
        # A stack without a file gets none for its salt alone.
        if text.strip() and not _same(text, original.read_text(encoding="utf-8") if original.exists() else ""):
            original.write_text(text, encoding="utf-8")


def _split(path: Path) -> tuple[str, str]:
    """A stack file's text without the salt, and the salt's line."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    salt = "".join(line for line in lines if line.startswith(SALT_KEY))
    return "".join(line for line in lines if not line.startswith(SALT_KEY)), salt


def _same(text: str, other: str) -> bool:
    """Whether two stack files differ in white space only, as the engine's own layout does."""
    return "".join(text.split()) == "".join(other.split())


def _is_stack_file(path: Path) -> bool:
    return path.name.startswith("Pulumi.") and path.suffix in (".yaml", ".yml") and path.name != PROJECT_FILE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
