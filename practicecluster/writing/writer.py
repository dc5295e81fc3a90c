"""Takes writes as a real API server takes them: decode, default, admit, validate, own, store.

It knows nothing of HTTP. `now` gives unix seconds, `chance` all that is made up, so that a test
decides both. Source: https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from practicecluster.copying import copied
from practicecluster.crds import CRD_STORAGE
from practicecluster.resources import ResourceType
from practicecluster.statuses import bad_request, not_found
from practicecluster.store import Store
from practicecluster.stored import JsonObject, key_of
from practicecluster.writing import deletion, establishing, quota, strategies
from practicecluster.writing.admission import admit, check_deletion, check_namespace
from practicecluster.writing.answers import already_exists, conflict, owned_by_others, precondition
from practicecluster.writing.checking import violations
from practicecluster.writing.decoding import decode
from practicecluster.writing.defaults import fill, fill_declared
from practicecluster.writing.definitions import accept, schema_of
from practicecluster.writing.fieldpaths import Path
from practicecluster.writing.ownership import (
    Apply,
    ConflictError,
    Managed,
    Manager,
    applied,
    managed_of,
    updated,
    written,
)
from practicecluster.writing.patches import merged
from practicecluster.writing.problems import invalid, unprocessable
from practicecluster.writing.requesting import API_SERVER, NOBODY, Request
from practicecluster.writing.schemas import Schema
from practicecluster.writing.times import stamp
from practicecluster.writing.validation import change_faults, faults

_APISERVER = "kube-apiserver"
_NOT_BY_STATUS: tuple[Path, ...] = (("f:spec",), ("f:metadata", "f:labels"))
_OF_STATUS = ("apiVersion", "kind", "metadata", "status")
"""What of an object is looked at where its status is written."""
_NOT_BY_SPEC: tuple[Path, ...] = (("f:status",),)


@dataclass
class Asked:
    """One write: of which object, through which subresource, by whom, and how.

    `validation` is what becomes of unknown fields: Strict, Warn or Ignore. `warnings` are what the
    answer's headers say.
    """

    served: ResourceType
    namespace: str | None
    name: str = ""
    subresource: str = ""
    manager: str = "unknown"
    validation: str = "Warn"
    dry_run: bool = False
    force: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Under which the object is stored."""
        return key_of(self.namespace, self.name)


Change = Callable[[JsonObject], Any]


