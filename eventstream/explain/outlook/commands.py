"""The commands that show what is wrong with an object, or mend it; "" where none can be typed."""

from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.commands import line, within
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.writes import Write
from eventstream.objects.kinds import is_built_in


def describe(write: Write) -> str:
    """What kubectl tells of the object, with its Events."""
    return _line("describe", write)


def read(write: Write) -> str:
    """The whole object, for what `describe` leaves out."""
    return _line("get", write, "-o", "yaml")


def events(write: Write) -> str:
    """The Events about the object."""
    metadata = write.image.metadata
    return commands.events(metadata.namespace, kind=write.image.kind, name=metadata.name)


def logs(write: Write, container: str) -> str:
    """What a container of a Pod writes."""
    return _logs(write, container)


def previous_logs(write: Write, container: str) -> str:
    """What a container of a Pod wrote before it last ended."""
    return _logs(write, container, "--previous")


def resume(write: Write) -> str:
    """Resumes a paused Deployment, or a suspended Job."""
    if is_a(write.image, kinds.DEPLOYMENT):
        return _line("rollout resume", write)
    return _line("patch", write, "--type=merge", "-p", '{"spec":{"suspend":false}}')


def delete(write: Write) -> str:
    """Deletes the object, as only a person may decide."""
    return _line("delete", write)


def named(kind: str, namespace: str | None, name: str) -> str:
    """What kubectl tells of an object that may not have been seen; `kind` is a built-in one."""
    return line("describe", kind.lower(), name, options=within(namespace))


def _line(verb: str, write: Write, *options: str) -> str:
    image, resource = write.image, write.change.resource
    own = is_built_in(image.api_version)
    kind = image.kind.lower() if own else f"{resource.plural}.{resource.group}"
    options = (*within(image.metadata.namespace), *options)
    return line(verb, kind, image.metadata.name, options=options)


def _logs(write: Write, container: str, *options: str) -> str:
    metadata = write.image.metadata
    return line(
        "logs", metadata.name, options=(*within(metadata.namespace), "-c", container, *options)
    )
