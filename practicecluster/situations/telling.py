"""Says on a situation's namespace what keeps it from starting, for whoever looks at that.

A page has nothing but the API to know it from.
"""

from contextlib import suppress

from practicecluster.statuses import ApiError
from practicecluster.stored import JsonObject
from practicecluster.writing.requesting import API_SERVER
from practicecluster.writing.times import stamp
from practicecluster.writing.writer import Asked, Writer

STARTED = "SituationStarted"
_MANAGER = "practice-situations"


class Teller:
    """Keeps the condition `SituationStarted` of a namespace."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def __call__(self, space: str, why_not: str) -> None:
        """Say why a situation does not start; that it has where there is no reason."""
        served = self._writer.store.types.find("v1/namespaces")
        assert served is not None  # noqa: S101 - It is built in.
        said = {"type": STARTED, "status": "False" if why_not else "True"}
        said |= {"reason": "InTheWay" if why_not else "Playing", "message": why_not}
        said["lastTransitionTime"] = stamp(self._writer.now())

        def change(thing: JsonObject) -> JsonObject:
            status = thing.setdefault("status", {})
            old = status.get("conditions") or ()
            status["conditions"] = [*(c for c in old if c["type"] != STARTED), said]
            return thing

        request = API_SERVER._replace(subresource="status")
        with suppress(ApiError), self._writer.by(request):  # It may be gone meanwhile.
            self._writer.patch(Asked(served, None, space, "status", manager=_MANAGER), change)
