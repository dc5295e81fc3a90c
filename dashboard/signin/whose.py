"""Whose share of what all have in common something takes: a viewer's, or that of an address.

All sessions and pages of a person count together, by the name that the cluster knows. In mode
`local` nobody is told from anybody else, so there is but one share, of all.
"""

from collections.abc import Mapping
from typing import Any

from dashboard.signin.viewers import Viewer


def name_of(viewer: Viewer | None) -> str:
    """Return what a viewer's share is called, "" where there is but one."""
    return viewer.name if viewer is not None and viewer.signed_in else ""


def asker(request: Mapping[str, Any]) -> str:
    """Return what the share is called that an ASGI scope takes of, "" where there is but one.

    Who is not known counts by the address that asks.
    """
    viewer: Viewer | None = request["viewer"]
    if viewer is None:
        return f"from {(request.get('client') or [''])[0]}"
    name = name_of(viewer)
    return f"of {name}" if name else ""
