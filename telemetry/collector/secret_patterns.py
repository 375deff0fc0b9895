r"""What a secret looks like in text beside fields: headers, URLs, command lines, XML, key blocks, vendors' tokens.

Every pattern begins with fixed letters where it can (see `secret_names`).

Sources: RFC 6750, 7617, 9110 (Authorization), 6265 (Cookie), 3986 (user information), 7468 (PEM), 9580 (OpenPGP); AWS
"Signature Version 4"; formats of vendors' tokens: gitleaks, config/gitleaks.toml of 2026-07-22, and what GitHub,
GitLab, Slack, Stripe, OpenAI, Google, npm, Grafana, Airtable, Telegram and Discord document themselves.
"""

from collections.abc import Iterable
from typing import NamedTuple

from telemetry.collector.secret_names import (
    CARD,
    FIELD_EDITS,
    FIELD_TESTS,
    KEY,
    KEY_EDITS,
    KEY_SHAPE,
    KEY_TESTS,
    MASK,
    NAME_GUARDS,
    PAN_TEST,
    SHORT_EDITS,
    SHORT_NUMBER,
    SHORT_NUMBER_EDITS,
    SHORT_TESTS,
    UPPER_EDITS,
    UPPER_TESTS,
    UPPER_WORDS,
    VALUE_GUARDS,
    Edit,
    after,
    in_tuples,
    separated,
)


class Trigger(NamedTuple):
    """When a family may be in a text, in lower case. All parts that are given must hold; the cheapest stands first."""

    words: tuple[str, ...] = ()
    """One of these strings is in it. Without words and needs the rest is tried on every record."""
    patterns: tuple[str, ...] = ()
    """One of these patterns fits."""
    shapes: tuple[str, ...] = ()
    """One of these fits too; tried before the patterns."""
    needs: tuple[str, ...] = ()
    """What was found before: a name of a secret (`named`), or a long number (`numbers`)."""


class Family(NamedTuple):
    """Secrets that are looked for together."""

    name: str
    triggers: tuple[Trigger, ...]
    """One of them holds for any text with such a secret."""
    edits: tuple[Edit, ...]
    guards: tuple[Edit, ...] = ()
    """Run before the edits."""
    exact: bool = False
    """Whether the triggers look at the text as it is, not in lower case."""
    bundle: str | None = None
    """Families of many edits have a group of statements for themselves, or with others, that other records skip."""


BY_NAME_BUNDLE = "by_name"
# In this order; a bundle of one family is marked by the family's name.
BUNDLES = (BY_NAME_BUNDLE, "tokens", "client_address")


_NAMED = ("named",)
_GAP = r"[ \t]*"
# A scheme may be guarded, as the value that it is of no other name.
_SCHEMES = (
    r"(?:\x03?(?i:basic|bearer|token|digest|apikey|api-key|negotiate|ntlm|hawk|oauth|aws4-hmac-sha256|sharedkey)[ \t]+)"
)
# A header's value to its end: all parameters of Digest and AWS4, whatever is in quotes or brackets.
_HEADER = (
    (rf"""[\\"'\]]*{_GAP}(?:[:=]|=>){_GAP}\[?{_GAP}b?"{_SCHEMES}?""", r"""(?:[^"\\]|\\.)+"""),
    (rf"""[\\"'\]]*{_GAP}(?:[:=]|=>){_GAP}\[?{_GAP}b?'{_SCHEMES}?""", r"""(?:[^'\\]|\\.)+"""),
    (rf"""[\\"'\]]*{_GAP}(?:[:=]|=>){_GAP}\[?{_GAP}\\+["']{_SCHEMES}?""", r"""(?:[^"'\\]|\\+[^"'\\])+"""),
    (rf"""{_GAP}[:=]{_GAP}\[{_SCHEMES}?""", r"""[^\]"'\\]+"""),
    (
        rf"""{_GAP}[:=]{_GAP}{_SCHEMES}""",
        r"""[^\s"',\\\]\x03]{3,}(?:,[ ]?[\w-]+=(?:\\*"[^"\\]*\\*"|[^\s,"\\]+))*""",
    ),
    (rf"""{_GAP}[:=]{_GAP}""", r"""(?:[^\s"',\\\]\x03]{16,}|[^\s\d"',\\\]\x03]{0,15}\d[^\s"',\\\]]{2,})"""),
)
_COOKIE = (*_HEADER[:4], (rf"{_GAP}:{_GAP}", r"""[^\r\n"\\\x03][^\r\n"\\]*"""), (r"=", r"""[^\s"'\\;]{8,}"""))
# Letters and digits mixed: no word of a sentence.
_MIXED = r"(?:[A-Za-z_~+/.!#-]*[A-Za-z]\d|[\d_~+/.-]*\d[A-Za-z])"
_IS = r"""(?:[ \t]+(?:is|was|of)|:)?[ \t]+["'`]?"""


