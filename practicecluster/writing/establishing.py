"""How a CustomResourceDefinition comes to serve its type, and how it goes with all of its objects.

A real server's own controllers do this, through the API; here the server does it at once, in the
same writes and under the same name.
Source: https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/controller/status/naming_controller.go
Source: https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/controller/finalizer/crd_finalizer.go
"""

from typing import TYPE_CHECKING, Any

from practicecluster.crds import CRD_STORAGE, served_types
from practicecluster.resources import ResourceType
from practicecluster.stored import JsonObject
from practicecluster.writing.deletion import DeleteOptions
from practicecluster.writing.requesting import API_SERVER
from practicecluster.writing.times import stamp

if TYPE_CHECKING:
    from practicecluster.writing.writer import Asked, Writer

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
_PENDING = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
_BY_STATUS = API_SERVER._replace(subresource="status")


def _say(thing: JsonObject, at: str, *told: str) -> None:
    """Set a condition: its type, status, reason and message."""
    type_, value, reason, message = told
    status = thing["status"]
    old = {each["type"]: each for each in status.get("conditions") or ()}
    kept = type_ in old and old[type_]["status"] == value
    moved = old[type_]["lastTransitionTime"] if kept else at
    said = {"type": type_, "status": value, "reason": reason, "message": message}
    old[type_] = said | {"lastTransitionTime": moved}
    status["conditions"] = list(old.values())


def establish(writer: "Writer", asked: "Asked") -> None:
    """Accept the names of a new definition, and then serve its type."""
    at = stamp(writer.now())
    ready = "the initial names have been accepted"
    with writer.by(_BY_STATUS):
        thing = writer.current(asked)
        thing["status"]["acceptedNames"] = thing["spec"]["names"]
        _say(thing, at, "NamesAccepted", "True", "NoConflicts", "no conflicts found")
        _say(thing, at, "Established", "False", "Installing", ready)
        writer.store.put(asked.served, thing)
        _say(thing, at, "Established", "True", "InitialNamesAccepted", ready)
        writer.store.put(asked.served, thing)


def mark(after: JsonObject, at: str) -> None:
    """Let a definition that somebody deletes stay until its objects are gone."""
    metadata = after["metadata"]
    metadata["deletionTimestamp"] = at
    metadata["finalizers"] = [*(metadata.get("finalizers") or ()), FINALIZER]
    _say(after, at, "Terminating", "True", "InstanceDeletionPending", _PENDING)


def empty(writer: "Writer", asked: "Asked", types: Any) -> None:
    """Delete all objects of a definition that is to go, and let it go once none is left."""
    at = stamp(writer.now())
    with writer.by(_BY_STATUS):
        thing = writer.current(asked)
        told = "CustomResource deletion is in progress"
        _say(thing, at, "Terminating", "True", "InstanceDeletionInProgress", told)
        writer.store.put(asked.served, thing)
    served = next(iter(served_types(thing)), None)
    cache = writer.store.cache(served.storage) if served is not None else None
    with writer.by(API_SERVER._replace(verb="delete")):
        for stored in list(cache.objects.values()) if cache is not None else ():
            writer.delete(types(served, stored.namespace, stored.name), DeleteOptions())
    emptied(writer, served, types)


def emptied(writer: "Writer", served: ResourceType | None, types: Any) -> None:
    """Let a definition go whose last object went, where it is to go."""
    crds = writer.store.types.find("apiextensions.k8s.io/v1/customresourcedefinitions")
    if served is None or crds is None or writer.store.cache(served.storage).objects:
        return
    stored = writer.store.cache(CRD_STORAGE).objects.get(served.group_resource)
    if stored is None:
        return
    thing = stored.content()
    held = thing["metadata"].get("finalizers") or []
    if FINALIZER in held and held == [FINALIZER]:
        with writer.by(_BY_STATUS):
            writer.remove(types(crds, None, stored.name), thing)
