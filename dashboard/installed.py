"""What is the same for everybody: which Baton this is."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from eventstream.version import VERSION


def context(_: HttpRequest) -> dict[str, str]:
    """Return for templates which version of Baton draws them."""
    return {"version": VERSION}


@require_safe
def version(_: HttpRequest) -> JsonResponse:
    """Answer `/version`: which Baton this is."""
    return JsonResponse({"version": VERSION})
