r"""What a person's datum looks like in text, by the kinds that `redaction.personal_data` names, and card numbers.

Cards are found by issuer, length and printed groups, and by Luhn's check digit, which the collector computes. Without
a word for cards beside it a bare number counts only with the issuers' commonest prefixes, and not at all behind a word
for an id, an offset or a size. IBANs are found by country and length; their check digits aren't computed.

Sources: ISO/IEC 7812 issuer ranges as the card networks publish them; E.164 and the North American Numbering Plan;
SWIFT "IBAN Registry" (lengths by country); RFC 5322 and 6531 (addresses), RFC 6890 (special-purpose addresses); Social
Security Administration, "Social Security Number Randomization" (areas never given out).
"""

from settings.models.redaction import PersonalData
from telemetry.collector.secret_names import GUARD, MASK, Edit
from telemetry.collector.secret_patterns import Family, Trigger

_LABEL = r"(?:[A-Za-z0-9_\x{80}-\x{FFFC}\x{FFFE}-\x{10FFFF}-]|\\u[0-9a-fA-F]{4})"
# A domain begins with a letter or ends as the few that don't: `react@18.2.0` and `x@1.0.0-beta.rc` are none.
_DOMAIN = (
    rf"(?:(?:[A-Za-z\x{{80}}-\x{{10FFFF}}]|\\u[0-9a-fA-F]{{4}}){_LABEL}*\.|\d{_LABEL}*[A-Za-z]{_LABEL}*\.|\d{{2,4}}\.)"
    rf"(?:{_LABEL}+\.)*[A-Za-z\x{{80}}-\x{{10FFFF}}]{{2,}}"
)
_LOCAL = r"[A-Za-z0-9_.%+'\x{80}-\x{10FFFF}-]"
EMAIL = rf"{_LOCAL}+@{_DOMAIN}"
# With letters that JSON or a URL has escaped.
_ESCAPED_EMAIL = rf"(?:{_LOCAL}|\\u[0-9a-fA-F]{{4}})+(?:@|%40){_DOMAIN}"
_REPOSITORIES = Family(
    "repositories",
    (Trigger(("git@", "svn@", "hg@")),),
    (Edit(r"(^|[\s'\"=(/])(git|svn|hg)@", f"${{1}}${{2}}{GUARD}@"),),
)
_EMAIL_GUARDS = (
    Edit(
        r"@([\w.-]+)\.(service|slice|socket|timer|target|mount|scope|local|svc|jar|js|py|go|ts)\b",
        f"@{GUARD}${{1}}.${{2}}",
    ),
)  # fmt: skip

_DIGITS = r"(?:[ .()-]{0,2}\d)"
_INTERNATIONAL = rf"[1-9]{_DIGITS}{{7,14}}"
_PHONE_NAMES = r"(?:phone|tel|mobile|msisdn|fax|cell|whatsapp|sms)(?:[_. -]?(?:number|no|nr|to|from))?"
_PHONE_VALUE = r"[+(]?\d[\d ().-]{6,18}\d"
_PHONES = (
    Edit(rf"(^|[^\w.+])\+{_INTERNATIONAL}\b", f"${{1}}{MASK}"),
    Edit(rf"%2[Bb]{_INTERNATIONAL}\b", MASK),
)
_NAMED_PHONES = (Edit(rf"""((?i:{_PHONE_NAMES})[\\"']*[ \t]*[:=][ \t]*[\\"'\[]*){_PHONE_VALUE}""", f"${{1}}{MASK}"),)
_NATIONAL = Edit(
    r"(^|[^\w.+-])(?:\([2-9]\d{2}\) ?[2-9]\d{2}[ .-]\d{4}|"
    r"[2-9]\d{2}(?:-[2-9]\d{2}-|\.[2-9]\d{2}\.| [2-9]\d{2} )\d{4})\b",
    f"${{1}}{MASK}",
)

