"""The pages as the server draws them: whole without script, true, and safe from what they show."""

import re
import time

import msgspec
import pytest
from django.db import OperationalError
from django.test import Client

from eventstream import history
from tests.dashboard import scenes
from tests.dashboard.pods import BORN, usual_way

pytestmark = pytest.mark.django_db

LINE = 100.0


def body(
    client: Client, path: str, status: int = 200, headers: dict[str, str] | None = None
) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    return answer.content.decode()


def ids(html: str, prefix: str) -> list[str]:
    return re.findall(rf'<li[^>]* id="{prefix}-([^"]+)"', html)


def test_a_trace_s_steps_keep_their_numbers_where_a_page_goes_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.picture.STEPS_MOST", 10)
    scenes.store(scenes.nginx(LINE))
    first = body(client, "/traces/nginx?show=list")
    further = re.search(r'<a href="([^"]+)">Go on from there', first)
    assert further is not None
    on = body(client, f"/traces/nginx{further[1].replace('&amp;', '&')}")
    assert re.findall(r"step </span>(\d+)<", on)[0] == "11"
    assert "10 steps of this trace come before these" in on


def test_stuck_traces_stand_first_then_running_ones(client: Client) -> None:
    scenes.store(scenes.nginx(LINE), scenes.hostile(LINE), scenes.stuck(LINE))
    assert ids(body(client, "/"), "trace") == ["bad", "hostile", "nginx"]


def test_a_row_tells_what_where_who_is_to_move_and_how_far(client: Client) -> None:
    scenes.store(scenes.stuck(time.time() - 31))
    html = body(client, "/")
    for words in ("deployment/bad", "stalled", "kubelet node-3", "image-not-found", ">dev<", "5/7"):
        assert words in html
    assert "5 of 7 stages done, now reported" in html


def test_a_diagnosis_shows_what_it_rests_on_and_the_commands(client: Client) -> None:
    scenes.store(scenes.stuck(LINE), scenes.nginx(LINE))
    html = body(client, "/traces/bad")
    for words in (
        (
            '<span class="grade grade-reported">reported</span> '
            '<span class="text">Event Failed from kubelet: not found</span>'
        ),
        (
            '<span class="grade grade-observed">observed</span> <span class="source">watch</span> '
            '<span class="text">Pod bad-1 is bound to node-3</span>'
        ),
        "<code>kubectl describe pod bad-1 -n dev</code>",
        "<code>kubectl rollout undo deployment bad -n dev</code>",
    ):
        assert words in html
    assert html.count('class="quiet copy"') == 2
    assert "copy" not in body(client, "/traces/nginx")


def test_background_traces_show_only_when_asked_for(client: Client) -> None:
    quiet = scenes.trace("lease", scenes.ref("Lease", "node-1"), LINE, background=True)
    scenes.store((quiet, []))
    assert ids(body(client, "/"), "trace") == []
    assert ids(body(client, "/?background=1"), "trace") == ["lease"]


def test_what_is_unknown_is_found_by_its_state_and_has_its_glyph(client: Client) -> None:
    quiet = scenes.trace(
        "limits", scenes.ref("LimitRange", "limits"), LINE, background=True, state="unknown"
    )
    scenes.store((quiet, []), scenes.nginx(LINE))
    html = body(client, "/?state=unknown")
    assert ids(html, "trace") == ["limits"]
    assert 'href="#glyph-unknown"' in html
    assert 'id="glyph-unknown"' in html
    assert ids(body(client, "/?state=complete"), "trace") == ["nginx"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("namespace=dev", ["bad"]),
        ("state=complete", ["nginx"]),
        ("kind=Deployment", ["bad", "nginx"]),
        ("text=ngi", ["nginx"]),
        ("actor=scheduler", ["nginx"]),
        ("namespace=dev&state=complete", []),
        ("namespace=", ["bad", "nginx"]),
    ],
)
def test_the_address_says_what_is_shown(client: Client, query: str, found: list[str]) -> None:
    scenes.store(scenes.nginx(LINE), scenes.stuck(LINE))
    assert ids(body(client, f"/?{query}"), "trace") == found