class Writer:
    """Takes writes into a store."""

    def __init__(self, store: Store, *, now: Callable[[], float], chance: Random) -> None:
        self.store = store
        self.now = now
        self.chance = chance
        self.request = NOBODY
        """Which request is being carried out, for those who hear of its writes."""

    @contextmanager
    def by(self, request: Request) -> Iterator[None]:
        """Note who asks for what is written within the block."""
        above, self.request = self.request, request
        try:
            yield
        finally:
            self.request = above

    def current(self, asked: Asked) -> JsonObject:
        """Return the object as it is stored, with its kind; raises ApiError 404."""
        stored = self.store.cache(asked.served.storage).objects.get(asked.key)
        if stored is None:
            raise not_found(asked.served, asked.name)
        head = {"apiVersion": asked.served.api_version, "kind": asked.served.kind}
        return {**head, **stored.content()}

    def schema(self, served: ResourceType) -> Schema:
        """Return what is known of a type's fields."""
        return schema_of(self.store, served)

    def create(self, asked: Asked, body: Any, *, by_apply: bool = False) -> JsonObject:
        """Store a new object and return it; raises ApiError for what a real server refuses."""
        served = asked.served
        schema = self.schema(served)
        thing = decode(asked, schema, body)
        metadata = thing["metadata"]
        if metadata.pop("resourceVersion", ""):
            raise bad_request("resourceVersion should not be set on objects to be created")
        self._place(asked, metadata)
        if served.namespaced:
            check_namespace(self.store, served, str(asked.namespace), asked.name)
        config = copied(thing)
        for name in ("uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
            metadata.pop(name, None)
        metadata["uid"] = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        metadata["creationTimestamp"] = stamp(self.now())
        self._fill(served, schema, thing)
        if asked.key in self.store.cache(served.storage).objects:
            raise already_exists(served, asked.name)
        # Before what admission and the type's strategy put in: that is nobody's.
        managed = self._own_new(asked, schema, thing, config if by_apply else None)
        strategies.prepare(served, thing, metadata["uid"], self.chance)
        admit(self.store, served, asked.namespace, thing, self.chance)
        self._validate(asked, schema, thing, None)
        charged = (
            quota.charges(self.store, served, str(asked.namespace), thing)
            if served.namespaced
            else []
        )
        metadata["managedFields"] = written(managed)
        if not asked.dry_run:
            for charge in charged:
                self._charge(charge)
        stored = self._store(asked, thing)
        if served.storage == CRD_STORAGE and not asked.dry_run:
            establishing.establish(self, asked)
        return stored

    def update(self, asked: Asked, body: Any) -> JsonObject:
        """Replace an object, or the part that a subresource has of it; returns what is stored."""
        before = self.current(asked)
        after = decode(asked, self.schema(asked.served), body, before)
        if asked.served.namespaced:  # Helm sends none: the path says it.
            after["metadata"].setdefault("namespace", asked.namespace)
        self._check_version(asked, before, after)
        return self._change(asked, before, after)

    def patch(self, asked: Asked, change: Change) -> JsonObject:
        """Change the object as it is now, by a function from it to what it shall be."""
        before = self.current(asked)
        after = change(self.current(asked))  # Read anew, which is quicker than a copy.
        if asked.subresource == "status" and isinstance(after, dict):
            after = {name: after[name] for name in _OF_STATUS if name in after}
        after = decode(asked, self.schema(asked.served), after, before)
        version = after["metadata"].get("resourceVersion")
        if version and version != before["metadata"]["resourceVersion"]:
            raise conflict(asked.served, asked.name)
        return self._change(asked, before, after)

    def apply(self, asked: Asked, body: Any) -> tuple[JsonObject, bool]:
        """Server-side apply; returns the object, and whether it was created.

        https://kubernetes.io/docs/reference/using-api/server-side-apply/
        """
        schema = self.schema(asked.served)
        config = decode(asked, schema, body)
        if config["metadata"].get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        if asked.key not in self.store.cache(asked.served.storage).objects:
            if asked.subresource:
                raise not_found(asked.served, asked.name)
            return self.create(asked, body, by_apply=True), True
        before = self.current(asked)
        self._check_identity(asked, before, config["metadata"])
        for name in ("resourceVersion", "uid"):
            config["metadata"].pop(name, None)
        over = merged(schema, before, config)
        by = Manager(asked.manager, "Apply", asked.served.api_version, asked.subresource)
        try:
            managed, after = applied(
                managed_of(before),
                by,
                Apply(schema, before, config, over),
                at=stamp(self.now()),
                force=asked.force,
                not_owned=_NOT_BY_STATUS
                if asked.subresource == "status"
                else _NOT_BY_SPEC
                if asked.served.has_status
                else (),
            )
        except ConflictError as error:
            raise owned_by_others(asked.served, error.found) from error
        return self._change(asked, before, after, managed), False

    def delete(self, asked: Asked, options: deletion.DeleteOptions) -> tuple[JsonObject, bool]:
        """Delete an object, or mark it; returns its last state, and whether it is gone."""
        before = self.current(asked)
        check_deletion(asked.served, asked.name)
        deletion.check(asked.served, before, options)
        leaving = deletion.leave(asked.served, before, options, now=self.now())
        asked.dry_run = asked.dry_run or options.dry_run
        if asked.served.storage == CRD_STORAGE and not asked.dry_run:
            return self._end(asked, before, leaving.after)
        if leaving.after != before and not (leaving.gone and not self._graceful(asked)):
            before = self._store(asked, leaving.after)
        if leaving.gone:
            self.remove(asked, before)
        return before, leaving.gone

    def remove(self, asked: Asked, last: JsonObject) -> None:
        """Take an object out of the store."""
        if asked.dry_run:
            return
        self.store.delete(asked.served, last)
        if asked.served.custom:
            establishing.emptied(self, asked.served, Asked)

    def _end(self, asked: Asked, before: JsonObject, after: JsonObject) -> tuple[JsonObject, bool]:
        """Let a definition go, with all objects of its type."""
        if "deletionTimestamp" not in before["metadata"]:
            establishing.mark(after, stamp(self.now()))
            before = self._store(asked, after)
        establishing.empty(self, asked, Asked)
        return before, asked.key not in self.store.cache(asked.served.storage).objects

    @staticmethod
    def _graceful(asked: Asked) -> bool:
        return asked.served.group_resource == "pods"

    def _place(self, asked: Asked, metadata: JsonObject) -> None:
        """Give a new object its namespace and its name."""
        if asked.served.namespaced:
            metadata["namespace"] = asked.namespace
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = strategies.name_from(metadata["generateName"], self.chance)
        asked.name = asked.name or str(metadata.get("name") or "")

    @staticmethod
    def _fill(served: ResourceType, schema: Schema, thing: JsonObject) -> None:
        if served.custom:
            for _ in fill_declared(schema.declared, thing):
                pass
        else:
            fill(served.group_resource, thing)

    def _validate(
        self, asked: Asked, schema: Schema, thing: JsonObject, before: JsonObject | None
    ) -> None:
        served = asked.served
        reported = before is not None and asked.subresource == "status"
        found = list(faults("" if served.custom or reported else served.group_resource, thing))
        if served.custom:
            found += violations(schema, thing)
        if before is not None and not asked.subresource:
            found += change_faults(served.group_resource, before, thing)
        if found:
            raise unprocessable(served, asked.name, found)

    def _own_new(
        self, asked: Asked, schema: Schema, thing: JsonObject, config: JsonObject | None
    ) -> Managed:
        served = asked.served
        at, version = stamp(self.now()), served.api_version
        if config is not None:
            by = Manager(asked.manager, "Apply", version)
            skipped = _NOT_BY_SPEC if served.has_status else ()
            apply = Apply(schema, {}, config, thing)
            return applied({}, by, apply, at=at, force=True, not_owned=skipped)[0]
        by = Manager(asked.manager, "Update", version)
        shown = (
            thing if not served.has_status else {k: v for k, v in thing.items() if k != "status"}
        )
        return updated({}, by, schema, {}, shown, at=at)

    def _check_identity(self, asked: Asked, before: JsonObject, metadata: JsonObject) -> None:
        version, uid = metadata.get("resourceVersion"), metadata.get("uid")
        if uid and uid != before["metadata"]["uid"]:
            raise precondition(asked.served, asked.name, "UID", uid, before["metadata"]["uid"])
        if version and version != before["metadata"]["resourceVersion"]:
            raise conflict(asked.served, asked.name)

    def _check_version(self, asked: Asked, before: JsonObject, after: JsonObject) -> None:
        if not after["metadata"].get("resourceVersion") and asked.served.custom:
            told = invalid("metadata.resourceVersion", 0, "must be specified for an update")
            raise unprocessable(asked.served, asked.name, [told])
        self._check_identity(asked, before, after["metadata"])

    def _change(
        self,
        asked: Asked,
        before: JsonObject,
        after: JsonObject,
        managed: Managed | None = None,
    ) -> JsonObject:
        """Store what an object shall be, where that is a change."""
        served, schema = asked.served, self.schema(asked.served)
        owners = managed_of(before) if asked.subresource else _owners(before, after)
        strategies.keep(served, before, after, asked.subresource)
        self._fill(served, schema, after)
        if asked.subresource != "status":
            strategies.count(served, before, after)
        self._validate(asked, schema, after, before)
        if managed is None:
            by = Manager(asked.manager, "Update", served.api_version, asked.subresource)
            status = asked.subresource == "status"
            managed = updated(
                owners,
                by,
                schema,
                before,
                after,
                at=stamp(self.now()),
                not_owned=_NOT_BY_STATUS if status else (),
            )
        after["metadata"]["managedFields"] = written(managed)
        if _same(before, after):
            return before
        if deletion.released(before, after):
            self.remove(asked, after)
            return after
        return self._store(asked, after)

    def _store(self, asked: Asked, thing: JsonObject) -> JsonObject:
        """Write an object, and return it as it is stored."""
        if asked.dry_run:
            return thing
        if asked.served.storage == CRD_STORAGE:
            accept(thing)
        revision = self.store.put(asked.served, thing)
        thing["metadata"]["resourceVersion"] = str(revision)
        return thing

    def _charge(self, charge: quota.Charge) -> None:
        """Write what a quota has used, as its admission plugin does by itself."""
        served = self.store.types.find("v1/resourcequotas")
        assert served is not None  # noqa: S101 - It is built in.
        metadata = charge.quota["metadata"]
        asked = Asked(served, metadata["namespace"], metadata["name"], "status", manager=_APISERVER)
        with self.by(API_SERVER._replace(subresource="status")):
            self.patch(asked, lambda now: {**now, "status": {**now["status"], "used": charge.used}})


def _owners(before: JsonObject, after: JsonObject) -> Managed:
    """Return whose fields they are before a write: as was sent, where anything was.

    That is how kubectl hands fields over from one way to apply to the other; `[{}]` clears them.
    Source: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/fieldmanager.go
    """
    sent = after["metadata"].get("managedFields")
    if sent == [{}]:
        return {}
    return (managed_of(after) if isinstance(sent, list) else {}) or managed_of(before)


def _same(before: JsonObject, after: JsonObject) -> bool:
    """Return whether a write would change nothing but when somebody owned something."""

    def shown(thing: JsonObject) -> JsonObject:
        metadata = dict(thing["metadata"])
        metadata["managedFields"] = [
            {k: v for k, v in entry.items() if k != "time"}
            for entry in metadata.get("managedFields") or ()
        ]
        return {**thing, "metadata": metadata}

    return shown(before) == shown(after)
