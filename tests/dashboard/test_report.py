"""A trace as a file: whole, offline, true to what its reader may see, safe from what it shows."""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from msgspec.structs import replace

from dashboard import report as reports
from eventstream.history import Rights, seeing
from eventstream.objects.observations import Gap
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.status import Status
from tests.dashboard import scenes
from tests.dashboard.pods import BORN, usual_way
from tests.signin import places

pytestmark = pytest.mark.django_db
STARTED = 1_795_000_000.0


def kept(client: Client, trace: str) -> str:
    answer = client.get(f"/traces/{trace}/file")
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    """The text that a reader reads."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL).split())


def test_the_page_of_a_trace_offers_its_file_by_a_name(client: Client) -> None:
    scenes.store(scenes.nginx(STARTED))
    assert 'href="/traces/nginx/file" download' in client.get("/traces/nginx").content.decode()
    answer = client.get("/traces/nginx/file")
    assert answer["Content-Disposition"] == (
        'attachment; filename="trace-deployment-nginx-20261118T110640.html"'
    )
    assert client.get("/traces/none/file").status_code == 404


def test_it_tells_the_cluster_the_zone_and_what_was_wrong(client: Client) -> None:
    scenes.connected(name="prod-eu")
    scenes.store(scenes.stuck(STARTED))
    told = words(kept(client, "bad"))
    for said in (
        "Cluster prod-eu",
        "all times are in UTC",
        "image-not-found",
        "Event Failed from kubelet: not found",
        "kubectl describe pod bad-1 -n dev",
        "2026-11-18 11:06:40.000 UTC",
        "nothing was withheld for want of rights",
    ):
        assert said in told


def test_nothing_is_due_only_where_that_is_known(client: Client) -> None:
    scenes.store(scenes.nginx(STARTED))
    limits = scenes.trace("limits", scenes.ref("LimitRange", "limits"), STARTED, state="unknown")
    scenes.store((limits, []))
    for trace, live, told in (
        ("nginx", "Nothing is due", "Nothing was due."),
        ("limits", "Nothing is known to be due", "Nothing was known to be due."),
    ):
        assert live in words(
            client.get(f"/traces/{trace}").content.decode().partition('id="next"')[0]
        )
        assert told in words(kept(client, trace))


def test_it_is_as_of_the_last_look_at_the_cluster(client: Client) -> None:
    scenes.store(scenes.stuck(STARTED))
    batch = Batch()
    seen = Status("uid", "prod", "https://prod", "v1.36", STARTED + 62.0, STARTED + 62.0, 0.1)
    commit(batch, STARTED + 62.0, seen)
    told = words(kept(client, "bad"))
    assert "as of 2026-11-18 11:07:42.000 UTC" in told
    assert "kubelet node-3 for 1 min, since 2026-11-18 11:06:42.000 UTC" in told


def test_each_step_has_its_cause_its_evidence_and_its_fields(client: Client) -> None:
    scenes.store(scenes.nginx(STARTED))
    html = kept(client, "nginx")
    assert html.count('<li id="s') == 20
    assert 'It answers <a href="#s1">step 1</a>' in html
    told = words(html)
    assert "spec. replicas absent 3" in told
    assert "who: managedFields, manager kube-controller-manager" in told
    assert "changed, value hidden" in told
    assert "5 fields of these steps changed to what is not kept" in told


def test_it_shows_where_the_time_went(client: Client) -> None:
    scenes.store((scenes.trace("t", scenes.ref("Pod", "web"), BORN), list(usual_way().steps)))
    html = kept(client, "t")
    assert re.search(r'<rect class="hue-kubelet" x="[\d.]+%" width="[\d.]+%"', html)
    assert "pull" in words(html)


def outward(html: str) -> Iterator[str]:
    """Whatever in the file could lead a browser to ask for something."""
    yield from re.findall(r"<(?:script|img|iframe|link|object|embed|form|video|audio)\b", html)
    yield from re.findall(r'\s(?:src|action|data|poster|on\w+)="[^"]*"', html)
    yield from (found for found in re.findall(r'href="([^"]*)"', html) if found[:1] != "#")
    yield from re.findall(r"url\(|@import", html)


@pytest.mark.parametrize("scene", [scenes.hostile, scenes.nginx, scenes.stuck])
def test_nothing_in_it_asks_for_anything_and_it_forbids_that_itself(
    client: Client, scene: object
) -> None:
    trace, steps = scene(STARTED)  # type: ignore[operator]
    scenes.store((trace, steps))
    html = kept(client, trace.id)
    assert list(outward(html)) == []
    assert "default-src &#x27;none&#x27;" in html or "default-src 'none'" in html
    assert "\u202e" not in html
    assert "\u2066" not in html


def test_it_says_what_nobody_saw(client: Client) -> None:
    trace, steps = scenes.nginx(STARTED)
    scenes.store((trace, steps))
    assert "History has no gap" in words(kept(client, "nginx"))
    gap = Gap(scenes.PODS, "7", "9", STARTED + 0.1, STARTED + 0.2, "The watch expired.")
    scenes.store(seen=(gap,))
    told = words(kept(client, "nginx"))
    assert "Pod changes for 100 ms" in told
    assert "The watch expired." in told


def test_a_reader_is_told_that_something_is_withheld_and_nothing_of_it() -> None:
    places.fill()
    shop = Rights(within={"shop": frozenset({"Pod", "Deployment.apps"})})
    with seeing(shop):
        made = reports.report("stuck")
        assert reports.report("theirs") is None
    assert made is not None
    assert places.HUSH not in made.html
    told = words(made.html)
    assert "made with rights that do not reach all" in told
    assert "Of 5 of its steps less is told" in told
    assert "How it stood is told in part only" in told
    assert "which is told to those who may see everything" in told
    assert "nothing was withheld" not in told


def test_it_holds_nobody_s_name_who_kept_it() -> None:
    places.fill()
    own = {"shop": frozenset({"Pod", "Deployment.apps"})}
    mine, same = Rights(within=own), Rights(within=own | {"attic": frozenset({"Pod"})})
    files = []
    for rights in (mine, same):
        with seeing(rights):
            files.append(reports.report("mine"))
    assert files[0] is not None
    assert files[0] == files[1]


def test_a_file_that_would_be_too_large_tells_the_last_steps_in_brief(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "DETAIL_BYTES", 4000)
    scenes.store(scenes.nginx(STARTED))
    html = kept(client, "nginx")
    brief = html.count("Its evidence and fields are not in this file")
    assert 0 < brief < 20
    assert f"The last {brief} are told in brief" in html


def test_a_trace_that_goes_on_says_that_more_follows(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.picture.STEPS_MOST", 10)
    scenes.store(scenes.nginx(STARTED))
    html = kept(client, "nginx")
    assert html.count('<li id="s') == 10
    assert "More follow in history" in html


def test_a_step_whose_cause_is_elsewhere_says_so(client: Client) -> None:
    trace, steps = scenes.nginx(STARTED)
    steps[0] = replace(steps[0], cause="other-001")
    scenes.store((trace, steps))
    assert "It answers a step that is not in this file" in kept(client, "nginx")


def test_the_command_writes_the_same_file_of_a_history_that_it_only_reads(
    tmp_path: Path, any_database: None, transactional_db: None
) -> None:
    scenes.store(scenes.nginx(STARTED))
    out, path = StringIO(), tmp_path / "post-mortem.html"
    call_command("report", "nginx", stdout=out)
    call_command("report", "nginx", "--output", str(path))
    told, again = words(out.getvalue()), words(path.read_text())
    assert "The Deployment controller created ReplicaSet nginx-754449dc84" in told
    assert told.split("How it stood")[1] == again.split("How it stood")[1]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_command_says_what_it_cannot_do(
    tmp_path: Path, any_database: None, transactional_db: None
) -> None:
    with pytest.raises(CommandError, match="holds no trace nginx"):
        call_command("report", "nginx")
    with pytest.raises(CommandError, match="there is no such file"):
        call_command("report", "nginx", "--from-history", str(tmp_path / "none.sqlite3"))
    scenes.store(scenes.nginx(STARTED))
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("report", "nginx", "--output", str(tmp_path / "no" / "file.html"))
