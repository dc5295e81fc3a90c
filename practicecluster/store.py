"""The cluster's state: objects by type, rising resourceVersions, and a bounded history.

It stands in for etcd and the watch cache. It does no I/O and reads no clock; those who wait for
changes leave a callback.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from practicecluster.builtin_types import builtin_types
from practicecluster.changes import ChangeLog, StoredChange
from practicecluster.crds import CRD_STORAGE, established, served_types
from practicecluster.resources import ResourceType, TypeRegistry
from practicecluster.stored import JsonObject, Stored, key_of

DEFAULT_HISTORY = 5_000


class WatchCache:
    """The objects of one storage by key, with their history and those who wait for changes."""

    def __init__(self, storage: str, history: int, oldest: int) -> None:
        self.storage = storage
        self.objects: dict[str, Stored] = {}
        self.log = ChangeLog(history)
        self.log.compact(oldest)
        self.waiting: set[Callable[[], None]] = set()
        self.progress_requests = 0

    def wake(self) -> None:
        """Tell all who wait that there is something to look at."""
        for callback in self.waiting:
            callback()

    def request_progress(self) -> None:
        """Let every watch tell now how far it has come, without a change."""
        self.progress_requests += 1
        self.wake()

    def objects_at(self, revision: int) -> dict[str, Stored] | None:
        """Return the objects as of an earlier revision; None when its history is gone."""
        if revision < self.log.oldest:
            return None
        objects = dict(self.objects)
        for change in self.log.later_than(revision):
            if change.before is None:
                objects.pop(change.after.key, None)
            else:
                objects[change.before.key] = change.before
        return objects


@dataclass(frozen=True)
class Backup:
    """The objects by storage and key, and how far each counter had come."""

    objects: Mapping[str, Mapping[str, Stored]]
    shared_revision: int
    own_revisions: Mapping[str, int]


class Store:
    """All objects of the cluster.

    `history` bounds the changes kept for each storage. Storages in `own_counters` (such as
    `events`) count their resourceVersions by themselves, as with an etcd of their own: the two
    counts can't be compared.
    """

    def __init__(self, *, history: int = DEFAULT_HISTORY, own_counters: Iterable[str] = ()) -> None:
        self.types = TypeRegistry.of(builtin_types())
        self._history = history
        self._caches: dict[str, WatchCache] = {}
        self._shared_revision = 1
        self._own_revisions = dict.fromkeys(own_counters, 1)
        self._compacted: dict[str, int] = {}
        self.heard: list[Callable[[ResourceType, StoredChange], None]] = []
        """Called with each write, in the order of all, once it can be read."""

    def cache(self, storage: str) -> WatchCache:
        """Return where the objects of a storage are, empty if none was ever written."""
        found = self._caches.get(storage)
        if found is None:
            oldest = self._compacted.get(storage, self._compacted.get("", 0))
            found = self._caches[storage] = WatchCache(storage, self._history, oldest)
        return found

    def revision(self, storage: str) -> int:
        """Return the newest resourceVersion of the counter that this storage counts by."""
        return self._own_revisions.get(storage, self._shared_revision)

    def newest_revision(self) -> int:
        """Return the highest resourceVersion of all counters."""
        return max(self._shared_revision, *self._own_revisions.values(), 0)

    def put(self, served: ResourceType, content: JsonObject, *, at_least: int = 0) -> int:
        """Create or replace an object, and return the resourceVersion of this write.

        That is `at_least` or the next one, whichever is higher. Whether it is ADDED or MODIFIED
        is decided by what the store holds.
        """
        cache = self.cache(served.storage)
        stored = Stored(served.storage, content, self._next_revision(served.storage, at_least))
        before = cache.objects.get(stored.key)
        cache.objects[stored.key] = stored
        change = StoredChange("MODIFIED" if before else "ADDED", before, stored)
        cache.log.append(change)
        if served.storage == CRD_STORAGE and established(content):
            self._serve(content)
        self._tell(served, change)
        cache.wake()
        return stored.revision

    def delete(self, served: ResourceType, content: JsonObject, *, at_least: int = 0) -> int:
        """Remove an object, whose last state is `content`; return the deletion's resourceVersion.

        Raises KeyError when the object is not there.
        """
        cache = self.cache(served.storage)
        metadata = content["metadata"]
        before = cache.objects.pop(key_of(metadata.get("namespace"), metadata["name"]))
        revision = self._next_revision(served.storage, at_least)
        change = StoredChange("DELETED", before, Stored(served.storage, content, revision))
        cache.log.append(change)
        if served.storage == CRD_STORAGE:
            self._end_types(content)
        self._tell(served, change)
        cache.wake()
        return revision

    def _tell(self, served: ResourceType, change: StoredChange) -> None:
        for tell in self.heard:
            tell(served, change)

    def _next_revision(self, storage: str, at_least: int) -> int:
        revision = max(self.revision(storage) + 1, at_least)
        if storage in self._own_revisions:
            self._own_revisions[storage] = revision
        else:
            self._shared_revision = revision
        return revision

    def compact(self) -> None:
        """Make every version but the newest Expired; running watches go on."""
        self._compacted = {"": self._shared_revision, **self._own_revisions}
        for storage, cache in self._caches.items():
            cache.log.compact(self.revision(storage))

    def progress(self) -> None:
        """Let all watches that want bookmarks send one now."""
        for cache in self._caches.values():
            cache.request_progress()

    def reset(
        self, *, keep: Collection[tuple[str, str]] = (), own_counters: Iterable[str] = ()
    ) -> int:
        """Drop all objects without a word but those in `keep` (storage, key), and compact.

        Running watches have lost their place (410), so every client has to list again: an honest
        gap. CRD types go with their CRDs. Returns the revision from which all counters go on,
        higher than any before.
        """
        floor = self.newest_revision() + 1
        self._shared_revision = floor
        self._own_revisions = dict.fromkeys(own_counters, floor)
        self._compacted = {"": floor}
        for served in [served for served in self.types if served.custom]:
            self._end_type(served)
        for storage, cache in self._caches.items():
            kept = {key for kept_storage, key in keep if kept_storage == storage}
            cache.objects = {key: stored for key, stored in cache.objects.items() if key in kept}
            cache.log.cut(floor)
            cache.wake()
        return floor

    def backup(self) -> Backup:
        """Return the state as it is, to be restored."""
        objects = {storage: dict(cache.objects) for storage, cache in self._caches.items()}
        return Backup(objects, self._shared_revision, dict(self._own_revisions))

    def restore(self, backup: Backup) -> None:
        """Go back to a backup, resourceVersions included, without any history before it.

        As with a real etcd, the API server is to be restarted: what runs on has lost its place.
        Types that CRDs added or removed since stay as they are.
        """
        self._shared_revision = backup.shared_revision
        self._own_revisions = dict(backup.own_revisions)
        self._compacted = {"": self._shared_revision, **self._own_revisions}
        for storage, cache in self._caches.items():
            cache.objects = dict(backup.objects.get(storage, {}))
            cache.log = ChangeLog(self._history)
            cache.log.compact(self.revision(storage))

    def _serve(self, crd: JsonObject) -> None:
        types = served_types(crd)
        storages = {served.storage for served in types}
        for replaced in [old for old in self.types if old.storage in storages]:
            if replaced not in types:
                self.types.remove(replaced)
        for served in types:
            self.types.add(served)
        for storage in storages:
            self.cache(storage).wake()

    def _end_types(self, crd: JsonObject) -> None:
        for served in served_types(crd):
            self._end_type(served)

    def _end_type(self, served: ResourceType) -> None:
        self.types.remove(served)
        cache = self._caches.pop(served.storage, None)
        # Should it be served again, that is another cache, which knows nothing from before.
        self._compacted[served.storage] = self.revision(served.storage)
        if cache:
            cache.wake()
