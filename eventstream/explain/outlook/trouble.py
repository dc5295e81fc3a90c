"""What is known to be wrong, as one thing: the code, the sentence, its evidence and commands."""

import msgspec

from eventstream.explain.outlook.holding import Holding
from eventstream.explain.vocabulary.records import Evidence


class Trouble(msgspec.Struct, frozen=True, gc=False):
    """A diagnosis of one object.

    `code` is one of `explain.diagnoses`, `detail` one sentence with the names and numbers of the
    case. `command` shows a person what it rests on; `mend` is given where one obvious command
    would take the cause away. `holder` is who can end it, where that is not who was waited for.
    """

    code: str
    detail: str
    evidence: tuple[Evidence, ...] = ()
    command: str = ""
    mend: str = ""
    holder: str = ""


def troubled(holding: Holding, trouble: Trouble | None) -> Holding:
    """The holding with what is wrong; as it is where nothing is."""
    if trouble is None:
        return holding
    own = not trouble.holder
    return msgspec.structs.replace(
        holding,
        actor=holding.actor if own else trouble.holder,
        name=holding.name if own else "",
        diagnosis=trouble.code,
        detail=trouble.detail,
        evidence=trouble.evidence,
        command=trouble.command,
        mend=trouble.mend,
    )
