r"""What a secret or a person's datum looks like in text, as RE2 regular expressions for the collector.

Each rule masks what is secret and keeps the words around it (the key of `password=`, the scheme of `Bearer`), so that a
JSON line stays JSON. RE2 has no look-around: what must stay is captured as one of the numbered groups and put back.
A regular expression with many branches costs the collector microseconds a byte, a search for a fixed string, or for a
pattern that begins with some fixed letters, next to nothing: so every rule names triggers, of which one is in any text
that it could match, and runs only behind them.

Card numbers are found by the issuers' prefixes and lengths, contiguous or in printed groups. No processor of the
collector computes the Luhn check digit, so of random 16-digit numbers that stand alone about 19 % look like a card and
are masked; nine in ten of those would fail Luhn. Attributes that hold such numbers belong into
`redaction.ignored_attributes`. What follows `password:` is masked even where it is prose.

Sources: ISO/IEC 7812 issuer ranges as published by the card networks; RFC 6750 and 7617 (Authorization), RFC 7519
(JWT), E.164; AWS IAM "Understanding unique ID prefixes"; the token formats that GitHub, GitLab, Slack, Stripe, OpenAI,
Google, npm, Grafana and Airtable document.
"""

from typing import NamedTuple

MASK = "****"


class Rule(NamedTuple):
    """One kind of secret in text."""

    name: str
    """What it is."""
    triggers: tuple[str, ...]
    """Lower-case strings, or patterns that begin with some letters; a text without any of them has no such secret."""
    pattern: str
    """RE2."""
    replacement: str
    """What stands in its place; ${n} are the pattern's groups."""
    behind: str = ""
    """A lower-case string that is in every text with such a secret, beside the triggers."""
    named: bool = False
    """Whether the secret has one of `SECRET_WORDS` beside it."""


# Local part and domain in any script; %40 is the @ of URLs. A top-level domain has no digits, so `react@18.2.0` stays.
EMAIL = r"[\p{L}\p{N}._%+'-]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}"

_TOKENS = (
    r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*",  # JSON Web Token, signed or encrypted
    r"\bAKIA[A-Z0-9]{16}\b",  # AWS access key id
    r"\bASIA[A-Z0-9]{16}\b",  # of temporary credentials
    r"\bghp_[A-Za-z0-9]{20,}",
    r"\bgho_[A-Za-z0-9]{20,}",
    r"\bghs_[A-Za-z0-9]{20,}",
    r"\bghu_[A-Za-z0-9]{20,}",
    r"\bghr_[A-Za-z0-9]{20,}",
    r"\bgithub_pat_\w{20,}",
    r"\bglpat-[\w-]{20,}",
    r"\bxox[abeoprs]-[\w-]{10,}",  # Slack
    r"\bsk-[\w-]{20,}",  # OpenAI, Anthropic
    r"\b[rs]k_live_\w{16,}",  # Stripe
    r"\b[rs]k_test_\w{16,}",
    r"\bAIza[\w-]{30,}",  # Google
    r"\bnpm_[A-Za-z0-9]{30,}",
    r"\bglsa_\w{30,}",  # Grafana
    r"\bglc_\w{30,}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
)
_TOKEN_TRIGGERS = (
    *("eyj", "akia", "asia", r"gh[opsur]_", "github_pat_", r"gl(?:pat-|sa_|c_)", "xox", "sk-", r"k_(?:live|test)_"),
    *("aiza", "npm_", "private key-----"),
)
# Airtable's personal access tokens stand apart: "pat" is in every path.
_AIRTABLE_TRIGGER = r"pat[a-z0-9]{14}\."
_AIRTABLE = r"pat[A-Za-z0-9]{14}\.[A-Za-z0-9]{20,}"

# Groups of one length and one separator: a UUID of digits has other groups.
_FOUR = (
    r"4\d{3}|5[1-5]\d{2}|222[1-9]|2(?:2[3-9]\d|[3-6]\d{2}|7[01]\d|720)|"  # Visa, Mastercard
    r"6(?:011|2\d{2}|4[4-9]\d|5\d{2})|35(?:2[89]|[3-8]\d)"  # Discover, UnionPay, JCB
)
CARD_CONTIGUOUS = rf"(?:(?:{_FOUR})\d{{12}}|62\d{{15,17}}|3[47]\d{{13}}|3(?:0[0-5]|[68]\d)\d{{11}})"
_PRINTED = (
    *(rf"(?:{_FOUR})(?:{separator}\d{{4}}){{3}}" for separator in (" ", "-")),
    *(rf"3[47]\d{{2}}{separator}\d{{6}}{separator}\d{{5}}" for separator in (" ", "-")),
    *(rf"3(?:0[0-5]|[68]\d)\d{separator}\d{{6}}{separator}\d{{4}}" for separator in (" ", "-")),
)
CARD_PRINTED = f"(?:{'|'.join(_PRINTED)})"

# E.164 with its plus, and North American numbers in their three printed forms. Ten bare digits are an id as often.
PHONE_INTERNATIONAL = r"\+[1-9](?:[ .()-]{0,2}\d){7,14}"
PHONE_NATIONAL = r"(?:\([2-9]\d{2}\) ?[2-9]\d{2}[ .-]\d{4}|[2-9]\d{2}(?:-[2-9]\d{2}-|\.[2-9]\d{2}\.| [2-9]\d{2} )\d{4})"

