"""Wrong input is one message and an exit code, whichever program meets it; no list of errors is kept by hand."""

import importlib
import json
import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops import __main__ as ops_program
from planning.errors import OUT_OF_REACH, WRONG_INPUT, UserError, exit_code_of
from sandbox import __main__ as sandbox_program

PROJECT_ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("components", "docs/tools", "ops", "planning", "policies", "sandbox", "settings", "telemetry")
EXCEPTION_CLASS = re.compile(r"^class (\w+)\((\w*(?:Error|Exception))\):", re.MULTILINE)
# Words of a protocol that the sandbox serves, told to a client and never to people.
PROTOCOL = {
    "ApiError",
    "CreatedWithError",
    "EksError",
    "HalfCreatedError",
    "InvalidParameterException",
    "InvalidRequestException",
    "ProviderError",
    "ResourceGoneError",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "ServerException",
    "TokenError",
    "UnknownInstanceTypeError",
}
MESSAGE = "services.yaml: got 5;\naccepted: a list"


def _defining() -> dict[str, str]:
    """Every exception class of the product with the module that defines it."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for file in (PROJECT_ROOT / room).rglob("*.py"):
            module = ".".join(file.relative_to(PROJECT_ROOT).with_suffix("").parts)
            found |= {name: module for name, _ in EXCEPTION_CLASS.findall(file.read_text(encoding="utf-8"))}
    return found


def _below(base: type[UserError]) -> Iterator[type[UserError]]:
    for one in base.__subclasses__():
        yield one
        yield from _below(one)


for _name, _module in _defining().items():
    if _name not in PROTOCOL:
        importlib.import_module(_module)
USER_ERRORS = sorted({UserError, *_below(UserError)}, key=lambda one: one.__name__)


def _raised(kind: type[UserError]) -> UserError:
    """An instance with a message, whatever its constructor asks for."""
    error = kind.__new__(kind)
    error.args = (MESSAGE,)
    return error


def test_every_exception_class_is_a_user_error_or_a_protocols() -> None:
    assert {one.__name__ for one in USER_ERRORS} == _defining().keys() - PROTOCOL
    assert len(USER_ERRORS) > 12


@pytest.mark.parametrize("kind", USER_ERRORS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("program", ["ops", "sandbox"])
def test_a_user_error_is_one_message_and_a_code(
    kind: type[UserError], program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise _raised(kind)

    if program == "ops":
        monkeypatch.setattr(ops_program, "app", fail)
        code = ops_program.main(["tiers"])
    else:
        monkeypatch.setattr(sandbox_program, "_dispatch", fail)
        monkeypatch.setattr(sys, "argv", ["sandbox", "down"])
        code = sandbox_program.main()
    shown = capsys.readouterr()
    assert shown.err == f"error: {MESSAGE}\n"
    assert shown.out == ""
    expected = {"LiveError": OUT_OF_REACH, "ReadmeError": 1}.get(kind.__name__, WRONG_INPUT)
    assert code == expected


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> int:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(ops_program, "app", fail)
    with pytest.raises(ZeroDivisionError):
        ops_program.main(["tiers"])
    with pytest.raises(ZeroDivisionError):
        exit_code_of(fail)


CUT = json.dumps({"sequence": 1, "resourcePreEvent": {"metadata": {"op": "create"}}})[:-9]


@pytest.mark.parametrize("log", [CUT, "", '{"sequence": 1, "timestamp": 0}\n{"sequ'], ids=["cut", "empty", "cut later"])
def test_a_cut_event_log_of_a_preview_is_one_message(
    log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make preview` with an engine that dies while it writes."""

    class EngineThatDies(SimpleNamespace):
        directory = tmp_path

        def ensure_stacks(self, _: object) -> None: ...

        def run(self, command: list[str]) -> int:
            Path(command[command.index("--event-log") + 1]).write_text(log, encoding="utf-8")
            return 0

    @contextmanager
    def running(_: Path, needed: object) -> Generator[Any]:
        yield EngineThatDies()

    monkeypatch.setattr(sandbox_program, "running_sandbox", running)
    monkeypatch.setattr(sys, "argv", ["sandbox", "preview", "staging"])
    assert sandbox_program.main() == WRONG_INPUT
    shown = capsys.readouterr()
    assert shown.err.startswith("error: "), shown.err
    assert shown.err.count("\n") == 1
    assert "preview-events.json" in shown.err
    assert shown.out == ""
