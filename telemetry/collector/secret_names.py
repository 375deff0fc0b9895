r"""Names of fields whose value is a secret, in every spelling, for attributes and inside text alike.

A name is a word that it ends with (`db.password`, `DB_PASSWORD`, `userPassword`), written with `_`, `-`, `.` or nothing
between its words. What stands in front of the word is free, but for a few that name no secret (`page_token`).

The collector finds a pattern that begins with fixed letters as fast as it finds a string, and fails at once where
nothing fits behind it. So patterns begin with the word itself: without its first letter, for that may be upper or lower
case, and once more in upper case.

Sources: rule sets of gitleaks (config/gitleaks.toml of 2026-07-22) and detect-secrets (plugins/keyword.py); RFC 6750,
6265 and 9110; OpenTelemetry semantic conventions for names of attributes.
"""

from typing import NamedTuple

MASK = "****"
# Put before what must not be masked, and taken away at the end: no value begins with it.
GUARD = "\x03"


_S = "[_. -]?"
# Names whose value is masked whatever stands behind the colon, and others.
_STRONG = r"pass(?:word|wd|phrase|code)(?:[_. -]?(?:hash|confirmation|confirm))?"
# Names of one short word, which is a part of other words: it must begin the name or one of its parts.
SHORT = r"pass|pwd|pin|otp|totp|cvv2?|cvc2?|ssn|jwt|sid|csrf|xsrf|pan"
_SHORT_CAMEL = r"Pass|Pwd|Pin|Otp|Jwt|Cvv|Cvc|Ssn"
# What a key belongs to that is a secret; `primary_key`, `cache_key`, `public_key` are none.
_KEYS = (
    r"api|app|application|access|secret|private|account|encryption|decryption|signing|signature|ssh|master|service|"
    r"auth|license|functions|subscription|storage|shared|webhook|deploy|hmac|aes|rsa|consumer|client|sas|cipher|token|"
    r"shared[_. -]?access"
)
KEY = rf"(?:{_KEYS}){_S}key(?:[_. -]?(?:value|data))?"
CARD = rf"card{_S}(?:number|no)|credit{_S}card"
_OTHERS = (
    rf"token|secret(?:{_S}(?:value|string|text|id))?|session{_S}(?:id|key|cookie)|sessid|credentials?|passkey|"
    rf"connect\.sid|{KEY}|{CARD}"
)
# Words before `token` that make it a place in a list.
HARMLESS_PREFIXES = r"page|next|prev|previous|continuation|continue|cursor|sync|skip|pagination|start|scroll|stop|eos"
# Values that are none: what configurations and messages say of a secret.
NO_VALUES = (
    r"true|false|null|nil|none|undefined|empty|missing|required|expired|invalid|wrong|incorrect|disabled|enabled|yes|no|"
    r"unset|redacted|masked|hidden|changed|reset|rotated|denied|failed|ok|bearer|basic|optional|<nil>"
)

# The name of an attribute, whole.
ATTRIBUTE_NAMES = (
    rf"(?i)(?:{_STRONG}|{_OTHERS}|authorization|(?:^|[._-])(?:set[_-]?)?cookie)$|"
    rf"(?:^|[^A-Za-z])(?i:{SHORT})$|[a-z](?:{_SHORT_CAMEL})$"
)
HARMLESS_ATTRIBUTE_NAMES = rf"(?i)(?:{HARMLESS_PREFIXES})[._-]?token$"

_GAP = r"[ \t]*"
_BETWEEN = rf"{_GAP}(?::=|=>|[:=]){_GAP}"
# Behind a name: quotes, separator, opening quote or bracket, and a value that ends where they do. Python prints headers
# as tuples, Go as maps of lists; JSON inside JSON has escaped quotes.
_QUOTED = (
    (rf"""[\\"'\]]*{_BETWEEN}\[?{_GAP}b?\"""", r"""(?:[^"\\]|\\.)+"""),
    (rf"""[\\"'\]]*{_BETWEEN}\[?{_GAP}b?'""", r"""(?:[^'\\]|\\.)+"""),
    (rf"""[\\"'\]]*{_BETWEEN}\[?{_GAP}\\+["']""", r"""(?:[^"'\\]|\\+[^"'\\])+"""),
    (rf"""{_BETWEEN}\[""", r"""[^\]"'\\]+"""),
)
_FIRST = r"""[^\s"'&,;<>(){}\[\]\\|\x03]"""
_REST = r"""[^\s"'&,;<>{}()\[\]\\|]"""
_BARE = (_BETWEEN, rf"{_FIRST}{_REST}{{2,}}")
# Behind a colon and a space stands prose as often: a secret is long, or has a digit.
_NO_PROSE = (
    (rf"{_GAP}(?::=|=>|=){_GAP}|:", rf"{_FIRST}{_REST}{{2,}}"),
    (rf"{_GAP}:[ \t]+", rf"""(?:{_FIRST}{_REST}{{19,}}|\x00|[^\s\d"'&,;<>(){{}}\[\]\\|\x03]{{0,19}}\d{_REST}{{2,}})"""),
)


class Edit(NamedTuple):
    """What is replaced by what; ${n} are the pattern's groups."""

    pattern: str
    replacement: str


def after(kept: str, forms: tuple[tuple[str, str], ...]) -> Edit:
    """What follows `kept` in one of the forms is masked; the form's own beginning stays."""
    whole = "|".join(f"({form}){value}" for form, value in forms)
    groups = "".join(f"${{{number}}}" for number in range(2, len(forms) + 2))
    return Edit(f"({kept})(?:{whole})", f"${{1}}{groups}{MASK}")


