"""Scores who did what on recordings of a real cluster, with and without the audit log.

The ground truth of each recording was joined from a full audit log, so that a wrong name cannot
hide. Rows about Events are left out, since an Event is evidence and no step.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # Run as a script, so that the project is not on the path.

from eventstream.explain.engine.engine import Engine  # noqa: E402
from eventstream.explain.vocabulary.records import Step, StepRemoved, StepUpsert, Upsert  # noqa: E402
from eventstream.objects.audit import AuditDecoder  # noqa: E402
from eventstream.objects.decoding import Decoder  # noqa: E402
from eventstream.objects.observations import AuditRecord, Observation  # noqa: E402
from eventstream.tapelines import BadLine  # noqa: E402
from eventstream.tapes import TapeReader  # noqa: E402

TAPES = ROOT / "practicecluster" / "tapes"
TRUTH = ROOT / "tests" / "explain" / "truth"
OPERATORS = ROOT / "tests" / "explain" / "operators"
"""Recordings of operators' own programs and of OpenShift, each with its truth and audit log."""
_AS_RIGHT = {("project", "custom-controller"): "client"}
"""Where OpenShift's API server acts for a person, the person did it."""
_KEY = b"accuracy"


class Score(NamedTuple):
    """How many rows of the truth there are, and what became of them; `audited` of those right."""

    rows: int = 0
    found: int = 0
    right: int = 0
    wrong: int = 0
    unknown: int = 0
    audited: int = 0

    def plus(self, other: "Score") -> "Score":
        """The sum of both."""
        return Score(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def names() -> list[str]:
    """The recordings that have a ground truth."""
    return sorted(path.name.removesuffix(".truth.jsonl") for path in TRUTH.glob("*.truth.jsonl"))


def operators() -> list[str]:
    """The recordings of operators and of OpenShift, which have a ground truth too."""
    return sorted(
        path.name.removesuffix(".truth.jsonl") for path in OPERATORS.glob("*.truth.jsonl")
    )


def _truth_of(name: str, what: str) -> Path:
    folder = OPERATORS if (OPERATORS / f"{name}.truth.jsonl").exists() else TRUTH
    return folder / f"{name}.{what}.jsonl"


def _tape(name: str) -> Path:
    own = OPERATORS / f"{name}.jsonl"
    return own if own.exists() else TAPES / f"{name}.jsonl"


def audit_records(name: str) -> Iterator[AuditRecord]:
    """The write requests that a recording's audit log tells of."""
    decoder = AuditDecoder(_KEY)
    for line in _truth_of(name, "audit").read_bytes().splitlines():
        record = decoder.record(line)
        if record is not None:
            yield record


def observations(name: str, *, audit: bool) -> list[Observation]:
    """All that a recording shows, in order of time."""
    shown: list[Observation] = list(audit_records(name)) if audit else []
    for number, found in TapeReader(Decoder(_KEY)).read(_tape(name)):
        if isinstance(found, BadLine):
            raise SystemExit(f"{name}.jsonl:{number}: {found.reason}")
        shown.extend(found)
    return sorted(shown, key=lambda observation: observation.at)


def explained(shown: list[Observation]) -> dict[tuple[str, str], Step]:
    """The final step of each version, by uid and resourceVersion."""
    engine, steps = Engine("accuracy"), dict[str, Step]()

    def take(upserts: list[Upsert]) -> None:
        for upsert in upserts:
            if isinstance(upsert, StepUpsert):
                steps[upsert.step.id] = upsert.step
            elif isinstance(upsert, StepRemoved):
                steps.pop(upsert.id, None)

    for observation in shown:
        take(engine.apply(observation))
        take(engine.tick(observation.at))
    take(engine.tick(shown[-1].at + 5))
    return {
        (step.object.uid, step.resource_version): step
        for step in steps.values()
        if step.resource_version
    }


def truth(name: str) -> list[dict[str, Any]]:
    """The rows of a recording's ground truth that are about steps."""
    lines = _truth_of(name, "truth").read_text().splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [row for row in rows if "v1/events" not in row["resource"]]


def score(name: str, *, audit: bool) -> tuple[Score, list[str]]:
    """The score of one recording, and a line for each row that has no right step."""
    steps = explained(observations(name, audit=audit))
    rows, complaints = truth(name), list[str]()
    found = right = unknown = audited = 0
    for row in rows:
        step = steps.get((row["uid"], row["resourceVersion"]))
        found += step is not None
        right_too = _AS_RIGHT.get((name, row["actor"]))
        if step is not None and step.actor in (row["actor"], right_too):
            right += 1
            audited += step.grades.who == "audited"
            continue
        unknown += step is not None and step.actor == "unknown"
        said = step.actor if step is not None else "no step"
        where = f"{row['resource']} {row['name']} {row['resourceVersion']}"
        complaints.append(f"{name}: {where}: {said}, not {row['actor']}")
    wrong = found - right - unknown
    return Score(len(rows), found, right, wrong, unknown, audited), complaints


def main() -> int:
    """Print the table, then what is not right; 1 where the aims of the project are missed."""
    missed = False
    for audit in (False, True):
        print(f"{'with audit' if audit else 'without audit':<16}" + _HEAD)
        total, complaints = Score(), list[str]()
        for name in (*names(), *operators()):
            each, more = score(name, audit=audit)
            complaints.extend(more)
            total = total.plus(each)
            print(_line(name, each))
        print(_line("all", total), *complaints, "", sep="\n")
        missed = missed or not meets_aims(total, audit=audit)
    return int(missed)


def meets_aims(total: Score, *, audit: bool) -> bool:
    """At least 99% of rows have their step, none is wrong, few are unknown; with audit, none."""
    enough = total.found >= 0.99 * total.rows and total.wrong == 0
    return enough and (total.right == total.rows if audit else total.unknown <= 0.03 * total.rows)


_HEAD = f"{'rows':>6}{'step':>6}{'right':>7}{'wrong':>7}{'unknown':>9}{'audited':>9}"


def _line(name: str, each: Score) -> str:
    return (
        f"{name:<16}{each.rows:>6}{each.found:>6}{each.right:>7}{each.wrong:>7}"
        f"{each.unknown:>9}{each.audited:>9}"
    )


if __name__ == "__main__":
    sys.exit(main())
