"""The engine's memory: object logs by uid, and who must be asked again when a late write arrives.

Rules never read "now": they ask for what lay below their own resourceVersion, so that what they
decide does not depend on the order in which streams were delivered.
"""

from collections.abc import Iterable, Iterator
from sys import intern

from eventstream.explain.vocabulary.records import source_name
from eventstream.explain.world import notes
from eventstream.explain.world.families import (
    HIGHEST,
    Family,
    changed_hands,
    is_controlled,
    owner_of,
    reference,
)
from eventstream.explain.world.known import (
    AUTOSCALER,
    CUSTOM,
    Evictions,
    Known,
    Places,
    key_of,
    kind_key,
    looked_up,
    manager_key,
    name_key,
    namespace_key,
    resting_on,
)
from eventstream.explain.world.notes import ANY, says, tells_of
from eventstream.explain.world.pods import counts_alike
from eventstream.explain.world.writes import Logs, ObjectLog, Vanished, Write
from eventstream.objects.images import Image
from eventstream.objects.observations import Change, Gap
from eventstream.objects.versions import order_of

UNSEEN_KEPT = 1000
"""Objects that were never seen of which Events are kept that are gone themselves."""

NAMESAKES_KEPT = 32
"""Objects that had one name, one after the other, among which a name is looked up."""


class World:
    """All object logs. `high` is the highest order seen, for versions that are not comparable."""

    def __init__(self) -> None:
        self.logs = Logs()
        self.names: dict[str, dict[str, ObjectLog]] = {}
        self.high = 0
        self.places = Places()
        self.evictions = Evictions()
        self._unseen: dict[str, None] = {}
        self._gaps: dict[str, tuple[int, int | None]] = {}
        self.known = Known()

    def add(self, change: Change, *, base: bool) -> Write | None:
        """Take in one version of an object; None if it is known already.

        A vanished object has no version of its own: it takes the place of the list that lacked it.
        """
        image = change.after
        log = self.logs[image.metadata.uid]
        order, until = order_of(image.metadata.resource_version), None
        if change.type == "VANISHED":
            if log.latest is not None and log.latest.gone:
                return None
            order, until = self._vanished(log, change)
        if order is None:
            order = self.high + 1
        if until is None:
            write = Write(change, order, log, base=base)
        else:
            write = Vanished(change, order, log, until)
        if not log.insert(write):
            return None
        self.high = max(self.high, order)
        if not log.seen:
            self._introduce(log, change, order)
        self._count(write)
        return write

    def _vanished(self, log: ObjectLog, change: Change) -> tuple[int | None, int]:
        """The place of an object's end that was not seen, and until when it is known to have been.

        That it went is known from the list's version on, so that the place is the same in
        whatever order other streams arrive.
        """
        began, listed = self._gaps.get(change.resource.key, (-1, None))
        last = log.latest.order if log.latest is not None else -1
        return listed if listed is None or listed > last else None, max(last, began)

    def _introduce(self, log: ObjectLog, change: Change, order: int) -> None:
        log.ref, log.seen = reference(change.after), True
        log.resource_key = intern(change.resource.key)  # One for all objects of it.
        self.places.add(log)
        if looked_up(log.ref):
            known = self.names.setdefault(key_of(log), {})
            known[log.uid] = log
            left = [uid for uid in known if uid not in self.logs]
            if len(known) - len(left) > NAMESAKES_KEPT:
                left.append(min(known, key=lambda uid: known[uid].exists))
            for uid in left:
                del known[uid]
        self._own(log, owner_of(change.after), order)

    def _own(self, log: ObjectLog, owner: str, order: int) -> None:
        log.owner = owner
        if owner:
            family = self.logs[owner].as_owner()
            family.children[log.uid] = log
            family.know(source_name(log.ref.type, log.ref.namespace), order)

    def _count(self, write: Write) -> None:
        """Keep the owner's counts. Writes of one object arrive in their order."""
        log = write.log
        if changed_hands(write):
            self._hand_over(write)
            return
        if not log.owner:
            return
        earlier = log.at(write.order)
        if earlier is not None and not write.gone and counts_alike(write, earlier):
            return  # A mere wait of a container, which no controller counts.
        owner, base = self.logs[log.owner].as_owner(), write.base
        if not base:
            owner.tell(write)
        if write.pod is None or not is_controlled(write.image):
            return
        counts, counted = write.active, earlier is not None and earlier.active
        if counts and not counted:
            owner.born(log.uid, 0 if base else write.order)
        elif counted and not counts:
            owner.lost(log.uid, write.order)

    def _hand_over(self, write: Write) -> None:
        """The object was adopted or released: it leaves one family and joins another."""
        log = write.log
        if log.owner:
            old = self.logs[log.owner].as_owner()
            old.tell(write)
            earlier = log.at(write.order)
            if earlier is not None and earlier.active and is_controlled(earlier.image):
                old.lost(log.uid, write.order)
        self._own(log, owner_of(write.image), write.order)
        if log.owner:
            new = self.logs[log.owner].as_owner()
            new.tell(write)
            if write.active and is_controlled(write.image):
                new.born(log.uid, write.order)

    def note(self, change: Change) -> list[Write]:
        """Take in an Event as evidence; returns the writes that had asked for its reason."""
        uid = change.after.spec.involved_object.uid
        if change.type not in ("DELETED", "VANISHED"):
            return notes.keep(self.logs[uid], change)
        self._let_go(uid)
        return []

    def _let_go(self, uid: str) -> None:
        """An Event about this object is gone, as each is after an hour: it takes nothing back.

        Objects that were never seen, or are forgotten, may still come; only so many wait for that.
        """
        log = self.logs.get(uid)
        if log is None or log.seen:
            return
        self._unseen[uid] = None
        while len(self._unseen) > UNSEEN_KEPT:
            oldest = next(iter(self._unseen))
            del self._unseen[oldest]
            log = self.logs.get(oldest)
            if log is not None and not notes.needed(log):
                del self.logs[oldest]

    def learn(self, write: Write) -> list[Write]:
        """Take what a write tells of the whole cluster; returns the writes that rest on it."""
        keys = self.known.learn(write.change, write.order)
        return resting_on(self.logs, keys, write.order) if keys else []

    def opened(self, kind: str) -> list[Write]:
        """Learn that a kind may be listed; returns the writes that rest on it."""
        return resting_on(self.logs, self.known.shown(kind))

    def gap(self, gap: Gap) -> None:
        """Remember between which versions a resource could not be seen: what vanishes went then."""
        bounds = order_of(gap.from_version), order_of(gap.to_version)
        self._gaps[gap.resource.key] = bounds[0] or -1, bounds[1]

    def affected(self, write: Write) -> Iterable[Write]:
        """Writes above this one whose decision looked at this object or at its owner.

        An object that vanished did so at a time unknown: all who looked at it are affected. What
        a new list showed leaves open since when that was so.
        """
        own, order = write.log, write.order
        if write.change.type == "VANISHED":
            return list((own.askers or {}).values())
        if write.change.relisted:
            order = own.before(write)
        logs = [own]
        if own.owner:
            logs.append(self.logs[own.owner])
        if changed_hands(write) and write.before is not None and owner_of(write.before):
            logs.append(self.logs[owner_of(write.before)])
        if looked_up(own.ref):
            asked = self.logs.get(key_of(own))
            logs.extend([asked] if asked is not None else [])
        found: dict[int, Write] = {}
        for log in logs:
            for each in log.askers.above(order) if log.askers else ():
                found[id(each)] = each
        return found.values()


