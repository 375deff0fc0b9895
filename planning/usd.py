"""Amounts of money as settings and price tables give them, in US dollars."""

from typing import Annotated

from pydantic import Field

Usd = Annotated[float, Field(gt=0, le=1_000_000)]
"""An amount that somebody sets or paid."""
UnitUsd = Annotated[float, Field(ge=0, le=1_000_000)]
"""The price of one unit; some are free."""
