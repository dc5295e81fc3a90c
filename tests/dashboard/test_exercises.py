"""The exercises: when one is shown as done, where they are shown at all, how they stay current."""

import html as markup
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import Client

from dashboard.exercise_feed import ExerciseFeed
from dashboard.exercises.declared import BY_SLUG, EXERCISES
from dashboard.exercises.exercise import Exercise, Expected, Sign, Task
from dashboard.exercises.progress import Progress, judged
from eventstream import history
from eventstream.explain.vocabulary.records import FieldChange, Step
from tests.dashboard import scenes

LINE = 1_000.0
KUBECONFIG = "/tmp/practice 1/kubeconfig"
NGINX = scenes.ref("Deployment", "nginx")
POD = scenes.ref("Pod", "nginx-1")


@pytest.fixture
def practised(settings: Any) -> None:
    settings.BATON_PRACTICE = KUBECONFIG


def scaled(number: int, before: str, after: str, **more: Any) -> Step:
    change = FieldChange("spec.replicas", before, after)
    more = {"verb": "patch", "changes": (change,), "at": LINE + number} | more
    return scenes.step("scaled", number, NGINX, "client", **more)


@pytest.mark.parametrize(
    ("sign", "shown"),
    [
        (Sign(kind="Deployment", name="nginx"), True),
        (Sign(kind="Deployment", name="nginx-"), False),
        (Sign(kind="Deployment", name="ngin"), False),
        (Sign(kind="Pod", name="nginx"), False),
        (Sign(kind="Deployment", name="nginx", actor="client", verb="patch"), True),
        (Sign(kind="Deployment", name="nginx", actor="kubelet"), False),
        (Sign(kind="Deployment", name="nginx", actor="client", by="day-shift"), True),
        (Sign(kind="Deployment", name="nginx", actor="client", by="night-shift"), False),
        (Sign(kind="Deployment", name="nginx", verb="create"), False),
        (Sign(kind="Deployment", name="nginx", namespace="web"), True),
        (Sign(kind="Deployment", name="nginx", namespace="shop"), False),
        (Sign(kind="Deployment", name="nginx", changed="spec.replicas", after="5"), True),
        (Sign(kind="Deployment", name="nginx", changed="spec.replicas", before="5"), False),
        (Sign(kind="Deployment", name="nginx", changed="spec.template"), False),
    ],
)
def test_a_sign_is_shown_by_the_step_that_it_describes(sign: Sign, shown: bool) -> None:
    assert sign.shows(scaled(1, "3", "5", actor_name="day-shift")) is shown


def _judged(exercise: Exercise, *steps: Step) -> Progress:
    def found(sign: Sign, at: float) -> Step | None:
        return next((step for step in steps if step.at >= at and sign.shows(step)), None)

    return judged(exercise, found)


def _due(found: Progress) -> list[str]:
    return [seen.expected.words for task in found.tasks for seen in task.seen if seen.due]


SCALE = BY_SLUG["scale"]
POD_MADE = scenes.step("scaled", 7, POD, "replicaset-controller", at=LINE + 2)
AVAILABLE = scenes.step(
    "scaled",
    8,
    NGINX,
    "deployment-controller",
    verb="report",
    at=LINE + 3,
    changes=(FieldChange("status.availableReplicas", "3", "5"),),
)


def test_an_exercise_is_done_line_by_line_and_says_what_is_due() -> None:
    found = _judged(SCALE)
    assert (found.count, _due(found)) == (0, ["a client changes spec.replicas to 5"])
    found = _judged(SCALE, scaled(1, "3", "5"), POD_MADE)
    assert (found.count, _due(found)) == (0, ["the Deployment controller counts 5 available Pods"])
    assert [each.after for each in found.tasks[0].seen] == [0.0, 1.0, 0.0]
    found = _judged(SCALE, scaled(1, "3", "5"), POD_MADE, AVAILABLE)
    assert (found.count, _due(found)) == (1, ["a client changes spec.replicas to 2"])
    assert not found.done


