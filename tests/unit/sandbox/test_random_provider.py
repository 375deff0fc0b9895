"""The simulated random provider."""

from __future__ import annotations

import base64
import string
from typing import Any

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.providers.random.provider import DEFINITION
from sandbox.providers.servicer import ProviderServicer
from tests.artefacts.provider_driver import AbortedError, CheckFailedError, Engine

PASSWORD, STRING, ID = (f"random:index/random{name}:Random{name}" for name in ("Password", "String", "Id"))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(ProviderServicer(DEFINITION))


def test_password(engine: Engine) -> None:
    inputs: dict[str, Any] = {"length": 24, "special": False, "minUpper": 2}
    password = engine.create(PASSWORD, "admin", inputs)
    result = password.state["result"]
    assert len(result) == 24
    assert set(result) <= set(string.ascii_letters + string.digits)
    assert {"result", "bcryptHash"} <= password.secrets
    assert result not in (password.id, *map(str, password.inputs.values()))
    assert engine.diff(password, inputs).paths == {}
    refreshed = engine.refresh(password)
    assert refreshed is not None
    assert refreshed.state == password.state
    assert engine.diff(password, {**inputs, "length": 30}).replaces == {"length"}
    assert engine.diff(password, {**inputs, "keepers": {"version": "2"}}).replaces == {"keepers"}
    engine.delete(password)
    other = engine.create(PASSWORD, "admin", inputs)
    assert other.state["result"] != result


@pytest.mark.parametrize("length", [24, 100])
def test_bcrypt(engine: Engine, length: int) -> None:
    """bcrypt looks at 72 bytes; the wheel refuses more, so the provider cuts them off."""
    first, second = (engine.create(PASSWORD, "admin", {"length": length}).state for _ in range(2))
    hashed = first["bcryptHash"]
    assert hashed.startswith("$2b$10$"), hashed
    assert len(hashed) == 60
    assert bcrypt.checkpw(first["result"].encode()[:72], hashed.encode()), "it is the password's"
    assert not bcrypt.checkpw(second["result"].encode()[:72], hashed.encode()), "and no other's"
    assert second["bcryptHash"][:29] != hashed[:29], "salted"


def test_id(engine: Engine) -> None:
    made = engine.create(ID, "suffix", {"byteLength": 4, "prefix": "x-"})
    raw = bytes.fromhex(made.state["hex"].removeprefix("x-"))
    assert len(raw) == 4
    assert base64.b64decode(made.state["b64Std"].removeprefix("x-")) == raw
    assert int(made.state["dec"].removeprefix("x-")) == int.from_bytes(raw, "big")
    refreshed = engine.refresh(made)
    assert refreshed is not None
    assert refreshed.state == made.state


COUNTS = st.integers(0, 4)


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.integers(1, 30))
def test_minimums_are_kept(lower: int, upper: int, numeric: int, special: int, length: int) -> None:
    engine = Engine(ProviderServicer(DEFINITION))
    inputs = {
        "length": length, "minLower": lower, "minUpper": upper, "minNumeric": numeric, "minSpecial": special,
        "overrideSpecial": "_",
    }  # fmt: skip
    if lower + upper + numeric + special > length:
        with pytest.raises(CheckFailedError, match="length must be at least"):
            engine.check(STRING, "text", inputs)
        return
    result = engine.create(STRING, "text", inputs).state["result"]
    classes = (
        (string.ascii_lowercase, lower),
        (string.ascii_uppercase, upper),
        (string.digits, numeric),
        ("_", special),
    )
    assert len(result) == length
    for alphabet, least in classes:
        assert sum(character in alphabet for character in result) >= least


@pytest.mark.parametrize(
    ("token", "inputs", "message"),
    [
        (STRING, {"length": 0}, "at least 1"),
        (
            STRING,
            {"length": 3, "lower": False, "upper": False, "numeric": False, "special": False},
            "at least one class",
        ),
        (STRING, {"len": 3}, "'length'"),
        (ID, {"byteLength": 0}, "at least 1"),
    ],
)
def test_refused(engine: Engine, token: str, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckFailedError, match=message):
        engine.check(token, "bad", inputs)


@pytest.mark.parametrize("token", [PASSWORD, ID])
def test_nothing_to_import(engine: Engine, token: str) -> None:
    if token == PASSWORD:
        with pytest.raises(AbortedError, match="can't be imported"):
            engine.import_(token, "imported", "none")
    else:
        with pytest.raises(AbortedError, match="can't be imported"):
            engine.import_(token, "imported", "AAAA")
