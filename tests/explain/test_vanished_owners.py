"""An owner whose end fell into a gap leaves open who deleted what it owned."""

import msgspec

from eventstream.explain.engine import Engine
from eventstream.objects.observations import Change, Observation
from tests.explain.tapes import LONG_AFTER, Result, observations


def without_the_end_of_the_website() -> list[Observation]:
    """Tape operator, but of the CR's deletion only a later list tells: it is missing."""
    shown: list[Observation] = []
    for observation in observations("operator"):
        if isinstance(observation, Change) and observation.after.kind == "Website":
            if observation.type == "DELETED":
                change = observation.before
                assert change is not None
                gone = msgspec.structs.replace(
                    observation, type="VANISHED", after=change, relisted=True
                )
                last = observations("operator")[-1].at
                shown.append(msgspec.structs.replace(gone, at=last))
                continue
            if observation.after.metadata.deletion_timestamp:
                continue
        shown.append(observation)
    return sorted(shown, key=lambda observation: observation.at)


def test_no_client_is_blamed_for_what_a_vanished_owner_may_explain() -> None:
    engine, result = Engine("cluster"), Result()
    shown = without_the_end_of_the_website()
    for observation in shown:
        result.take(engine.apply(observation))
    result.take(engine.tick(shown[-1].at + LONG_AFTER))
    [deletion] = [step for step in result.of("Deployment") if step.change_type == "DELETED"]
    assert (deletion.actor, deletion.grades.who) == ("unknown", "unknown")
    assert "fell into a gap" in deletion.why
