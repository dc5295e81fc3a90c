"""The kubectl commands that a person would run to see what is wrong, or to mend it.

Names come from the cluster, and the command goes into a person's shell: what is not plain is
quoted, and what cannot be typed (control characters, a leading dash) gives no command at all.
Source: https://kubernetes.io/docs/reference/kubectl/generated/
"""

import shlex

from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.kinds import is_built_in

_PLAIN = expression(r"[a-z0-9][a-z0-9.-]*")


def describe(write: Write) -> str:
    """What kubectl tells of the object, with its Events."""
    return _about("describe", write)


def read(write: Write) -> str:
    """The whole object, for what `describe` leaves out."""
    return _about("get", write, "-o yaml")


def events(write: Write) -> str:
    """The Events about the object."""
    metadata = write.image.metadata
    if not _typed(metadata.name, metadata.namespace, write.image.kind):
        return ""
    about = f"involvedObject.kind={_word(write.image.kind)},involvedObject.name="
    where = _where(metadata.namespace) or " -A"
    return f"kubectl get events{where} --field-selector {about}{_word(metadata.name)}"


def previous_logs(write: Write, container: str) -> str:
    """What a container of a Pod wrote before it last ended."""
    return _logs(write, container, " --previous")


def logs(write: Write, container: str) -> str:
    """What a container of a Pod writes."""
    return _logs(write, container, "")


def resume(write: Write) -> str:
    """Resumes a paused Deployment, or a suspended Job."""
    if write.image.kind == "Deployment":
        return _about("rollout resume", write)
    return _about("patch", write, """--type=merge -p '{"spec":{"suspend":false}}'""")


def named(kind: str, namespace: str | None, name: str) -> str:
    """What kubectl tells of an object that may not have been seen; `kind` is a built-in one."""
    if not _typed(name, namespace):
        return ""
    return f"kubectl describe {kind.lower()} {_word(name)}{_where(namespace)}"


def _about(verb: str, write: Write, options: str = "") -> str:
    metadata, resource = write.image.metadata, write.change.resource
    names = metadata.namespace, write.image.kind, resource.plural, resource.group
    if not _typed(metadata.name, *names):
        return ""
    kind = _word(write.image.kind.lower())
    if not is_built_in(write.image.api_version):
        kind = _word(f"{resource.plural}.{resource.group}")
    more = f" {options}" if options else ""
    return f"kubectl {verb} {kind} {_word(metadata.name)}{_where(metadata.namespace)}{more}"


def _logs(write: Write, container: str, options: str) -> str:
    metadata = write.image.metadata
    if not _typed(metadata.name, metadata.namespace, container):
        return ""
    of = f"{_word(metadata.name)}{_where(metadata.namespace)} -c {_word(container)}"
    return f"kubectl logs {of}{options}"


def _where(namespace: str | None) -> str:
    return f" -n {_word(namespace)}" if namespace else ""


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else shlex.quote(text)


def _typed(name: str, *others: str | None) -> bool:
    """Whether all of it can be typed, and nothing would be read as an option."""
    texts = [name, *(text for text in others if text)]
    return bool(name) and all(text.isprintable() and not text.startswith("-") for text in texts)
