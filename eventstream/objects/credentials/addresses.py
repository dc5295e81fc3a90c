"""A name and password within an address, with or without its scheme."""

from eventstream.expressions import expression
from eventstream.objects.credentials.form import Form, Spans

_PORT = expression(rb"[0-9]{1,5}")
_DIGEST = expression(rb"sha[0-9]+(?:[:.\s\"']|$)|sha[0-9]+:.*")
_NO_USERS = (b"mailto", b"sip", b"sips", b"xmpp", b"acct")


def _userinfo(text: bytes, start: int, end: int) -> Spans:
    """The password in what follows `://`, or its user where that is long enough for a token.

    What stands before the last `@` of the authority; where that has none, the password may hold
    the `/` that seemed to end it.
    """
    run = text[start:end]
    ends = [place for place in map(run.find, (b"/", b"?", b"#")) if place >= 0]
    authority = min(ends, default=len(run))
    at = run.rfind(b"@", 0, authority)
    if at < 0:
        at = run.find(b"@", authority)
    if at < 0 or _DIGEST.match(run[at + 1 :]):
        return ()
    colon = run.find(b":", 0, at)
    if colon < 0:
        token = 16 <= at <= authority
        return ((start, start + at),) if token else ()
    password = run[colon + 1 : at]
    past = at > authority
    if past and (colon > authority or _PORT.fullmatch(run[colon + 1 : authority])):
        return ()
    return ((start + colon + 1, start + at),) if password else ()


def _before_host(text: bytes, start: int, end: int) -> Spans:
    """The password of `user:password@host`; a digest after the `@` makes it an image."""
    before, _, host = text[start:end].rpartition(b"@")
    user, _, password = before.partition(b":")
    if not password or _DIGEST.match(host) or user.lower() in _NO_USERS:
        return ()
    begins = start + len(user) + 1
    return ((begins, begins + len(password)),)


FORMS = (
    Form(r"://([^\s\"'\x60<>]*@[^\s\"'\x60<>]*)", _userinfo),
    Form(r"((?:^|[^\s\"'\x60/:@=,(\[]+)?:[^\s\"'\x60/:@]+@[\w-]+\.?[\w.:-]*)", _before_host),
    # %3A%2F%2Fuser%3A…%40
    Form(r"(?i)%3a%2f%2f[^\s\"'%/]*%3a([^\s\"']*?)%40"),
)
