"""Tells of the revisions that a workload had before watching began, each as a finished trace.

They are read once, when the objects that keep them are first met: nothing of them is judged, they
have no steps, and what is usual does not learn from them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from eventstream.explain.controllers.shared import revisions
from eventstream.explain.engine import past
from eventstream.explain.engine.past import Revision
from eventstream.explain.vocabulary.records import (
    EarlierRevision,
    Evidence,
    ObjectRef,
    Trace,
    TraceUpsert,
    Upsert,
    revision_trace_id,
)
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER
from eventstream.explain.world import drawn
from eventstream.explain.world.families import owner_of, reference
from eventstream.explain.world.text import named, parse
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import paths

OF_WORKLOAD = 10
"""Earlier revisions of one workload that are told, the newest ones."""

IN_ALL = 5000
"""Earlier revisions that one engine tells: after that they are left out, and counted."""

_QUIET = 3.0
"""Seconds without another of a workload's objects after which all of them are there."""

_SAME = 2.0
"""Seconds between a client's write and the revision that its controller makes of it, at most."""

_CHANGE_CAUSE = "kubernetes.io/change-cause"
_CLIENT = "{} (a name the client chose)"
_RESTARTED = f"spec.template.metadata.annotations.{revisions.RESTARTED}"


class Earlier:
    """Remembers whose revisions were met, and tells them once they are all there."""

    def __init__(self, cluster: str, world: World) -> None:
        self._cluster = cluster
        self._world = world
        self._met: dict[str, float] = {}
        self._told = 0
        self.left_out = 0

    def note(self, write: Write) -> None:
        """Take note of an object that was there: a workload, or what keeps a revision of one."""
        image = write.image
        uid = image.uid if past.has_revisions(image) else ""
        if past.keeps_one(image):
            uid = owner_of(image)
        if uid:
            before = self._met.pop(uid, write.change.at)  # Those met last stand last.
            self._met[uid] = max(before, write.change.at)

    def is_whole(self, image: Image) -> bool:
        """Whether all that may keep revisions of an object was met, as far as is known."""
        kept_in = past.KEPT_IN.get(image.kind) if past.has_revisions(image) else None
        return kept_in is None or self._world.places.are_met((kept_in,))

    def tell(self, now: float, *, whole: bool = False) -> Iterator[list[Upsert]]:
        """The earlier revisions of each workload of which all is there by `now`.

        Where this is the `whole` of what there is, nothing more is waited for.
        """
        for uid, at in list(self._met.items()):
            if not whole and now - at < _QUIET:
                return
            del self._met[uid]
            log = self._world.logs.get(uid)
            latest = log.latest if log is not None and log.seen else None
            if log is None or latest is None or not past.has_revisions(latest.image):
                continue  # Told with the workload, when that is met.
            found = past.revisions(self._kept(log, at))
            if len(found) > 1:
                yield [TraceUpsert(each) for each in self._traces(log.ref, found, at)]

    def current(self, log: ObjectLog) -> str:
        """Which revision a workload that was there is at, since when, and what that changed.

        Empty for one of which no earlier revision is kept.
        """
        every = past.revisions(self._kept(log, float("inf")))
        found = [each for each in every if not each.failed]
        latest = log.latest
        if len(found) < 2 or latest is None:
            return ""
        now, before = found[-1], found[-2]
        said = f"at revision {now.number} ({past.what(now, before)})"
        asked = _asked(latest.image, now, before)
        also = f", but {asked} wrote to it then" if asked else ""
        if now.since is not None or now.until is not None:
            said = f"{said} since {_time(now.since, now.until)}"
        return f"{said}; its cause was not seen{also}"

    def _kept(self, log: ObjectLog, at: float) -> list[Image]:
        """What keeps its revisions and was there at `at`, not what came since."""
        wanted = past.KEPT_IN.get(log.ref.kind)
        children: Mapping[str, ObjectLog] = log.family.children
        return [
            child.writes[0].image
            for child in children.values()
            if child.writes and child.ref.kind == wanted and not child.writes[0].gone
            if child.writes[0].change.type == "EXISTING" and child.writes[0].change.at <= at
            if owner_of(child.writes[0].image) == log.uid
        ]

    def _traces(self, root: ObjectRef, found: list[Revision], at: float) -> Iterator[Trace]:
        """All but the newest and the one in effect, which the workload's own trace tells of."""
        held = max((place for place, each in enumerate(found) if not each.failed), default=-1)
        places = [place for place in range(len(found) - 1) if place != held]
        first = max(len(places) - OF_WORKLOAD, 0)
        self.left_out += first
        for told, place in enumerate(places[first:], first):
            if self._told >= IN_ALL:
                self.left_out += len(places) - told
                return
            self._told += 1
            before = found[place - 1] if place else None
            later = found[place + 1 :]
            after = next((each for each in later if not each.failed), later[0])
            yield self._trace(root, found[place], before, after, at)

    def _trace(
        self, root: ObjectRef, each: Revision, before: Revision | None, after: Revision, at: float
    ) -> Trace:
        ref = reference(each.image)
        what = past.what(each, before)
        began = each.since if each.since is not None else at
        return Trace(
            id=revision_trace_id(self._cluster, ref.uid, each.number),
            root=root,
            title=f"{root.kind.lower()}/{root.name} revision {each.number}",
            cause=f"revision {each.number}: {what}; who asked for it was not seen",
            state="superseded",
            holder=None,
            holder_name="",
            holders={},
            waiting_since=None,
            waiting_for="",
            diagnosis=None,
            summary=_summary(each, after),
            started=began,
            ended=after.since if after.exact and each.exact else None,
            steps=0,
            existing=True,
            settled=True,
            background=True,
            updated=began,
            sources=(drawn.name(ref),),
            revision=EarlierRevision(
                each.number, ref, each.since, each.until, what, _evidence(each)
            ),
        )