_SENTENCE_EDITS = (
    after("assword", ((_IS, rf"{_MIXED}[\w~+/.!@#$%^&*=-]{{5,}}"),)),
    *(after(head, ((_IS, rf"{_MIXED}[\w~+/.!@#$%^&*=-]{{14,}}"),)) for head in ("oken", "ecret", "pi key")),
)
_HEADER_EDITS = (
    *in_tuples("authorization|cookie|signature"),
    after("uthorization", _HEADER),
    after("ookie", _COOKIE),
    *(
        Edit(rf"({head}[ \t]+)(?:[\w.~+/-]{{20,}}=*|[\w.~+/-]{{6,}}={{1,2}})(\W|$)", f"${{1}}{MASK}${{2}}")
        for head in ("earer", "asic", "EARER", "ASIC")
    ),
)
_QUERY = (
    r"sig|signature|key|token|secret|auth|otp|sid|ticket|assertion|password|pass|pwd|hmac|hash|session|jwt|nonce|"
    r"access|apikey|credential"
)
_URL_EDITS = (
    *(
        Edit(rf"({sign}(?:[\w.%-]*[._-])?(?i:{_QUERY})=)[^&\s\"'#<>\\;\x03][^&\s\"'#<>\\;]{{3,}}", f"${{1}}{MASK}")
        for sign in (r"\?", "&", ";")
    ),
    *(Edit(rf"({sign}(?:code|oobCode)=)[^&\s\"'#<>\\]{{6,}}", f"${{1}}{MASK}") for sign in (r"\?", "&")),
    Edit(r"(ignature=)[\w%+/=-]{16,}", f"${{1}}{MASK}"),
)
# The password of a URL's user information, to the last @ before the host's end, and a user that is a token itself.
_LOGIN_EDITS = (
    Edit(r"""(://[^\s/:@"'?#\\]*:)[^\s/"'\\<>?#]{1,256}(@)""", f"${{1}}{MASK}${{2}}"),
    Edit(r"(://)[\w.~%+-]{16,256}(@)", f"${{1}}{MASK}${{2}}"),
    Edit(r"""(jdbc:oracle:thin:[\w.$-]{1,64}/)[^\s@"'\\]{1,128}(@)""", f"${{1}}{MASK}${{2}}"),
)
_DSN_EDITS = (Edit(r"""([\w.-]{1,64}:)[^\s@/"'\\]{1,128}(@(?:tcp|unix|udp)\()""", f"${{1}}{MASK}${{2}}"),)
_COMMAND_EDITS = (
    Edit(
        r"""(--(?:[\w-]*-)?(?:password|passwd|passphrase|pass|token|secret|key|auth|pwd)(?:[ \t]+|=)["']?)"""
        r"""[^\s"'\\\x03-][^\s"'\\]{2,}""",
        f"${{1}}{MASK}",
    ),
    *(
        Edit(rf"""({option}(?:[ \t]*|=)["']?[^\s:"'\\/]{{1,64}}:)[^\s"'\\]{{2,}}""", f"${{1}}{MASK}")
        for option in ("--user", "--proxy-user", " -u", " -U")
    ),
    *(
        Edit(rf"""({tool}\b[^\n|;]{{0,120}}?[ \t]-(?:p|a)[ \t]+["']?)[^\s"'\\-][^\s"'\\]{{2,}}""", f"${{1}}{MASK}")
        for tool in ("sshpass", "login", r"mysql\w*", "redis-cli", r"mongo\w*", "psql", "zip")
    ),
)  # fmt: skip
_XML_NAMES = rf"password|passwd|passphrase|pwd|secret|token|{KEY}|{CARD}|credentials?|pass|pin|cvv|ssn"
_XML_EDITS = (
    Edit(
        rf"(<(?:[\w.-]*[:._-])?(?:\w*)(?i:{_XML_NAMES}|authorization|jwt|otp|session[_.-]?id)(?:[ \t][^<>]*)?>)"
        r"[^<>]+(</)",
        f"${{1}}{MASK}${{2}}",
    ),
    *(Edit(rf"""({head}=\\*["'][^"'\\]*(?i:{_XML_NAMES})\\*["'][ \t]+(?i:value)=\\*["'])[^"'\\]+""", f"${{1}}{MASK}")
      for head in ("ey", "ame")),
)  # fmt: skip
_KEY_BLOCK = Edit(
    r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^\x00]*?-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\:,.-]*)",
    MASK,
)

