"""Operators that set no ownerReferences: what ties an object to the custom resource it is for."""

import pytest

from eventstream.explain.engine.engine import Engine
from tests.explain.stories import Json, Story
from tests.explain.tapes import Result, fold
from tests.explain.test_rules_deletions import actors
from tests.explain.things import deployment, owned_by, pod, statefulset, website

PLAIN = "OpenAPI-Generator"


def told(story: Story, site: Json) -> None:
    """The operator reports on its custom resource, after it has made what that asks for."""
    story.change(site, {"status": {"phase": "Ready"}}, PLAIN, sub="status")


def test_what_is_made_for_a_custom_resource_that_was_just_created_is_its_controllers() -> None:
    story = Story()
    site = story.create(website("shop"), "kubectl-create")
    web = story.create(deployment("shop-web"), PLAIN)
    told(story, site)
    step = story.step(web, 0)
    assert (step.actor, step.actor_name, step.grades.who) == (
        "custom-controller",
        PLAIN,
        "inferred",
    )
    assert (
        step.what == f"The custom controller {PLAIN} created Deployment shop-web for Website shop."
    )
    assert step.cause == story.step(site, 0).id
    story.wait(60)
    story.change(web, {"spec": {"replicas": 5}}, PLAIN)
    assert story.last(web).actor == "custom-controller"


@pytest.mark.parametrize(
    ("name", "manager", "wait", "asks"),
    [
        ("other", PLAIN, 0, "kubectl-create"),
        ("shopper", PLAIN, 0, "kubectl-create"),
        ("shop", PLAIN, 20, "kubectl-create"),
        ("shop", PLAIN, 0, PLAIN),
    ],
    ids=["another name", "a longer name", "much later", "who asks itself"],
)
def test_without_name_time_and_another_who_asks_it_may_be_a_client(
    name: str, manager: str, wait: float, asks: str
) -> None:
    story = Story()
    elsewhere = story.create(website("elsewhere"), "kubectl-create")
    told(story, elsewhere)
    story.create(website("shop"), asks)
    story.wait(wait)
    web = story.create(deployment(name), manager)
    assert story.step(web, 0).actor in ("client", "unknown")


def test_who_holds_the_custom_resource_deletes_what_it_had_made_for_it() -> None:
    for wait, actor in ((0, "custom-controller"), (30, "unknown")):
        story = Story()
        site = story.create(website("shop"), "kubectl-create")
        held = {"metadata": {"finalizers": ["example.com/cleanup"]}}
        story.change(site, held, PLAIN)
        web = story.create(deployment("shop"), PLAIN)
        told(story, site)
        story.mark(site, finalizers=["example.com/cleanup"])
        story.wait(wait)
        story.delete(web)
        assert actors(story, web) == [actor]


def test_names_of_custom_resources_that_are_gone_are_let_go() -> None:
    story = Story()
    for number in range(5):
        site = story.create(website(f"shop-{number}"), "kubectl-create")
        story.delete(site)
    engine, result = Engine("cluster", audited=False), Result()
    for shown in story.shown:
        result.take(engine.apply(shown))
    result.take(engine.tick(story.at))
    result.take(engine.tick(story.at + 10_000))
    assert not [name for name in engine._world.names if "shop-" in name]
    assert fold(story.shown).steps.keys() == result.steps.keys()


def test_who_makes_what_a_kind_owns_looks_after_that_kind_also_without_a_status() -> None:
    """It notes on the resource itself how far it is, and makes some things without an owner."""
    story = Story()
    site = story.create(website("shop"), "kubectl-create")
    noted = {"metadata": {"annotations": {"example.com/state": "busy"}}}
    story.change(site, noted, PLAIN)
    web = deployment("shop")
    web["metadata"]["ownerReferences"] = [owned_by(site)]
    story.create(web, PLAIN)
    bare = story.create(deployment("shop-cache"), PLAIN)
    assert [story.step(site, 1).actor, story.step(web, 0).actor, story.step(bare, 0).actor] == [
        "custom-controller"
    ] * 3
    other = {"metadata": {"annotations": {"example.com/note": "mine"}}}
    story.change(site, other, "somebody")
    assert story.last(site).actor == "unknown"
    story.wait(60)
    story.change(site, {"metadata": {"labels": {"team": "a"}}}, PLAIN)
    assert story.last(site).actor == "unknown"  # Or a client of the same name.


def test_what_an_operator_wrote_it_may_also_take_from_and_delete_at_once() -> None:
    """Neither a removal nor a grace period says who it was."""
    story = Story()
    told(story, story.create(website("elsewhere"), "kubectl-create"))
    about = pod(None, "lone", labels={"app": "web", "tier": "front"})
    about["spec"]["terminationGracePeriodSeconds"] = 30
    story.create(about, PLAIN)
    story.change(about, {"metadata": {"labels": {"tier": None}}})
    story.mark(about, 5)
    assert [story.step(about, n).actor for n in range(3)] == ["unknown"] * 3


@pytest.mark.parametrize("there", [True, False])
def test_what_no_reference_ties_is_judged_by_itself(there: bool) -> None:
    """Its custom resource does not count it, and so would never tell what it lacks."""
    story = Story()
    db, site = statefulset("shop", 0), website("shop")
    told(story, story.create(website("elsewhere"), "kubectl-create"))
    if there:
        db["status"] = {"observedGeneration": 1}
        story.exists(db)
    (story.exists if there else story.create)(site)
    if there:
        story.wait(60)
        story.change(site, {"spec": {"replicas": 3}}, "kubectl-patch")
        story.change(db, {"spec": {"replicas": 3}}, PLAIN)
    else:
        story.create(db, PLAIN)
    told(story, site)
    engine, result = Engine("cluster", audited=False), Result()
    for shown in story.shown:
        result.take([*engine.apply(shown), *engine.tick(shown.at + 20)])
    result.take(engine.tick(story.at + 100))
    own = next(trace for trace in result.traces.values() if trace.follows)
    assert own.title == "statefulset/shop"
    assert own.cause == f"{'changed' if there else 'made'} for website/shop"
    assert own.follows == story.last(db).trace == story.last(site).trace
    assert (own.state, own.diagnosis) == ("stalled", "controller-silent")