# Lengths of IBANs by country.
_IBAN_LENGTHS = {
    15: "NO", 16: "BE", 18: "DK|FO|FI|GL|NL|SD", 19: "MK|SI", 20: "AT|BA|EE|KZ|LT|LU|XK", 21: "CH|HR|LI|LV",
    22: "BG|BH|CR|DE|GB|GE|IE|ME|RS|VA", 23: "AE|GI|IL|IQ|OM|TL", 24: "AD|CZ|ES|MD|PK|RO|SA|SE|SK|TN|VG",
    25: "PT|ST", 26: "IS|TR", 27: "FR|GR|IT|MC|MR|SM", 28: "AL|AZ|BY|CY|DO|GT|HU|LB|NI|PL|SV", 29: "BR|EG|PS|QA|UA",
    30: "JO|KW|MU", 31: "MT|SC", 32: "LC", 33: "RU",
}  # fmt: skip


def _iban(length: int, countries: str) -> str:
    groups, rest = divmod(length - 4, 4)
    last = rf"(?:[ -]?[A-Z0-9]{{{rest}}})" if rest else ""
    return rf"(?:{countries})\d{{2}}(?:[ -]?[A-Z0-9]{{4}}){{{groups}}}{last}"


_IBAN = rf"\b(?:{'|'.join(_iban(length, countries) for length, countries in _IBAN_LENGTHS.items())})\b"
_SSN = r"(^|[^\w.-])(?:[1-57-8]\d{2}|0[1-9]\d|00[1-9]|6[0-57-9]\d|66[0-57-9])-\d{2}-\d{4}($|[^\w-])"

# Names of fields with the address of a client; private and reserved ranges stay, they name no person.
_OF_CLIENTS = (
    "lient", "emote", "ource", "isitor", "ustomer", "orwarded", "rc", "ser", "aller", "eal", "eer", "ender",
)  # fmt: skip
_CLIENTS = (
    *(
        rf"{name}(?i:[_. -]?(?:ip[_. -]?addr(?:ess)?|ip|addr(?:ess)?|host|for|socket[_. -]?address))"
        for word in _OF_CLIENTS for name in (word, word.upper())
    ),
    "lient", "LIENT", "onnecting-(?i:ip)", *(rf"{ip}[_. -]?(?i:address)" for ip in ("ip", "Ip", "IP")),
)  # fmt: skip
_OCTET = r"\d{1,3}"
_PUBLIC = (
    r"(?:[1-9]|[2-9]\d|1[13-9]|12|1[013-57-8]\d|12[0-689]|16[0-8]|19[013-9]|2[0-4]\d|25[0-5])\."
    rf"{_OCTET}\.{_OCTET}|172\.(?:\d|1[0-5]|3[2-9]|[4-9]\d|\d{{3}})\.{_OCTET}|"
    rf"169\.(?:\d|\d\d|1\d\d|2[0-4]\d|25[0-35])\.{_OCTET}|192\.(?:\d|\d\d|1[0-57-9]\d|16[0-79]|2\d\d)\.{_OCTET}"
)
_KEY_TO_ADDRESS = r"""[\\"']*[ \t]*[:=,][ \t]*[\\"'\[]*"""
# First what stands behind such a name is marked, then addresses behind a mark are cut.
_ADDRESSES = (
    *(Edit(rf"({name}{_KEY_TO_ADDRESS})([1-9])", f"${{1}}{GUARD}${{2}}") for name in _CLIENTS),
    Edit(rf"{GUARD}({_PUBLIC})\.{_OCTET}\b", "${1}.0"),
    Edit(rf"{GUARD}(2[0-9a-fA-F]{{3}}:[0-9a-fA-F]{{0,4}}:[0-9a-fA-F]{{0,4}}:)[0-9a-fA-F:]+", "${1}:"),
    # Access logs in the common format.
    Edit(rf"(^|[\s\"])({_PUBLIC})\.{_OCTET}( (?:-|\S+) (?:-|\S+) \[)", "${1}${2}.0${3}"),
)
# Where the conventions put them, with the address as the whole value.
CLIENT_ATTRIBUTES = ("client.address", "network.peer.address")
WHOLE_ADDRESSES = (
    Edit(rf"^({_PUBLIC})\.{_OCTET}$", "${1}.0"),
    Edit(r"^(2[0-9a-fA-F]{3}:[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:)[0-9a-fA-F:]+$", "${1}:"),
)