def test_htmx_gets_the_feed_alone_with_the_place_to_go_on_from(client: Client) -> None:
    scenes.store(scenes.stuck(LINE))
    html = body(client, "/?namespace=dev", headers={"HX-Request": "true"})
    assert html.lstrip().startswith('<section class="feed"')
    assert f'data-seq="{history.head()}"' in html
    assert "&quot;namespace&quot;:&quot;dev&quot;" in html


def test_older_traces_are_a_link_away_and_none_is_met_twice(client: Client) -> None:
    many: list[scenes.Scene] = [
        (scenes.trace(f"t{n:03d}", scenes.ref("Pod", f"p{n}"), LINE + n), []) for n in range(130)
    ]
    scenes.store(*many)
    first = body(client, "/")
    older = re.search(r'href="(\?before=[^"]+)"', first)
    assert older is not None
    second = body(client, "/" + older[1].replace("&amp;", "&"))
    assert sorted(ids(first, "trace") + ids(second, "trace")) == [f"t{n:03d}" for n in range(130)]


def test_a_place_that_history_never_gave_out_is_answered_in_words(client: Client) -> None:
    assert "is no place in the list of traces" in body(client, "/?before=rubbish", 400)


@pytest.mark.parametrize(
    ("query", "words"),
    [("", "Not connected to a cluster"), ("namespace=x", "Not connected to a cluster")],
)
def test_without_a_cluster_the_page_says_how_to_get_one(
    client: Client, query: str, words: str
) -> None:
    html = body(client, f"/?{query}")
    assert words in html
    assert "make run" in html


def test_nothing_happening_and_nothing_matching_read_differently(client: Client) -> None:
    scenes.connected()
    assert "Nothing is happening" in body(client, "/")
    assert "Nothing matches these filters" in body(client, "/?text=zzz")


def test_every_page_names_the_cluster_and_what_is_not_watched(client: Client) -> None:
    scenes.connected(scenes.forbidden())
    scenes.store(scenes.stuck(LINE))
    for path in ("/", "/traces/bad", "/coverage", "/nowhere"):
        html = client.get(path).content.decode()
        assert "practice" in html
        assert "Live" in html
        assert "0.2 s behind" in html
        assert "1 kind not watched" in html
        assert "resources: [cronjobs]" in html


def test_a_trace_shows_each_of_the_sixteen_documented_steps(client: Client) -> None:
    scenes.store(scenes.nginx(LINE))
    html = body(client, "/traces/nginx")
    assert {int(n) for n in re.findall(r'class="doc">(\d+)<', html)} == set(range(1, 17))
    lanes = re.findall(r'class="lane-label">([^<]+)<', html)
    assert lanes == [
        "client", "API server", "etcd", "Deployment controller", "ReplicaSet controller",
        "scheduler", "kubelet", "kubelet", "kubelet",
    ]  # fmt: skip


def test_every_step_is_on_the_page_exactly_once(client: Client) -> None:
    trace, steps = scenes.nginx(LINE)
    scenes.store((trace, steps))
    found = ids(body(client, "/traces/nginx"), "step")
    assert sorted(found) == sorted(step.id for step in steps)


def test_a_step_can_be_selected_without_script(client: Client) -> None:
    scenes.store(scenes.nginx(LINE))
    html = body(client, "/traces/nginx?step=nginx-011")
    assert 'data-step="nginx-011" aria-current="true"' in html
    for words in ("Compare", "desired <b>3</b>", "current <b>1</b>", "changed, value hidden"):
        assert words in html
    assert "+11 ms after its cause" in html


def test_the_drawer_links_cause_and_source_and_names_every_grade(client: Client) -> None:
    scenes.store(scenes.nginx(LINE))
    html = body(client, "/traces/nginx/steps/nginx-010")
    assert 'href="/traces/nginx?step=nginx-002#step-nginx-002"' in html
    assert 'rel="noopener noreferrer"' in html
    for grade in ("observed", "reported", "inferred"):
        assert f'class="grade grade-{grade}"' in html


