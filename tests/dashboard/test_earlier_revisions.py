"""Revisions from before watching began: found where they belong, and nowhere among rollouts."""

import pytest
from django.test import Client

from eventstream import history
from eventstream.explain.vocabulary.records import Trace, source_name
from tests.dashboard.met import store_contact

pytestmark = pytest.mark.django_db


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def met() -> list[Trace]:
    """The revisions that a first contact found, the newest first."""
    store_contact("rolling_update", 20.0)
    kept = history.traces(history.Filter(background=True)).rows
    root = next(stored.record.root for stored in kept if stored.record.title == "deployment/web")
    return [stored.record for stored in history.earlier_revisions(root)]


@pytest.mark.parametrize(
    "path", ["/", "/?state=unknown", "/?state=superseded", "/?kind=Deployment"]
)
def test_no_filter_shows_them_unasked(client: Client, path: str) -> None:
    assert len(met()) == 2
    assert "revision 1" not in page(client, path)


def test_with_the_background_they_say_when_and_what(client: Client) -> None:
    met()
    shown = page(client, "/?background=1")
    assert "deployment/web revision 2" in shown.replace("<wbr>", "")
    assert "image of c bitnami/nginx latest → 1.27; who asked for it was not seen" in shown
    assert "before Baton" in shown


def test_they_are_counted_in_the_background_alone() -> None:
    assert len(met()) == 2
    assert history.counts() == history.Counts(traces=0, background_traces=3, steps=0)
    assert history.trace_states(["shop"]) == {}
    assert history.begun("Deployment") == []
    assert not history.usual()


def test_the_object_lists_them_with_what_they_were_read_from(client: Client) -> None:
    newest, oldest = met()
    shown = page(client, f"/objects/{newest.root.uid}")
    assert "Revisions before Baton watched" in shown
    assert shown.index(f"/traces/{newest.id}") < shown.index(f"/traces/{oldest.id}")
    assert "replicaset/web-54b47689c5" in shown
    assert "2026-11-23 00:08:32 UTC" in shown


def test_the_page_of_one_says_that_nobody_watched_it_and_leads_to_its_neighbour(
    client: Client,
) -> None:
    newest, oldest = met()
    shown = page(client, f"/traces/{newest.id}")
    for said in (
        "before Baton watched",
        "Read from",
        "keeps the Pod template of revision 2",
        "Nobody watched this revision",
        f"/traces/{oldest.id}",
    ):
        assert said in shown
    assert "retention has taken" not in shown
    assert "all has been quiet" not in shown
    assert "Superseded by" in page(client, f"/traces/{oldest.id}")
    assert "Superseded by" not in shown  # By what stands now, which is no such revision.


def test_who_may_not_see_what_keeps_them_is_told_nothing_of_them(client: Client) -> None:
    newest, _ = met()
    deployments = history.Rights(within={"shop": frozenset({"Deployment.apps"})})
    both = history.Rights(within={"shop": frozenset({"Deployment.apps", "ReplicaSet.apps"})})
    with history.seeing(deployments):
        assert history.earlier_revisions(newest.root) == []
        stored = history.trace(newest.id)
        assert stored is not None
        assert stored.record.withheld == (source_name("ReplicaSet.apps", "shop"),)
        assert "1.27" not in repr(stored.record)
        assert "→ 1.27" not in page(client, f"/traces/{newest.id}")
    with history.seeing(both):
        assert len(history.earlier_revisions(newest.root)) == 2