_FOUR = (
    r"4\d{3}|5[1-5]\d{2}|222[1-9]|2(?:2[3-9]\d|[3-6]\d{2}|7[01]\d|720)|"  # Visa, Mastercard
    r"6(?:011|2\d{2}|4[4-9]\d|5\d{2})|35(?:2[89]|[3-8]\d)"  # Discover, UnionPay, JCB
)
_PRINTED = (
    rf"(?:{_FOUR})(?:[ -]\d{{4}}){{3}}", r"3[47]\d{2}[ -]\d{6}[ -]\d{5}", r"3(?:0[0-5]|[68]\d)\d[ -]\d{6}[ -]\d{4}",
)  # fmt: skip
_COMMON = r"(?:4\d{3}|5[1-5]\d{2}|6011)\d{12}|3[47]\d{13}"
_ANY_CARD = rf"(?:{_FOUR})\d{{12}}|62\d{{15,17}}|3[47]\d{{13}}|3(?:0[0-5]|[68]\d)\d{{11}}"
_CARD_WORDS = (
    r"card|pan|visa|mastercard|amex|american express|diners|discover|jcb|unionpay|maestro|credit|debit|paid|payment"
)
_NUMBER_WORDS = (
    r"bytes|offset|size|length|count|seq(?:uence)?|timestamp|time|ts|lsn|xid|position|order|id|nonce|"
    r"version|rev|epoch|nanos?|millis|ns|us|ms|partition|checksum|hash|cursor|total|sum|memory|rss|heap|port|pid"
)
# The first candidate of a text, or a number behind a word that names something else.
CARD_CANDIDATE = (
    rf"(?:(?i:{_NUMBER_WORDS})[\\\"']*[ \t]*[:=# ]?[ \t]*[\\\"'\[]*(?P<other>\d{{13,}})|"
    rf"(?:^|[^\w.+-])(?:(?P<number>{'|'.join(_PRINTED)}|{_COMMON})|"
    rf"(?i:{_CARD_WORDS})[^\d\n]{{0,24}}(?P<named>{_ANY_CARD}))\b)"
)
CARD_DIGITS = tuple(rf"{digit}\d{{3}}[ -]?\d{{4,6}}[ -]?\d{{4,5}}" for digit in range(2, 7))
# One of these fits where the candidates are sought; ids in hexadecimal digits end here.
_ENDED = r"(?:[^\w]|$)"
CARD_SHAPES = (
    *(
        rf"{first}{rest}{_ENDED}"
        for first, rest in (
            ("4", r"\d{3}(?:[ -]?\d{4}){3}"), ("5", r"[1-5]\d{2}(?:[ -]?\d{4}){3}"),
            ("2", r"[2-7]\d{2}(?:[ -]\d{4}){3}"),
            ("6", r"[0245]\d{2}(?:[ -]?\d{4}){3}"),
            ("3", r"(?:[47]\d{2}[ -]?\d{6}[ -]?\d{5}|[068]\d{2}[ -]\d{6}[ -]\d{4}|5\d{2}(?:[ -]\d{4}){3})"),
        )
    ),
    *(rf"{word}[^\d\n]{{0,24}}[2-6]\d{{12,18}}{_ENDED}" for word in _CARD_WORDS.split("|")),
)  # fmt: skip
# Some UnionPay numbers have no check digit by Luhn.
UNIONPAY = tuple(
    Edit(rf"({name}[^\d\n]{{0,24}})62\d{{14,17}}\b", f"${{1}}{MASK}") for name in ("nion[pP]ay", "NIONPAY")
)
CARD_ROUNDS = 4
# What is still a candidate after so many rounds is masked without its check digit.
CARD_REST = Edit(rf"(^|[^\w.+-])(?:{'|'.join(_PRINTED)}|{_COMMON})\b", f"${{1}}{MASK}")

