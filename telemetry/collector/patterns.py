r"""What a secret or a person's datum looks like in text, as RE2 regular expressions for the collector.

One alternation, one pass: `TEXT_PATTERN` with `TEXT_REPLACEMENT` masks what is secret and keeps the words around it
(the key of `password=`, the scheme of `Bearer`), so that a JSON line stays JSON. RE2 has no look-around: what must stay
is captured as one of the numbered groups and put back.

Card numbers are found by the issuers' prefixes and lengths, contiguous or in printed groups. No processor of the
collector computes the Luhn check digit, so of random 16-digit numbers that stand alone about 19 % look like a card and
are masked; nine in ten of those would fail Luhn. Attributes that hold such numbers belong into
`redaction.ignored_attributes`. What follows `password:` is masked even where it is prose.

Sources: ISO/IEC 7812 issuer ranges as published by the card networks; RFC 6750 and 7617 (Authorization), RFC 7519
(JWT), E.164; AWS IAM "Understanding unique ID prefixes"; the token formats that GitHub, GitLab, Slack, Stripe, OpenAI,
Google, npm, Grafana and Airtable document.
"""

MASK = "****"

# Local part and domain in any script; %40 is the @ of URLs. A top-level domain has no digits, so `react@18.2.0` stays.
EMAIL = r"[\p{L}\p{N}._%+'-]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}"

TOKENS = (
    r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*",  # JSON Web Token, signed or encrypted
    r"\bpat[A-Za-z0-9]{14}\.[A-Za-z0-9]{20,}",  # Airtable personal access token
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",  # AWS access key id
    r"\bgh[opsur]_[A-Za-z0-9]{20,}",
    r"\bgithub_pat_\w{20,}",
    r"\bglpat-[\w-]{20,}",
    r"\bxox[abeoprs]-[\w-]{10,}",  # Slack
    r"\bsk-[\w-]{20,}",  # OpenAI, Anthropic
    r"\b[rs]k_(?:live|test)_\w{16,}",  # Stripe
    r"\bAIza[\w-]{30,}",  # Google
    r"\bnpm_[A-Za-z0-9]{30,}",
    r"\bgl(?:sa|c)_\w{30,}",  # Grafana
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
)

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
# Kept part first. A quoted name must have a quoted value, so that JSON's null, true and numbers stay as they are. Then
# JSON inside JSON, where quotes are escaped, and values without quotes.
_FIELDS = (
    (rf"""{_FIELD_NAMES}"?\s*[:=]\s*\"""", r"""(?:[^"\\]|\\.)+"""),
    (rf"""{_FIELD_NAMES}'?\s*[:=]\s*'""", r"""(?:[^'\\]|\\.)+"""),
    (rf"""{_FIELD_NAMES}\\+"\s*:\s*\\+\"""", r"""(?:[^"\\]|\\+[^"\\])+"""),
    (rf"""{_FIELD_NAMES}\s*[:=]\s*""", r"""[^\s"'&,;<>(){}\[\]\\]{3,}"""),
    (r"""\b[?&;]?(?:token|pwd)=""", r"""[^\s"'&,;/]{6,}"""),
    (r"""authorization\\*["']?\s*[:=]\s*\\*["']?(?:(?:basic|bearer|token|digest)\s+)?""", r"""[^\s"',\\]{3,}"""),
    (r"""\b(?:set-)?cookie:\s*""", r"""[^\r\n"]+"""),
    (r"""\b(?:basic|bearer)\s+""", r"""(?:[\w.~+/-]{20,}=*|[\w.~+/-]{6,}={1,2})"""),
    # The password of a URL's user information, whose @ is put back behind the mask.
    (r"""://[^\s/:@"']*:""", r"""[^\s/@"']+(@)"""),
)

_WORDLESS = (
    rf"(^|[^\w.+])(?:{CARD_CONTIGUOUS}|{PHONE_INTERNATIONAL})\b|(^|[^\w.+-])(?:{CARD_PRINTED}|{PHONE_NATIONAL})\b"
)
_KEPT_FIELDS = "|".join(rf"(?i:({kept}){value})" for kept, value in _FIELDS)

TEXT_PATTERN = "|".join((_KEPT_FIELDS, *TOKENS, EMAIL, _WORDLESS))
_AT_SIGN = len(_FIELDS) + 1
_KEPT = [*range(1, _AT_SIGN), _AT_SIGN + 1, _AT_SIGN + 2]
TEXT_REPLACEMENT = "".join(f"${{{group}}}" for group in _KEPT) + f"{MASK}${{{_AT_SIGN}}}"

# For values that are lists, tables or numbers: the whole value is masked when anything in it is secret. Anchored, so
# that ordinary strings cost one comparison. What TEXT_PATTERN has masked already must not match again.
_NESTED_FIELD = rf"""(?i:{_FIELD_NAMES}["']\s*:\s*["'][^"'*])"""
WHOLE_VALUE_PATTERN = (
    rf"^(?:[\[{{][\s\S]*(?:{'|'.join((_NESTED_FIELD, *TOKENS, EMAIL, CARD_CONTIGUOUS, PHONE_INTERNATIONAL))})[\s\S]*"
    rf"|{CARD_CONTIGUOUS})$"
)