FIELDS = Family(
    "fields",
    (Trigger(needs=_NAMED, patterns=FIELD_TESTS),),
    (*in_tuples("token|secret|password|passwd"), *FIELD_EDITS),
    (*VALUE_GUARDS, *NAME_GUARDS),
)
SHORTS = Family(
    "shorts",
    (
        *(Trigger((word,), (separated(test),)) for word, test in SHORT_TESTS.items()),
        Trigger(patterns=(PAN_TEST,)),
    ),
    SHORT_EDITS,
    VALUE_GUARDS,
)
SHORT_NUMBERS = Family(
    "short_numbers",
    tuple(Trigger((word,), (rf"{test}{SHORT_NUMBER}",)) for word, test in SHORT_TESTS.items()),
    SHORT_NUMBER_EDITS,
)
KEYS = Family(
    "keys",
    (Trigger(needs=_NAMED, words=("key",), shapes=(KEY_SHAPE,), patterns=KEY_TESTS),),
    (*in_tuples("(?:api|access)[_-]?key"), *KEY_EDITS),
    VALUE_GUARDS,
)
HEADERS = Family(
    "headers",
    (
        Trigger(needs=_NAMED, patterns=(separated("authorization"), separated("cookie"))),
        Trigger(("bearer", "basic"), tuple(rf"{scheme}[ \t]+[\w.~+/-]{{6}}" for scheme in ("bearer", "basic"))),
        Trigger(("signature",), (r"""signature\\*["'][ \t]*,[ \t]*b?\\*["']""",)),
    ),
    _HEADER_EDITS,
)
_PARAMETER = rf"(?:[\w.%-]*[._-])?(?:{_QUERY}|code|oobcode)=[^&\s\"'#<>\\]{{4}}"
URLS = Family(
    "urls",
    (
        Trigger(
            ("@",),
            (
                r"://[^\s/:@\"'?#\\]*:[^\s/\"'\\<>?#]{1,256}@",
                r"://[\w.~%+-]{16,256}@",
                "jdbc:oracle:",
            ),
        ),
        Trigger(patterns=tuple(f"{before}{_PARAMETER}" for before in (r"\?", "&"))),
        Trigger(("u0026",), (f"u0026{_PARAMETER}",)),
        Trigger(("ignature=",), (r"ignature=[\w%+/=-]{16}",)),
    ),
    (*_LOGIN_EDITS, *_URL_EDITS),
    NAME_GUARDS,
)
DSNS = Family("dsns", (Trigger(("@tcp(", "@unix(", "@udp(")),), _DSN_EDITS)
_OPTION = r"(?:[\w-]*-)?(?:password|passwd|passphrase|pass|token|secret|key|auth|pwd|user)[ \t=]"
COMMANDS = Family(
    "commands",
    (
        Trigger(("--",), (f"--{_OPTION}",)),
        Trigger(patterns=(r" -(?:u[ \t=]*[\"'\\]*[^\s:\"'\\/]{1,64}:|[pa][ \t])",)),
    ),
    _COMMAND_EDITS,
)
MARKUP = Family(
    "markup",
    (
        Trigger(
            ("</", "u003c/"),
            tuple(
                rf"{opening}(?:[\w.-]*[:._-])?\w*(?:{_XML_NAMES}|authorization|jwt|otp|session[_.-]?id)"
                for opening in ("<", "u003c")
            ),
        ),
        Trigger(("value=",), (r"value=\\*[\"']",)),
    ),
    _XML_EDITS,
)
SENTENCES = Family(
    "sentences",
    (
        Trigger(
            needs=_NAMED,
            patterns=tuple(rf"{word}{_IS}[\\\"]?[\w~+/.!#-]*\d" for word in ("password", "token", "secret", "api key")),
        ),
    ),
    _SENTENCE_EDITS,
)
KEY_BLOCKS = Family(
    "key_blocks", (Trigger(("private key",), ("-----begin [a-z0-9 ]{0,32}private key",)),), (_KEY_BLOCK,)
)


