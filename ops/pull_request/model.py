"""What a comment is made from: one summary for each stack, small enough to hand from job to job.

A summary made by a fork's code is data of unknown origin: every text has a bound, every choice a closed list, and the
comment escapes all of it.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt

from planning.base import Frozen
from planning.budget import Category

NAME_LENGTH = 256
TEXT_LENGTH = 2000
# The largest stack has some 160 resources; a list of more is cut when a summary is made, and refused when read.
LIST_LENGTH = 1000
SHORT_LIST_LENGTH = 20

Name = Annotated[str, Field(max_length=NAME_LENGTH)]
Text = Annotated[str, Field(max_length=TEXT_LENGTH)]
Amount = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
StackName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]


class Operation(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"


class ResourceChange(Frozen):
    """One resource that a plan changes."""

    operation: Operation
    """What happens to it."""
    type: Name
    """Type, such as aws:s3/bucket:Bucket."""
    name: Name
    """Logical name."""
    properties: Annotated[tuple[Name, ...], Field(max_length=SHORT_LIST_LENGTH)] = ()
    """What differs; of a replacement, what forces it."""
    lost: Text | None = None
    """What goes with the old one when it is replaced or deleted; None for what holds nothing."""
    volumes: Annotated[tuple[Name, ...], Field(max_length=SHORT_LIST_LENGTH)] = ()
    """Of a release, the volumes whose size changes: `ingester 20Gi → 30Gi`."""
    shrinks: bool = False
    """Whether one of them gets smaller, which no volume can."""
    retained: bool = False
    """The old one leaves the stack but stays in the cloud (retainOnDelete)."""
    unprotected: bool = False
    """The change takes the resource's protection away."""


class ReportedViolation(Frozen):
    """One policy violation."""

    rule: Name
    """The rule's name."""
    mandatory: bool
    """Whether it stops the update."""
    severity: Name
    """critical, high, medium or low, as the pack says."""
    type: Name
    """Type of the resource it is on."""
    resource: Name
    """Logical name of the resource."""
    problem: Text
    """What is wrong."""
    fix: Text = ""
    """What to do."""


class PolicyVerdict(Frozen):
    """What the policy pack said."""

    packs: Annotated[tuple[Name, ...], Field(max_length=SHORT_LIST_LENGTH)]
    """The packs that judged, with versions; none means that no pack ran."""
    violations: Annotated[tuple[ReportedViolation, ...], Field(max_length=LIST_LENGTH)] = ()
    """What they found, what stops the update first."""

    @property
    def mandatory(self) -> int:
        """How many violations stop the update."""
        return sum(violation.mandatory for violation in self.violations)


class CostRow(Frozen):
    """One line of the budget."""

    category: Category | Literal["total"]
    """Which."""
    before: Amount | None
    """US dollars a month before; None without a before."""
    after: Amount
    """US dollars a month after."""
    budget: Amount | None
    """US dollars a month; None for a part without a budget."""


class CostLineChange(Frozen):
    """One amount that differs."""

    item: Name
    """What is paid for."""
    resource: Name
    """Logical name."""
    before: Amount
    """US dollars a month."""
    after: Amount
    """US dollars a month."""


class ServiceCostRow(Frozen):
    """What one service costs."""

    service: Name
    """Its name."""
    team: Name
    """Who pays for it."""
    before: Amount | None
    """US dollars a month before; None for a service that is new, or without a before."""
    after: Amount
    """US dollars a month after."""


class CostSummary(Frozen):
    """Cost before and after, against the budget."""

    rows: Annotated[tuple[CostRow, ...], Field(min_length=1, max_length=4)]
    """The parts, then the total."""
    changes: Annotated[tuple[CostLineChange, ...], Field(max_length=SHORT_LIST_LENGTH)] = ()
    """What differs most."""
    more_changes: NonNegativeInt = 0
    """How many smaller differences are left out."""
    services: Annotated[tuple[ServiceCostRow, ...], Field(max_length=LIST_LENGTH)] = ()
    """Who pays, dearest first."""
    verdict: Text
    """The total against the budget, in words."""
    assumed: Amount = 0
    """US dollars a month after that rest on quantities which nobody measured or documented."""
    quantities: Text = ""
    """How many dollars rest on quantities of each kind, in words."""
    unpriced: NonNegativeInt = 0
    """Resources of types that have no price in the table."""

    @property
    def total(self) -> CostRow:
        """The whole stack."""
        return self.rows[-1]


class Source(StrEnum):
    """Against what the plan was made."""

    CLOUD = "cloud"
    """The running stack."""
    SIMULATED = "simulated"
    """The base branch, brought up in the simulated cloud."""


class StackSummary(Frozen):
    """What a change would do to one stack."""

    stack: StackName
    """The stack."""
    source: Source
    """Against what."""
    counts: dict[Operation, NonNegativeInt] = Field(default_factory=dict[Operation, NonNegativeInt])
    """How many resources by operation; those unchanged are left out."""
    unchanged: NonNegativeInt = 0
    """How many stay as they are."""
    resources: Annotated[tuple[ResourceChange, ...], Field(max_length=LIST_LENGTH)] = ()
    """What changes, the riskiest first."""
    policies: PolicyVerdict
    """What the policy pack said."""
    cost: CostSummary | None = None
    """Cost; None where it can't be known."""
    cost_note: Text = ""
    """Why there is no cost, or no cost before."""
    errors: Annotated[tuple[Text, ...], Field(max_length=SHORT_LIST_LENGTH)] = ()
    """What else made the preview fail."""
    seconds: NonNegativeFloat | None = None
    """How long the preview took."""
