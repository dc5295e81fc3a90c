"""Which test covers which case of client-go's own tests, and the cases that have no other place.

What does not apply here: resync (TestReflectorResync…: nothing is handed out again), transformers
and type names of Go (TestReflectorRespectStoreTransformer, TestGetTypeDescription…,
TestGetExpectedGVK…), buffers between pager and consumer (TestListPager_EachListItem,
…eachListPageBuffered: a page is taken before the next is asked for), a garbage collector's
view of pages (TestReflectorListExtract).

Where we differ on purpose: the first list is the newest state, not "any" (see
`eventstream.kubeapi.listing`); lists after it are paged; an object of another type is flagged
and not dropped; an ERROR that passes is retried from the last version (RetryWatcher does, the
Reflector relists); a forbidden watch is waited for and not given up.
"""

import asyncio
import importlib

import pytest

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from eventstream.objects.observations import Change, Observation
from practicecluster.cluster import PracticeCluster
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, bookmark, line, listed, pod
from tests.kubeapi.observing import PATIENCE_SECONDS, Observed, reflecting
from tests.kubeapi.scripted import ScriptedServer, json_answer, stream

HERE = "client_go_cases"

REFLECTOR = {
    "TestCloseWatchChannelOnError": (HERE, "a_watch_that_ends_by_an_error_is_closed"),
    "TestRunUntil": (HERE, "an_end_while_watching_closes_the_watch"),
    "TestReflectorWatchStoppedBefore": (HERE, "an_end_before_the_beginning_asks_for_nothing"),
    "TestReflectorWatchStoppedAfter": (HERE, "an_end_while_watching_closes_the_watch"),
    "TestReflectorHandleWatchStoppedBefore": (HERE, "an_end_before_the_beginning_asks_for_nothing"),
    "TestReflectorHandleWatchStoppedAfter": (HERE, "an_end_while_watching_closes_the_watch"),
    "TestReflectorHandleWatchResultChanClosedBefore": (
        "stream_faults",
        "empty_watches_back_off_and_do_not_relist",
    ),
    "TestReflectorHandleWatchResultChanClosedAfter": (
        "stream_faults",
        "empty_watches_back_off_and_do_not_relist",
    ),
    "TestReflectorWatchHandler": (HERE, "the_position_follows_what_comes"),
    "TestReflectorWatchHandler: rejected type": (
        "hostile_objects",
        "an_object_of_wrong_types_is_shown_and_flagged",
    ),
    "TestReflectorStopWatch": (HERE, "an_end_before_the_beginning_asks_for_nothing"),
    "TestReflectorListAndWatch: UseWatchList enabled": (
        "streaming",
        "what_exists_and_what_follows_come_by_one_watch_and_no_list",
    ),
    "TestReflectorListAndWatch: UseWatchList disabled": (
        "streaming",
        "a_server_that_refuses_to_stream_is_asked_for_lists_and_not_again",
    ),
    "TestReflectorListAndWatchWithErrors": (
        "stream_faults",
        "a_server_error_backs_off_and_goes_on",
    ),
    "TestReflectorListAndWatchInitConnBackoff": (
        "request_rate",
        "a_server_that_is_down_for_a_minute_is_asked_a_few_times_and_resumed",
    ),
    "TestBackoffOnTooManyRequests": (
        "stream_faults",
        "after_429_within_a_watch_it_goes_on_when_the_server_wishes",
    ),
    "TestNoRelistOnTooManyRequests": (
        "request_rate",
        "refusals_for_a_minute_are_few_and_lead_to_no_list",
    ),
    "TestRetryInternalError: one call successful": (
        "stream_faults",
        "after_an_error_that_passes_the_watch_goes_on_without_a_list",
    ),
    "TestRetryInternalError: all calls fail": (
        "stream_faults",
        "errors_that_do_not_pass_lead_to_a_list_in_the_end",
    ),
    "TestReflectorWatchListPageSize": ("pages", "a_list_of_any_number_of_pages_is_told_whole"),
    "TestReflectorNotPaginatingNotConsistentReads": (
        "pages",
        "a_version_that_is_gone_for_lists_is_left_for_the_newest",
    ),
    "TestReflectorPaginatingNonConsistentReadsIfWatchCacheDisabled": (
        "pages",
        "pages_are_asked_for_by_the_token_of_the_one_before",
    ),
    "TestReflectorResyncWithResourceVersion": (
        "streaming",
        "after_a_malformed_line_nothing_older_than_the_last_version_is_taken",
    ),
    "TestReflectorExpiredExactResourceVersion": (
        "pages",
        "a_version_that_is_gone_for_lists_is_left_for_the_newest",
    ),
    "TestReflectorFullListIfExpired": (
        "pages",
        "a_whole_list_that_is_gone_too_is_answered_by_the_newest",
    ),
    "TestReflectorFullListIfTooLarge": (
        "too_large",
        "a_list_beyond_the_newest_version_is_asked_for_without_one",
    ),
    "TestWatchTimeout": (HERE, "a_watch_is_asked_to_end_within_5_to_10_minutes"),
    "TestReflectorResourceVersionUpdate": (HERE, "the_position_follows_what_comes"),
    "TestReflectorReplacesStoreOnUnsafeDelete": (
        "stream_faults",
        "after_an_error_that_is_not_retryable_everything_is_compared",
    ),
}