# What tokens begin with that stands inside words, and heads that are in any text.
_MID = "Q:_."
_GITLAB = "pat|ptt|dt|rt|cbt|ft|ffct|imt|agent|oas|soat"
# Most tokens are a word with an underscore and a long run of letters and digits. The others, and those whose run may be
# broken, are looked for by what is fixed in them, so that the search begins with a letter that is rare.
_TOKEN_WORDS = (
    "_live_", "_test_", "_prod_", "_pat_", "_oat_", "sntrys_", "figd_", "tfp_", "pscale_", "yJ", "ABSK", "AIza",
    "ya29.", "GOCSPX-", "Q~", "GR1348941", "xox", "xapp-", "xkeysib-", "xai-", "slack.com/", "SG.", "pypi-",
    "webhooks/", ":AA", "sq0", "EAAA", "dapi", "NRAK-", "PMAK-", ".atlasv1.", "ATATT3", "AGE-SECRET-KEY-1", "pplx-",
    "dt0c01.", "sha256~", "hvs.", "hvb.", "hvr.", "AKIA", "ASIA", "ABIA", "ACCA",
)  # fmt: skip
_TOKEN_SHAPES = (r"_[A-Za-z0-9+/]{20}", r"gl[a-z]{2,5}-[\w.-]{20}")
_TWILIO_TEST = "AC[0-9a-f]{32}:"
# Heads that are in other words too: such a token begins where a word does, or behind an escaped line's end.
_SHORT_HEADS = ("SK", "sk-", "key-", "hf_", "r8_", "do", "dp.", "ntn_", "sgp_", "pul-", "ico-", "secret_", "pat")
_SHORT_WORDS = (
    "SK", "sk-", "key-", "hf_", "r8_", "_v1_", "dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "ntn_", "sgp_", "pul-", "ico-",
    "secret_",
)  # fmt: skip
_AIRTABLE_SHAPE = r"pat[A-Za-z0-9]{14}\."


class Token(NamedTuple):
    """A vendor's token: fixed letters, then what makes it one."""

    head: str
    tail: str
    kept: str = ""
    """The part of the tail that stays, before the rest."""


