"""What a HorizontalPodAutoscaler scales, and what it measured."""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named, sentence, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import Change


def scaled_by_autoscaler(view: View, who: Writer) -> Verdict | None:
    """The scale subresource was written from within the controller manager: the autoscaler's."""
    write = view.write
    if who.manager != CONTROLLER_MANAGER or who.subresource != "scale":
        return None
    scaler = view.by_target(write.image)
    said = _rescaled(view, scaler) if scaler is not None else []
    return Verdict(
        rule="autoscaled",
        actor="horizontal-pod-autoscaler",
        verb="update",
        subresource="scale",
        what=f"The HorizontalPodAutoscaler scaled {named(write.image)}: "
        f"{told_changes(write.changes)}.",
        why=_measured(scaler, said),
        who_grade="reported",
        why_grade="reported" if said else "unknown",
        begins=True,
        evidence=(evidence.saw(write), *evidence.managed(who), *evidence.all_told(said)),
        source_url=sources.AUTOSCALER,
        loop=Loop(
            named(scaler.image) if scaler is not None else "its HorizontalPodAutoscaler object",
            "what it measured with the target, within its bounds",
            f"scaled {named(write.image)}",
        ),
    )


def _rescaled(view: View, scaler: Write) -> list[Change]:
    """The autoscaler's Events of this new size: it tells of each after it was set."""
    spec = view.write.image.spec
    replicas = spec.get("replicas") if isinstance(spec, dict) else getattr(spec, "replicas", None)
    return [
        note
        for note in view.all_notes(scaler.log.uid, "SuccessfulRescale")
        if (note.after.spec.message or "").startswith(f"New size: {replicas};")
    ]


def _measured(scaler: Write | None, said: list[Change]) -> str:
    if scaler is None:
        return "What it measured is in the status of its HorizontalPodAutoscaler object."
    spec, name = scaler.image.spec, scaler.image.metadata.name
    least = getattr(spec, "min_replicas", None) or 1
    bounds = f"HorizontalPodAutoscaler {name} keeps it between {least} and {spec.max_replicas}"
    if said:
        return f"{bounds}, and says: {sentence(said[-1].after.spec.message)}"
    return f"{bounds}; what it measured is in its status."
