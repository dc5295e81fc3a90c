"""A watch without its connection: which lines come next, from the store's history.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from collections.abc import Iterator

from practicecluster.changes import StoredChange
from practicecluster.options import WatchOptions
from practicecluster.presentation import Presentation
from practicecluster.resources import ResourceType
from practicecluster.selection import Selection
from practicecluster.statuses import expired_watch
from practicecluster.store import Store
from practicecluster.stored import Stored


class Watch:
    """A place in the history of one type, and what its client wants to see from there on.

    Raises ApiError 410 when the place is older than the history, from the start or later on.
    """

    def __init__(
        self,
        store: Store,
        served: ResourceType,
        selection: Selection,
        options: WatchOptions,
        presentation: Presentation,
    ) -> None:
        self.served = served
        self.cache = store.cache(served.storage)
        self._store = store
        self._selection = selection
        self._presentation = presentation
        self._bookmarks = options.bookmarks
        self._initial = options.initial_objects
        newest = store.revision(served.storage)
        self._after = newest if options.from_now else options.revision
        oldest = self.cache.log.oldest
        if self._after < oldest and not options.from_now:
            raise expired_watch(self._after, oldest)
        self._position = self.cache.log.position_after(self._after)

    @property
    def ended(self) -> bool:
        """Return whether the type is served no longer, so that nothing can come any more."""
        return not self._store.types.serves(self.served)

    def initial_lines(self) -> Iterator[bytes]:
        """Give an ADDED line for each object that exists, and a bookmark where they end."""
        if not self._initial:
            return
        self._after = self._newest()
        self._position = self.cache.log.end
        for _, stored in sorted(self.cache.objects.items()):
            if self._selection.matches(stored):
                yield self._presentation.line("ADDED", stored)
        if self._bookmarks:
            yield self._presentation.bookmark(self._newest(), initial_end=True)

    def next_lines(self) -> Iterator[bytes]:
        """Give the lines of what happened since the last call."""
        changes = self.cache.log.since(self._position)
        if changes is None:
            raise expired_watch(self._after, self.cache.log.oldest)
        for change in changes:
            self._position += 1
            # A client may have asked for what comes after a version not reached yet.
            if change.revision > self._after:
                self._after = change.revision
                line = self._line(change)
                if line is not None:
                    yield line

    @property
    def behind(self) -> bool:
        """Whether there is something that `next_lines` has not given yet."""
        return self._position < self.cache.log.end

    def bookmark_line(self) -> bytes | None:
        """Return a bookmark for this moment, None when the client did not ask for any.

        It says that everything up to now was given, so it is not for a watch that is `behind`.
        """
        if not self._bookmarks or self._after > self._newest():
            return None
        return self._presentation.bookmark(self._newest(), initial_end=False)

    def _newest(self) -> int:
        return self._store.revision(self.served.storage)

    def _line(self, change: StoredChange) -> bytes | None:
        """Return the line for a change as the selection sees it; None where it does not."""
        selects = self._selection.matches
        was = change.before is not None and selects(change.before)
        gone = change.type == "DELETED"
        now = not gone and selects(change.after)
        if was and not now:
            return self._presentation.line("DELETED", self._last_state(change))
        if not now:
            return None
        if was == (change.type == "MODIFIED"):
            return self._presentation.change(change)
        return self._presentation.line("MODIFIED" if was else "ADDED", change.after)

    def _last_state(self, change: StoredChange) -> Stored:
        """Return what to show of an object that left the selection: its state when it was in it."""
        if change.type == "DELETED" or change.before is None:
            return change.after
        return change.before.at(self.served.storage, change.revision)
