"""What can be observed of a cluster: the one vocabulary between watching and explaining.

A reflector, a tape and a restart all speak these structs, so that the engine cannot tell them
apart and the command `explain` proves what the live dashboard does.
"""

from datetime import datetime
from typing import Literal

import msgspec

from eventstream.objects.images import FieldsEntry, Image
from eventstream.objects.kinds import is_built_in
from eventstream.objects.resource import Resource

_SAME_SECONDS = 1.0
"""How far apart two times of one write may be, which are whole seconds."""
ChangeType = Literal["EXISTING", "ADDED", "MODIFIED", "DELETED", "VANISHED"]
"""EXISTING: part of the first list. ADDED, MODIFIED, DELETED: a WatchEvent, or the same found by
a relist (`relisted`). VANISHED: missing from a relist, final state unknown."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One version of one object, with the version before it where that is known.

    `after` is the object as the cluster sent it (for DELETED its last state, with the
    resourceVersion of the deletion; for VANISHED the last state known). `at` is the time of
    arrival in unix seconds. `relisted` says that a list showed it, so that versions in between
    may be missing. `size` is how many bytes the object came in, 0 where nobody counted them.
    """

    resource: Resource
    type: ChangeType
    after: Image
    at: float
    before: Image | None = None
    relisted: bool = False
    size: int = 0

    @property
    def existed(self) -> bool:
        """Whether the object was there before it is first shown, so that nobody made it now.

        A first list shows that; a watch by what a creation can't have written: a part of the
        object that has an endpoint of its own, such as its status, or anything later. Of types
        that others serve that is not known: an OpenShift Project is a view of a Namespace.
        Source: https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/create.go
        """
        if self.type != "ADDED" or self.relisted or not is_built_in(self.after.api_version):
            return self.type == "EXISTING"
        metadata = self.after.metadata
        made = metadata.creation_timestamp
        return any(_after(entry, made) for entry in metadata.managed_fields) if made else False


def _after(entry: FieldsEntry, made: str) -> bool:
    """Whether an entry tells of a write after the creation, whose time may be a second before."""
    if not entry.time or entry.time < made:  # An object made of a copy may bring those of the copy.
        return False
    if entry.subresource:
        return True
    try:
        apart = datetime.fromisoformat(entry.time) - datetime.fromisoformat(made)
    except (ValueError, TypeError):  # TypeError where one has no zone.
        return False
    return apart.total_seconds() > _SAME_SECONDS


class Gap(msgspec.Struct, frozen=True, gc=False):
    """A stretch of one resource's history that could not be seen, with its bounds.

    resourceVersions as the server gave them; times in unix seconds. `reason` is for people.
    """

    resource: Resource
    from_version: str
    to_version: str
    since: float
    at: float
    reason: str


class Position(msgspec.Struct, frozen=True, gc=False):
    """How far one resource has been read: a watch may resume after `resource_version`.

    Sent after a complete list (`listed`, with how many objects it held) and for each bookmark.
    """

    resource: Resource
    resource_version: str
    at: float
    listed: bool = False
    objects: int = 0


class Removed(msgspec.Struct, frozen=True, gc=False):
    """A resource that is no longer watched because its type left the cluster (CRD deleted).

    With a `successor` the type is there still and read in that version from now on: its list
    follows, which shows each object once more.
    """

    resource: Resource
    at: float
    reason: str
    successor: Resource | None = None


class Problem(msgspec.Struct, frozen=True, gc=False):
    """A failure that a person can act on: what, on which object, likely cause, next action.

    `code` is stable (`forbidden`, `unauthorized`, `unreachable`, `certificate`, `not-kubernetes`,
    `expired`, `malformed`, `server-error`, `not-watchable`, …). `rule` is the RBAC rule, as YAML,
    that would grant what is missing; empty where RBAC is not the cause.
    """

    code: str
    message: str
    cause: str
    action: str
    rule: str = ""