class View:
    """What one write's rule may look at: the world below its own order, each look remembered."""

    __slots__ = ("_asks", "below", "looked", "noted", "order", "world", "write")

    def __init__(self, world: World, write: Write) -> None:
        self.world = world
        self.write = write
        self.order = write.order
        self._asks = not write.base  # Else never decided, so never decided again.
        self.looked: list[ObjectLog] = []
        self.below: list[Family[ObjectLog, Write]] = []
        self.noted: list[Change] = []

    def log(self, uid: str) -> ObjectLog:
        """The log of an object, remembering that this write depends on it."""
        own = self.write.log
        if uid == own.uid:
            return own  # One object's writes come in their order, so none can come late.
        return self._asked(uid)

    def family(self, uid: str) -> Family[ObjectLog, Write]:
        """What an object controls, remembering that this write depends on it."""
        family = self._asked(uid).family
        self.below.append(family)
        return family

    def _asked(self, uid: str) -> ObjectLog:
        log = self.world.logs[uid]
        self.looked.append(log)
        if self._asks:
            log.ask(self.write)
        return log

    def latest(self, uid: str) -> Write | None:
        """The latest write of an object below this one."""
        return self.log(uid).at(self.order)

    def missed(self, uid: str) -> bool:
        """Whether this write fell into a gap of what was seen of an object: how it was is open."""
        log = self._asked(uid)
        index = log.position(self.order)
        following = log.writes[index] if index < len(log.writes) else None
        if following is None or following.change.type != "VANISHED":
            return following is not None and following.change.relisted
        return following.existed_until < self.order

    def previous(self) -> Write | None:
        """The write before this one to the same object."""
        return self.write.log.at(self.order)

    def backwards(self, uid: str) -> Iterator[Write]:
        """The writes of an object below this one, newest first."""
        log = self.log(uid)
        for index in range(log.position(self.order) - 1, -1, -1):
            yield log.writes[index]

    def mark(self) -> Write | None:
        """The write that set the deletionTimestamp, below this one; without one, the previous."""
        last = self.previous()
        return self.mark_of(last) if last is not None else None

    def mark_of(self, latest: Write) -> Write:
        """The write by which an object's deletion was asked for; `latest` where that is unknown."""
        for write in self.backwards(latest.log.uid):
            marked = write.before is not None and write.before.metadata.deletion_timestamp
            if write.image.metadata.deletion_timestamp and not marked:
                return write
        return latest

    def last_spec_change(self, uid: str) -> Write | None:
        """The latest write below this one that set the object's desired state (or its base)."""
        return self.log(uid).last_spec_change(self.order)

    def children(self, uid: str) -> Iterator[ObjectLog]:
        """The objects that an object controlled just before this write, as far as known."""
        for log in self.family(uid).children.values():
            if log.owner == uid or self._owned_then(log, uid):
                yield log

    def _owned_then(self, log: ObjectLog, uid: str) -> bool:
        """Whether an object that has another owner by now was still this one's then."""
        latest = log.at(self.order)
        return latest is not None and owner_of(latest.image) == uid

    def notes(self, uid: str, *reasons: str, words: str = "") -> list[Change]:
        """Events about an object with these reasons, and `words` in them, in any order, by name.

        Of those about another object only the ones whose message names this write's object.
        """
        words = f" {words} " if words else ""
        found = self._notes(uid, (words, *reasons) if words else reasons)
        if found:
            found = [n for n in found if (not words or says(n, words)) and tells_of(n, self.write)]
            self.noted += found
        if len(found) > 1:
            found.sort(key=lambda change: change.after.metadata.name)
        return found

    def all_notes(self, uid: str, *reasons: str, of: str = "") -> list[Change]:
        """All Events about an object with these reasons, or those that name `of`, in no order."""
        found = self._notes(uid, (ANY + of, *reasons))
        found = [note for note in found if says(note, f" {of} ")] if of else found
        self.noted += found
        return found

    def _notes(self, uid: str, reasons: tuple[str, ...]) -> list[Change]:
        write = self.write
        log = write.log if uid == write.log.uid else self.world.logs[uid]
        if self._asks:
            log.ask_for_notes(write, reasons)
        known = log.notes
        if not known:
            return []
        return [note for reason in reasons for note in known.get(reason, {}).values()]

    def is_controller(self, manager: str, kind: str = "") -> bool:
        """Whether a manager looks after custom resources; if given, after some of that kind."""
        self._asked(manager_key(manager, kind))
        return self.world.known.is_controller(manager, kind)

    def is_shown(self, kind: str) -> bool:
        """Whether this reader may list a kind that is asked for, now or later."""
        self._asked(kind_key(kind))
        return self.world.known.is_shown(kind)

    def namespace_lived(self) -> bool:
        """Whether this object's namespace was not being deleted: something was created later."""
        namespace = self.write.image.metadata.namespace or ""
        if self.world.known.lived(namespace, self.order):
            return True
        self._asked(namespace_key(namespace))
        return False

    def by_name(self, kind: str, namespace: str | None, name: str) -> Write | None:
        """The latest write below this one of the object that then had this name, if it was seen.

        One that exists comes before one that is gone: a vanished object's order is made up.
        `kind` is one of `kinds.REFERRED_TO_BY_NAME`. The name itself is asked about, for objects
        that come late.
        """
        return max(
            self._named(name_key(kind, namespace, name)),
            key=lambda write: (not write.gone, write.order),
            default=None,
        )

    def custom_resources(self, namespace: str | None, name: str) -> list[Write]:
        """The latest writes below this one of custom resources of this name, of whatever kind."""
        return self._named(name_key(CUSTOM, namespace, name))

    def _named(self, key: str) -> list[Write]:
        self._asked(key)
        found = [self.latest(uid) for uid in sorted(self.world.names.get(key, {}))]
        return [write for write in found if write is not None]

    def by_target(self, image: Image) -> list[Write]:
        """The latest writes below this one of all autoscalers of this object that were seen."""
        scaled = f"{image.kind} {image.metadata.name}"
        return self._named(name_key(AUTOSCALER, image.metadata.namespace, scaled))

    def top_owner(self, uid: str) -> ObjectLog:
        """The object at the top of the chain of controllers above `uid`, as far as it is known.

        At most HIGHEST above it.
        """
        log = self.log(uid)
        seen = {uid}
        while (owner := self._owner_then(log)) and owner not in seen and len(seen) <= HIGHEST:
            above = self.log(owner)
            if not above.seen:
                return log
            seen.add(above.uid)
            log = above
        return log

    def _owner_then(self, log: ObjectLog) -> str:
        if log is self.write.log:
            return owner_of(self.write.image)
        write = log.at(self.order) or (log.writes[0] if log.writes else None)
        return owner_of(write.image) if write is not None else log.owner
