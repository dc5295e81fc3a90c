"""Where a sign-in leads on to: an address of this Baton, whatever the link said."""

from urllib.parse import unquote, urlsplit

from django.utils.http import url_has_allowed_host_and_scheme

from dashboard import prefix


def own_address(asked: str) -> str:
    """Return `asked` where it is a path of ours, else that of the first page.

    At the same host others may have their pages beside Baton's prefix.
    """
    first = prefix.at("/")
    own = asked.startswith(first) and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    if not own or not asked.isascii() or not asked.isprintable() or _climbs(asked):
        return first
    return asked


def _climbs(asked: str) -> bool:
    """Whether a browser would take a part of the path for the way up."""
    return ".." in unquote(urlsplit(asked).path).replace("\\", "/").split("/")
