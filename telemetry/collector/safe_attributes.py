"""Attributes that aren't searched, because their conventions leave no room for a secret or a person in them.

Numbers, words of closed lists, and names that a program's author chose: methods, status codes, kinds of systems, sizes,
models, functions, and what the platform itself says of pods, nodes and services. What a user or a caller may write
(`url.*`, `db.query.text`, headers, `server.address`, anything without a convention) is searched.

Sources: OpenTelemetry semantic conventions 1.38 (registry of attributes), read 2026-11-28.
"""

import re
from collections.abc import Iterable

_SAFE = (
    r"cloud\.platform", r"cloud\.provider", r"cloud\.region", r"code\.file\.path", r"code\.function\.name",
    r"code\.line\.number", r"db\.operation\.name", r"db\.system\.name", r"deployment\.environment\.name",
    r"gen_ai\.operation\.name", r"gen_ai\.request\.max_tokens", r"gen_ai\.request\.model", r"gen_ai\.response\.model",
    r"gen_ai\.usage\.input_tokens", r"gen_ai\.usage\.output_tokens", r"http\.request\.body\.size",
    r"http\.request\.method", r"http\.request\.resend_count", r"http\.response\.body\.size",
    r"http\.response\.status_code", r"http\.route", r"k8s\.[a-z]+\.(?:name|uid)", r"log\.file\.path",
    r"log\.iostream", r"logtag", r"messaging\.operation\.name", r"messaging\.system", r"network\.protocol\.name",
    r"network\.protocol\.version", r"network\.transport", r"network\.type", r"rpc\.grpc\.status_code", r"rpc\.system",
    r"server\.port", r"service\.name", r"service\.namespace", r"service\.version", r"telemetry\.sdk\.language",
    r"telemetry\.sdk\.name", r"telemetry\.sdk\.version", r"thread\.id", r"thread\.name", r"url\.scheme",
)  # fmt: skip


def safe_names(further: Iterable[str] = ()) -> str:
    """One pattern for names of attributes that aren't searched, and further ones.

    In alphabetical order the collector takes common beginnings together, so that each letter decides how it goes on;
    with both ends anchored it then needs one pass.
    """
    return f"^(?:{'|'.join(sorted([*_SAFE, *map(re.escape, further)]))})$"
