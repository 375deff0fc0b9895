"""Asking `pulumi` for a state while an update writes it: the self-managed back end's attributes file is empty then."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.backends import pulumi
from ops.backends.errors import LiveError

Tools = Callable[[str, str], Path]
pytestmark = pytest.mark.usefixtures("alone")
HALF_WRITTEN = "error: failed to load checkpoint: EOF"
# Says `message` for the first `times` calls, then the state; counts them in a file.
_BODY = """
from pathlib import Path
calls = Path({counter!r})
calls.write_text((calls.read_text() if calls.exists() else "") + ".")
if len(calls.read_text()) <= {times}:
    print({message!r}, file=__import__("sys").stderr)
    raise SystemExit(255)
print('{{"deployment": {{"resources": [{{"urn": "u"}}]}}}}')
"""


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.read_whole, "sleep", lambda seconds: None)  # pyright: ignore


def calls(tools: Tools, tmp_path: Path, times: int, message: str = HALF_WRITTEN) -> Path:
    counter = tmp_path / "calls"
    tools("pulumi", _BODY.format(counter=str(counter), times=times, message=message))
    return counter


def test_a_state_that_is_being_written_is_read_again(tools: Tools, tmp_path: Path) -> None:
    counter = calls(tools, tmp_path, 2)
    assert [one.urn for one in pulumi.resources("dev", tmp_path)] == ["u"]
    assert counter.read_text() == "..."


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (HALF_WRITTEN, pulumi.READS),
        ("error: no stack named 'dev' found", 1),
        ("error: failed to load checkpoint: denied", 1),
    ],
)
def test_what_stays_so_is_one_message(tools: Tools, tmp_path: Path, message: str, read: int) -> None:
    counter = calls(tools, tmp_path, 99, message)
    with pytest.raises(LiveError, match=message):
        pulumi.resources("dev", tmp_path)
    assert counter.read_text() == "." * read
