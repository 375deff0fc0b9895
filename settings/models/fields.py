"""What a key accepts, in words, for what JSON Schema can't say readably; kinds of text that several tables have."""

from typing import Annotated

from pydantic import Field
from pydantic.config import JsonDict, JsonValue
from pydantic.fields import FieldInfo

ACCEPTED = "x-accepted"


def accepts(accepted: str, **schema: JsonValue) -> JsonDict:
    """Extra JSON Schema of a field: the words, and what else editors should check."""
    return {ACCEPTED: accepted, **schema}


def matching(pattern: str, accepted: str) -> FieldInfo:
    """Text of a form, and the form in words."""
    return Field(pattern=pattern, json_schema_extra=accepts(accepted))


DnsLabel = Annotated[
    str,
    matching(
        r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
        "lower-case letters, digits and inner hyphens, a letter first, at most 63 characters",
    ),
]
# AWS General Reference, "Tag naming limits and requirements".
TagValue = Annotated[
    str, matching(r"^[\w .:/=+@-]{1,128}$", "1 to 128 letters, digits, spaces and . : / = + @ _ -, as AWS tags allow")
]
ProjectName = Annotated[
    str,
    matching(
        r"^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$",
        "lower-case letters, digits and inner hyphens, a letter first, at most 20 characters",
    ),
]
HostName = Annotated[
    str,
    matching(r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", "a host name: lower-case letters, digits, dots and hyphens"),
]
SecretName = Annotated[
    str,
    matching(
        r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
        "the name of a Kubernetes Secret: lower-case letters, digits, dots and hyphens",
    ),
]
# Whose a service is: a label's value.
TeamName = Annotated[
    str,
    matching(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "lower-case letters, digits and inner hyphens, at most 63"),
]
