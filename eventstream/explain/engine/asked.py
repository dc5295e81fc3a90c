"""Tells which rules were asked about a step's write, what each answered, and which one won."""

from eventstream.explain.controllers.deciding import why
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import StepUpsert
from eventstream.explain.world.steps import Draft


def told_why(engine: Engine, upsert: StepUpsert) -> list[str]:
    """Which rules were asked about a step's write, phase by phase, and what each answered."""
    draft = upsert.draft
    if not isinstance(draft, Draft):
        return []  # It stands for no write.
    lines: list[str] = []
    phase = ""
    for asked in why(engine.below(draft.write)):
        if asked.phase != phase:
            phase = asked.phase
            lines.append(f"{phase}: {asked.before}")
        verdict = asked.verdict
        answer = "does not know it"
        if verdict is not None:
            answer = f"{verdict.rule}, by {verdict.actor}; who is {verdict.who_grade}"
        lines.append(f"  {asked.rule}: {answer}")
    if draft.verdict.rule == "audited" or draft.verdict.who_grade == "audited":
        lines.append(f"audit log: {draft.verdict.rule}, by {draft.verdict.actor}")
    return lines
