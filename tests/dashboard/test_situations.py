"""The game of situations: how an answer is judged, and what its pages say."""

import html as markup
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from msgspec.structs import replace

from dashboard.situation_feed import SituationFeed, stage
from dashboard.situations.declared import SITUATIONS, Situation, space, subject
from dashboard.situations.judging import NOBODY, NOTHING, Answer, judged
from dashboard.situations.playing import STARTED, played
from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace, TraceState
from eventstream.objects.cluster_kinds import PhaseStatus
from eventstream.objects.images import Image, Metadata
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition
from eventstream.objects.resource import Resource
from tests.dashboard import scenes

LINE = 1_000.0
ABOUT = SITUATIONS[0]
WHERE = space(1)
AUTH = scenes.ref("Deployment", "auth", WHERE)


def stalled(**more: Any) -> Trace:
    """What Baton says of the first situation."""
    trace, _ = scenes.nginx(LINE, "auth")
    said: dict[str, Any] = {
        "root": AUTH,
        "state": "stalled",
        "holder": "kubelet",
        "holder_name": "node-1",
        "holders": {"kubelet": 1},
        "diagnosis": "image-not-found",
        "summary": "Pod auth-1 cannot get image auth:2.0: the registry has no such image.",
        "root_step": "auth-001",
        "ended": None,
        "updated": LINE + 5,
    }
    return replace(trace, **(said | more))


def written(number: int, actor: str, **more: Any) -> Step:
    pod = scenes.ref("Pod", "auth-1", WHERE)
    return scenes.step("auth", number, pod, actor, at=LINE + number, **more)


BOUND = written(2, "scheduler", verb="bind")
TWICE = written(3, "scheduler", verb="report")
WELL = stalled(state="complete", holder=None, holder_name="", holders={}, diagnosis=None)


@pytest.mark.parametrize(
    ("said", "trace", "right", "why"),
    [
        ("kubelet", stalled(), True, ""),
        ("client", stalled(holders={"kubelet": 1, "client": 2}), True, ""),
        ("scheduler", stalled(), False, "Baton waits for no further write by the scheduler."),
        ("client", stalled(), False, "waits for no write by a client, and saw none in this trace."),
        (NOBODY, stalled(), False, "Something is still to come."),
        (NOBODY, WELL, True, ""),
        ("scheduler", WELL, False, "Baton waits for no further write by the scheduler."),
        ("kubelet", WELL, False, "waits for no write by the kubelet, and saw none in this trace."),
    ],
)
def test_who_holds_the_baton_is_judged_by_the_trace(
    said: str, trace: Trace, right: bool, why: str
) -> None:
    part = judged(ABOUT, Answer(said, NOTHING), trace, [BOUND, TWICE], 600.0).holder
    assert part.right is right
    assert (why in part.why) if why else part.why == ""
    assert part.step == (TWICE if "further" in why else None)


@pytest.mark.parametrize(
    ("said", "trace", "right", "whys"),
    [
        ("image-not-found", stalled(), True, []),
        ("crash-loop", stalled(), False, ["It would mean: ", "What Baton found means: "]),
        (NOTHING, stalled(), False, ["What Baton found means: The registry has"]),
        (NOTHING, WELL, True, []),
        ("crash-loop", WELL, False, ["It would mean: A container ends soon"]),
    ],
)
def test_what_is_wrong_is_judged_by_the_trace(
    said: str, trace: Trace, right: bool, whys: list[str]
) -> None:
    part = judged(ABOUT, Answer("kubelet", said), trace, [], 600.0).diagnosis
    assert part.right is right
    assert [why for why in whys if why not in part.why] == []
    assert bool(part.why) is bool(whys)


def test_an_answer_is_right_on_both_counts_or_not_at_all() -> None:
    right = Answer("kubelet", "image-not-found")
    assert judged(ABOUT, right, stalled(), [], 5.0).right
    assert not judged(ABOUT, Answer("kubelet", NOTHING), stalled(), [], 5.0).right
    assert not judged(ABOUT, Answer("client", "image-not-found"), stalled(), [], 5.0).right


WELL_IN_THE_END, GOES_ON = SITUATIONS[38], SITUATIONS[24]


@pytest.mark.parametrize(
    ("about", "state", "played_for", "made_up"),
    [
        (ABOUT, "stalled", 5.0, True),
        (ABOUT, "running", 600.0, False),
        (WELL_IN_THE_END, "complete", 5.0, False),
        (WELL_IN_THE_END, "complete", 120.0, True),
        (WELL_IN_THE_END, "stalled", 600.0, False),
        (GOES_ON, "running", 5.0, False),
        (GOES_ON, "running", 120.0, True),
    ],
)
def test_an_answer_waits_until_baton_has_made_up_its_mind(
    about: Situation, state: TraceState, played_for: float, made_up: bool
) -> None:
    trace = stalled(state=state)
    assert judged(about, Answer("kubelet", NOTHING), trace, [], played_for).decided is made_up


def test_what_it_is_about_has_the_name_that_it_is_played_by() -> None:
    assert subject(1) == ("Deployment", "situation-1", "auth")
    assert subject(40) == ("Node", None, "situation-40-node-3")
    assert subject(41) == ("Namespace", None, "situation-41-old")
    assert subject(43) == ("CustomResourceDefinition", None, "widgets.example.com")


def start(verb: str = "create", at: float = LINE - 1, **more: Any) -> None:
    """Store that somebody created the namespace, or took it away."""
    about = ObjectRef("v1", "Namespace", None, WHERE, f"uid-{WHERE}")
    step = scenes.step(f"space-{verb}", 1, about, "client", verb=verb, at=at, **more)
    trace, _ = scenes.nginx(at, f"space-{verb}")
    scenes.store((replace(trace, root=about), [step]))


