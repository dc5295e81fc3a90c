"""How far back history is whole: since the last thing that was deleted, or since it began."""

import time
from typing import Any

import pytest

from eventstream import history
from eventstream.models import InstallationRow, MomentRow
from tests.store.samples import put_step, put_trace, store

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_nothing_stored_there_is_no_beginning() -> None:
    assert history.extent().since is None


def test_it_reaches_back_to_the_first_moment_while_nothing_was_deleted() -> None:
    store(put_trace(), put_step())
    for seq, at in ((1, 100.0), (2, 200.0)):
        MomentRow.objects.create(seq=seq, at=at)
    assert history.extent().since == 100.0


def test_what_was_deleted_moves_it_to_the_first_moment_after_that() -> None:
    store(put_trace(), put_step())
    for seq, at in ((1, 100.0), (5, 200.0), (9, 300.0)):
        MomentRow.objects.create(seq=seq, at=at)
    for floor, since in ((1, 100.0), (2, 200.0), (5, 200.0), (6, 300.0)):
        InstallationRow.objects.update(floor=floor)
        assert history.extent().since == since


def test_where_no_moment_is_left_it_reaches_back_minutes_at_most() -> None:
    store(put_trace(), put_step())
    MomentRow.objects.create(seq=1, at=100.0)
    InstallationRow.objects.update(floor=2)
    before = time.time()
    since = history.extent().since
    assert since is not None
    assert before <= since <= time.time()


def test_its_size_is_that_of_all_files_and_its_limit_the_setting(settings: Any) -> None:
    settings.BATON_RETENTION_MB = 3.5
    store(put_trace(), put_step())
    found = history.extent()
    assert found.most == int(3.5 * 2**20)
    assert 10_000 < found.bytes < 50 * 2**20
