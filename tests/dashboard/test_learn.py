"""The page Learn: which trace it shows, what it offers to copy, and how it stays current."""

import html as markup
import re
import shlex
from typing import Any

import msgspec
import pytest
from channels.db import database_sync_to_async
from django.test import Client

from dashboard import lessons
from dashboard.commands import for_creation, for_operator
from eventstream.explain.vocabulary.documented.operators import DEPLOYMENT_CONFIG
from eventstream.explain.vocabulary.records import ObjectRef, StepUpsert, Trace, TraceUpsert
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from scripts.accuracy import observations as recorded
from tests.dashboard import scenes
from tests.dashboard.sockets import Page
from tests.explain.tapes import Result, fold, observations

LINE = 1_000.0
SHOWN = re.compile(r'class="shown is-(\w+)[^"]*" id="shown-([\w-]+)"')


def body(client: Client, path: str, status: int = 200) -> str:
    """The page, its commands as text that is not split into words."""
    answer = client.get(path)
    assert answer.status_code == status
    return re.sub(r"</?span>", "", answer.content.decode())


def shown(html: str) -> dict[str, str]:
    """The state of each documented step on the page."""
    return {name: state for state, name in SHOWN.findall(html)}


def begun(id_: str, started: float, **more: Any) -> scenes.Scene:
    """A Deployment's creation, its root step known."""
    trace, steps = scenes.nginx(started, id_)
    return msgspec.structs.replace(trace, root_step=f"{id_}-001", **more), steps


def store_tape(name: str) -> dict[str, Trace]:
    """Store what the engine makes of a recording; returns the traces by title."""
    found = fold(observations(name))
    store_all(found)
    created = (t for t in found.traces.values() if t.cause.startswith("created"))
    return {trace.title: trace for trace in created}


def store_all(found: Result) -> None:
    """Store all steps and traces of a recording."""
    batch = Batch()
    batch.add(None, [StepUpsert(step, b"") for step in found.steps.values()])
    batch.add(None, [TraceUpsert(trace) for trace in found.traces.values()])
    commit(batch, LINE)


@pytest.mark.django_db
def test_without_any_creation_all_is_still_to_come(client: Client) -> None:
    html = body(client, "/learn")
    assert set(shown(html).values()) == {"pending"}
    assert "this side fills as it happens" in html
    assert "kubectl create deployment nginx --image=bitnami/nginx:latest --replicas=3" in html


@pytest.mark.django_db
def test_the_newest_creation_stands_beside_the_steps_and_others_are_offered(client: Client) -> None:
    changed = begun("changed", LINE + 50)
    changed[1][0] = msgspec.structs.replace(changed[1][0], verb="patch")
    scenes.store(begun("old", LINE), begun("new", LINE + 9), changed)
    html = body(client, "/learn")
    assert 'class="title" href="/traces/new"' in html
    assert 'href="?trace=old"' in html
    assert "trace=changed" not in html
    chosen = body(client, "/learn?trace=old")
    assert 'class="title" href="/traces/old"' in chosen
    assert 'data-follow="learn/steps/old"' in chosen
    assert "always the newest" in chosen


@pytest.mark.django_db
def test_a_step_tells_when_it_was_seen_and_links_to_it_in_the_trace(client: Client) -> None:
    scenes.store(begun("new", LINE))
    html = body(client, "/learn")
    assert shown(html)["step-4"] == "reported"
    assert "seen at +7 ms" in html
    assert 'href="/traces/new?step=new-010#step-new-010"' in html


@pytest.mark.django_db
def test_a_trace_of_a_deployment_links_to_the_lesson_that_it_gives(client: Client) -> None:
    scenes.store(begun("new", LINE), scenes.hostile(LINE), scenes.ruled("bound"))
    assert 'href="/learn?trace=new"' in body(client, "/traces/new")
    assert "/learn?trace" not in body(client, "/traces/ruled")


@pytest.mark.django_db
def test_an_unknown_trace_is_answered_in_words(client: Client) -> None:
    assert "can't be laid beside" in markup.unescape(body(client, "/learn?trace=nope", 404))


@pytest.mark.django_db
def test_a_recorded_operator_turns_observe_compare_and_act(client: Client) -> None:
    store_tape("operator")
    html = body(client, "/learn?tab=operators")
    assert shown(html) == {
        "operator-definition": "reported",
        "operator-established": "reported",
        "operator-request": "reported",
        "operator-observe": "inferred",
        "operator-compare": "inferred",
        "operator-act": "reported",
        "operator-built-in": "reported",
    }
    assert "It had received the ADDED event of Website shopfront" in html
    assert "established the type Website" in html


