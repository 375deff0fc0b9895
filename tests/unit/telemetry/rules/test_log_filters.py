"""The cheap filter in front of a dear pattern loses nothing that the pattern matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.alerting.rules.loki_rules import AUTHENTICATION_FAILURE, MAYBE_AUTHENTICATION_FAILURE
from telemetry.grafana.dashboards.security import AUTH_FAILURE, MAYBE_AUTH_FAILURE

PAIRS = ((MAYBE_AUTHENTICATION_FAILURE, AUTHENTICATION_FAILURE), (MAYBE_AUTH_FAILURE, AUTH_FAILURE))


@pytest.mark.parametrize(("cheap", "dear"), PAIRS)
def test_every_line_that_the_pattern_matches_passes_the_filter(cheap: str, dear: str) -> None:
    @given(st.from_regex(re.compile(dear, re.ASCII)))
    def holds(line: str) -> None:
        assert re.search(cheap, line), f"{dear} matches {line!r} and {cheap} doesn't"

    holds()


@pytest.mark.parametrize(("cheap", "dear"), PAIRS)
def test_the_filter_is_plain_alternatives(cheap: str, dear: str) -> None:
    assert re.fullmatch(r"\(\?i\)[a-z]+(\|[a-z]+)*", cheap), f"Loki would run {cheap} as a regular expression"
    assert cheap != dear
