"""The program's first look: concerns are warnings, and documentation addresses stop an update of a real account."""

from typing import Any

import pulumi
import pytest

from components import preflight as module
from components.aws_environment import aws_environment_for
from components.preflight import EXAMPLE_ACCOUNT, preflight
from settings.models.names import Names
from tests.unit import recording
from tests.unit.recording import run_program

NAMES = Names(project="acme-monitoring", stack="staging")
OFFICE = {"public_access_cidrs": ["8.8.8.0/24"]}


def said(settings: Any, monkeypatch: pytest.MonkeyPatch, *, preview: bool = False) -> list[str]:
    warnings: list[str] = []
    monkeypatch.setattr(module.pulumi, "warn", warnings.append)

    def program() -> None:
        preflight(settings, None, NAMES, aws_environment_for(settings, NAMES))

    run_program(program, preview=preview)
    return warnings


@pytest.fixture
def real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "ACCOUNT_ID", "210987654321")


@pytest.mark.usefixtures("real_account")
def test_an_update_with_documentation_addresses_makes_nothing(
    make_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(pulumi.RunError, match=r"public_access_cidrs: 203\.0\.113\.0/24 are documentation addresses"):
        said(make_settings("staging"), monkeypatch)


@pytest.mark.usefixtures("real_account")
def test_a_preview_warns_of_them(make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (warning,) = said(make_settings("staging"), monkeypatch, preview=True)
    assert "203.0.113.0/24 are documentation addresses" in warning
    assert said(make_settings("staging", cluster=OFFICE), monkeypatch) == []


def test_the_simulated_account_takes_them(make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "ACCOUNT_ID", EXAMPLE_ACCOUNT)
    assert len(said(make_settings("staging"), monkeypatch)) == 1


def test_a_finding_is_a_warning_too(make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings("staging", cluster=OFFICE, workload={"requests_per_second": 9000})
    warnings = said(settings, monkeypatch)
    assert any(line.startswith("lgtm:platform: 9,000 requests/s don't fit") for line in warnings)