@pytest.mark.django_db
def test_a_recorded_deploymentconfig_turns_each_step_of_its_sequence(client: Client) -> None:
    store_all(fold(recorded("dc_create", audit=False)))
    newest = body(client, "/learn?tab=deploymentconfig")
    assert set(shown(newest).values()) <= {"reported", "inferred", "observed"}
    assert len(shown(newest)) == len(DEPLOYMENT_CONFIG)
    assert "openshift-deploy" in newest
    writing = re.findall(r"oc (create|rollout|delete) \w+ (\w+)", newest)
    assert writing == [("create", "web"), ("rollout", "web"), ("delete", "web")]
    offered = re.findall(r'#commands-title"[^>]*>\s*(\w+)', newest)
    assert offered == ["oc"], "no choice is offered that would change nothing"


@pytest.mark.django_db
def test_a_type_that_was_there_before_says_so(client: Client) -> None:
    site = ObjectRef("stable.example.com/v1", "Website", "web", "shop", "uid-shop")
    trace = scenes.trace("site", site, LINE, root_step="site-001")
    first = scenes.step("site", 1, site, "client", rule="client-created")
    scenes.store((trace, [first]))
    html = body(client, "/learn?tab=operators")
    assert shown(html)["operator-established"] == "unseen"
    assert "before Baton began to watch" in html
    assert shown(html)["operator-act"] == "pending"
    assert 'class="shown is-pending is-due" id="shown-operator-observe"' in html


@pytest.mark.django_db
def test_commands_can_be_had_for_oc_and_say_which_of_them_write(client: Client) -> None:
    scenes.store(begun("new", LINE))
    html = body(client, "/learn?cli=oc")
    commands = re.findall(r"<pre[^>]*><code>([^<]+)</code>", html)
    assert all(command.startswith("oc ") for command in commands)
    assert "oc get pods -n web --watch" in commands
    reads = [command for command in for_creation(None) if not command.writes]
    assert all(command.line.split()[1] in {"get", "describe"} for command in reads)
    assert html.count("Changes the cluster.") == len(for_creation(None)) - len(reads)


@pytest.mark.django_db
@pytest.mark.parametrize("tab", lessons.TABS)
def test_hostile_names_are_text_and_never_part_of_a_command(client: Client, tab: str) -> None:
    trace, steps = scenes.hostile(LINE)
    evil = msgspec.structs.replace(
        trace.root, api_version="$(reboot)/v1", kind="Deployment;reboot", name="a;reboot"
    )
    hostile = msgspec.structs.replace(trace, root=evil, root_step=steps[0].id)
    scenes.store((hostile, steps))
    html = body(client, f"/learn?tab={tab}&trace=hostile")
    assert not re.search(r"<(img|script>|iframe|svg onload|b>actor|s>|u>|i>)", html)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", html)
    lines = [markup.unescape(code) for code in re.findall(r"<code>([^<]+)</code>", html)]
    lines += [each.line for each in (*for_creation(hostile), *for_operator(hostile))]
    for words in map(shlex.split, lines):
        assert all("reboot" in word[1:] for word in words if "reboot" in word), "but as a word"
        assert words[0] in {"kubectl", "oc", "python"}


@pytest.mark.django_db(transaction=True)
async def test_an_open_page_follows_the_newest_creation_and_then_only_what_turns(
    page: Page,
) -> None:
    storing = database_sync_to_async(scenes.store)
    await page.hello(view="learn/steps")
    trace, steps = begun("new", LINE, state="running", ended=None, settled=False)
    await storing((trace, steps[:2]))
    ops = await page.ops()
    assert "seen at +7 ms" in ops["shown-step-5"][3]
    assert "deployment/nginx" in ops["subject"][3]
    assert "shown-step-9" not in ops
    await storing(begun("earlier", LINE - 50))
    await storing((trace, steps[:3]))
    ops = await page.ops()
    assert {"shown-step-7", "shown-step-8"} <= set(ops)
    assert "shown-step-5" not in ops


@pytest.mark.django_db(transaction=True)
async def test_a_chosen_trace_is_not_left_for_a_newer_one(page: Page) -> None:
    storing = database_sync_to_async(scenes.store)
    trace, steps = begun("chosen", LINE)
    await storing((trace, steps[:2]))
    await page.hello(view="learn/steps/chosen")
    await storing(begun("newer", LINE + 50))
    await storing((trace, steps))
    ops = await page.ops()
    assert all("/traces/newer" not in op[3] for op in ops.values())
    assert "/traces/chosen?step=" in ops["shown-step-9"][3]
