"""Settings: `DB_PASS=…`, `"token": "…"`, `secret: …`, in shells, JSON, YAML, URLs and Go."""

from eventstream.objects.credentials.form import Form, Spans
from eventstream.objects.credentials.values import bare, if_strong, unless_prose, unless_sentence
from eventstream.objects.credentials.words import (
    KEY,
    MORE,
    PASS,
    PASSWORD,
    QUOTE,
    SECRET,
    SPACE,
    WORD,
)

QUOTED = (
    r"(?:\"((?:[^\"\\]|\\(?s:.))+)"
    r"|\\+\"((?:[^\"\\]|\\[^\"\\]|\\\\(?:\\\"|[^\"])?)+)"
    r"|\\*'((?:[^'\\]|\\(?s:.))+)"
    r"|\x60([^\x60]+))"
)
"""A value within quotes, in four groups by their kind; it need not end."""
QUOTES = 4

BARE = rf"{QUOTE}?((?:[^\s\"'\x60\\<]|<[^/]|\\[^nrtu\"'\\])+)"
"""A value without, or within quotes that are written in some other way."""

_CLOSE = rf"(?:{QUOTE}?\]?|\[\w*\])"
_SIGN = r"(?:\s?(?::=|=>|={1,3}|%(?:25)?3[dD])|:|%(?:25)?3[aA])"
_LOOSE = rf"\s?(?:=|:|=>|:=)\s+(?:[|>][+-]?{SPACE}+)?"
_DIGITS = frozenset(b"0123456789")


def _counted(text: bytes, start: int, end: int) -> bool:
    """Whether a number says how many there are of things in the plural."""
    many = text[max(start - 8, 0) : start].rstrip(b"=: ").endswith((b"s", b"S"))
    values = [text[slice(*span)] for span in bare(text, start, end)]
    return many and not any(value.translate(None, b"0123456789kKMGTPEi") for value in values)


def _no_quantity(text: bytes, start: int, end: int) -> Spans:
    return () if _counted(text, start, end) else bare(text, start, end)


def _no_words(text: bytes, start: int, end: int) -> Spans:
    return () if _counted(text, start, end) else unless_prose(text, start, end)


def _of_key(text: bytes, start: int, end: int) -> Spans:
    """As `bare`, where the name before it is not that of some other key."""
    name = text[max(start - 64, 0) : start].rstrip(b" =:\"'\\[]").lower()
    words = name.removesuffix(b"key").rstrip(b"_-").split()[-1:] or [b""]
    return () if words[0].endswith(_NO_KEYS) else unless_prose(text, start, end)


_NO_KEYS = (
    *(b"public", b"pub", b"partition", b"primary", b"foreign", b"sort", b"routing", b"cache"),
    *(b"topology", b"object", b"bucket", b"row", b"index", b"map", b"label", b"group", b"order"),
    *(b"shard", b"lookup", b"unique", b"hash", b"range", b"composite", b"config", b"registry"),
    *(b"idempotency", b"annotation", b"taint", b"missing", b"unknown", b"duplicate", b"invalid"),
)

_VALUE = rf"(?:{QUOTED}|{BARE})"
_NEAR = rf"(?:\s?{QUOTED}|{BARE})"
FORMS = (
    Form(rf"(?i){PASSWORD}{MORE}{_CLOSE}{_SIGN}{_NEAR}", bare, QUOTES),
    Form(rf"(?i){PASSWORD}{MORE}{_CLOSE}{_LOOSE}{_VALUE}", unless_sentence, QUOTES),
    Form(rf"(?i){PASS}{MORE}{_CLOSE}{_SIGN}{_NEAR}", bare, QUOTES),
    Form(rf"(?i){PASS}{MORE}{_CLOSE}{_LOOSE}{_VALUE}", if_strong, QUOTES),
    Form(rf"(?i){SECRET}s?{MORE}{_CLOSE}{_SIGN}{_NEAR}", _no_quantity, QUOTES),
    Form(rf"(?i){SECRET}s?{MORE}{_CLOSE}{_LOOSE}{_VALUE}", _no_words, QUOTES),
    Form(rf"{KEY}(?:_BASE)?{_CLOSE}{_SIGN}\s?{_VALUE}", _of_key, QUOTES),
    # The pair of an environment: name: DB_PASSWORD, value: …
    Form(
        rf"(?i)(?:{WORD}|[_-]key|[_-]auth){MORE}{QUOTE}?{SPACE}*,?{SPACE}*{QUOTE}?value{QUOTE}?\s?[:=]\s*"
        rf"{_VALUE}",
        bare,
        QUOTES,
    ),
    # <password>…</password>
    Form(rf"(?i)<[\w:.-]*(?:{PASSWORD}|{SECRET})[\w.-]*(?:\s[^<>]*)?>\s*([^<]+)"),
    # An address's query: ?key=… and &sig=… mean nothing else there.
    Form(
        r"(?i)[?&;](?:amp;)?(?:key|sig|sign|code|auth|pass|jwt|sid|session|pw|p)=([^\s\"'\\&<>]+)",
        unless_prose,
    ),
    Form(rf"(?i)(?:^|[^A-Za-z])(?:[xX]-)?auth{QUOTE}?{_SIGN}\s?{_VALUE}", unless_prose, QUOTES),
    Form(rf"(?i)auth{QUOTE}\s?:\s*{QUOTED}", bare, QUOTES),
    # kubectl create secret … --from-literal=any=…
    Form(rf"--from-literal[=\s]+[\w.-]+={_VALUE}", bare, QUOTES),
    # password X, password is X, IDENTIFIED BY 'X'
    Form(rf"(?i)(?:{PASSWORD}|identified by)\s+(?:(?:is|was|of|to)\s+)?{QUOTED}", bare, QUOTES),
    Form(rf"(?i)(?:{PASSWORD}|{SECRET})(?:\.assign)?\(\s*{QUOTED}", bare, QUOTES),
    Form(rf"(?i){PASSWORD}\s+(?:(?:is|was|of|to|set|for key is)\s+)?{BARE}", if_strong),
)
