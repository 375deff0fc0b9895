"""Sentences of the security and compliance pages that code can contradict: each is held against it, word by word."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from ops.backends.http import tls_context
from ops.cli.privacy import erase
from ops.erasure.identity import PERSON
from ops.erasure.report import ROUND_SECONDS
from planning.tiers.application import LOKI_DELETE_DELAY_HOURS
from settings.models.cluster import EksCluster
from settings.models.grafana import GrafanaSettings
from settings.models.redaction import PersonalData
from telemetry.charts.grafana import grafana_values
from telemetry.charts.loki_config import Compactor
from telemetry.collector.gateway import gateway_config
from telemetry.collector.redaction import HASH_KEY_SECRET, REDACTORS, generates_hash_key
from telemetry.kubernetes.placement import placement_for
from telemetry.kubernetes.tls import KEY_ENTRY, MIN_VERSION
from tests.stacks import NAMES, settings_of

ROOT = Path(__file__).resolve().parents[2]


def page(name: str) -> str:
    """A page's text with its lines joined."""
    return " ".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").split())


SECURITY, COMPLIANCE = page("security"), page("compliance")


def test_retention_by_default_is_what_the_page_says() -> None:
    for stack in NAMES:
        retention = settings_of(stack).retention
        if stack == "prod":
            said = f"logs {retention.logs.delete_days} days, traces {retention.traces.delete_days}, metrics "
            assert f"{said}{retention.metrics.delete_days}, by default" in COMPLIANCE
            assert f"`retention.traces.delete_days` ({retention.traces.delete_days})" in COMPLIANCE
            assert f"`retention.metrics.delete_days` ({retention.metrics.delete_days})" in COMPLIANCE


def test_hipaa_values_of_prod() -> None:
    prod = settings_of("prod")
    assert prod.storage.encryption == "sse_kms"
    assert "| `storage.encryption` | `sse_kms` |" in COMPLIANCE
    assert prod.encrypted
    assert prod.storage.protect
    assert not prod.redaction.unkeyed_hashes
    assert prod.audit.delete_days >= 2557
    assert isinstance(prod.cluster, EksCluster)
    assert prod.cluster.log_retention_days >= 365
    assert {str(one) for one in prod.cluster.control_plane_logs} == {"audit", "authenticator"}


@pytest.mark.parametrize("stack", NAMES)
def test_ids_are_hashed_with_a_generated_key_by_default(stack: str) -> None:
    assert generates_hash_key(settings_of(stack).redaction)
    assert f"The key is generated (Secret `{HASH_KEY_SECRET}`)" in SECURITY
    assert f"the Secret `{HASH_KEY_SECRET}` or `redaction.hash_key_secret`" in COMPLIANCE


@pytest.mark.parametrize("stack", NAMES)
def test_all_kinds_of_personal_data_are_on_but_national_phones(stack: str) -> None:
    assert set(settings_of(stack).redaction.personal_data) == set(PersonalData) - {PersonalData.NATIONAL_PHONE}
    assert "All are on but `national_phone`" in SECURITY


@pytest.mark.parametrize("stack", NAMES)
def test_what_is_stored_was_masked_in_traces_logs_and_metrics(stack: str) -> None:
    """Every pipeline of the gateway that ends at a back end; profiles are said not to be reached."""
    assert "in traces, logs and metric attributes alike" in SECURITY
    pipelines = gateway_config(settings_of(stack)).document()["service"]["pipelines"]
    ending = {
        name: pipeline for name, pipeline in pipelines.items()
        if any(exporter.startswith("otlp") for exporter in pipeline["exporters"])
    }  # fmt: skip
    assert {name.partition("/")[0] for name in ending} == {"traces", "logs", "metrics"}
    for name, pipeline in ending.items():
        assert set(REDACTORS) <= set(pipeline["processors"]), name


def test_grafana_has_one_administrator_and_no_key_of_the_platform() -> None:
    assert "one administrator with a generated password; no anonymous access, no sign-up" in SECURITY
    prod = settings_of("prod")
    values: dict[str, Any] = grafana_values(prod, placement_for(prod, "prod"), "gp3").to_values()
    assert values["grafana.ini"]["auth.anonymous"]["enabled"] is False
    assert values["grafana.ini"]["users"]["allow_sign_up"] is False
    items = [item["key"] for mount in values["extraSecretMounts"] for item in mount["items"]]
    assert items
    assert KEY_ENTRY not in items


def test_single_sign_on_is_promised_only_where_there_is_a_setting() -> None:
    sign_on = [name for name in GrafanaSettings.model_fields if re.search("sign_on|sso|oauth|oidc|saml", name)]
    assert bool(sign_on) == ("There is no setting for single sign-on" not in SECURITY)


def test_a_permissions_boundary_is_promised_only_where_roles_have_it() -> None:
    made = any(
        "permissions_boundary" in path.read_text(encoding="utf-8") for path in (ROOT / "components").glob("*.py")
    )
    assert made == ("boundary" in SECURITY.replace("Boundaries:", "").lower() + COMPLIANCE.lower())


def test_tls_versions() -> None:
    assert f"TLS {MIN_VERSION} between agent, gateway, back ends and Grafana" in SECURITY
    assert "TLSv1_2" in inspect.getsource(tls_context)


def test_the_page_of_an_erasure_names_the_commands_options_and_waits() -> None:
    assert " and ".join(PERSON) in COMPLIANCE
    erasing = COMPLIANCE.partition("### Erasing a person")[2].partition("## HIPAA")[0]
    named = set(re.findall(r"--[a-z][a-z-]+", re.sub(r"```.*?```", "", erasing)))
    declared = re.findall(r"--[a-z-]+", inspect.getsource(erase))
    options = {f"--{name.replace('_', '-')}" for name in inspect.signature(erase).parameters}
    assert named <= options | set(declared)
    assert {"--user", "--attribute", "--previous-key-secret", "--also-plain", "--also-unkeyed"} <= named
    assert f"{LOKI_DELETE_DELAY_HOURS} hours later (`retention_delete_delay`)" in COMPLIANCE
    assert ROUND_SECONDS == 1800
    assert "up to half an hour" in COMPLIANCE
    # Loki's own default is meant where the page says 24 hours.
    assert "delete_request_cancel_period" not in Compactor.model_fields
    assert "24 hours later (`delete_request_cancel_period`)" in COMPLIANCE
