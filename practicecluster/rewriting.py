"""What is made anew in a recorded object: resourceVersions, uids and times. Names stay.

Only an Event's name ends with the nanosecond at which it was made, and moves with it where time
passes as fast as it did: at other speeds two names could become one.

It works on the JSON text, so that nothing is missed: a uid is replaced wherever it is referred to,
in ownerReferences, Events, labels, annotations and the keys of managedFields alike.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec

from practicecluster.stored import JsonObject

_VERSION = re.compile(r'(?<="resourceVersion":")\d+')
_NIL_UUID = "00000000-0000-0000-0000-000000000000"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# Whatever stands where a uid belongs, and whatever has a uid's form elsewhere.
_UID = re.compile(
    rf'(?<=uid":")[^"]+|(?<=uid\\":\\")[^"\\]+|(?<![0-9a-fA-F-]){_UUID}(?![0-9a-fA-F-])'
)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_EVENT_NAME = re.compile(r'(?<="name":")([^"]+\.)([0-9a-f]{16})(?=")')
_SECOND = 1_000_000_000


class TimeShift:
    """Maps times of the recording to now, in whole nanoseconds, and never turns their order round.

    What was before the tape's beginning keeps its distance from it; what came after passes
    `speed` times as fast from the moment at which playing began.
    """

    def __init__(self, *, began: float, speed: float) -> None:
        self._began = round(began * _SECOND)
        self._speed = speed
        self._prepared = self._began
        self._started = self._began

    @property
    def as_recorded(self) -> bool:
        """Whether time passes as fast as it did."""
        return self._speed == 1.0

    def prepare(self, now: float) -> None:
        """Take `now` (unix seconds) as the recording's beginning for what was before it.

        Rounded down so that times move by whole seconds: recorded in different precisions, they
        would not keep their order otherwise.
        """
        self._prepared = round(now * _SECOND)
        self._prepared -= (self._prepared - self._began) % _SECOND
        self._started = self._prepared

    def start(self, now: float) -> float:
        """Begin to play, and return when in unix seconds: less than a second from `now`."""
        self._started = round(now * _SECOND)
        if self._speed == 1.0:
            self._started += (self._began - self._started) % _SECOND
        return self._started / _SECOND

    def due(self, at: float) -> float:
        """Return when (unix seconds) what was recorded at `at` happens now."""
        return self.moved(round(at * _SECOND)) / _SECOND

    def moved(self, nanoseconds: int) -> int:
        """Return a recorded time as of now, both in nanoseconds since 1970."""
        since = nanoseconds - self._began
        if since < 0:
            return self._prepared + since
        return self._started + int(since / self._speed)


class Rewriter:
    """Makes recorded objects new for one playing. `first_revision` is added to every version.

    `uids` maps recorded uids to ours, and is filled as new ones are met.
    """

    def __init__(self, *, first_revision: int, times: TimeShift, uids: dict[str, str]) -> None:
        self._first_revision = first_revision
        self._times = times
        self._uids = uids

    def rewritten(self, content: JsonObject) -> JsonObject:
        """Return a copy of a recorded object with new versions, uids and times."""
        text = msgspec.json.encode(content).decode()
        text = _VERSION.sub(self._version, text)
        text = _UID.sub(self._uid, text)
        text = _TIME.sub(self._time, text)
        if content.get("kind") == "Event" and self._times.as_recorded:
            text = _EVENT_NAME.sub(self._event_name, text, count=1)
        copy: JsonObject = msgspec.json.decode(text)
        return copy

    def revision(self, recorded: int) -> int:
        """Return the resourceVersion that stands for a recorded one."""
        return self._first_revision + recorded

    def _version(self, found: re.Match[str]) -> str:
        return str(self.revision(int(found[0])))

    def _uid(self, found: re.Match[str]) -> str:
        recorded = found[0]
        if recorded == _NIL_UUID:
            return recorded
        return self._uids.setdefault(recorded, str(uuid4()))

    def _event_name(self, found: re.Match[str]) -> str:
        return f"{found[1]}{self._times.moved(int(found[2], 16)):016x}"

    def _time(self, found: re.Match[str]) -> str:
        digits, fraction, zone = found.groups()
        try:
            recorded = datetime.fromisoformat(f"{digits}{zone}")
        except ValueError:
            return found[0]
        if recorded.year <= 1970:
            return found[0]
        part = (fraction or "").ljust(9, "0")
        exact = int(recorded.timestamp()) * _SECOND + int(part)
        seconds, rest = divmod(self._times.moved(exact), _SECOND)
        moved = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
        shown = moved.astimezone(recorded.tzinfo).strftime("%Y-%m-%dT%H:%M:%S")
        shown_part = f".{rest:09d}"[: len(fraction) + 1] if fraction else ""
        return f"{shown}{shown_part}{zone}"
