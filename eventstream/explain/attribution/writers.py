"""Tells from managedFields who sent a write, by comparing the entries before and after it.

An entry is a union over time and its time has whole seconds, so the last writer is the entry
that appeared, or whose time or fields moved; where none did, the one entry whose fields cover
what changed. An entry that only lost fields was overruled by another and wrote nothing; a field
that just went away was taken by somebody whom no entry names.
Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from eventstream.explain.world.claims import NOBODY, REPORTER, Basis, Writer
from eventstream.explain.world.writes import Write
from eventstream.objects.images import NO_FIELDS, FieldsEntry, Image
from eventstream.objects.kinds import is_built_in
from eventstream.objects.managed_fields import covers, names_more, paths
from eventstream.objects.pods import Part


def writer(write: Write) -> Writer:
    """Who wrote this version, as far as managedFields tells; NOBODY where it does not."""
    entries = write.image.metadata.managed_fields
    if write.before is None:
        return _creator(entries)
    before = write.before.metadata.managed_fields
    moved: list[FieldsEntry] = []
    if entries == before:
        reporter = _only_reporter(write, write.before, entries)
        if reporter is not None:
            return _writer([reporter], "covers")
    else:
        fresh = [entry for entry in entries if entry not in before]
        moved = [entry for entry in fresh if _moved(_same(entry, before), entry)]
    if len(moved) > 1:
        moved = _newest(moved)
    if moved:
        appeared = _same(moved[0], before) is None
        return _writer(moved, "appeared" if appeared else "moved")
    changed = [change.path for change in write.changes if _owned(change.path)]
    if not (changed and (entries or before)):
        return _without_entries(write, changed)
    if _asks(write, write.before) and all(path.startswith("status") for path in changed):
        return NOBODY  # Through a subresource of its own, as `instantiate` is: no entry tells.
    if all(path.startswith("status") for path in changed) and not write.gone:
        found = _covering(changed, entries, before) or _reporters(write, entries)
        return _writer(found, "covers")
    if _only_removed(changed, entries, before):
        return Writer("", "", "", None, NO_FIELDS, "removed")
    return _writer(_covering(changed, entries, before), "covers")


def is_bare(write: Write) -> bool:
    """Whether the object is shown without any entry, as by kubectl, which leaves them out."""
    before = write.before
    return not write.image.metadata.managed_fields and (
        before is None or not before.metadata.managed_fields
    )


def _without_entries(write: Write, changed: list[str]) -> Writer:
    """Who wrote what no entry tells of, as in a recording made with kubectl, which leaves them out.

    Of Kubernetes' own kinds a status tells that by itself, and a revision that is noted with it.
    """
    reports = any(path.startswith("status") for path in changed) and all(
        path.startswith("status") or path == _REVISION for path in changed
    )
    return REPORTER if reports and is_built_in(write.image.api_version) else NOBODY


_REVISION = "metadata.annotations.deployment.kubernetes.io/revision"


def _only_reporter(
    write: Write, before: Image, entries: tuple[FieldsEntry, ...]
) -> FieldsEntry | None:
    """The one entry that reports a status, where just values of it changed.

    A field that got another value belongs to who set it, and a status is written through its
    subresource alone. A condition that came is another matter: the API server itself adds one as
    it evicts, and no entry tells. What this finds, looking at all that changed finds, too, at many
    times the cost: most writes of a controller within one second are such.
    """
    if write.gone:
        return None
    own = [entry for entry in entries if entry.subresource]
    if len(own) != 1 or own[0].subresource != "status":
        return None
    image = write.image
    now, was, status, earlier = image.metadata, before.metadata, image.status, before.status
    same = (
        image.spec is before.spec
        and now.labels is was.labels
        and now.annotations is was.annotations
        and now.owner_references is was.owner_references
        and now.finalizers == was.finalizers
        and now.deletion_timestamp == was.deletion_timestamp
    )
    if not same or not isinstance(status, Part) or type(status) is not type(earlier):
        return None
    if _types(status) != _types(earlier) or status == earlier:
        return None
    return own[0] if _reports_more(own[0]) else None


def _asks(write: Write, before: Image) -> bool:
    """Whether the write raised the generation, which no report of a status does.

    Source: staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/strategy.go,
    PrepareForUpdate.
    """
    now, was = write.image.metadata.generation, before.metadata.generation
    return now is not None and was is not None and now > was


def _types(status: Part) -> list[str]:
    return [condition.type for condition in getattr(status, "conditions", ())]


def _creator(entries: tuple[FieldsEntry, ...]) -> Writer:
    if len(entries) > 1:
        entries = tuple(entry for entry in entries if not entry.subresource) or entries
    return _writer(list(entries), "created")


def _same(entry: FieldsEntry, among: tuple[FieldsEntry, ...]) -> FieldsEntry | None:
    """The entry that is the same one at another time: of one manager, in one way, for one part."""
    for other in among:
        if other is entry or (
            other.manager == entry.manager
            and other.subresource == entry.subresource
            and other.operation == entry.operation
            and other.api_version == entry.api_version
        ):
            return other
    return None


def _moved(before: FieldsEntry | None, after: FieldsEntry) -> bool:
    if before is None or before.time != after.time:
        return True
    if before.fields is after.fields:
        return False  # Equal fields share one text.
    return names_more(after.fields, before.fields)


def _newest(entries: list[FieldsEntry]) -> list[FieldsEntry]:
    """Those with the latest time; times are RFC 3339 in UTC, so text order is time order."""
    latest = max(entry.time or "" for entry in entries)
    newest = [entry for entry in entries if (entry.time or "") == latest]
    return newest or entries


def _covering(
    changed: list[str], entries: tuple[FieldsEntry, ...], before: tuple[FieldsEntry, ...]
) -> list[FieldsEntry]:
    """The entries that know every changed field at least as exactly as any other entry does.

    A field that went as another was set is in the fields that the entry had before.
    """
    remaining = [(entry, _same(entry, before)) for entry in entries]
    for path in changed:
        known = [_knows(entry, earlier, path) for entry, earlier in remaining]
        best = max(known, default=0)
        if not best:
            return []
        if min(known) < best:
            remaining = [
                entry for entry, length in zip(remaining, known, strict=True) if length == best
            ]
    return [entry for entry, _ in remaining]


def _reporters(write: Write, entries: tuple[FieldsEntry, ...]) -> list[FieldsEntry]:
    """Who alone reports on a custom resource, where the entries do not name what changed of it.

    Nobody else can: where a status is written through its subresource, nothing else writes it.
    """
    own = [entry for entry in entries if entry.subresource == "status"]
    return own if len(own) == 1 and not isinstance(write.image.status, Part) else []


def _only_removed(
    changed: list[str], entries: tuple[FieldsEntry, ...], before: tuple[FieldsEntry, ...]
) -> bool:
    """Whether all that changed are fields of metadata or spec that somebody held and nobody does.

    What a status loses is left to those who hold the rest of it: nobody else writes there.
    """
    if any(path.startswith("status") for path in changed):
        return False
    return all(
        not any(covers(entry.fields, path) for entry in entries)
        and any(covers(entry.fields, path) for entry in before)
        for path in changed
    )


def _knows(entry: FieldsEntry, before: FieldsEntry | None, path: str) -> int:
    if path == "status":
        return int(_reports_more(entry))
    now = covers(entry.fields, path)
    if before is None or before.fields is entry.fields:
        return now
    return max(now, covers(before.fields, path))


def _reports_more(entry: FieldsEntry) -> bool:
    """Whether an entry owns more of a status than conditions, which are never hidden.

    Of a status that changed only in what is not kept, it can then have been the writer.
    """
    return any(
        path.startswith("status.") and not path.startswith("status.conditions")
        for path in paths(entry.fields)
    )


def _owned(path: str) -> bool:
    """Whether field management tracks the path at all: deletion marks belong to nobody."""
    return not path.startswith(("metadata.deletion",))


def _writer(entries: list[FieldsEntry], basis: Basis) -> Writer:
    if not entries:
        return NOBODY
    first = entries[0]
    if len(entries) > 1 and any(
        (entry.manager, entry.subresource) != (first.manager, first.subresource)
        for entry in entries
    ):
        names = tuple(sorted({entry.manager for entry in entries}))
        return Writer("", "", "", None, NO_FIELDS, "several", names)
    return Writer(
        first.manager, first.subresource, first.operation, first.time, first.fields, basis
    )
