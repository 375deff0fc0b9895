"""What KMS refuses: key policies, deletion windows, rotation periods and alias names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.providers.rules.policies import key_policy_refusals
from sandbox.providers.rules.refusal import Refusal, one_of

KEY_SPECS = (
    "SYMMETRIC_DEFAULT", "RSA_2048", "RSA_3072", "RSA_4096", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512",
    "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "SM2",
)  # fmt: skip
KEY_USAGES = ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT")
INVALID = "ValidationException"


def key_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """A key's inputs."""
    refusals = key_policy_refusals("policy", inputs.get("policy"))
    refusals += one_of("customerMasterKeySpec", inputs.get("customerMasterKeySpec"), KEY_SPECS, INVALID)
    refusals += one_of("keyUsage", inputs.get("keyUsage"), KEY_USAGES, INVALID)
    refusals += _range("deletionWindowInDays", inputs.get("deletionWindowInDays"), 7, 30)
    refusals += _range("rotationPeriodInDays", inputs.get("rotationPeriodInDays"), 90, 2560)
    if inputs.get("enableKeyRotation") is True and inputs.get("customerMasterKeySpec", KEY_SPECS[0]) != KEY_SPECS[0]:
        message = "automatic rotation is only possible for SYMMETRIC_DEFAULT keys."
        refusals.append(Refusal("enableKeyRotation", "UnsupportedOperationException", message))
    return refusals


def _range(name: str, value: object, low: int, high: int) -> list[Refusal]:
    if not isinstance(value, int) or low <= value <= high:
        return []
    return [Refusal(name, INVALID, f"{name} must be between {low} and {high} days, not {value}.")]


def alias_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """An alias starts with `alias/`, and `alias/aws/` is AWS's own."""
    name = inputs.get("name")
    if not isinstance(name, str):
        return []
    if name.startswith("alias/aws/"):
        return [Refusal("name", "NotAuthorizedException", f"{name}: aliases below alias/aws/ are reserved for AWS.")]
    if not re.fullmatch(r"alias/[a-zA-Z0-9/_-]+", name):
        return [
            Refusal("name", INVALID, f"The alias {name!r} must start with alias/ and have letters, digits, / _ - only.")
        ]
    return []
