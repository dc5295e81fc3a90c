"""Events exist in two API versions, v1 and events.k8s.io/v1, over the same stored objects.

The server keeps the v1 form and converts for the other; the pairs of names are those of
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/events/v1/zz_generated.conversion.go
"""

from typing import Any

EVENTS_STORAGE = "events"
CORE_EVENTS = "v1/events"
GROUP_EVENTS = "events.k8s.io/v1/events"

_CORE_TO_GROUP = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_GROUP_TO_CORE = {new: old for old, new in _CORE_TO_GROUP.items()}
# Empty in events.k8s.io/v1 means left out; in v1 it is written as an empty string.
_ALWAYS_IN_CORE = ("reportingComponent", "reportingInstance")


def to_group_version(core: dict[str, Any]) -> dict[str, Any]:
    """Return a v1 Event's fields as events.k8s.io/v1 names them; apiVersion is not touched."""
    return {
        _CORE_TO_GROUP.get(name, name): field
        for name, field in core.items()
        if not (name in _ALWAYS_IN_CORE and field == "")
    }


def to_core_version(group: dict[str, Any]) -> dict[str, Any]:
    """Return an events.k8s.io/v1 Event as v1; what was left out as empty is written again."""
    core = {_GROUP_TO_CORE.get(name, name): field for name, field in group.items()}
    core.update({name: "" for name in _ALWAYS_IN_CORE if name not in core})
    return core | {"apiVersion": "v1"} if "apiVersion" in core else core
