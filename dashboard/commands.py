"""The commands that show a reader the same with their own eyes, quoted for a shell.

Baton asks nobody to believe it: what a step says of an object can be had from the cluster by a
command that only reads. `oc` takes the same arguments as `kubectl`.
"""

import shlex

import msgspec

from eventstream.explain.vocabulary.records import ObjectRef, Step


class Command(msgspec.Struct, frozen=True):
    """A command line, and what it shows."""

    shows: str
    line: str


def for_step(step: Step) -> list[Command]:
    """The commands that show what `step` is about; none that shows an object which is gone.

    Nor is there one where a name holds what cannot be typed, which a terminal would obey.
    """
    obj = step.object
    found = []
    if step.change_type not in ("DELETED", "VANISHED"):
        line = _get(resource(obj), obj.name, *_where(obj), "-o", "yaml", "--show-managed-fields")
        found.append(Command("the object and who wrote which field", line))
    if obj.uid:
        about = f"involvedObject.uid={obj.uid}"
        line = _get("events", "", *_where(obj, "default"), "--field-selector", about)
        found.append(Command("the Events about it, kept for an hour", line))
    return [command for command in found if command.line.isprintable()]


def resource(obj: ObjectRef) -> str:
    """What `kubectl get` calls objects of this kind: "deployment.v1.apps", "pod"."""
    group, slash, version = obj.api_version.rpartition("/")
    kind = obj.kind.lower()
    return f"{kind}.{version}.{group}" if slash else kind


def _where(obj: ObjectRef, otherwise: str = "") -> tuple[str, ...]:
    namespace = obj.namespace or otherwise
    return ("-n", namespace) if namespace else ()


def _get(kind: str, name: str, *options: str) -> str:
    """The words quoted; after `--` comes no option, whatever the name begins with."""
    named = (kind, name) if name else (kind,)
    if any(word.startswith("-") for word in named):
        return shlex.join(("kubectl", "get", *options, "--", *named))
    return shlex.join(("kubectl", "get", *named, *options))
