"""Lets go of a settled trace: of each object its newest version stays, to explain what follows."""

from collections import Counter
from collections.abc import Sequence

from eventstream.explain.world.families import NO_FAMILY
from eventstream.explain.world.known import key_of, looked_up
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import ObjectLog, Write


def forget(world: World, writes: Sequence[Write]) -> None:
    """Turn the writes of a settled trace into the ground that later ones stand on.

    An object that is gone is forgotten whole; of others the newest write stays as a base.
    """
    logs: dict[str, ObjectLog] = {}
    looked_at: set[str] = set()
    for write in writes:
        logs[write.log.uid] = write.log
        for asked in write.decision.asked:
            if asked.askers is not None:
                asked.askers.discard(write)
            for askers in (asked.note_askers or {}).values():
                askers.pop(id(write), None)
        looked_at.update(asked.uid for asked in write.decision.asked)
        write.decision.settle()
    owners = Counter(write.log.owner for write in writes if write.log.owner)
    gone = {uid for uid, log in logs.items() if _shorten(log)}
    for uid in gone:
        _drop(world, uid)
    for uid in owners.keys() | looked_at - gone:
        _tidy(world, uid, gone, owners[uid])


def _shorten(log: ObjectLog) -> bool:
    """Keep what is open and the newest base below it; true if nothing of the object need stay."""
    base = next((write for write in reversed(log.writes) if write.base), None)
    log.writes = [write for write in log.writes if not write.base or write is base]
    log.family.spec = None
    return _over(log)


def _over(log: ObjectLog) -> bool:
    """Whether all that is left of the object is its settled end."""
    return len(log.writes) == 1 and log.writes[0].base and log.writes[0].gone


def _drop(world: World, uid: str) -> None:
    log = world.logs.get(uid)
    if (
        log is not None
        and not log.askers
        and not any(child.exists for child in log.family.children.values())
    ):
        _delete(world, uid)


def _tidy(world: World, uid: str, gone: set[str], settled: int) -> None:
    owner = world.logs.get(uid)
    if owner is None:
        return
    if owner.family is not NO_FAMILY:
        owner.family.forget(gone, settled)
    owner.askers = owner.askers or None
    asked = {reasons: askers for reasons, askers in (owner.note_askers or {}).items() if askers}
    owner.note_askers = asked or None
    if not owner.family.children and not owner.askers and (not owner.writes or _over(owner)):
        _delete(world, uid)


def _delete(world: World, uid: str) -> None:
    log = world.logs.pop(uid)
    world.places.drop(log)
    if not looked_up(log.ref):
        return
    key = key_of(log)
    named = world.names.get(key, {})
    named.pop(uid, None)
    if not named:
        world.names.pop(key, None)