def test_what_was_done_before_its_turn_does_not_count() -> None:
    early = scaled(1, "5", "2")
    late = scaled(2, "2", "5")
    found = _judged(SCALE, early, late, POD_MADE, AVAILABLE)
    assert found.count == 1
    assert found.tasks[1].seen[0].step is None


def test_whoever_goes_on_before_all_has_settled_is_not_held_up() -> None:
    found = _judged(SCALE, scaled(1, "3", "5"), POD_MADE, scaled(3, "5", "2"), AVAILABLE)
    assert found.tasks[1].seen[0].step is not None


def test_no_two_exercises_have_a_name_and_all_have_words_for_whoever_is_stuck() -> None:
    assert len(BY_SLUG) == len(EXERCISES)
    tasks = [task for exercise in EXERCISES for task in exercise.tasks]
    assert [task.title for task in tasks if not (task.hint and task.look and task.expected)] == []
    assert all(task.command.isascii() for task in tasks)


@pytest.mark.django_db
def test_they_are_shown_in_the_practice_cluster_only(client: Client, settings: Any) -> None:
    for path in ("/learn/exercises", "/learn/exercises/create"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "make practice" in answer.content.decode()
    assert "Exercises" not in client.get("/learn").content.decode()
    assert "simulator" not in client.get("/").content.decode()
    settings.BATON_PRACTICE = KUBECONFIG
    assert client.get("/learn/exercises").status_code == 200
    assert ">Exercises</a>" in client.get("/learn").content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("practised")
@pytest.mark.parametrize("path", ["/", "/cluster", "/changes", "/learn", "/reference", "/coverage"])
def test_each_page_says_that_the_cluster_is_a_simulator(client: Client, path: str) -> None:
    assert "Teaching simulator" in client.get(path).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("practised")
def test_a_page_tells_how_to_reach_the_cluster_and_what_was_done(client: Client) -> None:
    page = markup.unescape(client.get("/learn/exercises").content.decode())
    shown = page.replace("<span>", "").replace("</span>", "")
    assert f"export KUBECONFIG='{KUBECONFIG}'" in shown
    trace, _ = scenes.nginx(LINE, "scaled")
    scenes.store((trace, [scaled(1, "3", "5")]))
    page = client.get("/learn/exercises/scale").content.decode()
    assert 'href="/traces/scaled?step=scaled-001#step-scaled-001"' in page
    assert client.get("/learn/exercises/none").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("practised")
async def test_an_open_exercise_is_told_what_turned_and_nothing_else() -> None:
    def follow() -> tuple[list[str], list[str]]:
        feed, start = ExerciseFeed("scale"), history.head()
        feed.begin(start)
        trace, _ = scenes.nginx(LINE, "scaled")
        scenes.store((trace, [scaled(1, "3", "5")]))
        first = feed.updates(start, 10.0)
        again = feed.updates(first.seq, 20.0)
        return [op[0] for op in first.ops], [op[0] for op in again.ops]

    assert await database_sync_to_async(follow)() == (["task-1"], [])


@pytest.mark.django_db
@pytest.mark.usefixtures("practised")
def test_where_nothing_has_happened_yet_the_first_exercise_is_offered(client: Client) -> None:
    scenes.connected()
    link = 'href="/learn/exercises">Begin with the first exercise'
    assert link in client.get("/").content.decode()


@pytest.mark.django_db
def test_an_exercise_that_there_is_not_is_followed_in_peace(practised: None) -> None:
    feed = ExerciseFeed("none")
    feed.begin(0)
    assert feed.updates(0, 1.0).ops == ()


def test_a_task_is_done_when_all_that_is_expected_has_shown() -> None:
    both = (
        Expected("one", Sign(kind="Deployment", name="nginx", verb="patch")),
        Expected("two", Sign(kind="Pod", name="nginx-")),
    )
    task = Task(title="t", command="c", look="l", hint="h", expected=both)
    exercise = Exercise(slug="s", title="t", teaches="t", idea="i", tasks=(task,))
    assert not _judged(exercise, scaled(1, "3", "5")).done
    assert _judged(exercise, scaled(1, "3", "5"), POD_MADE).done
