"""Notifications go out as documented, again where that may help, and never with a secret told."""

import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from eventstream.explain.vocabulary.records import StepRemoved, TraceUpsert
from eventstream.notifying import delivery, notifier, status
from eventstream.notifying.notifier import Notifier
from eventstream.notifying.status import Notifications, TargetStatus
from tests.notifying.receiver import Receiver, receiving
from tests.notifying.traces import trace
from tests.sending import running, until

RULES = """
dashboard: https://baton.example.com
targets:
  ops: {webhook: {url: {env: OPS_URL}, headers: {Authorization: {env: OPS_TOKEN}}}}
  chat: {webhook: {url: {env: CHAT_URL}, format: text}}
rules:
  - {name: all, after: 0s, to: [ops]}
"""


@pytest.fixture
def ops(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    for module, name, quick in (
        (notifier, "LOOK_SECONDS", 0.01),
        (notifier, "READ_SECONDS", 0.05),
        (delivery, "FIRST_PAUSE", 0.01),
    ):
        monkeypatch.setattr(module, name, quick)
    with receiving() as receiver:
        monkeypatch.setenv("OPS_URL", receiver.url)
        monkeypatch.setenv("CHAT_URL", receiver.url)
        monkeypatch.setenv("OPS_TOKEN", "Bearer hush-too")
        yield receiver
    status.note(None)


@asynccontextmanager
async def notifying(path: Path, rules: str = RULES) -> AsyncIterator[Notifier]:
    """A notifier that runs with these rules, and remembers beside them."""
    (path / "rules.yaml").write_text(rules)
    made = Notifier(path / "rules.yaml", "prod-eu", path / "notified.json")
    async with running(made.run()):
        yield made


def so_far() -> Notifications:
    noted = status.so_far()
    assert noted is not None
    return noted


def of(name: str = "ops") -> TargetStatus:
    return next((each for each in so_far().targets if each.name == name), TargetStatus(name))


async def test_a_stall_and_its_recovery_are_sent_as_documented(
    ops: Receiver, tmp_path: Path
) -> None:
    async with notifying(tmp_path) as made:
        made.take([TraceUpsert(trace(summary="0 of 3 Pods run\x1b[2J"))])
        await until(lambda: of().delivered == 1)
        made.take([TraceUpsert(trace("complete", ended=1_795_000_009.5, diagnosis=None))])
        await until(lambda: of().delivered == 2)
    (path, headers, stalled), (_, _, recovered) = ops.came
    assert path == "/hook?token=hush-hush"
    assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert headers["Authorization"] == "Bearer hush-too"
    assert (stalled["type"], recovered["type"]) == ("baton.trace.stalled", "baton.trace.recovered")
    assert stalled["id"] != recovered["id"]
    assert stalled["subject"] == "dev/Deployment.apps/bad"
    assert stalled["source"] == "/baton/prod-eu"
    data = stalled["data"]
    assert data["link"] == "https://baton.example.com/traces/bad"
    assert data["diagnosis"] == "image-not-found"
    assert (data["holder"], data["holder_name"]) == ("kubelet", "node-3")
    assert data["text"].startswith(
        "deployment/bad in namespace dev of prod-eu stands still: image-not-found. 0 of 3 Pods run"
    )
    assert "The kubelet node-3 holds the baton since 2026-11-18T11:06:43.000Z." in data["text"]
    assert "\x1b" not in json.dumps(stalled)
    assert recovered["data"]["state"] == "complete"
    assert "is complete now" in recovered["data"]["text"]


def test_the_documented_payload_has_the_fields_that_are_sent() -> None:
    from eventstream.notifying.messages import message
    from eventstream.notifying.standing import Due
    from tests.notifying.traces import rule

    sent = message(Due(rule(), "stalled", trace(), 1.0, 1.0), "prod-eu", "https://b").event
    document = (Path(__file__).resolve().parents[2] / "docs" / "notifications.md").read_text()
    shown = json.loads(document.split("```json\n", 1)[1].split("```", 1)[0])
    assert list(shown) == list(sent)
    assert list(shown["data"]) == list(sent["data"])


async def test_of_several_clusters_a_link_leads_to_the_pages_of_its_own(
    ops: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    made = Notifier(
        tmp_path / "rules.yaml", "east", tmp_path / "notified.json", below="/clusters/east"
    )
    async with running(made.run()):
        made.take([TraceUpsert(trace())])
        await until(lambda: of().delivered == 1)
    assert f"https://baton.example.com/clusters/east/traces/{trace().id}" in json.dumps(
        ops.came[0][2]
    )


async def test_what_fails_is_tried_again_until_it_is_taken(ops: Receiver, tmp_path: Path) -> None:
    ops.answers = [(503, {}), (429, {}), (500, {})]
    async with notifying(tmp_path) as made:
        made.take([TraceUpsert(trace())])
        await until(lambda: of().delivered == 1)
        assert (of().failed, of().error) == (0, "")
    assert len(ops.came) == 4
    assert len({event["id"] for _, _, event in ops.came}) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, {}), "it answered 404"),
        ((302, {"Location": "http://169.254.169.254/"}), "redirects are not followed"),
        ((307, {"Location": "/other"}), "redirects are not followed"),
    ],
)
async def test_an_answer_that_is_final_is_given_up_and_no_redirect_followed(
    answer: tuple[int, dict[str, str]], said: str, ops: Receiver, tmp_path: Path
) -> None:
    ops.answers = [answer]
    async with notifying(tmp_path) as made:
        made.take([TraceUpsert(trace())])
        await until(lambda: of().failed == 1)
        assert said in of().error
    assert len(ops.came) == 1