WATCHLIST = {
    "TestInitialEventsEndBookmarkTicker": (
        "streaming",
        "a_bookmark_that_is_not_annotated_with_true_completes_nothing",
    ),
    "the reflector won't be synced if the bookmark event has been received": (
        "streaming",
        "a_stream_cut_at_any_byte_before_its_end_counts_for_nothing",
    ),
    "returning any other error than apierrors.NewInvalid forces fallback": (
        "streaming",
        "a_refusal_in_other_words_gives_way_to_a_list_too",
    ),
    "can fall back to old LIST/WATCH semantics when a server doesn't support streaming": (
        "streaming",
        "a_server_that_refuses_to_stream_is_asked_for_lists_and_not_again",
    ),
    "prove that the reflector is synced after receiving a bookmark event": (
        "streaming",
        "what_exists_and_what_follows_come_by_one_watch_and_no_list",
    ),
    "check if Updates and Deletes events are propagated during streaming": (
        "streaming",
        "changes_and_deletions_before_the_end_belong_to_what_exists",
    ),
    "checks if the reflector retries 429": (
        "streaming",
        "429_is_waited_for_and_the_stream_asked_for_again",
    ),
    "stopping a watcher before sync results in creating a new watch-list request": (
        "streaming",
        "a_stream_cut_twice_gives_way_to_a_list",
    ),
    "stopping a watcher after synchronization results in creating a new watch request": (
        "streaming",
        "a_watch_that_ends_after_the_initial_state_goes_on_from_its_last_version",
    ),
    "expiring an established watcher results in returning an error from the reflector": (
        "streaming",
        "after_410_the_newest_state_is_streamed_and_compared_by_uid",
    ),
    "the reflector is checking the value of the initialEventsEnd annotation": (
        "streaming",
        "a_bookmark_that_is_not_annotated_with_true_completes_nothing",
    ),
}

RETRY_WATCHER = {
    "empty RV should fail, RV 0 should fail": (
        "versions",
        "nothing_and_zero_are_no_places_to_go_on_from",
    ),
    "recovers if watchClient returns error": (
        "stream_faults",
        "a_server_error_backs_off_and_goes_on",
    ),
    "works with initialRV set": ("expiry", "a_saved_position_is_resumed_without_a_list"),
    "fails on Gone (RV too old error)": (
        "expiry",
        "after_410_a_relist_tells_what_vanished_behind_a_gap",
    ),
    "fails on Forbidden": (
        "permissions",
        "a_permission_lost_while_watching_resumes_where_it_was",
    ),
    "fails on Unauthorized": (
        "credentials",
        "a_token_that_is_rotated_late_is_waited_for_without_a_list",
    ),
    "recovers from timeout error, internal server error": (
        "stream_faults",
        "after_an_error_that_passes_the_watch_goes_on_without_a_list",
    ),
    "recovers from unexpected error code, unexpected error type": (
        "stream_faults",
        "after_an_error_that_is_not_retryable_everything_is_compared",
    ),
    "survives closed watches and reads all items": (
        "stream_faults",
        "a_stream_cut_at_any_byte_tells_its_events_once_and_in_order",
    ),
    "skips those with lower or equal RV": ("versions", "what_a_server_sends_again_is_told_once"),
    "TestRetryWatcherToFinishWithUnreadEvents": (
        HERE,
        "an_end_while_the_sink_is_busy_comes_at_once",
    ),
}

