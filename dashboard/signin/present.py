"""Who sent a request, for whatever is behind the layer that found out."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from dashboard.signin.viewers import ANYONE, Viewer


def present(request: HttpRequest) -> Viewer | None:
    """Return who sent a request, None for nobody that is known."""
    scope: dict[str, Any] = getattr(request, "scope", {})
    return scope.get("viewer", ANYONE if settings.BATON_SIGN_IN.mode == "local" else None)
