"""Answers of other programs as models: what nobody asked for is left out, and another shape is one `LiveError`."""

from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from ops.backends.errors import LiveError, Problem

T = TypeVar("T")
ANOTHER_SHAPE = "is JSON of another shape"


class Foreign(BaseModel):
    """Part of an answer. Other programs may add to theirs at any time, and write null for what they leave out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: one for key, one in cast(dict[str, Any], value).items() if one is not None}


class CamelCase(Foreign):
    """Part of an answer whose keys are in camelCase, as those of Kubernetes, Grafana and Pulumi."""

    model_config = ConfigDict(alias_generator=to_camel)


def parsed(
    kind: type[T], text: str | bytes, service: str, what: str, *, wrong: str = ANOTHER_SHAPE, said: str = ""
) -> T:
    """The answer as `kind`. Raises `LiveError` with `said` when it isn't JSON, and with `wrong` for another shape."""
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False)[0]
    if problem["type"] == "json_invalid":
        raise LiveError(service, Problem.GARBAGE, f"{what} is not JSON{said}")
    place = ".".join(str(part) for part in problem["loc"])
    raise LiveError(service, Problem.GARBAGE, f"{what} {wrong}" + (f" (at {place})" if place else ""))
