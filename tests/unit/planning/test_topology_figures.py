"""No figure of the planner changes unseen."""

import pytest

from tests.unit.planning.topology_figures import CASES, figures, path, planned


@pytest.mark.parametrize("name", CASES)
def test_a_plan_s_figures(name: str) -> None:
    assert figures(planned(name)) == path(name).read_text(encoding="utf-8"), (
        "the planner's figures changed; where that was meant: python -m tests.unit.planning.topology_figures"
    )
