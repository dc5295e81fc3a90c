"""Gives each actor one lane and one hue, the same on every screen.

The engine's own table names them and orders their lanes. An actor that it does not know, from
a history that another version wrote, still gets a name and a lane.
"""

import msgspec

from eventstream.explain.vocabulary.records import Step
from eventstream.explain.vocabulary.registry import ACTORS

API_SERVER = "api-server"
ETCD = "etcd"

_ETCD_LANE = 2
"""Between the API server and the controllers; etcd is no actor of its own."""

_NAMED = {"client", "custom-controller", "kubelet", "scheduler", "unknown"}
"""Actors of which there may be several; the other names are only what a controller writes as."""


class Lane(msgspec.Struct, frozen=True, order=True):
    """One column of the sequence; sorts in the fixed order of lanes, then by `name`.

    `name` tells lanes of one actor apart: the node of a kubelet, the name of a custom controller.
    """

    rank: int
    actor: str
    name: str = ""

    @property
    def label(self) -> str:
        """What the actor is called: "ReplicaSet controller"."""
        return label(self.actor)

    @property
    def hue(self) -> str:
        """The name of its colour in the style sheets."""
        return hue(self.actor)


def label(actor: str) -> str:
    """Return an actor's plain name: "Deployment controller", "kubelet"."""
    known = ACTORS.get(actor)
    return known.title if known is not None else actor.replace("-", " ")


def hue(actor: str) -> str:
    """Return the name of an actor's colour in the style sheets."""
    if actor == ETCD:
        return "server"
    known = ACTORS.get(actor)
    return (known.hue if known is not None else "") or "other"


def lane(actor: str, name: str = "") -> Lane:
    """Return the lane of `actor`, told apart by `name` where several of its kind may act."""
    if actor == ETCD:
        return Lane(_ETCD_LANE, actor, name)
    known = ACTORS.get(actor)
    return Lane(known.lane if known is not None else ACTORS["scheduler"].lane - 1, actor, name)


def lane_of(step: Step) -> Lane:
    """Return the lane of who sent the request of `step`."""
    if step.actor == "kubelet":
        return lane("kubelet", step.node or step.actor_name)
    if step.actor == "custom-controller":
        return lane(step.actor, step.actor_name)
    return lane(step.actor)


def named(actor: str, name: str) -> str:
    """Return actor and name as one phrase: "kubelet node-3", "client (kubectl-create)"."""
    plain = label(actor)
    if actor not in _NAMED or name in {"", f"default-{actor}"}:
        return plain
    return f"{plain} ({name})" if actor == "client" else f"{plain} {name}"
