"""Builds the commands that a person pastes into a shell, with one set of guards for all of them.

Names come from the cluster, where others choose them. So each word is quoted, a name that begins
with a dash stands behind `--`, where nothing is an option, and what can't be typed or would
deceive its reader gives no command at all: control and bidirectional characters, no text, and
more text than any name has. `oc` takes the same words as `kubectl`.
Source: https://kubernetes.io/docs/reference/kubectl/generated/
"""

import shlex
from typing import Protocol

from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import is_a
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in
from eventstream.objects.observations import Change

KUBECTL = "kubectl"

WORD_MOST = 512
"""Characters: a name has 253 at most, the longest resource with its group 317."""


def line(verb: str, *names: str, options: tuple[str, ...] = (), program: str = KUBECTL) -> str:
    """Return the command, "" where it can't be typed; `verb` is ours, of one word or more."""
    given = (*names, *options)
    if not all(map(_typed, given)):
        return ""
    if any(name.startswith("-") for name in names):
        given = (*options, "--", *names)
    return shlex.join((program, *verb.split(), *given))


def export(variable: str, value: str) -> str:
    """Return what sets a variable of the shell, "" where it can't be typed; `variable` is ours."""
    return f"export {variable}={shlex.quote(value)}" if _typed(value) else ""


def within(namespace: str | None) -> tuple[str, ...]:
    """Return the option that names a namespace; none for what is cluster-scoped."""
    return ("-n", namespace) if namespace else ()


def events(namespace: str | None, program: str = KUBECTL, **fields: str) -> str:
    """Return what shows the Events about one object, told by fields of its reference.

    Those about what is cluster-scoped are in the namespace default.
    """
    if not all(fields.values()):
        return ""
    asked = ",".join(f"involvedObject.{name}={_escaped(value)}" for name, value in fields.items())
    options = (*within(namespace or "default"), "--field-selector", asked)
    return line("get", "events", options=options, program=program)


def _typed(word: str) -> bool:
    """Whether a person can type it, and sees what it is."""
    return 0 < len(word) <= WORD_MOST and word.isprintable()


def _escaped(value: str) -> str:
    """Return a value that a field selector takes for one, whatever it holds.

    Source: EscapeValue in https://pkg.go.dev/k8s.io/apimachinery/pkg/fields#EscapeValue.
    """
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")


class Shown(Protocol):
    """What a command is about: a version of an object, as it was observed."""

    @property
    def image(self) -> Image:
        """The version."""

    @property
    def change(self) -> Change:
        """The observation, which has the resource."""


def describe(shown: Shown) -> str:
    """What kubectl tells of the object, with its Events."""
    return _about("describe", shown)


def read(shown: Shown) -> str:
    """The whole object, for what `describe` leaves out."""
    return _about("get", shown, "-o", "yaml")


def events_of(shown: Shown) -> str:
    """The Events about the object."""
    metadata = shown.image.metadata
    return events(metadata.namespace, kind=shown.image.kind, name=metadata.name)


def logs(shown: Shown, container: str) -> str:
    """What a container of a Pod writes."""
    return _logs(shown, container)


def previous_logs(shown: Shown, container: str) -> str:
    """What a container of a Pod wrote before it last ended."""
    return _logs(shown, container, "--previous")


def resume(shown: Shown) -> str:
    """Resumes a paused Deployment, or a suspended Job."""
    if is_a(shown.image, kinds.DEPLOYMENT):
        return _about("rollout resume", shown)
    return _about("patch", shown, "--type=merge", "-p", '{"spec":{"suspend":false}}')


def delete(shown: Shown) -> str:
    """Deletes the object, as only a person may decide."""
    return _about("delete", shown)


def named(kind: str, namespace: str | None, name: str) -> str:
    """What kubectl tells of an object that may not have been seen; `kind` is a built-in one."""
    return line("describe", kind.lower(), name, options=within(namespace))


def _about(verb: str, shown: Shown, *options: str) -> str:
    image, resource = shown.image, shown.change.resource
    own = is_built_in(image.api_version)
    kind = image.kind.lower() if own else f"{resource.plural}.{resource.group}"
    options = (*within(image.metadata.namespace), *options)
    return line(verb, kind, image.metadata.name, options=options)


def _logs(shown: Shown, container: str, *options: str) -> str:
    metadata = shown.image.metadata
    return line(
        "logs", metadata.name, options=(*within(metadata.namespace), "-c", container, *options)
    )
