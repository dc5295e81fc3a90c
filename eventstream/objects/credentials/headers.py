"""HTTP headers: Authorization in all its schemes, cookies, and schemes that stand alone."""

from eventstream.objects.credentials.form import Form, Spans
from eventstream.objects.credentials.values import bare, if_mixed, unless_prose
from eventstream.objects.credentials.words import PASSWORD, QUOTE, SECRET

_SCHEME = r"(?:bearer|basic|token|apikey|api-key|negotiate|ntlm|key|oauth)"
_REST = r"((?:[^\s\"'\x60\\\],;]|,[^\s\"'])+)"


def _cookies(text: bytes, start: int, end: int) -> Spans:
    """All cookies of a line: each has a name, of which at least one is followed by `=`."""
    return ((start, end),) if b"=" in text[start:end] else ()


FORMS = (
    Form(
        rf"(?i)authorization{QUOTE}?\s*[:=]+\s*\[?{QUOTE}?{_SCHEME}\s+{QUOTE}?{_REST}", unless_prose
    ),
    Form(r"(?i)authorization[\"']?\s*[:=]+\s*[\"']?(?:digest|aws4-hmac-sha256|hawk)\s+([^\r\n]+)"),
    Form(rf"(?i)authorization{QUOTE}?\s*(?:=|:\[|:)\s*{QUOTE}?{_REST}", unless_prose),
    # x-amz-security-token, PRIVATE-TOKEN: a header, or what curl calls one.
    Form(rf"(?i)[\w-]+-(?:token|key|secret|auth|password):\s*\[?{_REST}", unless_prose),
    Form(
        rf"(?i)(?:\bcookies?{QUOTE}?\s*[:=]\s*\[?|--cookie\s+|curl[^|;]*\s-b\s*){QUOTE}?"
        r"([^\s\"'\\\];]+(?:;\s*[^\s\"'\\\];]+)*)",
        _cookies,
    ),
    Form(rf"(?i)\b(?:bearer|basic)(?:\s+|%20|\+){QUOTE}?([\w.+/=~:-]{{8,}})", unless_prose),
    Form(rf"(?i)\btoken\s+{QUOTE}?([\w.+/=~:-]{{8,}})", if_mixed),
    Form(r"(?i)\b\w*(?:session|sess(?:ion)?[_-]?id|sessid|connect\.sid)=([^\s\"'\\;,]+)", bare),
    Form(
        rf"(?i)(?:{SECRET}|{PASSWORD})s?\s+(?:(?:is|was|for key is)\s+)?{QUOTE}?"
        r"([\w.+/=~:-]{8,})",
        if_mixed,
    ),
)
