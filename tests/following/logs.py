"""A log that is written and rotated as kube-apiserver does it, and a reader of whole lines."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eventstream.following.lines import Lines
from eventstream.following.logfile import LogFile


class Written:
    """`audit.log` in a directory; each rotation renames it to `audit-TIMESTAMP.log`."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "audit.log"
        self._rotations = 0

    def append(self, content: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(content)

    def rotate(self) -> Path:
        """The new file is there at once, as lumberjack makes it."""
        self._rotations += 1
        name = f"audit-2027-01-15T08-00-{self._rotations // 1000:02d}.{self._rotations % 1000:03d}"
        backup = self.path.with_name(f"{name}.log")
        if self.path.exists():
            self.path.rename(backup)
        self.path.touch()
        return backup

    def truncate(self) -> None:
        with self.path.open("r+b") as file:
            file.truncate(0)


class Reading:
    """Reads a log file to its end, again and again; `missed` is what it says it passed over."""

    def __init__(self, file: LogFile) -> None:
        self.file = file
        self.lines = Lines()
        self.missed: list[str] = []

    def step(self, limit: int = 1 << 20) -> tuple[list[bytes], bool]:
        """The lines that one read completes, and whether it was at the end."""
        chunk = self.file.read(limit)
        if chunk.fresh:
            self.lines.begin(chunk.offset, whole=chunk.whole)
        self.missed += [chunk.missed] if chunk.missed else []
        found = [line.content for line in self.lines.feed(chunk.content)]
        return found, chunk.at_end

    def to_end(self) -> list[bytes]:
        """All the lines that are there."""
        found: list[bytes] = []
        ended = False
        while not ended:
            more, ended = self.step()
            found += more
        return found


def stamp(at: float) -> str:
    """A time as audit records have it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def request(at: float, **changed: Any) -> bytes:
    """A line that tells of a write request, answered at unix time `at`."""
    whole: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": f"a-{at}",
        "stage": "ResponseComplete",
        "requestURI": "/apis/apps/v1/namespaces/shop/deployments/web",
        "verb": "patch",
        "user": {"username": "ann", "groups": ["staff"]},
        "sourceIPs": ["203.0.113.7"],
        "userAgent": "kubectl/v1",
        "objectRef": {
            "resource": "deployments",
            "namespace": "shop",
            "name": "web",
            "apiGroup": "apps",
            "apiVersion": "v1",
        },
        "responseStatus": {"code": 200},
        "requestObject": {"spec": {"replicas": 3}},
        "requestReceivedTimestamp": stamp(at - 0.01),
        "stageTimestamp": stamp(at),
    }
    return json.dumps(whole | changed, separators=(",", ":")).encode() + b"\n"
