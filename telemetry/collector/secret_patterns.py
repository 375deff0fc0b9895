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
    GUARDS,
    KEY,
    KEY_EDITS,
    KEY_SHAPE,
    KEY_TEST,
    MASK,
    PAN_TEST,
    SHORT_EDITS,
    SHORT_TESTS,
    UPPER_EDITS,
    UPPER_TESTS,
    UPPER_WORDS,
    Edit,
    after,
    in_tuples,
    separated,
)


class Trigger(NamedTuple):
    """When a family may be in a text, in lower case. All parts that are given must hold; the cheapest stands first."""

    words: tuple[str, ...] = ()
    """One of these strings is in it."""
    patterns: tuple[str, ...] = ()
    """One of these patterns fits."""
    shapes: tuple[str, ...] = ()
    """One of these fits too; tried before the patterns."""
    early: bool = False
    """Whether the patterns are tried on every record, because the words are in many."""
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
    Edit(rf"([?&;](?:[\w.%-]*[._-])?(?i:{_QUERY})=)[^&\s\"'#<>\\;\x03][^&\s\"'#<>\\;]{{3,}}", f"${{1}}{MASK}"),
    Edit(r"([?&](?:code|oobCode)=)[^&\s\"'#<>\\]{6,}", f"${{1}}{MASK}"),
    Edit(r"(ignature=)[\w%+/=-]{16,}", f"${{1}}{MASK}"),
)
# The password of a URL's user information, to the last @ before the host's end, and a user that is a token itself.
_LOGIN_EDITS = (
    Edit(r"""(://[^\s/:@"'?#\\]*:)[^\s/"'\\<>?#]{1,256}(@)""", f"${{1}}{MASK}${{2}}"),
    Edit(r"(://)[\w.~%+-]{16,256}(@)", f"${{1}}{MASK}${{2}}"),
    Edit(r"""([\w.-]{1,64}:)[^\s@/"'\\]{1,128}(@(?:tcp|unix|udp)\()""", f"${{1}}{MASK}${{2}}"),
    Edit(r"""(jdbc:oracle:thin:[\w.$-]{1,64}/)[^\s@"'\\]{1,128}(@)""", f"${{1}}{MASK}${{2}}"),
)
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
    Edit(r"""((?:sshpass|login|mysql\w*|redis-cli|mongo\w*|psql|unzip|zip)\b[^\n|;]{0,120}?[ \t]-(?:p|a)[ \t]+["']?)"""
         r"""[^\s"'\\-][^\s"'\\]{2,}""", f"${{1}}{MASK}"),
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
    GUARDS,
)
SHORTS = Family(
    "shorts",
    (
        *(Trigger((word,), (separated(test),)) for word, test in SHORT_TESTS.items()),
        Trigger(patterns=(PAN_TEST,)),
    ),
    SHORT_EDITS,
    GUARDS[:1],
)
KEYS = Family(
    "keys",
    (Trigger(needs=_NAMED, words=("key",), shapes=(KEY_SHAPE,), patterns=(KEY_TEST,)),),
    (*in_tuples("(?:api|access)[_-]?key"), *KEY_EDITS),
    GUARDS[:1],
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
                r"@(?:tcp|unix|udp)\(",
                "jdbc:oracle:",
            ),
        ),
        Trigger(("=",), tuple(f"{before}{_PARAMETER}" for before in (r"\?", "&")), early=True),
        Trigger(("u0026",), (f"u0026{_PARAMETER}",)),
        Trigger(("ignature=",), (r"ignature=[\w%+/=-]{16}",)),
    ),
    (*_LOGIN_EDITS, *_URL_EDITS),
    GUARDS[1:],
)
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
_GITLAB = ("pat", "ptt", "dt", "rt", "cbt", "ft", "ffct", "imt", "agent", "oas", "soat")
# Most tokens are a word with an underscore and a long run of letters and digits. The others, and those whose run may be
# broken, are looked for by what is fixed in them, so that the search begins with a letter that is rare.
_TOKEN_WORDS = (
    "_live_", "_test_", "_prod_", "_pat_", "_oat_", "sntrys_", "figd_", "tfp_", "pscale_", "yJ", "ABSK", "AIza",
    "ya29.", "GOCSPX-", "Q~", "GR1348941", "xox", "xapp-", "xkeysib-", "xai-", "slack.com/", "SG.", "pypi-", "pul-",
    "webhooks/", ":AA", "sq0", "EAAA", "dapi", "NRAK-", "PMAK-", ".atlasv1.", "ATATT3", "AGE-SECRET-KEY-1", "pplx-",
    "ico-", "dt0c01.", "sha256~", "hvs.", "hvb.", "hvr.", "dp.pt.", "dp.st.", "dp.ct.", "dp.sa.",
)  # fmt: skip
_TOKEN_SHAPES = (r"_[A-Za-z0-9+/]{20}", r"pat[A-Za-z0-9]{14}\.", r"gl[a-z]{2,5}-[\w.-]{20}")
# Words that are in other words, with what makes a token of them.
_TOKEN_PATTERNS = (
    r"A[KSBC][IC]A[A-Z0-9]{16}", r"SK[0-9a-fA-F]{32}", r"AC[0-9a-f]{32}:", r"sk-[\w-]{20}", r"key-[0-9a-f]{32}",
)  # fmt: skip
_COMMON_WORDS = ("AKIA", "ASIA", "ABIA", "ACCA", "SK", "AC", "sk-", "key-")


