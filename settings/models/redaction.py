"""What must not be stored: which attributes are masked, hashed, kept or left alone, beside what is found in text."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import model_validator

from planning.base import Frozen, broken_rule
from settings.models.fields import matching

AttributeName = Annotated[
    str, matching(r"^[A-Za-z0-9_.:/@-]{1,255}$", "an attribute's name: letters, digits and _ . : / @ -, at most 255")
]
AttributeWildcard = Annotated[
    str, matching(r"^[A-Za-z0-9_.:/@*-]{1,255}$", "an attribute's name, in which * stands for any letters")
]
# Kubernetes: names of Secrets are DNS subdomain names.
SecretName = Annotated[
    str,
    matching(
        r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
        "the name of a Kubernetes Secret: lower-case letters, digits, dots and hyphens",
    ),
]


class PersonalData(StrEnum):
    """Kinds of personal data that are found in text."""

    EMAIL = "email"
    """E-mail addresses."""
    PHONE = "phone"
    """Telephone numbers with a country code, or in a field that is named after telephones."""
    NATIONAL_PHONE = "national_phone"
    """North American numbers in their printed forms; they look like other numbers."""
    IBAN = "iban"
    """Bank accounts, by country and length."""
    NATIONAL_ID = "national_id"
    """US social security numbers."""
    CLIENT_ADDRESS = "client_address"
    """Clients' public IP addresses in fields that name them, cut to /24 and /48."""


class RedactionSettings(Frozen):
    """What the gateway masks, hashes or removes before anything is stored."""

    denied_attributes: tuple[AttributeWildcard, ...]
    """Attributes whose whole value is masked, in any case of letters; * stands for any letters."""
    hashed_attributes: tuple[AttributeName, ...]
    """Attributes whose value is replaced by its hash: equal ids stay equal, so that traces and logs can be joined."""
    hash_key_secret: SecretName | None = None
    """Your Secret whose key hash-key (letters and digits, 32 or more) keys the hashes; default: a generated one."""
    unkeyed_hashes: bool = False
    """Hashes without a key, which whoever knows the ids can compute."""
    personal_data: tuple[PersonalData, ...]
    """Kinds of personal data that are masked where they are found in text; cards and credentials always are."""
    allowed_attributes: tuple[AttributeName, ...]
    """When not empty, the only attributes of the services' own that traces and logs keep; resources keep theirs."""
    ignored_attributes: tuple[AttributeName, ...]
    """Attributes that are never searched or masked: ids that look like card or phone numbers."""

    @model_validator(mode="after")
    def _one_treatment(self) -> Self:
        both = sorted(set(self.hashed_attributes) & set(self.ignored_attributes))
        if both:
            raise broken_rule(
                f"{both[0]} is in hashed_attributes and in ignored_attributes; take it out of one",
                "hashed_attributes",
                "ignored_attributes",
            )
        if self.unkeyed_hashes and self.hash_key_secret is not None:
            raise broken_rule(
                "unkeyed_hashes is true and hash_key_secret names a key; take one of them away",
                "unkeyed_hashes",
                "hash_key_secret",
            )
        return self