def _summary(each: Revision, after: Revision) -> str:
    if each.failed:
        return (
            f"Read from {named(each.image)}, and not watched: it was begun at "
            f"{_time(each.since, each.until)} and failed, so that it never came into effect."
        )
    return (
        f"Read from {named(each.image)}, and not watched: in effect since "
        f"{_time(each.since, each.until)}, replaced by revision {after.number} "
        f"{_at(after)}. Whether it was complete by then is not known."
    )


def _evidence(each: Revision) -> tuple[Evidence, ...]:
    name, version = named(each.image), each.image.version
    created = each.image.metadata.creation_timestamp
    kept = f"{name} keeps the Pod template of revision {each.number}"
    dated = f"{name} was made at {created}" if created else f"{name} does not say when it was made"
    if not each.exact:
        dated += (
            ", and got this number later"
            if each.moved
            else ", and nothing says whether it had this number then"
        )
    said = [kept, dated]
    if _CHANGE_CAUSE in (each.image.metadata.annotations or {}):
        said.append(f"{name} has an annotation {_CHANGE_CAUSE}, whose value is hidden")
    return tuple(Evidence("observed", "list", text, "what", version) for text in said)


def _at(revision: Revision) -> str:
    """When a revision came into effect, as it follows a verb."""
    if revision.exact and revision.since is not None:
        return f"at {_stamp(revision.since)}"
    return f"at {_time(revision.since, revision.until)}"


def _time(since: float | None, until: float | None) -> str:
    """A time that lies between two, in words."""
    if since is not None and since == until:
        return _stamp(since)
    if since is not None and until is not None:
        return f"a time between {_stamp(since)} and {_stamp(until)}"
    if since is not None:
        return f"a time that is not known, {_stamp(since)} at the earliest"
    if until is not None:
        return f"a time that is not known, {_stamp(until)} at the latest"
    return "a time that is not known"


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _asked(image: Image, now: Revision, before: Revision) -> str:
    """The one client who wrote to the workload when its newest revision was made, if there is one.

    An entry's time is that of the manager's last write: of another time, it tells nothing of this.
    Of a restart that is who has the annotation for it.
    """
    if not now.exact or now.since is None:
        return ""
    field = _RESTARTED if past.is_restart(now, before) else "spec.template"
    found = {
        entry.manager
        for entry in image.metadata.managed_fields
        if not entry.subresource and entry.manager != CONTROLLER_MANAGER
        if (at := parse(entry.time)) is not None and 0 <= now.since - at <= _SAME
        if any(path.startswith(field) for path in paths(entry.fields))
    }
    return _CLIENT.format(found.pop()) if len(found) == 1 else ""
