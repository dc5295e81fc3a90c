"""Writes an answer as text, in the words of a trace's page, or as JSON."""

from collections.abc import Iterator
from typing import Any

import msgspec

from dashboard import actors, wording
from dashboard.api import records
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.plain import plain
from terminal import exits
from terminal.answers import Answer, Writer

_WIDTH = 17


def text(answer: Answer) -> str:
    """Return all of it as lines for a person."""
    lines = [_headline(answer), *_labelled(answer), *_steps(answer), *_writers(answer)]
    return plain("\n".join((*lines, *_unread(answer))))


def line(answer: Answer) -> str:
    """Return how it stands in one line, for who waits."""
    trace = answer.trace
    stages = _progress(trace, frozenset({"current", "stalled"}))
    said = [f"{_clock(answer.at)} {trace.state}", ", ".join(stages)]
    if trace.holder:
        said.append(actors.named(trace.holder, trace.holder_name))
    said.append(trace.summary or trace.waiting_for)
    if not answer.current:
        said.append(f"not of now: {answer.behind}")
    return plain(": ".join(filter(None, said)))


def json(answer: Answer) -> str:
    """Return all of it as one line of JSON."""
    ended = exits.of(answer.trace)
    document: dict[str, Any] = {
        "object": records.object_of(answer.object),
        "result": result(ended),
        "exit": int(ended),
        "at": wording.json_time(answer.at),
        "current": answer.current,
        "behind": answer.behind,
        "source": answer.source,
        "url": answer.trace_url or None,
        "trace": records.trace_of(answer.trace),
        "steps": [records.step_of(step) for step in answer.steps],
        "writers": answer.writers,
        "unread": [
            {"what": each.what, **msgspec.structs.asdict(each.problem)} for each in answer.unread
        ],
    }
    return plain(msgspec.json.encode(document).decode())


def failure(ended: exits.Exit, message: str) -> str:
    """Return as one line of JSON why there is no answer."""
    document = {"result": result(ended), "exit": int(ended), "message": message}
    return plain(msgspec.json.encode(document).decode())


def result(ended: exits.Exit) -> str:
    """Return an exit status in a word, as `not-found`."""
    return ended.name.lower().replace("_", "-")


def _headline(answer: Answer) -> str:
    ref, trace = answer.object, answer.trace
    within = f" in {ref.namespace}" if ref.namespace else ""
    title = wording.reference(ref)
    if trace.root.uid != ref.uid:
        title = f"{title}, of {trace.title}"
    return f"{title}{within}: {trace.state}"


def _labelled(answer: Answer) -> Iterator[str]:
    trace, at = answer.trace, answer.at
    if not answer.current:
        yield _entry("Not of now", f"{answer.behind} ({wording.moment(at)})")
    yield _entry("Cause", trace.cause)
    yield _entry("Began", f"{wording.moment(trace.started)}, {wording.ago(at - trace.started)}")
    if stages := list(_progress(trace)):
        yield _entry("Stages", "; ".join(stages))
    yield from _baton(trace, at) if trace.holder else _outcome(trace)
    yield from _mending(trace)
    for number, piece in enumerate(trace.diagnosis_evidence):
        yield _entry("" if number else "Evidence", f"{piece.grade}, {piece.source}: {piece.text}")
    if len(trace.holders) > 1:
        held = (f"{actors.label(actor)} ({n})" for actor, n in sorted(trace.holders.items()))
        yield _entry("All who hold one", ", ".join(held))
    if answer.trace_url:
        yield _entry("Page", answer.trace_url)


def _baton(trace: Trace, at: float) -> Iterator[str]:
    held = actors.named(trace.holder or "", trace.holder_name)
    if trace.waiting_since is not None:
        waited = wording.duration(at - trace.waiting_since)
        held = f"{held}, for {waited}, since {wording.moment(trace.waiting_since)}"
    yield _entry("Holds the baton", held)
    if trace.diagnosis:
        known = DIAGNOSES.get(trace.diagnosis)
        titled = f"{known.title} ({trace.diagnosis})" if known else trace.diagnosis
        yield _entry("What is wrong", titled)
        yield _entry("", trace.summary or (known.meaning if known else ""))
    if trace.waiting_for:
        usual = f". {wording.usual(trace.usual)}" if trace.usual else ""
        yield _entry("Waits for", f"{trace.waiting_for}{usual}")
    if trace.summary and not trace.diagnosis:
        yield _entry("So far", trace.summary)


def _outcome(trace: Trace) -> Iterator[str]:
    yield _entry("Outcome", trace.summary or trace.state)
    if trace.ended is not None and not trace.existing:
        lasted = wording.duration(trace.ended - trace.started)
        yield _entry("Ended", f"{wording.moment(trace.ended)}, after {lasted}")
    if trace.diagnosis:
        known = DIAGNOSES.get(trace.diagnosis)
        yield _entry("What was wrong", known.title if known else trace.diagnosis)


def _mending(trace: Trace) -> Iterator[str]:
    known = DIAGNOSES.get(trace.diagnosis or "")
    if known is not None:
        yield _entry("What ends it", known.clears)
    for label, command in (("To look closer", trace.command), ("To mend it", trace.mend)):
        if command:
            yield _entry(label, command)


def _progress(trace: Trace, states: frozenset[str] = frozenset()) -> Iterator[str]:
    """The stages with their counts, of all states or of these."""
    for stage in trace.stages:
        if states and stage.state not in states:
            continue
        counted = f" {stage.done}/{stage.total}" if stage.total > 1 else ""
        yield f"{stage.name}{counted} {stage.state}"


def _steps(answer: Answer) -> Iterator[str]:
    for number, step in enumerate(answer.steps):
        yield _entry("" if number else "Last steps", _step(step))


def _step(step: Step) -> str:
    who = actors.named(step.actor, step.actor_name)
    times = f" ({step.count} times)" if step.count > 1 else ""
    return f"{_clock(step.at)} {who} ({step.grades.who}): {step.what}{times}"


def _writers(answer: Answer) -> Iterator[str]:
    """Who wrote before anything was watched, as far as the object itself tells."""
    for number, writer in enumerate(() if answer.steps else answer.writers):
        yield _entry("" if number else "Last writers", _writer(writer))


def _writer(writer: Writer) -> str:
    what = writer.subresource or "the object"
    chosen = "as it calls itself in managedFields"
    return f"{wording.stamp(writer.at) or 'at no known time'} {writer.manager}: {what} ({chosen})"


def _unread(answer: Answer) -> Iterator[str]:
    named = [each.what for each in answer.unread]
    if named:
        yield _entry("Not read", f"{', '.join(named)}; what follows from these is not told")
        yield _entry("", answer.unread[0].problem.message)


def _entry(label: str, words: str) -> str:
    """A label and its words, which begin in one column; what has more lines goes on there."""
    first, *others = wording.visible(words).split("\n")
    rest = "".join(f"\n{' ' * (_WIDTH + 2)}{each}" for each in others)
    return f"  {label:<{_WIDTH}}{first}{rest}"


def _clock(at: float) -> str:
    return wording.moment(at)[11:23]
