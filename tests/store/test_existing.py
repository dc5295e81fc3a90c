"""The objects that exist are listed by their names, and the trace is found that tells of one."""

import pytest

from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.history import Rights
from eventstream.objects.images import Image, Metadata
from eventstream.objects.observations import Change
from eventstream.objects.resource import Resource
from tests.store.conftest import both
from tests.store.samples import DEPLOYMENTS, PODS, put_step, put_trace, store

pytestmark = both

NGINX = ObjectRef("apps/v1", "Deployment", "shop", "nginx", "uid-1")
SHOP = Rights(within={"shop": frozenset({"Deployment.apps", "Pod"})})


def exists(name: str, namespace: str = "shop", resource: Resource = PODS, uid: str = "") -> None:
    metadata = Metadata(
        name=name, namespace=namespace, uid=uid or f"uid-{name}", resource_version="10"
    )
    image = Image(resource.api_version, resource.kind, metadata)
    store(seen=Change(resource, "ADDED", image, 100.0))


def named(**wanted: str) -> list[str]:
    found = history.existing(history.ObjectsWanted(**wanted)).rows
    return [f"{each.ref.kind} {each.ref.namespace}/{each.ref.name}" for each in found]


def test_objects_are_found_by_exact_names_and_come_in_pages() -> None:
    for number in range(5):
        exists(f"web-{number}")
    exists("web-1", "vault", uid="uid-other")
    exists("web-1", resource=DEPLOYMENTS, uid="uid-deployment")
    assert named(name="web-1", namespace="shop", kind="Pod") == ["Pod shop/web-1"]
    assert named(type="Deployment.apps") == ["Deployment shop/web-1"]
    assert named(name="web") == []
    assert len(named()) == 7
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = history.existing(limit=3, after=after, wanted=history.ObjectsWanted())
        found += [each.ref.uid for each in page.rows]
        after = page.next
    assert len(found) == len(set(found)) == 7
    (one,) = history.existing(history.ObjectsWanted(type="Deployment.apps")).rows
    assert one.ref == ObjectRef("apps/v1", "Deployment", "shop", "web-1", "uid-deployment")


def test_only_what_may_be_seen_is_listed() -> None:
    exists("web")
    exists("web", "vault", uid="uid-other")
    with history.seeing(SHOP):
        assert named() == ["Pod shop/web"]
    with history.seeing(history.NOTHING):
        assert named() == []


def telling(ref: ObjectRef = NGINX) -> str | None:
    found = history.trace_telling(ref)
    return found.id if found is not None else None


def test_the_trace_that_began_last_tells_how_an_object_stands() -> None:
    again = ObjectRef("apps/v1", "Deployment", "shop", "nginx", "made anew")
    assert telling() is None
    store(put_trace("existing", existing=True, started=9.0))
    assert telling() == "existing"
    store(put_trace("seen", started=2.0), put_trace("older", started=1.0))
    assert telling() == "seen", "what was seen to begin says more than what was there"
    store(put_trace("overtaken", started=3.0, state="superseded"))
    store(put_trace("another's", started=4.0, root=again))
    assert telling() == "seen"
    assert telling(again) == "another's"


def test_what_another_object_s_trouble_began_tells_too_and_what_stands_still_first() -> None:
    store(put_trace("made", started=1.0))
    store(put_trace("disrupted", started=2.0, existing=True, follows="node", state="stalled"))
    assert telling() == "disrupted"
    store(put_trace("scaled", started=3.0))
    assert telling() == "disrupted"
    store(put_trace("disrupted", started=2.0, existing=True, follows="node"))
    assert telling() == "scaled"


@pytest.mark.parametrize("own", [True, False])
def test_of_what_is_no_root_the_trace_tells_that_it_has_a_part_in(own: bool) -> None:
    pod = ObjectRef("v1", "Pod", "shop", "web-1", "uid-pod")
    store(put_trace("t1"), put_step("s1", "t1", object=pod))
    if own:
        store(put_trace("t2", root=pod, started=1.0))
    assert telling(pod) == ("t2" if own else "t1")
    with history.seeing(Rights(within={"shop": frozenset({"Pod"})})):
        assert telling(pod) == ("t2" if own else None), "the other's root may not be seen"


def test_the_last_steps_of_a_trace_come_in_its_order() -> None:
    store(*(put_step(f"s{number}", "t1", str(number)) for number in range(10, 20)))
    assert [each.id for each in history.last_steps("t1", 3)] == ["s17", "s18", "s19"]
    assert history.last_steps("t2", 3) == []


def test_causes_that_may_not_be_seen_are_told_from_those_that_may() -> None:
    vault = ObjectRef("v1", "Pod", "vault", "x", "uid-x")
    store(put_trace("t1"), put_step("s1", "t1"), put_step("s2", "t1", "11", object=vault))
    step = put_step("s3", causes=("s1", "s2", "gone")).step
    assert history.seen_causes([step]) is None
    with history.seeing(SHOP):
        assert history.seen_causes([step]) == frozenset({"s1"})
        assert history.seen_causes([]) == frozenset()
