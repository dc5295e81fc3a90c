"""Traces and rules as the tests of notifications make them."""

from typing import Any

from eventstream.explain.vocabulary.records import Trace
from eventstream.notifying.rules import Quiet, Rule, Rules, Secret, Silence, Target, Webhook
from tests.dashboard import scenes

BEGAN = 1_795_000_000.0
OPS = {"ops": Target(Webhook(Secret(env="OPS_URL")))}


def trace(state: str = "stalled", id_: str = "bad", **more: Any) -> Trace:
    made, _ = scenes.stuck(BEGAN + 1, id_)
    kept = {name: getattr(made, name) for name in made.__struct_fields__}
    return Trace(**(kept | {"state": state} | more))


def rules(*those: Rule, silences: tuple[Silence, ...] = (), **more: Any) -> Rules:
    return Rules(OPS, those or (rule(),), silences, **more)


def rule(name: str = "all", **more: Any) -> Rule:
    return Rule(name=name, to=("ops",), **more)


NIGHT = Quiet("Europe/Berlin", "22:00", "07:00")
