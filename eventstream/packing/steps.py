"""A step's body: all of it but what stands in columns beside it, and back again.

An array, since its fields' names would be said in each row; a field that is added comes at the
end, with a default for the rows that lack it.
"""

from typing import NamedTuple

import msgspec

from eventstream.explain.vocabulary.records import (
    Evidence,
    FieldChange,
    Grades,
    Loop,
    ObjectRef,
    Step,
    Verb,
)
from eventstream.packing import frames
from eventstream.packing.ids import id_bytes, id_text
from eventstream.packing.order import version_of

_MICRO = 1_000_000
_FARTHEST = 2**63 - 1


class StepColumns(NamedTuple):
    """What of a step is not in its body: the columns of its row, and of what these refer to.

    `sort` is the key by which it stands in its trace, `at` in microseconds.
    """

    id: str
    trace: str
    sort: bytes
    at: int
    actor: str
    object: ObjectRef


class _Body(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`version` and `at` are None where the columns tell them.

    `cause` is None for the first of the causes, and "" for none.
    """

    rule: str
    source_url: str
    verb: Verb
    subresource: str | None
    change_type: str
    documented: tuple[int, ...]
    documented_store: tuple[int, ...]
    documented_broadcast: tuple[int, ...]
    grades: Grades
    clock: str
    precision_ms: int
    count: int
    version: str | None
    at: float | None
    cause: str | None
    causes: tuple[bytes, ...]
    actor_name: str
    node: str | None
    sources: tuple[str, ...] | None
    what: str
    why: str
    evidence: tuple[Evidence, ...]
    changes: tuple[FieldChange, ...]
    loop: Loop | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


def microseconds(at: float) -> int:
    """What stands in the column of a time in unix seconds, which may be nonsense."""
    return min(max(round(at * _MICRO), -_FARTHEST), _FARTHEST)


def step_content(step: Step, key: bytes, at: int) -> bytes:
    """What the body holds of a step whose version has this key, at this time."""
    version, causes, cause = step.resource_version, step.causes, step.cause
    first = causes[0] if causes else None
    told = key and (version[0] != "0" or version == "0")
    return _encode(
        _Body(
            step.rule,
            step.source_url,
            step.verb,
            step.subresource,
            step.change_type,
            step.documented,
            step.documented_store,
            step.documented_broadcast,
            step.grades,
            step.clock,
            step.precision_ms,
            step.count,
            None if told else version,
            None if at / _MICRO == step.at else step.at,
            None if cause == first else cause or "",
            tuple([id_bytes(each) for each in causes]) if causes else (),
            step.actor_name,
            step.node,
            step.sources,
            step.what,
            step.why,
            step.evidence,
            step.changes,
            step.loop,
        )
    )


def pack_step(step: Step, key: bytes, at: int) -> bytes:
    """The body of a step whose version has this key, at this time; the same for the same step."""
    return frames.pack(step_content(step, key, at), frames.EXPLAINED)


def sentences(body: bytes) -> tuple[Verb, tuple[str, str, str, str]]:
    """The verb of a body, and its words: what, why, the actor's name and its node, "" for none.

    Raises msgspec.DecodeError.
    """
    kept = _decode(frames.unpack(body))
    return kept.verb, (kept.what, kept.why, kept.actor_name, kept.node or "")


def unpack_step(body: bytes, columns: StepColumns) -> Step:
    """The step of a row; raises msgspec.DecodeError."""
    kept = _decode(frames.unpack(body))
    causes = tuple([id_text(each) for each in kept.causes])
    first = causes[0] if causes else None
    return Step(
        id=columns.id,
        trace=columns.trace,
        cause=first if kept.cause is None else kept.cause or None,
        causes=causes,
        documented=kept.documented,
        documented_store=kept.documented_store,
        documented_broadcast=kept.documented_broadcast,
        actor=columns.actor,
        actor_name=kept.actor_name,
        verb=kept.verb,
        subresource=kept.subresource,
        object=columns.object,
        resource_version=version_of(columns.sort) if kept.version is None else kept.version,
        change_type=kept.change_type,
        at=columns.at / _MICRO if kept.at is None else kept.at,
        clock=kept.clock,
        precision_ms=kept.precision_ms,
        what=kept.what,
        why=kept.why,
        grades=kept.grades,
        evidence=kept.evidence,
        source_url=kept.source_url,
        rule=kept.rule,
        changes=kept.changes,
        loop=kept.loop,
        count=kept.count,
        node=kept.node,
        sources=kept.sources,
    )
