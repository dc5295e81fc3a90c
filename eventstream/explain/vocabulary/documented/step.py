"""One documented step: who does what, and what a client of the API can see of it."""

import msgspec


class DocumentedStep(msgspec.Struct, frozen=True):
    """A step of a documented sequence.

    `id` is its anchor; `number` its place among the sixteen, None for what lies within one of
    them or follows; `kind` what is written to. `sees` is what a client of the API can see of it,
    `hidden` what it cannot and why. The last three say how a trace shows a step that has no
    number: a write by one of `rules`, a changed field that begins with one of `fields` (a
    condition counts once it is True), or an Event with one of `reasons`.
    """

    id: str
    number: int | None
    actor: str
    title: str
    happens: str
    sees: str
    hidden: str
    source_url: str
    kind: str = ""
    rules: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