def test_of_a_refused_request_the_drawer_says_that_nothing_was_written(client: Client) -> None:
    trace, [created] = scenes.ruled("refused")
    refused = msgspec.structs.replace(created, change_type="REFUSED", changes=())
    scenes.store((trace, [refused]))
    html = body(client, f"/traces/{trace.id}/steps/{created.id}")
    assert "The API server refused this request: nothing was written." in html


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/traces/nope", "History holds no trace of this id"),
        ("/traces/nginx/steps/nope", "This trace holds no step of this id"),
        ("/traces/bad/steps/nginx-010", "This trace holds no step of this id"),
        ("/nowhere", "Baton has no page at this address"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_and_how_to_go_on(
    client: Client, path: str, words: str
) -> None:
    scenes.store(scenes.nginx(LINE), scenes.stuck(LINE))
    html = body(client, path, 404)
    assert words in html
    assert "See what happens now" in html


def test_a_history_that_cannot_be_read_is_answered_with_what_to_do(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr(history, "head", locked)
    html = body(client, "/", 503)
    assert "database is locked" in html
    assert "End that program" in html


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/traces/hostile",
        "/traces/hostile?step=hostile-001",
        "/traces/hostile?show=waterfall",
        "/traces/hostile?show=list&step=hostile-001",
        "/traces/hostile?at=1",
        "/?text=<script>",
    ],
)
def test_hostile_names_and_messages_are_text(client: Client, path: str) -> None:
    scenes.store(scenes.hostile(LINE))
    html = body(client, path)
    assert not re.search(r"<(img|script>|iframe|svg onload|b>actor|s>|u>|i>)", html)
    assert "javascript:" not in re.sub(r"&lt;.*?&gt;", "", html)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", html)


@pytest.mark.parametrize("path", ["/", "/traces/nginx?step=nginx-010", "/coverage", "/nowhere"])
def test_pages_need_nothing_but_what_the_policy_allows(client: Client, path: str) -> None:
    scenes.store(scenes.nginx(LINE))
    answer = client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    html = answer.content.decode()
    assert "unsafe" not in policy
    assert {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
    } <= set(policy.split("; "))
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=", html)
    assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//', html)


def test_coverage_lists_every_kind_with_its_rule_and_the_gaps(client: Client) -> None:
    from eventstream.objects.observations import Gap

    gap = Gap(scenes.PODS, "5", "9", 90.0, 100.0, "the server compacted its history")
    scenes.connected(scenes.forbidden())
    scenes.store(seen=(gap,))
    html = body(client, "/coverage")
    for words in (
        "batch/v1/cronjobs",
        "v1/pods",
        "verbs: [get, list, watch]",
        "compacted",
        "10.0 s",
    ):
        assert words in html


def test_a_trace_is_shown_as_sequence_waterfall_or_list_and_the_address_keeps_which(
    client: Client,
) -> None:
    scenes.store(scenes.nginx(LINE))
    for show in ("sequence", "waterfall", "list"):
        html = body(client, f"/traces/nginx?show={show}&step=nginx-010")
        assert f'class="sequence as-{show} chosen"' in html
        assert f'data-follow="traces/nginx/{show}"' in html
        assert f'href="?show={show}&amp;step=nginx-010" aria-current="true"' in html
        assert 'aria-current="true"' in html.partition('id="rows"')[2]
    assert 'data-follow="traces/nginx"' in body(client, "/traces/nginx?show=<script>")


def test_the_list_says_in_words_what_the_arrows_show(client: Client) -> None:
    scenes.store(scenes.nginx(LINE))
    html = body(client, "/traces/nginx?show=list")
    assert "stored in etcd as resourceVersion 16001" in html
    assert "received by: Deployment controller" in html
    assert '<svg class="arrows"' not in html