async def test_no_secret_is_told_when_sending_fails(
    ops: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    async with notifying(tmp_path) as made:
        for url in (
            "http://127.0.0.1:1/hush-hush",
            ops.url.replace("http:", "https:"),
            "http://[hush-hush",
            "file:///hush-hush",
            "",
        ):
            monkeypatch.setenv("OPS_URL", url)
            made.take([TraceUpsert(trace(id_=f"t{len(told)}"))])
            before = told[-1] if told else ""
            await until(lambda: of().error not in {"", before})  # noqa: B023 - called at once
            told.append(of().error)
    assert "cannot be reached" in told[0]
    assert told[-1] == "the variable OPS_URL is not set"
    said = "\n".join([*told, *(record.getMessage() for record in caplog.records), repr(so_far())])
    assert "Notifications to ops fail: it cannot be reached" in said
    assert "hush" not in said


async def test_one_that_does_not_answer_holds_up_no_other(
    ops: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "QUEUE_MOST", 3)
    monkeypatch.setattr(notifier, "TIMEOUT_SECONDS", 30.0)
    silent = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("OPS_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/")
    rules = RULES.replace("to: [ops]", "to: [ops, chat]")
    async with notifying(tmp_path, rules) as made:
        for number in range(5):
            made.take([TraceUpsert(trace(id_=f"t{number}"))])
        await until(lambda: of("chat").delivered + of("chat").dropped == 5)
        assert (of("ops").delivered, of("ops").waiting, of("ops").dropped) == (0, 3, 2)
    silent.close()


async def test_a_chat_is_sent_a_sentence_that_calls_nobody(ops: Receiver, tmp_path: Path) -> None:
    async with notifying(tmp_path, RULES.replace("to: [ops]", "to: [chat]")) as made:
        made.take([TraceUpsert(trace(summary="<!channel> @all & more"))])
        await until(lambda: of("chat").delivered == 1)
    ((_, _, sent),) = ops.came
    assert list(sent) == ["text"]
    assert "&lt;!channel&gt; @\u200ball &amp; more" in sent["text"]


async def test_a_changed_file_is_read_and_a_wrong_one_changes_nothing(
    ops: Receiver, tmp_path: Path
) -> None:
    async with notifying(tmp_path, RULES.replace("after: 0s", "after: 9h")) as made:
        made.take([TraceUpsert(trace())])
        (tmp_path / "rules.yaml").write_text("rules: nonsense")
        await until(lambda: so_far().problem)
        assert "line 1" in so_far().problem
        assert so_far().rules == 1
        (tmp_path / "rules.yaml").write_text(RULES)
        await until(lambda: of().delivered == 1)
        assert so_far().problem == ""


async def test_what_waits_for_a_target_goes_to_the_one_that_takes_its_place(
    ops: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONE_URL", "http://127.0.0.1:1/")
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 300.0)
    async with notifying(tmp_path, RULES.replace("{env: OPS_URL}", "{env: GONE_URL}")) as made:
        made.take([TraceUpsert(trace()), TraceUpsert(trace(id_="other"))])
        await until(lambda: of().waiting == 2 and of().error)
        (tmp_path / "rules.yaml").write_text(RULES)
        await until(lambda: of().delivered == 2)
    assert [event["data"]["trace"] for _, _, event in ops.came] == ["bad", "other"]


async def test_a_restart_tells_no_stall_again_but_its_end(ops: Receiver, tmp_path: Path) -> None:
    memory = tmp_path / "notified.json"
    async with notifying(tmp_path) as made:
        made.take([TraceUpsert(trace())])
        await until(lambda: memory.exists() and "bad" in memory.read_text())
    assert memory.stat().st_mode & 0o777 == 0o600
    async with notifying(tmp_path) as made:
        made.take([TraceUpsert(trace()), TraceUpsert(trace(id_="other"))])
        await until(lambda: of().delivered == 1)
        made.take([TraceUpsert(trace("complete")), StepRemoved("other", "trace")])
        await until(lambda: of().delivered == 2)
        await until(lambda: memory.read_text() == "{}")
    assert [(event["type"], event["data"]["trace"]) for _, _, event in ops.came] == [
        ("baton.trace.stalled", "bad"),
        ("baton.trace.stalled", "other"),
        ("baton.trace.recovered", "bad"),
    ]


async def test_a_memory_that_is_damaged_is_told_and_begun_anew_and_none_is_no_matter(
    ops: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with notifying(tmp_path):
        assert caplog.text == ""
    (tmp_path / "notified.json").write_text("[half")
    async with notifying(tmp_path) as made:
        made.take([TraceUpsert(trace())])
        await until(lambda: of().delivered == 1)
    assert "may be told again" in caplog.text
