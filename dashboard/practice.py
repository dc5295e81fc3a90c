"""Whether this dashboard watches the practice cluster that people drive, and how they reach it.

Exercises and situations are for nobody else: of a cluster that people work with they would ask
what harms it.
"""

import msgspec
from django.conf import settings
from django.http import HttpRequest

from eventstream.explain.vocabulary.commands import export


class Practice(msgspec.Struct, frozen=True):
    """The practice cluster; `kubeconfig` is the file by which kubectl drives it."""

    kubeconfig: str

    @property
    def export(self) -> str:
        """The command after which kubectl finds the cluster."""
        return export("KUBECONFIG", self.kubeconfig)


def practised() -> Practice | None:
    """Return the practice cluster that is watched, None where it is another cluster."""
    return Practice(settings.BATON_PRACTICE) if settings.BATON_PRACTICE else None


def shown(request: HttpRequest) -> Practice | None:
    """Return the practice cluster that a request sees, None also where it sees a recording."""
    return None if hasattr(request, "tape") else practised()


def context(request: HttpRequest) -> dict[str, Practice | None]:
    """Return for templates the `practice` cluster."""
    return {"practice": shown(request)}
