"""What a key accepts, in words, for patterns and checks that JSON Schema can't say readably."""

from pydantic.config import JsonDict, JsonValue

ACCEPTED = "x-accepted"


def words(accepted: str, **schema: JsonValue) -> JsonDict:
    """Extra JSON Schema of a field: the words, and what else editors should check."""
    return {ACCEPTED: accepted, **schema}
