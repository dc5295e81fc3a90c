"""How a Pod stands that a trace is about."""

from eventstream.explain.controllers.pod.asked import asked
from eventstream.explain.controllers.pod.outlook import holding as holding_of
from eventstream.explain.controllers.pod.podstates import how_ended
from eventstream.explain.controllers.pod.troubles import unproven
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import containers, is_ready, node_of, phase
from eventstream.explain.world.text import count, listing, named, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import NEVER_RAN, Terminated


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of a Pod that exists: ready, ended, or what it waits for."""
    image = write.image
    if is_ready(image) and not unproven(snapshot, write):
        more = asked(snapshot, write, began)
        if more is not None:
            return pending([more], (), snapshot, "")
        where = f" on {node_of(image)}" if node_of(image) else ""
        return Outlook("complete", f"{named(image)} is ready{where}.", ended=when(write))
    if phase(image) == "Succeeded":
        return Outlook("complete", f"{named(image)} has ended as it should.", ended=when(write))
    if phase(image) == "Failed":
        return _failed_pod(snapshot, write)
    holding = holding_of(snapshot, write)
    return pending([holding] if holding else [], (), snapshot, f"Waiting for {named(image)}.")


def _failed_pod(snapshot: Snapshot, write: Write) -> Outlook:
    """A Pod without a controller stays failed: nobody replaces it."""
    image = write.image
    why = said_by(image.status.message, image.status.reason)
    ended = [
        found
        for found in containers(image)
        if found.state.terminated and found.state.terminated.exit_code
    ]
    codes = [
        f"container {found.name} {_how(found.state.terminated)}"
        for found in ended
        if found.state.terminated
    ]
    seconds = image.spec.active_deadline_seconds
    code = "pod-failed"
    if image.status.reason == "DeadlineExceeded":
        code = "deadline-exceeded"
        why = f"it ran longer than its deadline of {count(seconds or 0, 'second')}"
    detail = sentence(f"{named(image)} failed: {why or listing(codes) or 'it gave no reason'}")
    waiting_for = f"somebody to look after the failed {named(image)}"
    told = f"phase of {named(image)} is Failed ({image.status.reason or 'no reason given'})"
    evidence = (
        proofs.status(write, told),
        *(proofs.reports(write, found) for found in ended),
    )
    wrong = Trouble(code, detail, evidence, commands.describe(write))
    plain = Holding(1, "client", "", when(write), waiting_for, about=write)
    return pending([troubled(plain, wrong)], (), snapshot, "")


def _how(ended: Terminated) -> str:
    """How it ended, with the runtime's reason where its process never ran."""
    if ended.reason in NEVER_RAN and ended.message:
        return f"could not be started: {ended.message.rstrip('.')}"
    return how_ended(ended)
