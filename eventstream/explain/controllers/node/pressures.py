"""What else a node's conditions complain of while its kubelet is ready: pressure, or no route.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/ and
https://kubernetes.io/docs/reference/node/node-status/#condition.
"""

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import named, parse, said_by, sentence, when
from eventstream.explain.world.writes import Write

_PRESSURES = {
    "DiskPressure": "disk pressure: its kubelet evicts Pods, and no Pods are placed on it",
    "MemoryPressure": "memory pressure: its kubelet evicts Pods, and few Pods are placed on it",
    "PIDPressure": "PID pressure: its kubelet evicts Pods, and no Pods are placed on it",
    "NetworkUnavailable": "no network: no Pods are placed on it",
}
"""Conditions that are True where something is wrong, to what that means."""


def pressed(write: Write) -> list[Holding]:
    """What is wrong with a node that is ready; empty for most."""
    image = write.image
    held: list[Holding] = []
    for type_, means in _PRESSURES.items():
        found = condition(image, type_)
        if found is None or found.status != "True":
            continue
        said = said_by(found.message, found.reason)
        detail = sentence(f"{named(image)} has {means}{f' ({said})' if said else ''}")
        wrong = Trouble("not-ready", detail, (proofs.says(write, found),), commands.describe(write))
        since = parse(found.last_transition_time) or when(write)
        waiting_for = f"{type_} of {named(image)} to pass"
        actor = "custom-controller" if type_ == "NetworkUnavailable" else "kubelet"
        name = image.metadata.name if actor == "kubelet" else ""
        held.append(troubled(Holding(1, actor, name, since, waiting_for, about=write), wrong))
    return held
