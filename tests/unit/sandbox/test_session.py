"""Nothing of the caller's environment leads a tool out of the sandbox."""

from pathlib import Path

import pytest

from sandbox.session import Sandbox

OWN = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "PATH": "/usr/bin"}


@pytest.mark.parametrize(
    "variable",
    ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_EKS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_PROFILE", "KUBECONFIG"],
)
def test_what_would_lead_elsewhere_is_left_out(variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Sandbox, "variables", property(lambda _: OWN))
    monkeypatch.setenv(variable, "https://elsewhere.example.com")
    monkeypatch.setenv("HARMLESS", "kept")
    environment = Sandbox(tmp_path).environment
    assert variable not in environment
    assert environment["AWS_ENDPOINT_URL"] == OWN["AWS_ENDPOINT_URL"]
    assert environment["HARMLESS"] == "kept"
