"""A window of time over the whole cluster: its steps in order, its traces, and a moment in it."""

import re
import time

import pytest
from django.test import Client

from dashboard.pages import window
from eventstream.objects.observations import Gap
from eventstream.objects.resource import Resource
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from tests.dashboard import scenes
from tests.dashboard.recorded import store_tape

pytestmark = pytest.mark.django_db


def body(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def times(html: str, *, hidden: bool = False) -> list[float]:
    rows = re.findall(r'<li class="step"[^>]* data-at="([^"]+)"( hidden)?', html)
    return [float(at) for at, hides in rows if bool(hides) == hidden]


def test_a_window_holds_the_steps_of_all_traces_in_order_of_time(client: Client) -> None:
    store_tape("bad_image")
    html = body(client, "/window?from=2026-11-23T00:09:00&to=2026-11-23T00:11:00")
    found = times(html)
    assert found == sorted(found)
    assert len(found) > 60
    assert len(re.findall(r'id="trace-', html)) == 2


def test_steps_outside_it_are_not_in_it(client: Client) -> None:
    end = store_tape("create")
    whole = times(body(client, f"/window?from={end - 100}&to={end + 1}"))
    since, until = whole[3], whole[8]
    assert times(body(client, f"/window?from={since}&to={until}")) == whole[3:9]


def test_a_moment_in_it_hides_what_came_later(client: Client) -> None:
    end = store_tape("create")
    path = f"/window?from={end - 100}&to={end + 1}"
    whole = times(body(client, path))
    at = (whole[5] + whole[6]) / 2
    html = body(client, f"{path}&at={at}")
    assert times(html) == whole[:6]
    assert times(html, hidden=True) == whole[6:]
    assert 'id="replay-on"' in html


def missed(resource: Resource, count: int, now: float) -> None:
    batch = Batch()
    for number in range(count):
        since = now - 50 + number / 1000
        gap = Gap(resource, str(number), str(number + 1), since, since + 0.0005, "it ended")
        batch.add(gap, ())
    commit(batch, now)


def test_no_gap_of_a_window_is_left_out_unsaid(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    scenes.store(scenes.nginx(now - 40))
    missed(scenes.PODS, 70, now)
    path = f"/window?from={now - 60}&to={now}"
    told = " ".join(body(client, path).split())
    assert "70 gaps: not all of this window was seen" in told
    assert "<li>and 20 later</li>" in told
    monkeypatch.setattr(window, "GAPS_MOST", 60)
    told = " ".join(body(client, path).split())
    assert "60 or more gaps: not all of this window was seen" in told
    assert "<li>and 10 or more later</li>" in told


def test_a_trace_shows_the_gaps_of_its_kinds_whatever_else_went_unseen(client: Client) -> None:
    now = time.time()
    scenes.store(scenes.nginx(now - 60))
    missed(scenes.SECRETIVE, 1000, now - 9.9)
    missed(scenes.PODS, 1, now - 9.5)
    html = body(client, "/traces/nginx")
    assert len(re.findall(r'<li class="gap"', html)) == 1


def test_one_namespace_is_shown_alone(client: Client) -> None:
    now = time.time()
    scenes.store(scenes.nginx(now - 20), scenes.stuck(now - 10))
    html = body(client, f"/window?from={now - 60}&to={now}&namespace=dev")
    assert "deployment/bad" in html
    assert "deployment/nginx" not in html


def test_more_than_a_page_of_steps_leads_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = store_tape("create")
    monkeypatch.setattr(window, "STEPS_MOST", 10)
    html = body(client, f"/window?from={end - 100}&to={end + 1}")
    assert len(times(html)) == 10
    onward = re.search(r'class="older"><a [^>]*href="([^"]+)"', html)
    assert onward is not None
    later = times(body(client, "/window" + onward[1].replace("&amp;", "&")))
    assert later[0] >= times(html)[-1] - 0.001


def test_the_last_five_minutes_are_shown_without_a_wish(client: Client) -> None:
    now = time.time()
    scenes.store(scenes.stuck(now - 10), scenes.nginx(now - 4000))
    html = body(client, "/window")
    assert "deployment/bad" in html
    assert "deployment/nginx" not in html
    assert "Nothing was written" in body(client, f"/window?from={now - 9000}&to={now - 8000}")


@pytest.mark.parametrize(
    "query", ["from=5&to=3", "from=yesterday", "to=nan", "from=1e99", "at=<img>&from=1"]
)
def test_what_is_no_window_is_refused_in_words(client: Client, query: str) -> None:
    html = body(client, f"/window?{query}", 400)
    assert "No such window" in html
    assert "<img>" not in html


def test_hostile_names_are_text(client: Client) -> None:
    scenes.store(scenes.hostile(time.time() - 5))
    html = body(client, "/window")
    assert "<img" not in html
    assert "\u202e" not in html
