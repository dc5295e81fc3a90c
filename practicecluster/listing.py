"""Lists: the newest state, an exact earlier one, or the next page of one.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from dataclasses import dataclass

from practicecluster.options import ListOptions
from practicecluster.paging import LATEST, PagePosition
from practicecluster.resources import ResourceType
from practicecluster.selection import Selection
from practicecluster.statuses import expired_continue, expired_list, version_too_large
from practicecluster.store import Store
from practicecluster.stored import JsonObject, Stored


@dataclass(frozen=True)
class Page:
    """The objects of one answer, and the List's metadata."""

    objects: list[Stored]
    list_meta: JsonObject


def list_page(
    store: Store, served: ResourceType, selection: Selection, options: ListOptions
) -> Page:
    """Return a page of the objects; raises ApiError for versions that are gone or not there yet."""
    revision, objects = _state(store, served, options)
    after = options.position.after if options.position else ""
    found = [
        stored
        for key, stored in sorted(objects.items())
        if key > after and selection.matches(stored)
    ]
    list_meta: JsonObject = {"resourceVersion": str(revision)}
    if options.limit and len(found) > options.limit:
        left = len(found) - options.limit
        found = found[: options.limit]
        list_meta["continue"] = PagePosition(revision, found[-1].key).token()
        # As in reality: with a selector the server would have to look to know.
        if not selection.is_filtered:
            list_meta["remainingItemCount"] = left
    return Page(found, list_meta)


def _state(
    store: Store, served: ResourceType, options: ListOptions
) -> tuple[int, dict[str, Stored]]:
    """Return the revision that the list is of, and the objects at it."""
    cache = store.cache(served.storage)
    newest = store.revision(served.storage)
    position = options.position
    if position and position.revision != LATEST:
        objects = cache.objects_at(position.revision)
        if objects is None:
            raise expired_continue(PagePosition(LATEST, position.after).token())
        return position.revision, objects
    if options.revision is not None and options.revision > newest:
        raise version_too_large(options.revision, newest)
    if options.exact and options.revision:
        objects = cache.objects_at(options.revision)
        if objects is None:
            raise expired_list()
        return options.revision, objects
    return newest, cache.objects