class Token(NamedTuple):
    """A vendor's token: fixed letters, then what makes it one."""

    head: str
    tail: str
    kept: str = ""
    """The part of the tail that stays, before the rest."""


_TOKENS = (
    Token("eyJ", r"[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"), Token("eyJrIjoi", r"[\w+/=]{40,}"),
    *(Token(head, r"[A-Z0-9]{16}") for head in ("AKIA", "ASIA", "ABIA", "ACCA")), Token("ABSK", r"[\w+/]{40,}=*"),
    Token("AIza", r"[\w-]{30,}"), Token("ya29.", r"[\w-]{20,}"), Token("GOCSPX-", r"[\w-]{20,}"),
    Token("Q~", r"[\w~.-]{31,40}"),
    *(Token(head, r"[A-Za-z0-9]{20,}") for head in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    Token("github_pat_", r"\w{20,}"), Token("GR1348941", r"[\w-]{20}"),
    *(Token(f"gl{kind}-", r"[\w.-]{20,}") for kind in _GITLAB),
    Token("xox", r"[a-z](?:\.xox[a-z])?-[\w-]{10,}"), Token("xapp-", r"\d-[\w-]{10,}"),
    Token("hooks.slack.com/", r"[\w+/-]{20,}", kept=r"(?:services|workflows|triggers)/"),
    *(Token(head, r"\w{10,}") for head in ("sk_live_", "rk_live_", "sk_test_", "rk_test_", "sk_prod_", "rk_prod_")),
    Token("whsec_", r"[\w+/=]{20,}"), Token("sk-", r"[\w-]{20,}"), Token("SK", r"[0-9a-fA-F]{32}"),
    Token("AC", r"[0-9a-f]{32}", kept=r"[0-9a-f]{32}:"), Token("SG.", r"[\w=-]{16,}\.[\w=.-]{16,}"),
    Token("key-", r"[0-9a-f]{32}"), Token("npm_", r"[A-Za-z0-9]{30,}"), Token("pypi-", r"[\w-]{50,}"),
    *(Token(head, r"[\w-]{20,}") for head in ("dckr_pat_", "dckr_oat_")), Token("hf_", r"[A-Za-z0-9]{30,}"),
    Token("api_org_", r"[A-Za-z]{30,}"), Token("glsa_", r"\w{30,}"), Token("glc_", r"[\w+/=]{30,}"),
    Token("pul-", r"[0-9a-f]{40}"), *(Token(head, r"[\w-]{24,}") for head in ("hvs.", "hvb.", "hvr.")),
    Token("webhooks/", r"[\w-]{40,}", kept=r"\d{15,22}/"), Token(":AA", r"[\w-]{32,40}"),
    *(Token(head, r"[0-9a-fA-F]{32}") for head in ("shpat_", "shpca_", "shppa_", "shpss_")),
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


# A token begins where a word does, or behind an escaped line's end.
_WHOLE = Edit(
    rf"(\b|\\[nrt])(?:{_any_of(token for token in _TOKENS if not token.kept and token.head[0] not in _MID)})",
    f"${{1}}{MASK}",
)
_WITHIN = tuple(
    Edit(f"({token.head.replace('.', chr(92) + '.')}{token.kept}){token.tail}", f"${{1}}{MASK}")
    for token in _TOKENS
    if token.kept or token.head[0] in _MID
)
TOKENS = Family(
    "tokens",
    (Trigger(_TOKEN_WORDS), Trigger(_COMMON_WORDS, _TOKEN_PATTERNS), Trigger(patterns=_TOKEN_SHAPES)),
    (_WHOLE, *_WITHIN),
    exact=True,
)
UPPER = Family(
    "upper",
    tuple(Trigger((word,), (test,), needs=_NAMED) for word, test in zip(UPPER_WORDS, UPPER_TESTS, strict=True)),
    UPPER_EDITS,
    (GUARDS[0],),
    exact=True,
)
# What a name gives away, and what its own form does.
BY_NAME, BY_FORM = (HEADERS, MARKUP, FIELDS, SHORTS, KEYS, UPPER), (URLS, COMMANDS, SENTENCES, KEY_BLOCKS, TOKENS)