CoverageState = Literal["listing", "watching", "polling", "backing-off", "forbidden", "gone"]
"""polling: the server lists the type but does not watch it, so that it is listed now and then."""


class Coverage(msgspec.Struct, frozen=True, gc=False):
    """How well one resource is being watched right now; replaces what was said before.

    `last_contact` is the unix time of the last line that proved the watch alive (event or
    bookmark), `last_event` that of the last event or list alone; `retry_at` when the next attempt
    is due. `lag` is the seconds from a line's arrival to its having been taken, at the last
    lines. `gap_count` counts the gaps of this run and `gaps` holds the latest of them; `errors`
    counts what failed in this run and `last_error` is the latest of it, kept when it is over.
    `unordered` says that resourceVersions came that cannot be compared, so that the order is
    that of arrival.
    """

    resource: Resource
    state: CoverageState
    at: float
    objects: int = 0
    relists: int = 0
    last_contact: float | None = None
    retry_at: float | None = None
    problem: Problem | None = None
    resource_version: str = ""
    last_event: float | None = None
    lag: float | None = None
    gap_count: int = 0
    gaps: tuple[Gap, ...] = ()
    errors: int = 0
    last_error: Problem | None = None
    last_error_at: float | None = None
    unordered: bool = False

    @property
    def follows(self) -> bool:
        """Whether changes of the resource are shown as they come, or soon after."""
        return self.state in ("watching", "polling")

    @property
    def broken(self) -> bool:
        """Whether what follows its last contact is not shown."""
        return self.state in ("backing-off", "forbidden")


class AuditRecord(msgspec.Struct, frozen=True, gc=False):
    """One finished write request, as the API server's audit log tells of it; see `objects.audit`.

    `resource` has no kind, since a request names none. `name` is empty where the server made it
    up; `generate_name` is its beginning, where the record has that. `uid` and `resource_version`
    are what the request itself named, the version being the one that it wanted to replace.
    `received` and `at` (when it was answered) are unix seconds on the API server's clock.
    `field_manager` is what managedFields call the writer; `message` why it was refused, redacted.
    """

    resource: Resource
    audit_id: str
    verb: str
    at: float
    received: float
    code: int
    user: str
    agent: str
    namespace: str | None = None
    name: str = ""
    generate_name: str = ""
    subresource: str = ""
    uid: str = ""
    resource_version: str = ""
    field_manager: str = ""
    impersonator: str = ""
    reason: str = ""
    message: str = ""

    @property
    def program(self) -> str:
        """The program that the user agent begins with; empty where it names none."""
        return self.agent.partition("/")[0].strip()

    @property
    def refused(self) -> bool:
        """Whether the request was answered with an error, so that nothing was written."""
        return self.code >= 400


AuditLogState = Literal["following", "behind", "missing", "unreadable"]


class LogPlace(msgspec.Struct, frozen=True, gc=False):
    """Where reading a file may go on, whatever it is called by now: before byte `offset`.

    `head` is a digest of how the file begins: an inode alone may be another file's by then.
    """

    device: int
    inode: int
    head: str
    offset: int


class AuditLog(msgspec.Struct, frozen=True, gc=False):
    """How the following of one audit log does right now; replaces what was said before.

    Times are unix seconds of our clock, but `last_line`, when the API server wrote the last line
    that was read. All that had been logged by `reached` is read. `records` counts the write
    requests, `corrupt` the lines that could not be read, `missed` the stretches that were passed
    over, in this run. A restart reads on at `resume`, which repeats a few seconds.
    """

    path: str
    state: AuditLogState
    at: float
    reached: float = 0.0
    last_line: float | None = None
    records: int = 0
    corrupt: int = 0
    last_corrupt: str = ""
    last_corrupt_at: float | None = None
    missed: int = 0
    last_missed: str = ""
    last_missed_at: float | None = None
    problem: Problem | None = None
    resume: LogPlace | None = None


Observation = Change | Gap | Position | Removed | Coverage | AuditRecord
