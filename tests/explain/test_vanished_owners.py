"""What vanished did so at a time unknown: no claim may rest on when."""

import msgspec

from eventstream.explain.engine.engine import Engine
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Change, Gap, Observation
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import LONG_AFTER, Result, changes, fold, observations
from tests.explain.things import condition, node, pod, replicaset


def without_the_end_of_the_website() -> list[Observation]:
    """Tape operator, but of the CR's deletion only a later list tells: it is missing."""
    shown: list[Observation] = []
    for observation in observations("operator"):
        if isinstance(observation, Change) and observation.after.kind == "Website":
            if observation.type == "DELETED":
                change = observation.before
                assert change is not None
                gone = msgspec.structs.replace(
                    observation, type="VANISHED", after=change, relisted=True
                )
                last = observations("operator")[-1].at
                shown.append(msgspec.structs.replace(gone, at=last))
                continue
            if observation.after.metadata.deletion_timestamp:
                continue
        shown.append(observation)
    return sorted(shown, key=lambda observation: observation.at)


def test_no_client_is_blamed_for_what_a_vanished_owner_may_explain() -> None:
    engine, result = Engine("cluster"), Result()
    shown = without_the_end_of_the_website()
    for observation in shown:
        result.take(engine.apply(observation))
    result.take(engine.tick(shown[-1].at + LONG_AFTER))
    [deletion] = [step for step in result.of("Deployment") if step.change_type == "DELETED"]
    assert (deletion.actor, deletion.grades.who) == ("unknown", "unknown")
    assert "fell into a gap" in deletion.why


def test_a_node_made_anew_under_its_name_takes_the_place_of_the_one_that_vanished() -> None:
    story = Story()
    old = story.exists(node("node-1"))
    waits = pod(name="web")
    waits["status"] = {"phase": "Pending", "conditions": [condition("Ready", "False")]}
    story.exists(waits)
    anew = node("node-1")
    anew["metadata"] |= {"uid": "another", "resourceVersion": "900"}  # Older than the Pod.
    nodes = story._inventory(old)
    image = Decoder(b"tests").image(nodes.resource, msgspec.json.encode(anew))
    story.shown.extend(nodes.replace([image], story.at, first=False))
    story.wait(20)
    story.exists(pod(name="another"))
    trace = story.trace(waits)
    assert (trace.holder, trace.diagnosis) == ("kubelet", None)


def test_an_owner_that_was_still_watched_then_leaves_a_client_the_only_one() -> None:
    shown = list(observations("self_heal"))
    at = shown[-1].at + 60
    deployments = [c for c in changes("self_heal") if c.after.kind == "Deployment"]
    deployment = deployments[-1]
    gap = Gap(deployment.resource, "16840", "20000", at - 1, at, "a new recording began")
    gone = msgspec.structs.replace(
        deployment, type="VANISHED", before=deployment.after, at=at, relisted=True
    )
    result = fold([*shown, gap, gone])
    actors = {step.actor for step in result.of("ReplicaSet") if step.change_type == "DELETED"}
    assert actors == {"client"}


def relisted(story: Story, *things: Json) -> None:
    """A new list of the things' kind, after a gap that began before the story's last writes."""
    inventory = story._inventory(things[0])
    images = [
        Decoder(b"stories").image(inventory.resource, msgspec.json.encode(found))
        for found in things
    ]
    began, ended = str(story.version - 4), str(story.version)
    story.shown.append(Gap(inventory.resource, began, ended, story.at - 9, story.at, "lost"))
    story.shown.extend(inventory.replace(images, story.at, first=False))


def test_what_was_done_while_the_owner_was_not_watched_is_put_down_to_nobody() -> None:
    story = Story()
    rs = story.create(replicaset(None, replicas=2), "kubectl-create")
    web_pod = story.create(pod(rs), KCM)
    story.create(pod(rs, "web-1-b", ""), KCM)
    known = story._inventory(rs)
    before = list(known)
    story.change(rs, {"spec": {"replicas": 1}}, "kubectl", sub="scale")
    story.mark(web_pod, 30)
    story.change(rs, {"spec": {"replicas": 3}}, "kubectl", sub="scale")
    del story.shown[-1], story.shown[-2]
    known.replace(before, story.at, first=True)
    assert story.step(web_pod, 1).actor == "client"
    relisted(story, rs)
    assert story.step(web_pod, 1).actor == "unknown"
    assert "fell into a gap" in story.step(web_pod, 1).why
