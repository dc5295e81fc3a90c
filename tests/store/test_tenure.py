"""Whoever lost the right to write, or goes on beside a database that was set back, stores nothing.

And whoever was not told that a commit was done says the same again, which changes nothing.
"""

import asyncio

import pytest

from eventstream import history
from eventstream.dialects import OvertakenError, VanishedError
from eventstream.models import InstallationRow, StepRow
from eventstream.recorder import Recorder, Tenure
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from tests.store.conftest import both
from tests.store.samples import Cluster, gap, position, put_step, put_trace, store

pytestmark = both


def batch(*names: str) -> Batch:
    made = Batch()
    made.add(gap(), [put_trace(), *(put_step(name) for name in names)])
    return made


def ids() -> set[str]:
    return set(StepRow.objects.values_list("id", flat=True))


def test_who_was_overtaken_stores_nothing_more() -> None:
    first = Tenure()
    commit(batch("a"), 100.0, tenure=first)
    second = Tenure()
    with pytest.raises(OvertakenError, match="Another Baton"):
        commit(batch("b"), 101.0, tenure=first)
    commit(batch("c"), 102.0, tenure=second)
    assert ids() == {"a", "c"}


def test_a_database_that_was_set_back_is_not_gone_on_with() -> None:
    tenure = Tenure()
    tenure.reached(commit(batch("a"), 100.0, tenure=tenure))
    InstallationRow.objects.update(seq=1)
    with pytest.raises(OvertakenError, match="it ends at 1"):
        commit(batch("b"), 101.0, tenure=tenure)


def test_another_database_in_its_place_has_vanished() -> None:
    tenure = Tenure()
    InstallationRow.objects.all().delete()
    with pytest.raises(VanishedError):
        commit(batch("a"), 100.0, tenure=tenure)
    assert not ids()


def test_a_commit_whose_answer_was_lost_is_told_again_without_doubling() -> None:
    tenure = Tenure()
    stored = commit(batch("a", "b"), 100.0, tenure=tenure)
    assert commit(batch("a", "b"), 101.0, tenure=tenure) == stored
    assert (len(history.gaps()), ids()) == (1, {"a", "b"})


def test_a_recorder_that_was_overtaken_ends_and_has_lost_nothing() -> None:
    first = Tenure()

    async def record() -> tuple[object, ...]:
        recorder = Recorder(Cluster(), batch_interval=0.0)
        recorder.resume([position()], first)
        recorder.put(None, [put_step("late")])
        with pytest.raises(OvertakenError):
            await recorder.run()
        return recorder.lost(200.0)

    store(put_step("before"))
    Tenure()
    assert asyncio.run(record()) == ()
    assert ids() == {"before"}
