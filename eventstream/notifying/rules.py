"""What a file of rules holds: who is told of what, when not, and by which address."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from eventstream.explain.vocabulary.records import Trace

On = Literal["stalled", "recovered", "begun", "complete"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Format = Literal["cloudevents", "text", "apprise"]

AFTER_SECONDS = 60.0
"""So long a trace stands still before anybody is told, where a rule says nothing else."""


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a value that nobody may read is: in a file, or in a variable of the environment."""

    file: str | None = None
    env: str | None = None


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address to POST to, in one of three forms; `headers` go along, by name."""

    url: Secret
    format: Format = "cloudevents"
    headers: dict[str, Secret] = {}


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told: one way for each."""

    webhook: Webhook


class Selector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which traces are meant; what is empty asks for nothing. A name may end with a star."""

    namespaces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()

    def matches(self, trace: Trace) -> bool:
        """Whether a trace is meant, as it stands now."""
        root = trace.root
        return (
            _among(root.namespace or "", self.namespaces)
            and (_among(root.type, self.kinds) or _among(root.kind, self.kinds))
            and _among(root.name, self.names)
            and _among(trace.diagnosis or "", self.diagnoses)
        )


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of the week in which a rule tells nothing, by the clock of a zone.

    `begin` and `end` are `HH:MM`. With `end` before `begin` they go over midnight, and `days` are
    those on which they begin; the same of both is the whole day.
    """

    zone: str
    begin: str = "00:00"
    end: str = "00:00"
    days: tuple[Day, ...] = DAYS


class Rule(Selector, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told of which traces, and of what; `after` is how long one stands still before."""

    name: str
    to: tuple[str, ...]
    events: tuple[On, ...] = ("stalled", "recovered")
    after: str = f"{AFTER_SECONDS:.0f}s"
    quiet: tuple[Quiet, ...] = ()


class Silence(Selector, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Traces of which nobody is told until then."""

    until: datetime
    why: str = ""


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file. `dashboard` is the address by which people reach Baton, for links."""

    targets: dict[str, Target]
    rules: tuple[Rule, ...]
    silences: tuple[Silence, ...] = ()
    dashboard: str = ""


def _among(text: str, names: Sequence[str]) -> bool:
    """Whether one of `names` is it, or its beginning where a star ends that; with none any."""
    if not names:
        return True
    return any(text.startswith(name[:-1]) if name.endswith("*") else text == name for name in names)
