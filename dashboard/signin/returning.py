"""Where a sign-in leads on to: an address of this Baton, whatever the link said."""

from django.utils.http import url_has_allowed_host_and_scheme


def own_address(asked: str) -> str:
    """Return `asked` where it is a path of ours, else that of the first page."""
    own = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if own and asked.isascii() and asked.isprintable() else "/"
