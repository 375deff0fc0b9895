"""The base of every model at a boundary: frozen, unknown keys refused, attribute docstrings become descriptions."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value whose unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
