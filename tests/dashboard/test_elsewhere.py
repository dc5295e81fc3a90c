"""What another object's trouble brought upon one is shown with its time and the way there."""

import re

import msgspec
import pytest
from django.test import Client

from eventstream import history
from tests.dashboard import scenes
from tests.dashboard.test_pages import LINE, body

pytestmark = pytest.mark.django_db


def test_what_another_object_s_trace_brought_about_has_its_time_and_leads_there(
    client: Client,
) -> None:
    api = scenes.ref("Deployment", "api")
    scenes.store((scenes.trace("lost", scenes.ref("Node", "node-1"), LINE), []))
    for id_, follows in (("was-there", ""), ("hit", "lost"), ("hit-too", "no longer kept")):
        found = scenes.trace(id_, api, LINE, existing=True, follows=follows, state="stalled")
        scenes.store((found, []))
    for id_, word in (("was-there", "existing"), ("hit", "00:01:40")):
        row = body(client, "/").partition(f'href="/traces/{id_}"')[2].partition("</li>")[0]
        assert f"{word} </time>" in " ".join(row.replace("</time>", " </time>").split())
    there = body(client, "/traces/was-there")
    assert "It was there when watching began" in there
    assert 'id="none"' in there
    html = body(client, "/traces/hit")
    assert "It was there when watching began" not in html
    assert re.search(r'href="/traces/lost">\s*What happened there', html)
    assert "What happened there" not in body(client, "/traces/hit-too")


def test_a_trace_tells_once_what_it_waits_for(client: Client) -> None:
    waits = {"holder": "kubelet", "waiting_for": "Pod api-1 to start"}
    api = scenes.ref("Deployment", "api")
    once = scenes.trace("once", api, LINE, summary="Waiting for Pod api-1 to start.", **waits)
    both = scenes.trace("both", api, LINE, summary="Nothing was heard of it.", **waits)
    scenes.store((once, []), (both, []))
    for id_, wait_alone in (("once", False), ("both", True)):
        head = body(client, f"/traces/{id_}").partition('<dl class="baton">')[2].partition("</dl>")
        assert ("Waits for" in head[0], head[0].count("Pod api-1 to start")) == (wait_alone, 1)


def test_an_object_s_page_and_the_api_tell_of_its_trace_that_has_no_step(client: Client) -> None:
    made, steps = scenes.stuck(LINE, "made")
    complete = msgspec.structs.replace(made, state="complete", diagnosis=None, updated=LINE + 1)
    hit = msgspec.structs.replace(
        made, id="hit", existing=True, follows="lost", started=LINE + 5, updated=LINE + 6, steps=0
    )
    scenes.store((complete, steps), (hit, []))
    html = body(client, f"/objects/{made.root.uid}")
    assert re.findall(r'href="/traces/(hit|made)"', html) == ["hit", "made"]
    assert history.trace_telling(made.root).id == "hit"  # type: ignore[union-attr]
