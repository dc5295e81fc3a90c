"""Who is to open a readiness gate: whoever writes the condition that it names.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate
"""

from eventstream.explain.world.writes import Write
from eventstream.objects.managed_fields import covers


def setter(write: Write, gate: str) -> tuple[str, str]:
    """(actor, name) of who last wrote the gate's condition; unknown while nobody has."""
    path = f"status.conditions[{gate}].status"
    for entry in write.image.metadata.managed_fields:
        if covers(entry.fields, path):
            return "custom-controller", entry.manager
    return "unknown", ""
