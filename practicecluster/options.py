"""The query parameters of lists and watches, checked as a real server checks them."""

from collections.abc import Mapping
from dataclasses import dataclass

from practicecluster.paging import PagePosition, parse_token
from practicecluster.resources import ResourceType
from practicecluster.selection import Selection, parse_fields, parse_labels
from practicecluster.statuses import bad_request, invalid_options, invalid_version

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_NOT_OLDER = "NotOlderThan"


@dataclass(frozen=True)
class ListOptions:
    """A list request. `revision` is None for the newest state; `exact` asks for just that one."""

    revision: int | None
    exact: bool
    limit: int
    position: PagePosition | None


@dataclass(frozen=True)
class WatchOptions:
    """A watch request. `from_now` starts at the newest state instead of after `revision`.

    `timeout` is in seconds, None where the server decides.
    """

    revision: int
    from_now: bool
    initial_objects: bool
    bookmarks: bool
    timeout: float | None


def is_watch(query: Mapping[str, str]) -> bool:
    """Return whether the request is a watch."""
    return query.get("watch", "") in _TRUE


def parse_selection(
    query: Mapping[str, str], served: ResourceType, namespace: str | None
) -> Selection:
    """Return what the request selects; raises ApiError 400 where a selector can't be read."""
    return Selection(
        namespace,
        parse_labels(query.get("labelSelector", "")),
        parse_fields(query.get("fieldSelector", ""), served),
    )


def parse_list(query: Mapping[str, str]) -> ListOptions:
    """Return the options of a list; raises ApiError where they make no sense."""
    version = query.get("resourceVersion", "")
    match = query.get("resourceVersionMatch", "")
    token = query.get("continue", "")
    if match and not version:
        raise invalid_options("resourceVersionMatch: Forbidden: needs resourceVersion to be set")
    if match not in {"", "Exact", _NOT_OLDER}:
        raise invalid_options(f'resourceVersionMatch: Unsupported value: "{match}"')
    if token and version not in {"", "0"}:
        raise bad_request("specifying resource version is not allowed when using continue")
    return ListOptions(
        revision=_revision(version) if version else None,
        exact=match == "Exact",
        limit=_number(query, "limit") or 0,
        position=parse_token(token) if token else None,
    )


def parse_watch(query: Mapping[str, str]) -> WatchOptions:
    """Return the options of a watch; raises ApiError where they make no sense."""
    version = query.get("resourceVersion", "")
    revision = _revision(version) if version else 0
    wants_initial = query.get("sendInitialEvents")
    match = query.get("resourceVersionMatch", "")
    if wants_initial is None and match:
        raise invalid_options("resourceVersionMatch: Forbidden: is forbidden for watch")
    if wants_initial is not None and match != _NOT_OLDER:
        raise invalid_options(
            "resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
            "resourceVersionMatch to NotOlderThan"
        )
    # Without sendInitialEvents, a watch from no version or from 0 begins with what exists.
    initial = wants_initial in _TRUE if wants_initial is not None else revision == 0
    timeout = _number(query, "timeoutSeconds")
    return WatchOptions(
        revision=revision,
        from_now=revision == 0 or initial,
        initial_objects=initial,
        bookmarks=query.get("allowWatchBookmarks", "") in _TRUE,
        timeout=float(timeout) if timeout else None,
    )


def _revision(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise invalid_version(text)
    return int(text)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'{name}: strconv.ParseInt: parsing "{text}": invalid syntax') from None