PAGER = {
    "empty page, one page, one full page, two pages, three pages": (
        "pages",
        "a_list_of_any_number_of_pages_is_told_whole",
    ),
    "expires on second page and then lists": (
        "pages",
        "a_later_page_that_is_gone_is_answered_by_one_whole_list",
    ),
    "expires on second page": (
        "pages",
        "a_whole_list_that_is_gone_too_is_answered_by_the_newest",
    ),
}


@pytest.mark.parametrize("case", [*REFLECTOR, *WATCHLIST, *RETRY_WATCHER, *PAGER])
def test_every_case_of_client_go_that_applies_names_a_test_that_exists(case: str) -> None:
    module, name = (REFLECTOR | WATCHLIST | RETRY_WATCHER | PAGER)[case]
    assert hasattr(importlib.import_module(f"tests.kubeapi.test_{module}"), f"test_{name}")


async def test_an_end_before_the_beginning_asks_for_nothing(
    server: ScriptedServer, connection: Connection
) -> None:
    del server.requests[:]
    async with reflecting(connection) as observed:
        pass
    assert server.requests == []
    assert observed.all == []


async def test_an_end_while_watching_closes_the_watch(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    async with reflecting(practice_connection) as observed:
        await observed.until_state("watching")
        assert practice.faults.send_raw(POD_PATH, b"") == 1
    async with asyncio.timeout(PATIENCE_SECONDS):
        while practice.faults.send_raw(POD_PATH, b""):  # noqa: ASYNC110 - the server finds out
            await asyncio.sleep(0.01)


async def test_an_end_while_the_sink_is_busy_comes_at_once(
    server: ScriptedServer, connection: Connection
) -> None:
    class Busy(Observed):
        reached = asyncio.Event()

        async def take(self, observation: Observation) -> None:
            if isinstance(observation, Change):
                self.reached.set()
                await asyncio.Event().wait()
            await super().take(observation)

    server.on_watch(POD_PATH, stream(line("ADDED", pod("a", 11)), hold=True))
    busy = Busy()
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with reflecting(connection, observed=busy, saved=Saved("10", [])):
            await busy.reached.wait()
    assert busy.changes == []


async def test_a_watch_that_ends_by_an_error_is_closed(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    time = VirtualClock()
    async with reflecting(practice_connection, clock=time.clock()) as observed:
        await observed.until_state("watching")
        practice.faults.send_raw(POD_PATH, b'{"type":"ERROR","object":{"code":500}}\n')
        await observed.until_state("backing-off", "server-error")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while practice.faults.send_raw(POD_PATH, b""):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 300), (0.5, 450), (0.999, 599)])
async def test_a_watch_is_asked_to_end_within_5_to_10_minutes(
    server: ScriptedServer, connection: Connection, chance: float, seconds: int
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection, clock=Clock(chance=lambda: chance)) as observed:
        await observed.until_state("watching")
    (streamed,) = server.streams(POD_PATH)
    (watched,) = server.watches(POD_PATH)
    assert [each.query["timeoutSeconds"] for each in (streamed, watched)] == [str(seconds)] * 2


async def test_the_position_follows_what_comes(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    script = [
        line("ADDED", pod("a", 11)),
        line("MODIFIED", pod("a", 20)),
        bookmark(30),
        line("DELETED", pod("a", 40)),
    ]
    server.on_watch(POD_PATH, *[stream(each) for each in script], stream(hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda _: len(server.watches(POD_PATH)) == 5)
    assert [each.version for each in server.watches(POD_PATH)] == [10, 11, 20, 30, 40]
    assert [each.resource_version for each in observed.positions] == ["10", "30"]