# What any card and IBAN has. A pattern for each first digit: one that begins with any digit is tried at each letter.
# Ids of lower-case hexadecimal digits go on behind their longest run.
NUMBERS = tuple(rf"{digit}\d{{3}}[ -]?\d{{4}}[ -]?\d{{2}}\d*(?:[^\da-f]|$)" for digit in range(10))
_NATIONAL_SHAPE = r"\d{3}\)? ?[ .-]?\d{3}[ .-]\d{4}"


_PHONE_WORDS = ("phone", "tel", "mobile", "msisdn")
# What names of clients' addresses end with.
_ADDRESS_WORDS = ("ip", "addr(?:ess)?", "host", "for", "client")
# Addresses of both kinds that aren't cut yet.
_ADDRESS_SHAPES = (r"\.\d{1,3}\.\d{1,3}\.[1-9]", "2[0-9a-f]{3}:[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f:]*[0-9a-f]")
# Most private addresses end here: 10, 127, 172.
_UNCUT = (
    r"(?:(?:1(?:\.|[13-689]|2[^7]|7(?:[^2]|2\.(?:\d\.|1[0-5]|[3-9]\d|[12]\d\d)))|[2-9])[\d.]{3,10}\.[1-9]|"
    "2[0-9a-f]{3}:[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f:]*[0-9a-f])"
)
_FAMILIES = {
    PersonalData.EMAIL: (
        _REPOSITORIES,
        Family(
            "escaped_email",
            (
                Trigger(("%40",), (f"%40{_DOMAIN}",)),
                Trigger((r"\u",), (r"\\u[0-9a-f]{4}[^\s@]{0,64}@",)),
            ),
            (Edit(_ESCAPED_EMAIL, MASK),),
            _EMAIL_GUARDS,
        ),
        Family("email", (Trigger(("@",), (f"@{_DOMAIN}",)),), (Edit(EMAIL, MASK),), _EMAIL_GUARDS),
    ),
    PersonalData.PHONE: (
        Family(
            "phone",
            (Trigger(patterns=(rf"\+{_INTERNATIONAL}",)), Trigger(("%2b",), (f"%2b{_INTERNATIONAL}",))),
            _PHONES,
        ),
        Family(
            "named_phone",
            tuple(
                Trigger((word,), (rf"""{word}[a-z_. -]{{0,8}}[\\"']*[ \t]*[:=][ \t]*[\\"'\[]*{_PHONE_VALUE}""",))
                for word in _PHONE_WORDS
            ),
            _NAMED_PHONES,
        ),
    ),
    PersonalData.NATIONAL_PHONE: (Family("national_phone", (Trigger(patterns=(_NATIONAL_SHAPE,)),), (_NATIONAL,)),),
    PersonalData.IBAN: (Family(
        "iban",
        (Trigger(needs=("numbers",), patterns=(r"\b[A-Z]{2}\d{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}",)),),
        (Edit(_IBAN, MASK),),
        exact=True,
    ),),
    PersonalData.NATIONAL_ID: (Family(
        "national_id",
        (Trigger(shapes=(r"-\d{2}-\d{4}",), patterns=(r"\d{3}-\d{2}-\d{4}",)),),
        (Edit(_SSN, f"${{1}}{MASK}${{2}}"),),
    ),),
    PersonalData.CLIENT_ADDRESS: (
        Family(
            "client_address",
            (
                Trigger(
                    shapes=_ADDRESS_SHAPES,
                    patterns=(*(rf"{word}{_KEY_TO_ADDRESS}{_UNCUT}" for word in _ADDRESS_WORDS), r" - [^ ]+ \[\d"),
                ),
            ),
            _ADDRESSES,
            bundle="client_address",
        ),
    ),
}  # fmt: skip


def personal_families(kinds: tuple[PersonalData, ...]) -> tuple[Family, ...]:
    """What is masked of the kinds that are switched on, beside cards."""
    return tuple(family for kind, families in _FAMILIES.items() if kind in kinds for family in families)