_SHORT_NAMES = rf"(?:(?:^|[^A-Za-z\x03])(?i:{SHORT})|[a-z](?:{_SHORT_CAMEL}))"
_SHORT_BARE = (rf"{_GAP}(?::=|=>|[:=]){_GAP}", rf"""[^\s"'&,;<>(){{}}\[\]\\|\x03/]{_REST}{{2,}}""")
# Fixed letters that a pattern begins with, in lower case or with a capital before them, and what follows.
_HEADS = (
    (r"ass(?i:word|wd|phrase|code)(?i:[_. -]?(?:hash|confirmation|confirm))?", (*_QUOTED, _BARE)),
    *(
        (head, (*_QUOTED, *_NO_PROSE))
        for head in (
            "oken", r"ecret(?i:[_. -]?(?:value|string|text|id))?", r"ess(?i:ion[_. -]?(?:id|key|cookie)|id)",
            r"redential[sS]?", r"ard(?i:[_. -]?(?:number|no))", r"onnect\.sid",
        )
    ),
)  # fmt: skip
_UPPER = r"PASS(?:WORD|WD|PHRASE|CODE)|TOKEN|SECRET|CREDENTIALS?|SESSION_?ID|SESSID|_KEY|APIKEY|AUTHORIZATION"


def number_after(kept: str) -> Edit:
    """A number in JSON becomes a string, so that it stays JSON."""
    return Edit(rf"""({kept}(\\*"){_GAP}:{_GAP})-?\d{{3,}}(?:\.\d+)?\b""", f"${{1}}${{2}}{MASK}${{2}}")


FIELD_EDITS = (*(after(head, forms) for head, forms in _HEADS), *(number_after(head) for head, _ in _HEADS))
# These begin with no fixed letters and are dear.
SHORT_EDITS = (after(_SHORT_NAMES, _QUOTED[:2]), after(_SHORT_NAMES, (*_QUOTED[2:], _SHORT_BARE)))
SHORT_NUMBER_EDITS = (number_after(_SHORT_NAMES),)
# Names all in upper case, as in environments, stand apart: most texts have none.
_KEY_HEAD = r"ey(?i:[_. -]?(?:value|data))?"
KEY_EDITS = (after(_KEY_HEAD, (*_QUOTED, *_NO_PROSE)), number_after(_KEY_HEAD))
UPPER_EDITS = (after(rf"(?:{_UPPER})", (*_QUOTED, _BARE)),)
UPPER_WORDS = ("PASS", "TOKEN", "SECRET", "CRED", "SESS", "KEY", "AUTHORIZATION")
UPPER_TESTS = tuple(
    rf"{word}[\"'\]\\]*[ \t]*[:=]"
    for word in (
        "PASS(?:WORD|WD|PHRASE|CODE)", "TOKEN", "SECRET", "CREDENTIALS?", "SESS(?:ION_?)?ID", "KEY", "AUTHORIZATION",
    )
)  # fmt: skip

# What separates a name from its value in lower-case text, and a value that isn't masked yet.
SEPARATED = r"""[\\"'\]]*[ \t]*(?:[:=,]|\\u003e)"""
UNMASKED = r"""[\\"'\[ \t]*\*{0,3}[^*\\"'\[ \t]"""


def separated(name: str) -> str:
    """The test for a name and a value."""
    return f"{name}{SEPARATED}{UNMASKED}"


def in_tuples(names: str) -> tuple[Edit, ...]:
    """Headers as Python prints them: a list of pairs, of text or of bytes."""
    return tuple(
        Edit(rf"({quote}[\w.-]{{0,64}}(?i:{names})\\*{quote}[ \t]*,[ \t]*b?\\*{quote}){value}", f"${{1}}{MASK}")
        for quote, value in (("'", r"""[^'\\]+"""), ('"', r"""[^"\\]+"""))
    )


# One of these is in any text with a name, in lower case.
NAMES = ("pass", "token", "secret", "sess", "cred", "card", "key", "authorization", "cookie")
KEY_SHAPE = separated("key(?:[_. -]?(?:value|data))?")
KEY_TESTS = tuple(rf"{name}[_. -]?key(?:.?(?:value|data))?[^a-z]{{0,4}}(?:[:=,]|\\u003e)" for name in _KEYS.split("|"))
FIELD_TESTS = tuple(
    separated(ending)
    for ending in (
        "pass(?:word|wd|phrase|code|key)?(?:[_. -]?(?:hash|confirmation|confirm))?", "token",
        "secret(?:[_. -]?(?:value|string|text|id))?", "sess(?:ion)?[_. -]?(?:id|key|cookie)", "credentials?",
        "card[_. -]?(?:number|no)",
    )
)  # fmt: skip
# Short names, which the edits then look at more closely.
PAN_TEST = separated("pan")  # as a word it is in `span_id`
SHORT_NUMBER = r'\\*"[ \t]*:[ \t]*-?\d{3}'
SHORT_TESTS = {
    "pass": "pass", "pwd": "pwd", "pin": "pin", "otp": "otp", "cv": "cv[vc]2?", "ssn": "ssn", "jwt": "jwt",
    "sid": "sid", "srf": "srf",
}  # fmt: skip

# Before the edits: values that are none, and names that name none.
VALUE_GUARDS = tuple(
    Edit(rf"""({sign}[ \t]*\\*["']?)((?i:{NO_VALUES})(?:$|[\s"'&,;)}}\]\\.|]))""", f"${{1}}{GUARD}${{2}}")
    for sign in ":="
)
NAME_GUARDS = tuple(
    Edit(rf"({head}[._-]?[tT]o)(ken)", f"${{1}}{GUARD}${{2}}")
    for head in ("age", "ext", "rev", "ation", "ursor", "ync")
)
