"""What an address, or a message of a socket, asks of whoever sends it: one place for them all.

A page says it in its declaration (`dashboard.pages.registry`), which does not load without. What
is declared nowhere is for nobody.
"""

from collections.abc import Mapping
from enum import StrEnum


class Decision(StrEnum):
    """Whom something is for."""

    ANYONE = "anyone"
    """Whoever reaches Baton: to sign in, and what a browser needs for it. Nothing of a cluster."""

    VIEWERS = "viewers"
    """Whoever is signed in: what Baton itself says, the same for all."""

    RIGHTS = "rights"
    """Whoever is signed in, each as far as their own rights reach."""

    OWNER = "owner"
    """The session that opened a recording; what it holds is its own."""

    SCRAPERS = "scrapers"
    """Whoever sends a token of the cluster that may get /metrics; names as far as it may list."""

    NOBODY = "nobody"
    """What is declared nowhere."""


BEFORE_PAGES: Mapping[str, Decision] = {
    "/healthz": Decision.ANYONE,
    "/readyz": Decision.ANYONE,
    "/metrics": Decision.SCRAPERS,
}
"""What layers answer that stand before sign-in: `dashboard.health` and `dashboard.metrics`."""

MESSAGES: Mapping[str, Decision] = {
    "hello": Decision.RIGHTS,
    "sub": Decision.RIGHTS,
    "ack": Decision.RIGHTS,
}
"""The messages that a page may send over its socket."""
