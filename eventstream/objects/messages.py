"""Finds what looks like a credential in the free text of Events and conditions.

Such text is written by many programs, and some put into it what they were given: a URL with its
password, a header, a setting. It is also the best evidence there is, so ordinary sentences,
image references, names, uids, container ids and quantities have to stay as they are.
"""

import re
from collections.abc import Callable

_PASSWORD = r"pass(?:word|wd|phrase)s?"  # noqa: S105  A pattern, no password.
_SECRET = (
    r"(?:secret|token|pwd|(?:api|access|private|secret)[-_]?key"  # noqa: S105
    r"|authorization|credential|signature)"
)
_BARE = r"[^\s\"'\\,;&(){}<>]+"
_QUOTED = r"\\?[\"'](?P<quoted>[^\"'\\]+)"

_ALWAYS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # A password in a URL; digits after the colon may also be a port.
        r"://(?!hidden:)[^\s/:@\"']{0,256}:(?!\d{1,5}(?:[/\"'\s]|\Z))(?P<value>[^\s@\"']{1,256})(?=@)",
        # A token in the place of a URL's user; what stands before a digest is an image.
        r"://(?P<value>[^\s/:@\"']{16,256})(?=@(?!sha\d))",
        r"(?P<value>eyJ[\w-]{10,}\.[\w-]{4,}(?:\.[\w-]+)*)",
        r"\b(?P<value>(?:AKIA|ASIA)[A-Z0-9]{16})",
        r"\b(?P<value>(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|AIza)[\w-]{16,})",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<value>(?s:.+?))(?=-----END|\Z)",
        # password=…, password: …, "password":"…", --password …
        rf"{_PASSWORD}(?:\s?=\s*|:\s*|\\?[\"']\s?[:=]\s*(?=\\?[\"']))(?:{_QUOTED}|(?P<value>{_BARE}))",
        rf"{_SECRET}(?:=|:(?=\S))(?:{_QUOTED}|(?P<value>{_BARE}))",
        rf"{_SECRET}s?(?:\\?[\"'])?\s?[:=]\s*{_QUOTED}",
        rf"--[\w-]*(?:{_PASSWORD}|{_SECRET})\s+(?:{_QUOTED}|(?P<value>{_BARE}))",
    )
]
_UNLESS_PROSE = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_SECRET}s?\s?[:=]\s+(?:(?:bearer|basic|digest)\s+)?(?P<value>{_BARE})",
        rf"{_SECRET}s=(?P<value>{_BARE})",
        r"\b(?:bearer|basic)\s+(?P<value>[\w.+/=~:-]{8,})",
    )
]
_PROSE = re.compile(r"[A-Za-z]?[a-z]+(?:-[a-z]+)*[.:!?]?|[a-z]\w*:|\d{1,3}|\d+[kKMGTPE]?i?|realm=")
_LONG = re.compile(r"(?<!sha256:)(?<!sha512:)(?<![\w@.+/=-])[\w+/=]{40,}(?![\w+/=])")
_NAMED_ID = re.compile(
    r"(?:sandbox|container|digest|commit|revision|image)(?: id)?\W{0,4}\Z", re.IGNORECASE
)
_HEX = re.compile(r"[0-9a-f]+")
_SEGMENT = re.compile(r"[^/_=]{20,}")


_HINTS = (
    *("://", "eyj", "akia", "asia", "gh", "glpat-", "xox", "aiza", "-----begin", "pass", "secret"),
    *("token", "pwd", "key", "authorization", "credential", "signature", "bearer", "basic"),
)
"""One of these is in every text, in lower case, that one of the patterns above finds fault with."""


def scrub(text: str, hide: Callable[[str], str]) -> str:
    """`text` with each credential replaced by `hide(credential)`; time linear in its length."""
    lower = text.lower()
    # Beyond ASCII a pattern that ignores case matches more letters than their lower case.
    if not text.isascii() or any(map(lower.__contains__, _HINTS)):
        text = _without_named(text, hide)
    return _LONG.sub(lambda match: hide(match[0]) if _random(match) else match[0], text)


def _without_named(text: str, hide: Callable[[str], str]) -> str:
    """`text` without the credentials that what stands around them, or how they begin, tells."""
    for pattern in _ALWAYS:
        text = pattern.sub(lambda match: _replaced(match, hide), text)
    for pattern in _UNLESS_PROSE:
        text = pattern.sub(
            lambda match: match[0] if _PROSE.fullmatch(match["value"]) else _replaced(match, hide),
            text,
        )
    return text


def _replaced(match: re.Match[str], hide: Callable[[str], str]) -> str:
    group = "quoted" if match.groupdict().get("quoted") else "value"
    start, end = (place - match.start() for place in match.span(group))
    return match[0][:start] + hide(match[group]) + match[0][end:]


def _random(match: re.Match[str]) -> bool:
    """Whether a long run of characters is random, rather than a name, a path or an id."""
    run = match[0]
    if _HEX.fullmatch(run):
        return not _NAMED_ID.search(match.string[max(match.start() - 24, 0) : match.start()])
    segment = max(_SEGMENT.findall(run), key=len, default="")
    mixed = segment.lower() != segment and segment.upper() != segment
    return any(map(str.isdigit, segment)) and (mixed or "/" not in run) and not segment.isdigit()
