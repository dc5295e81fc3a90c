"""The addresses that are no pages: to sign in, and the API's; and whom each one is for."""

from functools import cache

from dashboard.api import declared
from dashboard.pages.page import Address
from dashboard.pages.registry import PAGES
from dashboard.signin import pages
from dashboard.signin.decisions import Decision

ADDRESSES = (
    Address("login", "login", pages.login, Decision.ANYONE),
    Address("oidc-begin", "oidc/begin", pages.oidc_begin, Decision.ANYONE),
    Address("oidc-callback", "oidc/callback", pages.callback, Decision.ANYONE),
    Address("logout", "logout", pages.logout, Decision.VIEWERS),
    *declared.ADDRESSES,
)


@cache
def _decisions() -> dict[str, Decision]:
    pages_ = {page.name: page.decision for page in PAGES}
    others = [other for page in PAGES for other in page.others]
    return pages_ | {each.name: each.decision for each in (*others, *ADDRESSES)}


def decision_of(name: str | None) -> Decision:
    """Return whom the address of that name is for: nobody, if no declaration says it."""
    return _decisions().get(name or "", Decision.NOBODY)
