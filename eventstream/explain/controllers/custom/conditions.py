"""What a custom resource says of itself in the conditions that many operators write alike.

Source: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md (Stalled says
that the controller has given up; Ready that is Unknown is in progress).
"""

from typing import Any

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.trouble import Trouble
from eventstream.explain.world.text import named, said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

Entry = dict[str, Any]


def conditions(image: Image) -> dict[str, Entry]:
    """Its conditions that have a type and a status, by type."""
    found = image.status.get("conditions") if isinstance(image.status, dict) else None
    return {
        entry["type"]: entry
        for entry in (found if isinstance(found, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("type"), str) and "status" in entry
    }


def given_up(write: Write, known: dict[str, Entry]) -> tuple[Entry, Trouble] | None:
    """The condition by which its controller says that it goes no further, and that in words.

    It is Stalled, as kstatus has it, or Progressing that is False for the deadline, as Deployments
    have it and kinds that stand in for them.
    Source: pkg/controller/deployment/util/deployment_util.go, DeploymentTimedOut.
    """
    entry, says = known.get("Stalled"), "its controller has given up"
    if entry is None or entry["status"] != "True":
        entry, says = known.get("Progressing"), "its controller has timed out progressing"
        if entry is None or entry["status"] != "False":
            return None
        if entry.get("reason") != "ProgressDeadlineExceeded":
            return None
    name, kind, value = named(write.image), entry["type"], entry["status"]
    why = said_by(entry.get("message"), entry.get("reason"))
    ready = known.get("Ready") or {}
    more = said_by(ready.get("message"), "") if ready.get("status") != "True" else ""
    detail = sentence(f"{name} is not as asked for, and {says}{': ' if why else ''}{why}")
    detail = f"{detail} {sentence(more)}" if more and more not in why else detail
    shown = f"condition {kind} of {name} is {value}{': ' if why else ''}{why}"
    evidence = (proofs.status(write, shown),)
    return entry, Trouble("not-ready", detail, evidence, commands.describe(write))
