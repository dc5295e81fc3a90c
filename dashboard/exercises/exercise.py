"""What an exercise is: tasks, each with a command and with the writes that it must lead to."""

import msgspec

from eventstream.explain.vocabulary.records import FieldChange, Step


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """What a step is that shows something; what is "" is not asked for.

    `name` is an object's name, or with a `-` at its end how one begins. `by` is what the actor is
    called. `changed` is how the path of a changed field begins; `before` and `after` are what its
    values must hold.
    """

    kind: str
    name: str
    actor: str = ""
    by: str = ""
    verb: str = ""
    namespace: str = ""
    changed: str = ""
    before: str = ""
    after: str = ""

    def shows(self, step: Step) -> bool:
        """Return whether a step is what is meant."""
        obj = step.object
        named = obj.name.startswith(self.name) if self.name.endswith("-") else obj.name == self.name
        wanted = (
            (self.kind, obj.kind),
            (self.actor, step.actor),
            (self.by, step.actor_name),
            (self.verb, step.verb),
            (self.namespace, obj.namespace),
        )
        if not named or any(asked and asked != found for asked, found in wanted):
            return False
        return not self.changed or any(map(self._changes, step.changes))

    def _changes(self, change: FieldChange) -> bool:
        return (
            change.path.startswith(self.changed)
            and self.before in (change.before or "")
            and self.after in (change.after or "")
        )


class Expected(msgspec.Struct, frozen=True):
    """One thing that has to happen: in words, and the step that shows it."""

    words: str
    sign: Sign


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do: why, the command, what to look for in Baton, and a hint for who is stuck.

    The first of `expected` shows in a step no earlier than that of the task before; the others
    show after it.
    """

    title: str
    command: str
    look: str
    hint: str
    expected: tuple[Expected, ...]


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """Some tasks in order. `needs` says what of an earlier exercise it goes on with."""

    slug: str
    title: str
    teaches: str
    idea: str
    tasks: tuple[Task, ...]
    needs: str = ""
    cleanup: str = ""