_TOKENS = (
    Token("eyJ", r"[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"), Token("eyJrIjoi", r"[\w+/=]{40,}"),
    Token("A", r"(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}"), Token("ABSK", r"[\w+/]{40,}=*"),
    Token("AIza", r"[\w-]{30,}"), Token("ya29.", r"[\w-]{20,}"), Token("GOCSPX-", r"[\w-]{20,}"),
    Token("Q~", r"[\w~.-]{31,40}"),
    Token("gh", r"[opusr]_[A-Za-z0-9]{20,}"),
    Token("github_pat_", r"\w{20,}"), Token("GR1348941", r"[\w-]{20}"),
    Token("gl", rf"(?:{_GITLAB})-[\w.-]{{20,}}"),
    Token("xox", r"[a-z](?:\.xox[a-z])?-[\w-]{10,}"), Token("xapp-", r"\d-[\w-]{10,}"),
    Token("hooks.slack.com/", r"[\w+/-]{20,}", kept=r"(?:services|workflows|triggers)/"),
    *(Token(head, r"(?:live|test|prod)_\w{10,}") for head in ("sk_", "rk_")),
    Token("whsec_", r"[\w+/=]{20,}"), Token("sk-", r"[\w-]{20,}"), Token("SK", r"[0-9a-fA-F]{32}"),
    Token("AC", r"[0-9a-f]{32}", kept=r"[0-9a-f]{32}:"), Token("SG.", r"[\w=-]{16,}\.[\w=.-]{16,}"),
    Token("key-", r"[0-9a-f]{32}"), Token("npm_", r"[A-Za-z0-9]{30,}"), Token("pypi-", r"[\w-]{50,}"),
    Token("dckr_", r"[op]at_[\w-]{20,}"), Token("hf_", r"[A-Za-z0-9]{30,}"),
    Token("api_org_", r"[A-Za-z]{30,}"), Token("glsa_", r"\w{30,}"), Token("glc_", r"[\w+/=]{30,}"),
    Token("pul-", r"[0-9a-f]{40}"), Token("hv", r"[sbr]\.[\w-]{24,}"),
    Token("webhooks/", r"[\w-]{40,}", kept=r"\d{15,22}/"), Token(":AA", r"[\w-]{32,40}"),
    Token("shp", r"(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    Token("sq0", r"(?:atp|csp|idp)-[\w-]{20,}"), Token("EAAA", r"[\w-]{40,}"),
    Token("pat", r"[A-Za-z0-9]{14}\.[A-Za-z0-9]{20,}"), Token("do", r"[opr]_v1_[a-f0-9]{40,}"),
    Token("dp.", r"(?:pt|st|ct|sa)\.[\w.-]{30,}"), Token("dapi", r"[a-f0-9]{32}"),
    Token("lin_api_", r"[A-Za-z0-9]{30,}"),
    Token("ntn_", r"[A-Za-z0-9]{40,}"),
    Token("secret_", r"[A-Za-z0-9]{40,}"),
    Token("NRAK-", r"[A-Za-z0-9]{20,}"),
    Token("PMAK-", r"[\w-]{40,}"),
    Token("rubygems_", r"[a-f0-9]{40,}"),
    Token("sntrys_", r"[\w+/=-]{40,}"), Token("sntryu_", r"[a-f0-9]{40,}"), Token("xkeysib-", r"[\w-]{60,}"),
    Token(".atlasv1.", r"[\w=-]{50,}"), Token("ATATT3", r"[\w=-]{40,}"), Token("AGE-SECRET-KEY-1", r"[A-Z0-9]{50,}"),
    Token("gsk_", r"[A-Za-z0-9]{40,}"), Token("r8_", r"[A-Za-z0-9]{30,}"), Token("pplx-", r"[A-Za-z0-9]{40,}"),
    Token("xai-", r"[A-Za-z0-9]{60,}"), Token("ico-", r"[A-Za-z0-9]{32}"), Token("tfp_", r"[\w=.-]{40,}"),
    Token("figd_", r"[\w-]{30,}"), Token("dt0c01.", r"[A-Za-z0-9]{20,}\.[A-Za-z0-9]{40,}"), Token("sgp_", r"[\w]{40,}"),
    Token("pscale_", r"(?:tkn|oauth|pw)_[\w=.-]{32,}"), Token("shippo_", r"(?:live|test)_[a-fA-F0-9]{40}"),
    Token("duffel_", r"(?:test|live)_[\w=-]{40,}"), Token("sha256~", r"[\w-]{43}"),
)  # fmt: skip


def _token(token: Token) -> str:
    head = token.head.replace(".", r"\.")
    return f"{head}{token.kept}{token.tail}" if not token.kept else f"(?:{head}{token.kept}){token.tail}"


def _any_of(tokens: Iterable[Token]) -> str:
    """Alternatives in alphabetical order, so that those with the same first letters are searched as one."""
    return "|".join(sorted(_token(token) for token in tokens))


_SHORT_TOKENS = tuple(token for token in _TOKENS if token.head in _SHORT_HEADS)
TOKENS = Family(
    "tokens",
    (Trigger(_TOKEN_WORDS), Trigger(("AC",), (_TWILIO_TEST,)), Trigger(patterns=_TOKEN_SHAPES)),
    tuple(
        Edit(f"({token.head.replace('.', chr(92) + '.')}{token.kept}){token.tail}", f"${{1}}{MASK}")
        if token.kept or token.head[0] in _MID
        else Edit(_token(token), MASK)
        for token in _TOKENS
        if token not in _SHORT_TOKENS
    ),
    exact=True,
    bundle="tokens",
)
SHORT_TOKENS = Family(
    "short_tokens",
    (
        Trigger(_SHORT_WORDS, tuple(_token(token) for token in _SHORT_TOKENS if token.head != "pat")),
        Trigger(patterns=(_AIRTABLE_SHAPE,)),
    ),
    (Edit(rf"(\b|\\[nrt])(?:{_any_of(_SHORT_TOKENS)})", f"${{1}}{MASK}"),),
    exact=True,
)
UPPER = Family(
    "upper",
    tuple(Trigger((word,), (test,), needs=_NAMED) for word, test in zip(UPPER_WORDS, UPPER_TESTS, strict=True)),
    UPPER_EDITS,
    VALUE_GUARDS,
    exact=True,
)
# What a name gives away, and what its own form does.
BY_NAME = tuple(
    family._replace(bundle=BY_NAME_BUNDLE) for family in (HEADERS, MARKUP, FIELDS, SHORTS, SHORT_NUMBERS, KEYS, UPPER)
)
BY_FORM = (URLS, DSNS, COMMANDS, SENTENCES, KEY_BLOCKS, TOKENS, SHORT_TOKENS)
