"""What the pages count; apart from the address that gives it out, which knows the pages."""

from eventstream.metrics import Tally

signed_in = Tally("signed-in", "failed", "slowed", "unanswered")
"""How attempts to sign in ended: with a session, with what was sent being none that is accepted,
with too many of them, and with a cluster that could not be asked."""

uploads = Tally("taken")
"""Recordings that were uploaded and opened."""