def test_at_a_moment_later_steps_are_hidden_and_the_head_is_as_it_was(client: Client) -> None:
    scenes.store(scenes.nginx(LINE))
    html = body(client, f"/traces/nginx?at={LINE + 0.010:.3f}")
    shown = re.findall(r'<li class="step" id="step-(nginx-\d+)"[^>]*data-at="[^"]+">', html)
    assert shown == ["nginx-001", "nginx-002"]
    assert "as it was" in html
    assert "2 of 20 steps had come" in html
    assert "Return to live" in html
    assert "as it was" in body(client, f"/traces/nginx/then?at={LINE + 0.010:.3f}")
    assert "as it was" not in body(client, "/traces/nginx?at=inf")
    body(client, "/traces/nginx/then", 404)


def test_a_burst_is_few_rows_that_unfold_whole_when_asked(client: Client) -> None:
    ways = [usual_way(f"web-{n}", n * 0.01, first=1 + 4 * n) for n in range(60)]
    trace = scenes.trace("t", scenes.ref("Deployment", "web"), BORN)
    scenes.store((trace, [step for way in ways for step in way.steps]))
    html = body(client, "/traces/t")
    assert "+59 more Pods did the same" in html
    assert len(ids(html, "step")) < 20
    unfold = re.search(r'<a href="(\?unfold=[^"#]+)#step-[^"]*" hx-get', html)
    assert unfold is not None
    whole = body(client, f"/traces/t{unfold[1].replace('&amp;', '&')}")
    assert len(ids(whole, "step")) >= len(ids(html, "step")) + 59
    fall = body(client, "/traces/t?show=waterfall")
    assert "+59 more Pods" in fall


def test_a_gap_stands_between_the_steps_with_its_bounds_and_reason(client: Client) -> None:
    from eventstream.objects.observations import Gap

    scenes.store(scenes.nginx(LINE))
    scenes.store(seen=(Gap(scenes.PODS, "5", "9", LINE + 0.1, LINE + 0.2, "compacted <b>"),))
    scenes.store(seen=(Gap(scenes.SECRETIVE, "5", "9", LINE + 0.1, LINE + 0.2, "elsewhere"),))
    for show in ("sequence", "list"):
        rows = body(client, f"/traces/nginx?show={show}").partition('id="rows"')[2]
        assert "compacted &lt;b&gt;" in rows
        assert "elsewhere" not in rows
        before, after = rows.split('<li class="gap"')
        assert "nginx-010" in before
        assert 'id="step-nginx-070"' in after
    lines = body(client, "/traces/nginx?show=waterfall").split('<li class="bar"')[1:]
    assert all(('class="unseen"' in line) == (">pod/" in line) for line in lines)
    assert any(">pod/" in line for line in lines)


def test_a_superseded_trace_links_the_one_that_took_over(client: Client) -> None:
    trace, steps = scenes.nginx(LINE)
    late = scenes.trace("late", trace.root, LINE + 50, state="complete", ended=LINE + 51)
    over = msgspec.structs.replace(trace, state="superseded")
    scenes.store((over, steps), (late, []))
    html = body(client, "/traces/nginx")
    assert re.search(r'href="/traces/late">.*Superseded by:', html)
    assert 'href="/traces/nginx"' in body(client, "/traces/late").partition('id="beside"')[2]


def test_the_foot_says_what_is_next_and_by_whom(client: Client) -> None:
    scenes.store(scenes.stuck(time.time() - 31))
    foot = body(client, "/traces/bad").partition('id="next"')[2]
    for words in ("kubelet node-3", "bitnami/nginx:nope", "then <b>available</b>", "Deployment"):
        assert words in foot


def test_the_drawer_walks_on_and_gives_the_commands(client: Client) -> None:
    scenes.store(scenes.nginx(LINE))
    html = body(client, "/traces/nginx/steps/nginx-002?show=list")
    assert 'href="/traces/nginx?show=list&amp;step=nginx-001#step-nginx-001"' in html
    assert 'href="/traces/nginx?show=list&amp;step=nginx-010#step-nginx-010"' in html
    assert "kubectl get replicaset.v1.apps nginx-754449dc84 -n web -o yaml" in html
    assert "involvedObject.uid=uid-replicaset-nginx-754449dc84" in html
    assert ">object</dt>" not in html or 'href="/objects/' in html