# Names of fields whose value is a secret, written with _, -, or nothing between words.
_FIELD_NAMES = (
    r"(?:password|passwd|passphrase|api[_-]?key|(?:access|refresh|auth|id|session|security|bearer|api)[_-]?token|"
    r"(?:client|app|shared|webhook|jwt|signing|consumer)[_-]?secret|secret[_-]?(?:access[_-]?)?key|private[_-]?key|"
    r"session[_-]?id|x-amz-(?:signature|credential|security-token)|card[_-]?number|cvv|cvc)"
)
# Of these one is in any text that names a secret: they are looked for before the triggers of such rules.
SECRET_WORDS = (
    *("pass", "token", "secret", "key", "session", "card", "cvv", "cvc", "x-amz-", "pwd="),
    *("auth", "cookie", "basic", "bearer"),
)
# A token's name ends there: `max_tokens` names none.
_FIELD_TRIGGERS = (
    *(r"pass(?:w|phrase)", r"token[\\\"'\s:=]", "secret", r"api[_-]?key", r"private[_-]?key", r"session[_-]?id"),
    *(r"card[_-]?number", "cvv", "cvc", "x-amz-", "pwd="),
)

# Kept part first. A quoted name must have a quoted value, so that JSON's null, true and numbers stay as they are. Then
# JSON inside JSON, where quotes are escaped, and values without quotes.
_FIELDS = (
    (rf"""{_FIELD_NAMES}"?\s*[:=]\s*\"""", r"""(?:[^"\\]|\\.)+"""),
    (rf"""{_FIELD_NAMES}'?\s*[:=]\s*'""", r"""(?:[^'\\]|\\.)+"""),
    (rf"""{_FIELD_NAMES}\\+"\s*:\s*\\+\"""", r"""(?:[^"\\]|\\+[^"\\])+"""),
    (rf"""{_FIELD_NAMES}\s*[:=]\s*""", r"""[^\s"'&,;<>(){}\[\]\\]{3,}"""),
    (r"""\b[?&;]?(?:token|pwd)=""", r"""[^\s"'&,;/]{6,}"""),
)
_HEADERS = (
    (r"""authorization\\*["']?\s*[:=]\s*\\*["']?(?:(?:basic|bearer|token|digest)\s+)?""", r"""[^\s"',\\]{3,}"""),
    (r"""\b(?:set-)?cookie:\s*""", r"""[^\r\n"]+"""),
    (r"""\b(?:basic|bearer)\s+""", r"""(?:[\w.~+/-]{20,}=*|[\w.~+/-]{6,}={1,2})"""),
)
# The password of a URL's user information, whose @ is put back behind the mask.
_URL_LOGIN = r"""(://[^\s/:@"']*:)[^\s/@"']+(@)"""
_NUMBERS = (
    rf"(^|[^\w.+])(?:{CARD_CONTIGUOUS}|{PHONE_INTERNATIONAL})\b|"
    rf"(^|[^\w.+-])(?:{CARD_PRINTED}|{PHONE_NATIONAL})\b"
)

# A plus with a digit, or digits in groups as long as those of the printed numbers. Dates and times are not.
_NUMBER_TRIGGERS = (r"\+[1-9]", r"\d{3}(?:\d{10}|\d[ -]\d{4}|\)? ?[.-]?\d{3}[ .-]\d{4})")


def _after(*kept_and_value: tuple[str, str]) -> tuple[str, str]:
    """A pattern, in any case of letters, and its replacement, which keeps the first part of what it finds."""
    pattern = "|".join(f"(?i:({kept}){value})" for kept, value in kept_and_value)
    return pattern, "".join(f"${{{group}}}" for group in range(1, len(kept_and_value) + 1)) + MASK


# In this order: what a name gives away is masked before its value could match another rule.
RULES = (
    Rule("fields", _FIELD_TRIGGERS, *_after(*_FIELDS), named=True),
    Rule("headers", ("authorization", "cookie", "basic", "bearer"), *_after(*_HEADERS), named=True),
    Rule("url_passwords", ("://",), _URL_LOGIN, f"${{1}}{MASK}${{2}}", behind="@"),
    Rule("airtable", (_AIRTABLE_TRIGGER,), _AIRTABLE, MASK),
    Rule("tokens", _TOKEN_TRIGGERS, "|".join(_TOKENS), MASK),
    Rule("emails", ("@", "%40"), EMAIL, MASK),
    Rule("numbers", _NUMBER_TRIGGERS, _NUMBERS, f"${{1}}${{2}}{MASK}"),
)

# What any text with a secret has: most names of spans have none of it, and every span's name is looked at.
SUSPICIOUS = r"[@=:+%]|\d{3}|[\w.~-]{15}|-----|[Bb](?:asic|earer|ASIC|EARER)"

# For values that are lists, tables or numbers: the whole value is masked when anything in it is secret. Anchored, so
# that ordinary strings cost one comparison. What a rule has masked already must not match again.
_NESTED_FIELD = rf"""(?i:{_FIELD_NAMES}["']\s*:\s*["'][^"'*])"""
_NESTED = (_NESTED_FIELD, _AIRTABLE, *_TOKENS, EMAIL, CARD_CONTIGUOUS, PHONE_INTERNATIONAL)
WHOLE_VALUE_PATTERN = rf"^(?:[\[{{][\s\S]*(?:{'|'.join(_NESTED)})[\s\S]*|{CARD_CONTIGUOUS})$"
