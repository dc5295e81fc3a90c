"""What is sent: a CloudEvent with the facts, or one sentence for a chat."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

import msgspec

from eventstream.explain.vocabulary.records import Trace
from eventstream.explain.vocabulary.registry import ACTORS
from eventstream.notifying.rules import Format
from eventstream.notifying.standing import Due
from eventstream.plain import plain

TEXT_MOST = 1000
"""Characters of one text: a summary may quote a message of any length."""

TYPES = {
    "stalled": "baton.trace.stalled",
    "recovered": "baton.trace.recovered",
    "begun": "baton.trace.begun",
    "complete": "baton.trace.complete",
}
CONTENT_TYPES: dict[Format, str] = {
    "cloudevents": "application/cloudevents+json; charset=utf-8",
    "text": "application/json; charset=utf-8",
    "apprise": "application/json; charset=utf-8",
}
_RECOVERED = {
    "complete": "is complete now",
    "superseded": "stands still no more: a later change took over",
    "unknown": "stands still no more; whether it is done is not known",
    "running": "goes on",
}
_KINDS = {"stalled": "failure", "recovered": "success", "begun": "info", "complete": "success"}


class Message(msgspec.Struct, frozen=True):
    """One notification for one target, made once: each attempt sends the same."""

    event: dict[str, Any]
    title: str
    text: str
    kind: str

    def body(self, format_: Format) -> bytes:
        """Return what is sent in one of the forms."""
        if format_ == "cloudevents":
            return msgspec.json.encode(self.event)
        if format_ == "text":
            return msgspec.json.encode({"text": _harmless(self.text)})
        return msgspec.json.encode({"title": self.title, "body": self.text, "type": self.kind})


def message(due: Due, cluster: str, dashboard: str) -> Message:
    """Return what is told of `due`; `cluster` is its name, `dashboard` where Baton is, or ""."""
    trace, link = due.trace, _link(dashboard, due.trace)
    title = _bounded(f"{trace.title}: {due.on}" + (f" ({cluster})" if cluster else ""))
    text = _bounded(_words(due, cluster)) + (f" {link}" if link else "")
    event = {
        "specversion": "1.0",
        "id": _id(due, cluster),
        "source": f"/baton/{quote(cluster or 'cluster', safe='')}",
        "type": TYPES[due.on],
        "subject": f"{trace.root.namespace or ''}/{trace.root.type}/{trace.root.name}",
        "time": _time(due.at),
        "datacontenttype": "application/json",
        "data": _data(due, cluster, text, link),
    }
    return Message(event, title, text, _KINDS[due.on])


def trial(cluster: str, now: float) -> Message:
    """Return a notification that says that it is a test, made at `now` (unix seconds)."""
    text = "This is a test of Baton's notifications" + (f" about {cluster}." if cluster else ".")
    event = {
        "specversion": "1.0",
        "id": blake2b(f"{cluster}\0test\0{now!r}".encode(), digest_size=16).hexdigest(),
        "source": f"/baton/{quote(cluster or 'cluster', safe='')}",
        "type": "baton.test",
        "time": _time(now),
        "datacontenttype": "application/json",
        "data": {"text": text, "cluster": cluster},
    }
    return Message(event, "Baton: a test", text, "info")


def _data(due: Due, cluster: str, text: str, link: str) -> dict[str, Any]:
    trace = due.trace
    return {
        "text": text,
        "cluster": cluster,
        "rule": due.rule.name,
        "trace": trace.id,
        "link": link or None,
        "title": plain(trace.title),
        "kind": trace.root.kind,
        "api_version": trace.root.api_version,
        "namespace": trace.root.namespace,
        "name": trace.root.name,
        "uid": trace.root.uid,
        "cause": _bounded(trace.cause),
        "state": trace.state,
        "started": _time(trace.started),
        "ended": _time(trace.ended),
        "since": _time(due.since),
        "holder": trace.holder,
        "holder_name": plain(trace.holder_name),
        "waiting_since": _time(trace.waiting_since),
        "waiting_for": _bounded(trace.waiting_for),
        "diagnosis": trace.diagnosis,
        "summary": _bounded(trace.summary),
        "command": plain(trace.command),
    }


def _id(due: Due, cluster: str) -> str:
    """The same for the same news, so that a receiver can tell; see `Due.since` for restarts."""
    said = "\0".join((cluster, due.trace.id, due.on, due.rule.name, f"{due.since:.3f}"))
    return blake2b(said.encode(errors="replace"), digest_size=16).hexdigest()


def _words(due: Due, cluster: str) -> str:
    trace = due.trace
    where = f" in namespace {trace.root.namespace}" if trace.root.namespace else ""
    subject = f"{trace.title}{where}" + (f" of {cluster}" if cluster else "")
    if due.on == "begun":
        return f"{subject} began: {trace.cause}."
    if due.on == "complete":
        return f"{subject} is complete. {trace.summary}".strip()
    if due.on == "recovered":
        return f"{subject} {_RECOVERED.get(trace.state, 'goes on')}. {trace.summary}".strip()
    said = [f"{subject} stands still"]
    if trace.diagnosis:
        said.append(f": {trace.diagnosis}")
    said.append(f". {trace.summary.rstrip('.')}." if trace.summary else ".")
    if trace.holder:
        since = f" since {_time(trace.waiting_since)}" if trace.waiting_since else ""
        said.append(f" {_holder(trace)} holds the baton{since}.")
    return "".join(said)


def _holder(trace: Trace) -> str:
    known = ACTORS.get(trace.holder or "")
    title = known.title if known is not None else (trace.holder or "").replace("-", " ")
    name = f" {trace.holder_name}" if trace.holder in {"kubelet", "custom-controller"} else ""
    return f"The {title}{name}".rstrip()


def _link(dashboard: str, trace: Trace) -> str:
    return f"{dashboard.rstrip('/')}/traces/{quote(trace.id)}" if dashboard else ""


def _time(at: float | None) -> str | None:
    if at is None:
        return None
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")


def _bounded(text: str) -> str:
    text = plain(text).replace("\n", " ")
    return text if len(text) <= TEXT_MOST else f"{text[: TEXT_MOST - 1]}…"


def _harmless(text: str) -> str:
    """The text for a chat, in which nothing calls anybody: a cluster may send any message."""
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "@\u200b")):
        text = text.replace(sign, written)
    return text
