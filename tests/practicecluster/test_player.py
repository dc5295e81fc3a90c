"""Playing a tape: order, versions, uids, times, and the gap between two tapes."""

import json
import re
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from practicecluster.base_namespaces import BASE_NAMESPACES, create_base_namespaces
from practicecluster.player import Player
from practicecluster.playlist import SHIPPED
from practicecluster.store import Store
from practicecluster.tape import Tape
from tests.practicecluster.tapes import (
    OTHER_UID,
    SECOND,
    UID,
    FakeClock,
    content,
    line,
    listed,
    shipped,
    tape,
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NIL = "00000000-0000-0000-0000-000000000000"
NOW = SECOND + 1_000_000.25
JsonObject = dict[str, Any]


class Listener:
    """Every change of a store, as a watch of all types would see it."""

    def __init__(self) -> None:
        self.store = Store()
        create_base_namespaces(self.store)
        self.changes: list[tuple[str, str, JsonObject]] = []
        self.put, self.delete = self.store.put, self.store.delete
        self.store.put = self._put  # type: ignore[method-assign]
        self.store.delete = self._delete  # type: ignore[method-assign]

    def _put(self, served: Any, content: JsonObject, *, at_least: int = 0) -> int:
        revision = self.put(served, content, at_least=at_least)
        return self._note("PUT", served.resource, content, revision)

    def _delete(self, served: Any, content: JsonObject, *, at_least: int = 0) -> int:
        revision = self.delete(served, content, at_least=at_least)
        return self._note("DELETED", served.resource, content, revision)

    def _note(self, kind: str, resource: str, content: JsonObject, revision: int) -> int:
        self.changes.append((kind, resource, content))
        assert content["metadata"]["resourceVersion"] == str(revision), "as the tape had it"
        return revision

    async def play(self, played: Tape, clock: FakeClock, speed: float = 1.0) -> None:
        player = Player(self.store, played, speed=speed, clock=clock, sleep=clock.sleep)
        player.prepare()
        await player.play()

    def text(self) -> str:
        return json.dumps([content for _, _, content in self.changes])


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.mark.parametrize("name", SHIPPED)
async def test_every_write_is_made_in_order(listener: Listener, name: str) -> None:
    played = shipped(name)
    await listener.play(played, FakeClock(NOW))
    base = {("v1/namespaces", name) for name in BASE_NAMESPACES}
    initial = [write for write in played.initial if write.key not in base]
    writes = [*initial, *played.writes]
    moves = set()
    for (_, _, made_anew), write in zip(listener.changes, writes, strict=True):
        before, after = write.content["metadata"]["name"], made_anew["metadata"]["name"]
        if write.content["kind"] == "Event":
            (before, made), (after, now) = before.rsplit(".", 1), after.rsplit(".", 1)
            moves.add(divmod(int(now, 16) - int(made, 16), 10**9))
        assert before == after
    assert all(rest == 0 for _, rest in moves), "by whole seconds, as all times"
    assert len(moves) <= 2, "one before the beginning of the tape, one after it"
    assert [kind == "DELETED" for kind, _, _ in listener.changes] == [
        write.type == "DELETED" for write in writes
    ]


@pytest.mark.parametrize("name", SHIPPED)
async def test_no_recorded_uid_is_left_anywhere(listener: Listener, name: str) -> None:
    played = shipped(name)
    recorded = set(
        UUID.findall(json.dumps([write.content for write in (*played.initial, *played.writes)]))
    )
    await listener.play(played, FakeClock(NOW))
    kept = set(UUID.findall(listener.text()))
    assert recorded & kept <= {NIL}
    assert len(kept) == len(recorded) - _base_uids(played), "one for one"
    first = listener.text()
    listener.changes.clear()
    await listener.play(played, FakeClock(NOW))
    assert set(UUID.findall(first)) & set(UUID.findall(listener.text())) <= {NIL}


def _base_uids(played: Tape) -> int:
    """Return how many uids are of the base namespaces, which are not played."""
    return sum(
        1 for w in played.initial if w.key in {("v1/namespaces", n) for n in BASE_NAMESPACES}
    )


async def test_a_fresh_uid_is_the_same_wherever_it_is_referred_to(listener: Listener) -> None:
    referring = content(
        "child",
        12,
        uid=OTHER_UID,
        labels={"batch.kubernetes.io/controller-uid": UID},
        ownerReferences=[{"uid": UID, "name": "owner"}],
        managedFields=[{"fieldsV1": {"f:ownerReferences": {f'k:{{"uid":"{UID}"}}': {}}}}],
        annotations={"note": f"made for {UID}"},
    )
    odd = content("odd", 13, uid="not-a-uuid", ownerReferences=[{"uid": "not-a-uuid"}])
    await listener.play(
        tape(
            line(SECOND, "v1/configmaps", "ADDED", content("owner", 11)),
            line(SECOND, "v1/configmaps", "ADDED", referring),
            line(SECOND, "v1/configmaps", "ADDED", odd),
        ),
        FakeClock(NOW),
    )
    owner, child, other = (content["metadata"] for _, _, content in listener.changes)
    assert json.dumps(child).count(owner["uid"]) == 4
    assert UID not in listener.text()
    assert OTHER_UID not in listener.text()
    assert "not-a-uuid" not in listener.text()
    assert other["ownerReferences"][0]["uid"] == other["uid"]


async def test_versions_rise_from_tape_to_tape_and_references_follow(listener: Listener) -> None:
    clock = FakeClock(NOW)
    highest = 0
    for name in ("create", "events_apart", "create"):
        listener.changes.clear()
        await listener.play(shipped(name), clock)
        versions = [int(c["metadata"]["resourceVersion"]) for _, _, c in listener.changes]
        assert min(versions) > highest
        highest = max(versions)
        by_uid = {c["metadata"]["uid"]: c["metadata"] for _, _, c in listener.changes}
        seen = {
            (c["metadata"]["uid"], c["metadata"]["resourceVersion"]) for _, _, c in listener.changes
        }
        about = [c["involvedObject"] for _, r, c in listener.changes if r == "v1/events"]
        assert all((one["uid"], one["resourceVersion"]) in seen for one in about)
        assert all(by_uid[one["uid"]]["name"] == one["name"] for one in about)


async def test_events_apart_stay_apart(listener: Listener) -> None:
    await listener.play(shipped("create"), FakeClock(NOW))
    await listener.play(shipped("events_apart"), FakeClock(NOW))
    assert listener.store.revision("events") < listener.store.revision("pods")
    await listener.play(shipped("create"), FakeClock(NOW))
    assert listener.store.revision("events") == listener.store.revision("pods"), "joined again"


async def test_times_move_to_now_and_keep_their_form(listener: Listener) -> None:
    stamps = {
        "second": "2026-11-23T00:07:37Z",
        "micro": "2026-11-23T00:07:37.313878Z",
        "nano": "2026-11-23T00:07:37.313878123Z",
        "zoned": "2026-11-23T02:07:37+02:00",
        "earlier": "2026-11-22T00:07:37Z",
        "zero": "0001-01-01T00:00:00Z",
        "no time": "2026-99-23T00:07:37Z",
        "inside": "since 2026-11-23T00:07:38Z, it says",
    }
    name = "nginx.18ea83ed714ebf3d"
    played = tape(
        line(SECOND - 0.5, "v1/configmaps", "ADDED", content(name, 5, annotations=stamps))
    )
    await listener.play(played, FakeClock(NOW))
    metadata = listener.changes[0][2]["metadata"]
    assert metadata["name"] == name, "the hexadecimal time in an Event's name stays"
    # 1,000,001 s later: whole seconds, so that times of all precisions keep their order.
    assert metadata["annotations"] == {
        "second": "2026-12-04T13:54:18Z",
        "micro": "2026-12-04T13:54:18.313878Z",
        "nano": "2026-12-04T13:54:18.313878123Z",
        "zoned": "2026-12-04T15:54:18+02:00",
        "earlier": "2026-12-03T13:54:17Z",
        "zero": "0001-01-01T00:00:00Z",
        "no time": "2026-99-23T00:07:37Z",
        "inside": "since 2026-12-04T13:54:19Z, it says",
    }


@pytest.mark.parametrize("speed", [1.0, 4.0, float("inf")])
async def test_the_pace_is_the_recordings(listener: Listener, speed: float) -> None:
    clock = FakeClock(NOW)
    played = shipped("create")
    await listener.play(played, clock, speed)
    assert clock.now - NOW == pytest.approx(played.seconds / speed, abs=1.0)
    created = [
        content["metadata"]["creationTimestamp"]
        for _, resource, content in listener.changes
        if resource == "apps/v1/deployments"
    ]
    assert len(created) == 7
    assert len(set(created)) == 1, "an object keeps its creationTimestamp at any speed"


async def test_times_never_lie_in_the_future(listener: Listener) -> None:
    clock = FakeClock(NOW)
    await listener.play(shipped("rolling_update"), clock, speed=10.0)
    stamps = re.findall(r'"(\d{4}-\d\d-\d\dT[\d:.]+Z)"', listener.text())
    assert max(datetime.fromisoformat(stamp).timestamp() for stamp in stamps) <= clock.now


async def test_the_base_namespaces_keep_their_identity(listener: Listener) -> None:
    def uids() -> dict[str, str]:
        objects = listener.store.cache("namespaces").objects
        return {name: objects[name].content()["metadata"]["uid"] for name in BASE_NAMESPACES}

    own = uids()
    for name in ("create", "events_apart"):
        await listener.play(shipped(name), FakeClock(NOW))
        assert uids() == own


async def test_the_next_tape_finds_nothing_of_the_one_before(listener: Listener) -> None:
    await listener.play(shipped("create"), FakeClock(NOW))
    pods = listener.store.cache("pods")
    position = pods.log.end
    empty = tape(line(SECOND, "v1/pods", "LIST", listed("PodList", 1)))
    Player(listener.store, empty, clock=FakeClock(NOW)).prepare()
    assert pods.objects == {}
    assert pods.log.since(position) is None, "who watched has to list again"
    assert not any(kind == "DELETED" for kind, _, _ in listener.changes), "they just vanish"
    assert listener.store.types.find("stable.example.com/v1/websites") is None


async def test_a_custom_type_lives_as_long_as_its_crd_on_the_tape() -> None:
    store = Store()
    create_base_namespaces(store)
    served: list[bool] = []
    clock = FakeClock(NOW)

    async def sleep(seconds: float) -> None:
        served.append(store.types.find("stable.example.com/v1/websites") is not None)
        await clock.sleep(seconds)

    player = Player(store, shipped("operator"), clock=clock, sleep=sleep)
    player.prepare()
    await player.play()
    changes = [now for before, now in pairwise(served) if before != now]
    assert (served[0], changes) == (False, [True, False])


async def test_a_type_that_only_a_tape_knows_is_served(listener: Listener) -> None:
    route = content("front", 12) | {"kind": "Route", "apiVersion": "route.openshift.io/v1"}
    await listener.play(
        tape(
            line(
                SECOND,
                "apps.openshift.io/v1/deploymentconfigs",
                "LIST",
                listed("DeploymentConfigList", 9),
            ),
            line(SECOND, "route.openshift.io/v1/routes", "ADDED", route),
        ),
        FakeClock(NOW),
    )
    kinds = [served.kind for served in listener.store.types if served.custom]
    assert kinds == ["DeploymentConfig", "Route"]
