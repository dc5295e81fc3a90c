"""What an object says of itself, in one record: how it stands, by what, and since when."""

from typing import Literal

import msgspec

HealthState = Literal["complete", "progressing", "failed", "suspended", "unknown"]


class Health(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """How an object stands by its own word.

    `by` names what says so ("condition Ready is False", "status.phase is Failed"); `reason` and
    `message` are that entry's; `since` is its own time (RFC 3339), empty where it has none.
    `basis` is who taught how to read it: a convention, a file of kinds, or a health script. It is
    `stale` where the newest generation was not seen yet, and `holder` is who can end it: the name
    of a controller, or "client" for a person. Where a condition says so, `condition` is its type
    and `value` its status; `rule` is the expression of a file by which it is judged. `waits_for`
    names the objects that it may wait for, or where it is done that have to be done, too:
    `KIND.GROUP/NAMESPACE/NAME`, without the namespace for one in its own or in none. One is `over`
    that is complete or failed and will not change any more, as a run that has ended; `patient` is
    work of any length, and `takes` the seconds beyond what is usual for any kind that it is given
    to get done. A message is `ours` that does not stand in the status: the words of a file. It
    `asks` to rest where its spec or an annotation has it suspended, whatever its status says, and
    is `bare` without a status.
    """

    state: HealthState
    by: str = ""
    reason: str = ""
    message: str = ""
    since: str = ""
    basis: Literal["convention", "declared", "script"] = "convention"
    stale: bool = False
    holder: str = ""
    condition: str = ""
    value: str = ""
    rule: str = ""
    waits_for: tuple[str, ...] = ()
    over: bool = False
    patient: bool = False
    takes: float = 0.0
    ours: bool = False
    asks: bool = False
    bare: bool = False