@pytest.fixture
def practised(settings: Any) -> None:
    settings.BATON_PRACTICE = "/tmp/kubeconfig"


@pytest.mark.django_db
def test_a_situation_is_started_until_its_namespace_leaves() -> None:
    assert played(1).since is None
    start()
    assert (played(1).since, played(1).trace) == (LINE - 1, None)
    scenes.store((stalled(), [BOUND]))
    stands = played(1).trace
    assert stands is not None
    assert stands.diagnosis == "image-not-found"
    start("delete", LINE + 50, change_type="MODIFIED")
    assert played(1).since is None


@pytest.mark.django_db
def test_what_is_left_of_an_earlier_playing_is_not_taken_for_this_one() -> None:
    scenes.store((stalled(), [BOUND]))
    start(at=LINE + 100)
    assert played(1).trace is None


@pytest.mark.django_db
def test_one_that_ran_before_baton_watched_is_found_all_the_same() -> None:
    scenes.store((stalled(), [BOUND]))
    assert played(1).trace is not None


def body(client: Client, path: str) -> str:
    return markup.unescape(client.get(path).content.decode())


@pytest.mark.django_db
@pytest.mark.usefixtures("practised")
def test_the_page_says_why_an_answer_is_wrong_and_remembers_a_right_one(client: Client) -> None:
    start()
    scenes.store((stalled(), [BOUND]))
    asked = "/learn/situations/1"
    assert "made up its mind" in body(client, asked)
    assert "Right" not in body(client, asked)
    wrong = body(client, f"{asked}?holder=scheduler&diagnosis=crash-loop")
    assert "Not what Baton says" in wrong
    assert 'href="/traces/auth?step=auth-002#step-auth-002"' in wrong
    assert "the registry has no such image" in wrong
    assert "data-done" not in wrong
    half = body(client, f"{asked}?holder=kubelet&diagnosis=crash-loop")
    assert "Half right" in half
    right = body(client, f"{asked}?holder=kubelet&diagnosis=image-not-found")
    assert "Right, on both counts" in right
    assert 'data-exercise="situation-1" data-done' in right


@pytest.mark.django_db
@pytest.mark.usefixtures("practised")
def test_nothing_is_judged_before_it_is_started_nor_what_is_no_answer(client: Client) -> None:
    asked = "/learn/situations/1?holder=kubelet&diagnosis=crash-loop"
    assert "start the situation first" in body(client, asked)
    start()
    assert "Baton has seen nothing of what it is about" in body(client, asked)
    scenes.store((stalled(), []))
    for said in ("holder=somebody&diagnosis=crash-loop", "holder=kubelet&diagnosis=<b>"):
        page = body(client, f"/learn/situations/1?{said}")
        assert "What Baton says" not in page
        assert "That is none of the answers" in page


@pytest.mark.django_db
@pytest.mark.usefixtures("practised")
def test_all_are_listed_and_there_are_no_others(client: Client) -> None:
    listed = body(client, "/learn/situations")
    assert listed.count('data-exercise="situation-') == len(SITUATIONS)
    assert client.get(f"/learn/situations/{len(SITUATIONS)}").status_code == 200
    for number in (0, len(SITUATIONS) + 1):
        assert client.get(f"/learn/situations/{number}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/learn/situations", "/learn/situations/1"])
def test_they_are_shown_in_the_practice_cluster_only(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "make practice" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("practised")
async def test_an_open_page_is_told_once_it_plays_and_baton_has_an_answer() -> None:
    def follow() -> list[str]:
        feed, seq = SituationFeed(1), history.head()
        feed.begin(seq)
        told = []
        for now, happens in ((10.0, start), (20.0, lambda: scenes.store((stalled(), [])))):
            happens()
            update = feed.updates(seq, now)
            seq = update.seq
            told += [html for _, _, _, html in update.ops]
        assert SituationFeed(999).updates(0, 1.0).ops == ()
        return told

    first, then = await database_sync_to_async(follow)()
    assert "shows within" in first
    assert "made up its mind" in then


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("practised")
async def test_an_open_page_is_told_that_nothing_comes_though_nothing_happens() -> None:
    def follow() -> list[str]:
        start()
        feed, seq = SituationFeed(1), history.head()
        told = []
        for now in (LINE, LINE + 30, LINE + 62, LINE + 70):
            update = feed.updates(seq, now)
            assert update.seq == seq
            told.append("".join(html for _, _, _, html in update.ops))
        return told

    first, unchanged, late, again = await database_sync_to_async(follow)()
    assert "shows within 1 minute" in first
    assert unchanged == again == ""
    assert "the terminal of make practice says what went wrong" in late


@pytest.mark.django_db
def test_what_keeps_it_from_starting_is_said_by_its_page() -> None:
    start()
    why = (
        "customresourcedefinitions websites.example.com is in its way: delete that, and it starts."
    )
    scenes.store(seen=(said("False", why),))
    stands = played(1)
    assert (stands.why_not, stands.trace) == (why, None)
    assert f"start: {why}" in markup.unescape(stage(1, stands, LINE + 600))
    scenes.store(seen=(said("True", ""),))
    assert played(1).why_not == ""


def said(status: str, message: str) -> Change:
    """What the practice cluster says on the namespace of whether it starts."""
    condition = Condition(STARTED, status, reason="InTheWay", message=message)
    metadata = Metadata(WHERE, uid=f"uid-{WHERE}", resource_version=str(len(message) + 1))
    image = Image(
        "v1", "Namespace", metadata, status=PhaseStatus("Active", conditions=(condition,))
    )
    return Change(Resource("", "v1", "namespaces", "Namespace"), "MODIFIED", image, LINE)
