"""How an address names an object: by its uid, which a cluster may have made of anything.

An API server makes uids of hexadecimal digits and dashes, and an object that came without one is
called by its namespace and name, with a slash. A recording may hold any text at all.
"""

from urllib.parse import quote, unquote

from eventstream.expressions import expression

_PLAIN = expression(r"[A-Za-z0-9_:][A-Za-z0-9_.:-]*")


class Uid:
    """A path converter for any text but none; what is not plain is quoted within the path.

    The path is then quoted once more as all paths are, so that neither a browser nor a proxy
    takes a slash or dots of the uid for steps of the path.
    """

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """The uid that this part of a path names."""
        return unquote(value)

    def to_url(self, value: str) -> str:
        """The part of a path that names this uid."""
        return value if _PLAIN.fullmatch(value) else quote(value, safe="").replace(".", "%2E")
